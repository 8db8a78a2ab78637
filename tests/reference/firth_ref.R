# Firth's penalised Cox fits from R's own partial likelihood: coxph at fixed coefficients (iter.max = 0) gives the log
# likelihood l(b) and the inverse information; l*(b) = l(b) + log|I(b)| / 2 is maximised here by Newton with fourth-order
# differences. Run in this folder: Rscript firth_ref.R; writes firth.json. R 4.2, survival 3.5-3.
suppressMessages({library(survival); library(jsonlite)})

penalised <- function(b, y, x, s, w, ties) {
  fit <- suppressWarnings(coxph(y ~ x + strata(s), weights = w, init = b, ties = ties, robust = FALSE,
                                control = coxph.control(iter.max = 0)))
  fit$loglik[2] - 0.5 * as.numeric(determinant(fit$var)$modulus)
}

STEP <- 2e-3
slope <- function(f, b, j) {
  e <- replace(numeric(length(b)), j, STEP)
  (8 * (f(b + e) - f(b - e)) - (f(b + 2 * e) - f(b - 2 * e))) / (12 * STEP)
}
gradient <- function(f, b) vapply(seq_along(b), function(j) slope(f, b, j), 0)
hessian <- function(f, b) {
  h <- sapply(seq_along(b), function(j) {
    e <- replace(numeric(length(b)), j, 1e-3)
    (gradient(f, b + e) - gradient(f, b - e)) / 2e-3
  })
  matrix((h + t(h)) / 2, length(b))
}
climb <- function(f, b) {
  if (length(b) == 0) return(b)
  b <- optim(b, function(z) -f(z), method = "BFGS", control = list(reltol = 1e-10, maxit = 500))$par
  for (k in 1:4) b <- b - solve(hessian(f, b), gradient(f, b))
  b
}
# the combination is made the first coefficient: x b = (x T) g with b = T g
profile_limits <- function(f, best, contrast, top) {
  p <- length(best)
  j <- which(contrast != 0)[1]
  turn <- diag(p)
  turn[j, ] <- -contrast / contrast[j]
  turn[j, j] <- 1 / contrast[j]
  g <- solve(turn, best)
  along <- function(v, start) {
    h <- function(rest) f(as.vector(turn %*% append(rest, v, after = j - 1)))
    rest <- climb(h, start)
    h(rest)
  }
  fall <- function(v) 2 * (top - along(v, g[-j])) - qchisq(0.95, 1)
  end <- function(side) {
    far <- g[j] + side
    while (fall(far) < 0) far <- far + side
    uniroot(fall, sort(c(far - side, far)), tol = 1e-10)$root
  }
  list(contrast = contrast, estimate = g[j], low = end(-1), high = end(1),
       chi_square = 2 * (top - along(0, g[-j])))
}
case <- function(y, x, contrasts, ties = "efron", s = rep(1, nrow(x)), w = rep(1, nrow(x))) {
  f <- function(b) penalised(b, y, x, s, w, ties)
  b <- climb(f, numeric(ncol(x)))
  top <- f(b)
  fit <- suppressWarnings(coxph(y ~ x + strata(s), weights = w, init = b, ties = ties, robust = FALSE,
                                control = coxph.control(iter.max = 0)))
  list(ties = ties, coefficients = b, covariance = fit$var, log_likelihood = fit$loglik[2],
       penalised_log_likelihood = top, gradient = gradient(f, b),
       profiles = lapply(contrasts, function(l) profile_limits(f, b, l, top)))
}

v <- read.csv("data/veteran.csv")
cells <- cbind(adeno = v$celltype == "adeno", large = v$celltype == "large", squamous = v$celltype == "squamous") + 0
silent <- Surv(v$time, v$status == 1 & v$celltype != "squamous")
x <- cbind(cells, karno = v$karno / 10)
pairs <- list(c(0, 0, 1, 0), c(1, 0, -1, 0), c(0, 0, 0, 1))
weight <- 0.5 + (seq_len(nrow(v)) %% 3) / 2
out <- list(
  silent_efron = case(silent, x, pairs),
  silent_breslow = case(silent, x, pairs, ties = "breslow"),
  silent_strata = case(silent, x, pairs, s = v$trt),
  silent_weights = case(silent, x, pairs, w = weight),
  all_events = case(Surv(v$time, v$status == 1), x, pairs)
)
write(toJSON(list(script = "firth_ref.R", R = R.version.string, survival = as.character(packageVersion("survival")),
                  fits = out), digits = NA, auto_unbox = TRUE, pretty = TRUE), "firth.json")
