# Times R's fits of the model on the CSV files of a folder: mmrm, nlme::gls and lme4, whichever are installed.
# usage: Rscript mmrm_peers.R FOLDER BUDGET_SECONDS; prints "size,engine,seconds" lines.
args <- commandArgs(TRUE); folder <- args[1]; budget <- as.numeric(args[2])
has <- function(p) suppressWarnings(suppressPackageStartupMessages(require(p, character.only = TRUE, quietly = TRUE)))
engines <- list()
if (has("mmrm") && has("emmeans")) {
  fit_mmrm <- function(method) function(d) { f <- mmrm(y ~ arm * visit + base * visit + us(visit | id), d, method = method); emmeans::emmeans(f, pairwise ~ arm | visit) }
  engines[["R mmrm, Satterthwaite"]] <- fit_mmrm("Satterthwaite"); engines[["R mmrm, Kenward-Roger"]] <- fit_mmrm("Kenward-Roger")
}
if (has("nlme")) engines[["R nlme::gls, unstructured, no df"]] <- function(d)
  nlme::gls(y ~ arm * visit + base * visit, d, correlation = nlme::corSymm(form = ~ as.integer(visit) | id), weights = nlme::varIdent(form = ~ 1 | visit))
if (has("lme4")) engines[["R lme4, random intercept, no df"]] <- function(d) lme4::lmer(y ~ arm * visit + base * visit + (1 | id), d)
spent <- list()
for (file in list.files(folder, "csv$", full.names = TRUE)[order(file.size(list.files(folder, "csv$", full.names = TRUE)))]) {
  d <- read.csv(file, stringsAsFactors = FALSE); d <- d[!is.na(d$y), ]; d$visit <- factor(d$visit); d$arm <- factor(d$arm); d$id <- factor(d$id)
  for (name in names(engines)) {
    if (isTRUE(spent[[name]] > budget)) next
    t <- system.time(try(engines[[name]](d), silent = TRUE))[["elapsed"]]; spent[[name]] <- t
    cat(sprintf("%s,%s,%.3f\n", sub(".csv$", "", basename(file)), name, t))
  }
}
