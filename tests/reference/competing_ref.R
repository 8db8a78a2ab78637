# Competing risks beyond the one data set of survival_ref.R: case weights, censoring by arm, strata.
# Run in this folder: Rscript competing_ref.R. Writes data/simcompeting_n240.csv and competing_weights_strata.json.
# Times are continuous (no ties) for the subdistribution hazards, since finegray lets failures precede
# censorings on one day while crr counts both at risk; whole days (many ties) for the weighted curves.
source("common.R")
library(survival)
set.seed(20)
n <- 240
arm <- rep(c("medication", "therapy", "combined"), length.out = n)
site <- sample(c("north", "south"), n, TRUE)
age <- round(rnorm(n, 45, 12))
rate <- c(medication = 1 / 150, therapy = 1 / 180, combined = 1 / 320)[arm] * ifelse(site == "north", 1.5, 1) * exp(0.01 * (age - 45))
relapse <- rexp(n, rate)
death <- rexp(n, 1 / 400 * exp(0.02 * (age - 45)))
censored <- rexp(n, c(medication = 1 / 200, therapy = 1 / 500, combined = 1 / 300)[arm])
time <- round(pmin(relapse, death, censored), 9)
cause <- ifelse(censored <= pmin(relapse, death), 0, ifelse(relapse < death, 1, 2))
weight <- round(runif(n, 0.3, 3), 3)
d <- data.frame(id = seq_len(n), arm, site, age, time, day = ceiling(time / 14) * 14, cause, weight)
stopifnot(!anyDuplicated(d$time))
write.csv(d, "data/simcompeting_n240.csv", row.names = FALSE, quote = FALSE)
d <- read.csv("data/simcompeting_n240.csv")
d$event <- factor(d$cause, 0:2, c("censored", "relapse", "death"))
d$therapy <- as.integer(d$arm == "therapy")
d$combined <- as.integer(d$arm == "combined")
out <- list()
times <- c(56, 112, 224, 448)
f <- survfit(Surv(day, event) ~ arm, d, weights = weight)
s <- summary(f, times = times, extend = TRUE)
out$weighted_curves <- list(strata = as.character(s$strata), time = s$time, pstate = unname(s$pstate), std_err = unname(s$std.err))
control <- coxph.control(eps = 1e-13, iter.max = 100)
fit <- function(weighted, formula) {
  m <- coxph(formula, weights = fgwt, data = weighted, ties = "breslow", control = control)
  list(terms = names(coef(m)), coef = unname(coef(m)), loglik = m$loglik)
}
plain <- Surv(fgstart, fgstop, fgstatus) ~ therapy + combined + age
# finegray with strata() splits only where its own stratum has failures, which serves a baseline of each stratum
# and not one of all: rows with weights by arm are laid out here, one per later failure of anyone.
by_arm_rows <- function(code) {
  at <- sort(unique(d$time[d$cause == code]))
  left <- lapply(split(d, d$arm), function(part) {
    g <- survfit(Surv(time, cause == 0) ~ 1, part)
    function(t) ifelse(t > max(part$time), 0, c(1, g$surv)[findInterval(t, g$time, left.open = TRUE) + 1])
  })
  own <- data.frame(fgstart = 0, fgstop = d$time, fgstatus = as.integer(d$cause == code), fgwt = 1, d)
  extra <- lapply(which(d$cause == 3 - code), function(i) {
    later <- at[at > d$time[i]]
    if (!length(later)) return(NULL)
    data.frame(fgstart = c(d$time[i], later[-length(later)]), fgstop = later, fgstatus = 0,
      fgwt = left[[d$arm[i]]](later) / left[[d$arm[i]]](d$time[i]), d[i, ], row.names = NULL)
  })
  rows <- do.call(rbind, c(list(own), extra))
  rows[rows$fgwt > 0, ]
}
for (cause in c("relapse", "death")) {
  one <- finegray(Surv(time, event) ~ arm + therapy + combined + age + site, d, etype = cause, id = id)
  out[[paste0(cause, "_everyone")]] <- fit(one, plain)
  out[[paste0(cause, "_by_arm")]] <- fit(by_arm_rows(c(relapse = 1, death = 2)[[cause]]), plain)
  out[[paste0(cause, "_strata")]] <- fit(one, Surv(fgstart, fgstop, fgstatus) ~ therapy + combined + age + strata(site))
}
write_ref(list(script = "competing_ref.R", versions = versions("survival"), fits = out), "competing_weights_strata.json")
