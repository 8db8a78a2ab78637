# Reference fits with a correlation that decays over actual days, by nlme::gls (corExp, no nugget).
# usage: Rscript spatial_ref.R, in this folder; the days are made here from visit and id alone.
suppressPackageStartupMessages(library(nlme))
source("common.R")
d <- read.csv("data/sim3arm_n200_m5.csv")
d$day <- 14 * d$visit + (7 * d$id + 5 * d$visit) %% 9 - 4
d$arm <- factor(d$arm, c("medication", "therapy", "combined")); d$visitf <- factor(d$visit); d$sex <- factor(d$sex, c("F", "M"))
one <- function(reml) {
  f <- gls(y ~ arm * visitf + base + sex + age, data = d, correlation = corExp(form = ~ day | id), method = if (reml) "REML" else "ML",
    control = glsControl(tolerance = 1e-12, msTol = 1e-14, msMaxIter = 500, maxIter = 500, opt = "nlminb"))
  s <- summary(f)$tTable
  list(reml = reml, logLik = as.numeric(logLik(f)), sigma = f$sigma, range_days = as.numeric(coef(f$modelStruct$corStruct, unconstrained = FALSE)),
    coef_names = rownames(s), estimate = unname(s[, 1]), se = unname(s[, 2]))
}
write_ref(list(script = "spatial_ref.R", versions = versions(c("nlme")),
  notes = "gls' restricted log-likelihood has a constant of its own; its optimiser stops at about 1e-6 of the range.",
  fits = list(reml = one(TRUE), ml = one(FALSE))), "spatial.json")
