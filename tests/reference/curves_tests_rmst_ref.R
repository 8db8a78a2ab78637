# Weighted curves, Fleming-Harrington weights, max-combo, and RMST regressed on jackknife pseudo-values.
# usage: Rscript curves_tests_rmst_ref.R, in this folder. Packages: survival, mvtnorm.
suppressPackageStartupMessages({library(survival); library(mvtnorm)})
source("common.R")
lung <- read.csv("data/lung.csv"); lung$ev <- lung$status == 2
vet <- read.csv("data/veteran.csv")
col <- read.csv("data/colon.csv"); col <- col[col$etype == 2, ]; col$rx <- factor(col$rx, c("Obs", "Lev", "Lev+5FU"))
heart <- read.csv("data/heart.csv")

## curves with weights: whole numbers (variance of Greenwood) and others (infinitesimal jackknife)
weighted <- function(formula, data, w, robust, times) {
  data$w <- w; data$row <- seq_len(nrow(data))  # each row is a patient of its own
  f <- survfit(formula, data, weights = w, robust = robust, id = row, conf.type = "log-log"); s <- summary(f, times = times)
  list(formula = deparse1(formula), robust = robust, time = s$time, surv = s$surv, std_err = s$std.err, lower = s$lower, upper = s$upper)
}
T1 <- c(30, 90, 180, 365, 730)
row <- seq_len(nrow(lung))
curves <- list(
  lung_counts_greenwood = weighted(Surv(time, ev) ~ 1, lung, 1 + row %% 3, FALSE, T1),
  lung_halves_greenwood = weighted(Surv(time, ev) ~ 1, lung, 0.5 + (row %% 4) / 2, FALSE, T1),
  lung_halves_robust = weighted(Surv(time, ev) ~ 1, lung, 0.5 + (row %% 4) / 2, TRUE, T1),
  lung_unweighted_robust = weighted(Surv(time, ev) ~ 1, lung, rep(1, nrow(lung)), TRUE, T1),
  heart_entry_robust = weighted(Surv(start, stop, event) ~ 1, heart, rep(1, nrow(heart)), TRUE, c(30, 100, 365))
)

## Fleming-Harrington: survdiff has rho only, so the sums are written out, one pass over the event times of each stratum
fh <- function(time, event, group, stratum, weights) {
  K <- nlevels(group); W <- nrow(weights); U <- matrix(0, W, K); V <- array(0, c(W, W, K, K))
  for (s in unique(stratum)) {
    here <- stratum == s; S <- 1
    for (t in sort(unique(time[here & event]))) {
      n <- as.numeric(table(group[here & time >= t])); d <- as.numeric(table(group[here & time == t & event]))
      N <- sum(n); D <- sum(d); w <- S^weights[, 1] * (1 - S)^weights[, 2]
      U <- U + outer(w, d - n * D / N)
      if (N > 1) {
        H <- D * (N - D) / (N - 1) * (diag(n / N, K) - outer(n / N, n / N))
        for (a in 1:W) for (b in 1:W) V[a, b, , ] <- V[a, b, , ] + w[a] * w[b] * H
      }
      S <- S * (1 - D / N)
    }
  }
  list(U = U, V = V)
}
G4 <- rbind(c(0, 0), c(1, 0), c(0, 1), c(1, 1)); MORE <- rbind(G4, c(0.5, 0), c(0.5, 0.5), c(0, 2))
one_fh <- function(data, time, event, group, stratum = rep(1, length(time))) {
  r <- fh(time, event, group, stratum, MORE); k <- 2:nlevels(group)
  list(data = data, weights = MORE, chisq = sapply(seq_len(nrow(MORE)), function(a) drop(r$U[a, k] %*% solve(r$V[a, a, k, k]) %*% r$U[a, k])), df = length(k), excess = r$U)
}
combo <- function(data, time, event, group, stratum = rep(1, length(time))) {
  r <- fh(time, event, group, stratum, G4); V <- r$V[, , 2, 2]; se <- sqrt(diag(V)); z <- r$U[, 2] / se; R <- V / outer(se, se); m <- max(abs(z))
  # S + (1 - S) = 1: the four statistics span three dimensions at most. Genz' and Bretz' integrator is random: seeded, and its error bound kept
  set.seed(1); p <- pmvnorm(rep(-m, 4), rep(m, 4), corr = R, algorithm = GenzBretz(maxpts = 5e7, abseps = 1e-7, releps = 0))
  list(data = data, z = z, corr = R, max = m, p = 1 - as.numeric(p), error = attr(p, "error"))
}
two <- col$rx != "Lev"
tests <- list(
  lung_sex = one_fh("lung.csv", lung$time, lung$ev, factor(lung$sex)),
  colon_rx = one_fh("colon.csv, etype == 2", col$time, col$status == 1, col$rx),
  veteran_strata = one_fh("veteran.csv, strata celltype", vet$time, vet$status == 1, factor(vet$trt), vet$celltype)
)
combos <- list(
  lung_sex = combo("lung.csv", lung$time, lung$ev, factor(lung$sex)),
  colon_obs_lev5fu = combo("colon.csv, etype == 2, rx Obs and Lev+5FU", col$time[two], col$status[two] == 1, droplevels(col$rx[two])),
  veteran_strata = combo("veteran.csv, strata celltype", vet$time, vet$status == 1, factor(vet$trt), vet$celltype)
)

## RMST: pseudo-values by leaving each patient out of survfit, then least squares with the sandwich HC0
area <- function(time, event, tau) { f <- survfit(Surv(time, event) ~ 1); k <- f$time < tau; sum(diff(c(0, f$time[k], tau)) * c(1, f$surv[k])) }
pseudo_values <- function(time, event, tau) { n <- length(time); n * area(time, event, tau) - (n - 1) * sapply(seq_len(n), function(i) area(time[-i], event[-i], tau)) }
regress <- function(data, time, event, X, tau) {
  y <- pseudo_values(time, event, tau); B <- solve(crossprod(X)); b <- drop(B %*% crossprod(X, y)); e <- drop(y - X %*% b)
  list(data = data, tau = tau, names = colnames(X), pseudo = y, coef = b, var = unname(B %*% crossprod(X * e) %*% B))
}
rmst <- list(
  lung_sex_age_tau365 = regress("lung.csv", lung$time, lung$ev, cbind(intercept = 1, arm = lung$sex - 1, age = lung$age), 365),
  veteran_tau300 = regress("veteran.csv", vet$time, vet$status == 1, cbind(intercept = 1, arm = vet$trt - 1, karno = vet$karno, small = as.numeric(vet$celltype == "smallcell")), 300)
)
write_ref(list(script = "curves_tests_rmst_ref.R", versions = versions(c("survival", "mvtnorm")),
  curves = curves, fleming_harrington = tests, max_combo = combos, rmst = rmst), "curves_tests_rmst.json")
