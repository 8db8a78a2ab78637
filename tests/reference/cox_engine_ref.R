# Reference results of R survival for what survival_ref.R leaves out: weights, offset, strata, clusters and left
# truncation at once; curves with log-log limits; the smooth effect over time of plot.cox.zph. Writes cox_engine.json.
suppressPackageStartupMessages({library(survival); library(splines)})
num <- function(x) paste0("[", paste(ifelse(is.finite(x), sprintf("%.17g", x), "null"), collapse = ","), "]")
mat <- function(m) paste0("[", paste(apply(as.matrix(m), 1, num), collapse = ","), "]")
obj <- function(...) { a <- list(...); paste0("{", paste0("\"", names(a), "\":", unlist(a), collapse = ",\n"), "}") }
ctl <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-13)
d <- read.csv("data/simcox_n2000.csv")[1:500, ]
i <- seq_len(nrow(d)) - 1
d$entry <- floor(d$day * (i %% 3) / 4); d$w <- 0.5 + (i %% 4) / 2; d$o <- 0.1 * (i %% 5); d$group <- i %% 3
fit1 <- function(ties) {
  f <- coxph(Surv(entry, day, event) ~ x1 + x2 + x3 + offset(o) + strata(group), d, ties = ties, weights = w, cluster = cluster, control = ctl, x = TRUE, model = TRUE)
  f <- coxph(Surv(entry, day, event) ~ x1 + x2 + x3 + offset(o) + strata(group), d, ties = ties, weights = w, cluster = cluster, control = ctl, x = TRUE, model = TRUE, init = coef(f))
  f0 <- coxph(Surv(entry, day, event) ~ x1 + x2 + x3 + offset(o) + strata(group), d, ties = ties, weights = w, cluster = cluster, control = ctl)
  nd <- data.frame(x1 = c(0, 1), x2 = c(0, 1), x3 = c(1, -1), o = 0, group = 1)
  curve <- function(type) { s <- summary(survfit(f, newdata = nd, conf.type = type, conf.int = 0.9), times = c(50, 100, 200, 400, 600)); obj(time = num(s$time), surv = mat(s$surv), se = mat(s$std.err), lower = mat(s$lower), upper = mat(s$upper)) }
  zph <- function(t) { z <- cox.zph(f, transform = t); num(z$table[, 1]) }
  res <- function(t) { m <- as.matrix(residuals(f, type = t)); obj(sum_abs = sprintf("%.17g", sum(abs(m))), sum_sq = sprintf("%.17g", sum(m^2)), first5 = mat(m[1:5, , drop = FALSE])) }
  obj(coef = num(coef(f)), var = mat(f$var), naive_var = mat(f$naive.var), loglik = num(f0$loglik), score_test = sprintf("%.17g", f0$score), robust_score = sprintf("%.17g", f0$rscore), wald_test = sprintf("%.17g", f0$wald.test), concordance = num(f$concordance[c("concordance", "std")]),
    log = curve("log"), log_log = curve("log-log"),
    zph = obj(km = zph("km"), identity = zph("identity"), rank = zph("rank"), log = zph("log")),
    residuals = do.call(obj, sapply(c("martingale", "deviance", "score", "dfbeta", "schoenfeld", "scaledsch"), res, simplify = FALSE)))
}
# the lines of plot.cox.zph that make the smooth, returned rather than drawn
smooth <- function(f, transform, df = 4, nsmo = 12) {
  z <- cox.zph(f, transform = transform); xx <- z$x; pred <- seq(min(xx), max(xx), length = nsmo)
  l <- ns(c(pred, xx), df = df, intercept = TRUE); p <- l[1:nsmo, ]; q <- qr(l[-(1:nsmo), ])
  bk <- backsolve(q$qr[1:df, 1:df], diag(df)); se <- ((p %*% (bk %*% t(bk))) * p) %*% rep(1, df)
  obj(x = num(pred), y = mat(p %*% qr.coef(q, z$y)), se = mat(sqrt(se %*% t(diag(z$var)))))
}
vet <- read.csv("data/veteran.csv")
f <- coxph(Surv(time, status) ~ trt + karno + age, vet, control = ctl, x = TRUE, model = TRUE)
out <- obj(script = "\"cox_engine_ref.R\"", versions = obj(R = paste0("\"", getRversion(), "\""), survival = paste0("\"", packageVersion("survival"), "\"")),
  all_at_once_efron = fit1("efron"), all_at_once_breslow = fit1("breslow"), veteran_smooth = obj(km = smooth(f, "km"), identity = smooth(f, "identity"), rank = smooth(f, "rank"), log = smooth(f, "log")))
cat(out, "\n", sep = "", file = "cox_engine.json")
