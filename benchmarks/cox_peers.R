# Time R's coxph on the arrays that cox.py saved: Rscript cox_peers.R FOLDER call|core REPEATS
# core is coxph.fit alone, without the formula, the residuals and the object around it
suppressPackageStartupMessages(library(survival))
a <- commandArgs(TRUE)
peak <- function() as.numeric(strsplit(trimws(sub("VmHWM:", "", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))), " ")[[1]][1]) * 1024
imported <- peak()
size <- scan(file.path(a[1], "size.txt"), quiet = TRUE); n <- size[1]; p <- size[2]
bin <- function(f, k) readBin(file.path(a[1], f), "double", k)
x <- matrix(bin("covariates.bin", n * p), n, p); colnames(x) <- paste0("x", seq_len(p))
time <- bin("time.bin", n); status <- bin("observed.bin", n)
if (a[2] == "call") { d <- data.frame(time, status, x); rm(x); run <- function() coef(coxph(Surv(time, status) ~ ., d)) }
if (a[2] == "core") { y <- Surv(time, status); ctl <- coxph.control(); names <- as.character(seq_len(n))
  run <- function() coxph.fit(x, y, NULL, NULL, NULL, ctl, NULL, "efron", names)$coefficients }
best <- Inf
for (k in seq_len(as.integer(a[3]))) { s <- as.numeric(Sys.time()); b <- run(); best <- min(best, as.numeric(Sys.time()) - s) }
cat(sprintf("%.17g", c(best, peak() - imported, b)), "\n")
