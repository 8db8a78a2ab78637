# Reference numbers for interval-censored times: R's survival package, and Turnbull's EM written out in base R.
# Run from tests/reference: Rscript interval_ref.R
library(survival)
full <- function(x) if (is.null(x)) "null" else if (is.list(x)) paste0("{", paste0('"', names(x), '": ', vapply(x, full, ""), collapse = ", "), "}") else if (is.matrix(x)) paste0("[", paste(apply(x, 1, full), collapse = ", "), "]") else if (is.character(x)) paste0("[", paste0('"', x, '"', collapse = ", "), "]") else paste0("[", paste(ifelse(is.finite(x), formatC(x, digits = 17, format = "g", width = 1), '"inf"'), collapse = ", "), "]")

# simulated visits: 300 patients, 3 arms, visits about every 28 days with misses; a fifth of the times are exact
set.seed(20261126)
n <- 300
arm <- rep(c("medication", "therapy", "combined"), length.out = n)
age <- round(rnorm(n, 45, 10), 1)
t <- exp(5.5 + 0.3 * (arm == "therapy") + 0.7 * (arm == "combined") - 0.01 * (age - 45) + 0.8 * log(rexp(n)))
left <- right <- numeric(n)
for (i in seq_len(n)) {
  v <- sort(pmax(1, 28 * (1:13) + sample(-5:5, 13, replace = TRUE)))
  v <- v[runif(13) > 0.2 & seq_len(13) <= sample(4:13, 1)]
  left[i] <- max(c(0, v[v < t[i]]))
  right[i] <- min(c(Inf, v[v >= t[i]]))
}
exact <- runif(n) < 0.2 & is.finite(right)
left[exact] <- right[exact] <- round(pmax(t[exact], 0.5), 1)
known <- left > 0 | is.finite(right)
sim <- data.frame(left, right, arm, age, weight = rep(1:3, length.out = n))[known, ]
write.csv(transform(sim, right = ifelse(is.finite(right), right, NA)), "data/interval_visits.csv", row.names = FALSE, quote = FALSE, na = "")
cosmesis <- read.csv("data/cosmesis.csv"); cosmesis$right[is.na(cosmesis$right)] <- Inf

surv2 <- function(d) Surv(ifelse(d$left == 0, NA, d$left), ifelse(is.finite(d$right), d$right, NA), type = "interval2")
weibull <- function(d, formula, at, newdata, w = NULL) {
  d$y <- surv2(d); d$w <- if (is.null(w)) rep(1, nrow(d)) else w
  f <- survreg(formula, d, dist = "weibull", weights = w, control = survreg.control(rel.tolerance = 1e-14, maxiter = 200))
  x <- model.matrix(delete.response(terms(f)), newdata, xlev = f$xlevels); z <- (log(at) - drop(x %*% coef(f))) / f$scale
  g <- cbind(-x[rep(1, length(at)), , drop = FALSE] / f$scale, -z); se <- sqrt(rowSums((g %*% f$var) * g)); q <- qnorm(0.975)
  list(coefficients = unname(coef(f)), names = names(coef(f)), log_scale = log(f$scale), covariance = unname(f$var), log_likelihood = f$loglik[2], at = at,
       survival = exp(-exp(z)), low = exp(-exp(z + q * se)), high = exp(-exp(z - q * se)))
}

# Turnbull: innermost intervals by their definition, then EM until the Kuhn-Tucker conditions hold to 1e-12
turnbull <- function(left, right, w = rep(1, length(left))) {
  k <- function(v, half) 2 * match(v, values) + half
  values <- sort(unique(c(left, right))); lo <- k(left, as.integer(left != right)); hi <- k(right, 0)
  ends <- rbind(data.frame(at = lo, open = 0), data.frame(at = hi, open = 1)); ends <- unique(ends[order(ends$at, ends$open), ])
  inner <- which(ends$open[-nrow(ends)] == 0 & ends$open[-1] == 1); a <- ends$at[inner]; b <- ends$at[inner + 1]
  A <- outer(lo, a, "<=") & outer(hi, b, ">="); p <- rep(1 / length(a), length(a)); n <- sum(w)
  repeat { P <- drop(A %*% p); d <- drop(crossprod(A, w / P)) / n; if (max(d - 1) < 1e-12 && max(abs(d - 1)[p > 1e-9]) < 1e-10) break; p <- p * d }
  keep <- p > 1e-9
  list(left = values[a %/% 2][keep], right = values[b %/% 2][keep], mass = p[keep], log_likelihood = sum(w * log(P)))
}
survfit_rows <- function(d) { f <- survfit(y ~ 1, data.frame(y = surv2(d)), robust = FALSE); list(time = f$time, survival = f$surv) }
by_treatment <- split(cosmesis, cosmesis$treatment)
out <- list(
  versions = list(R = as.character(getRversion()), survival = as.character(packageVersion("survival"))),
  weibull = list(
    cosmesis = weibull(cosmesis, y ~ treatment, c(6, 12, 24, 48), data.frame(treatment = "radiation")),
    visits = weibull(sim, y ~ arm + age, c(30, 90, 180, 365), data.frame(arm = "combined", age = 50)),
    visits_weighted = weibull(sim, y ~ arm, c(30, 90, 180, 365), data.frame(arm = "therapy"), sim$weight)),
  turnbull = list(
    radiation = turnbull(by_treatment$radiation$left, by_treatment$radiation$right),
    radiation_chemotherapy = turnbull(by_treatment$radiation_chemotherapy$left, by_treatment$radiation_chemotherapy$right),
    visits = turnbull(sim$left, sim$right), visits_weighted = turnbull(sim$left, sim$right, sim$weight)),
  survfit = list(radiation = survfit_rows(by_treatment$radiation), radiation_chemotherapy = survfit_rows(by_treatment$radiation_chemotherapy), visits = survfit_rows(sim)))
writeLines(full(out), "interval.json")
