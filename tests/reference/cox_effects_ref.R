# Hazard ratios by period and in subgroups with their Wald tests, and curves averaged over patients, from R's coxph,
# survSplit and survfit. Run in this folder: Rscript cox_effects_ref.R; writes cox_effects.json.
# R 4.2, survival 3.5-3.
suppressMessages({library(survival); library(jsonlite)})
tight <- coxph.control(eps = 1e-13, toler.chol = 1e-15, iter.max = 60)

colon <- subset(read.csv("data/colon.csv"), etype == 2 & !is.na(differ) & !is.na(nodes))
colon$rx <- factor(colon$rx, levels = c("Obs", "Lev", "Lev+5FU"))
colon$differ <- factor(colon$differ)
arms <- levels(colon$rx)

# weights of arm against comparator in each part, for coefficients named cell(arm, part) with the first arm at 0
cells <- function(fit, name, parts) {
  b <- coef(fit); v <- vcov(fit)
  weight <- function(arm, comparator, part) {
    w <- setNames(numeric(length(b)), names(b))
    for (term in name(arm, part)) w[term] <- w[term] + 1
    for (term in name(comparator, part)) w[term] <- w[term] - 1
    w
  }
  rows <- do.call(rbind, lapply(list(c(2, 1), c(3, 1), c(3, 2)), function(pair) {
    do.call(rbind, lapply(parts, function(part) {
      w <- weight(arms[pair[1]], arms[pair[2]], part)
      data.frame(arm = arms[pair[1]], comparator = arms[pair[2]], part = part, estimate = sum(w * b),
                 std_error = sqrt(drop(w %*% v %*% w)))
    }))
  }))
  differences <- do.call(rbind, lapply(arms[-1], function(arm) {
    do.call(rbind, lapply(parts[-1], function(part) weight(arm, arms[1], part) - weight(arm, arms[1], parts[1])))
  }))
  d <- drop(differences %*% b)
  list(rows = rows, chi_square = drop(d %*% solve(differences %*% v %*% t(differences), d)), df = nrow(differences))
}

# periods: (0, 365], (365, 1000], (1000, end]
split <- survSplit(Surv(time, status) ~ ., data = colon[c("time", "status", "rx", "age", "nodes", "sex")],
                   cut = c(365, 1000), episode = "part")
for (arm in arms[-1]) for (part in 1:3) {
  split[[make.names(paste0("cell_", arm, "_", part))]] <- as.numeric(split$rx == arm & split$part == part)
}
period_cell <- function(arm, part) if (arm == arms[1]) character() else make.names(paste0("cell_", arm, "_", part))
terms <- unlist(lapply(arms[-1], function(arm) sapply(1:3, function(part) period_cell(arm, part))))
period <- function(ties, more = "") {
  formula <- as.formula(paste("Surv(tstart, time, status) ~ age + nodes +", paste(terms, collapse = " + "), more))
  cells(coxph(formula, split, ties = ties, control = tight), period_cell, 1:3)
}

# subgroups: arm by differ, with differ as a covariate, and as a stratum
level_cell <- function(arm, part) {
  if (arm == arms[1]) return(character())
  c(paste0("rx", arm), if (part != "1") paste0("rx", arm, ":differ", part))
}
covariate <- coxph(Surv(time, status) ~ rx * differ + age + nodes, colon, control = tight)
for (arm in arms[-1]) for (part in levels(colon$differ)) {
  colon[[make.names(paste0("cell_", arm, "_", part))]] <- as.numeric(colon$rx == arm & colon$differ == part)
}
stratum <- coxph(as.formula(paste("Surv(time, status) ~ age + nodes + strata(differ) +", paste(terms, collapse = " + "))),
                 colon, control = tight)
parts <- levels(colon$differ)

# clusters: institutions of the lung data
lung <- subset(read.csv("data/lung.csv"), !is.na(inst) & !is.na(ph.ecog) & ph.ecog < 3)
robust <- coxph(Surv(time, status == 2) ~ sex + age + ph.ecog, lung, cluster = inst, control = tight)

# curves averaged over the patients, each with the arm in question: survfit's where there is one baseline, and from the
# definition of Efron's hazard, risk set by risk set, for the variance
mean_curve <- function(data, strata, times) {
  formula <- if (strata) Surv(time, status) ~ rx + age + nodes + strata(sex) else Surv(time, status) ~ rx + age + nodes
  fit <- coxph(formula, data, control = tight)
  x <- model.matrix(~ rx + age + nodes, data)[, -1]
  group <- if (strata) data$sex else rep(0, nrow(data))
  b <- coef(fit)
  lapply(arms, function(arm) {
    xa <- x
    xa[, 1] <- arm == arms[2]
    xa[, 2] <- arm == arms[3]
    newdata <- transform(data, rx = factor(arm, levels = arms))
    out <- lapply(times, function(t) {
      mean_s <- variance <- 0
      slope <- numeric(length(b))
      for (g in unique(group)) {
        rows <- which(group == g)
        # Efron's terms by hand: the definition, time by time
        own <- data[rows, ]
        xr <- x[rows, , drop = FALSE]
        risk <- exp(drop(xr %*% b))
        hazard <- square <- 0
        first <- numeric(length(b))
        for (u in sort(unique(own$time[own$status == 1 & own$time <= t]))) {
          at <- own$time >= u
          dead <- own$time == u & own$status == 1
          for (l in seq_len(sum(dead)) - 1) {
            w <- risk * (at - dead * l / sum(dead))
            hazard <- hazard + 1 / sum(w)
            square <- square + 1 / sum(w)^2
            first <- first + colSums(w * xr) / sum(w)^2
          }
        }
        xg <- xa[rows, , drop = FALSE]
        ratio <- exp(drop(xg %*% b))
        s <- exp(-hazard * ratio)
        mean_s <- mean_s + sum(s)
        variance <- variance + sum(s * ratio)^2 * square
        slope <- slope + hazard * colSums(s * ratio * xg) - sum(s * ratio) * first
      }
      c(mean_s / nrow(data), sqrt(variance + drop(slope %*% vcov(fit) %*% slope)) / nrow(data))
    })
    by_survfit <- if (!strata) {
      rowMeans(summary(survfit(fit, newdata = newdata, se.fit = FALSE), times = times)$surv)
    }
    list(arm = arm, survival = sapply(out, `[`, 1), std_error = sapply(out, `[`, 2),
         survfit = by_survfit)
  })
}
some <- colon[seq(1, nrow(colon), by = 3), ]
times <- c(100, 400, 900, 1800)

out <- list(
  script = "cox_effects_ref.R", R = R.version.string, survival = as.character(packageVersion("survival")),
  periods = list(efron = period("efron"), breslow = period("breslow"), strata = period("efron", "+ strata(sex)")),
  subgroups = list(covariate = cells(covariate, level_cell, parts), stratum = cells(stratum, period_cell, parts)),
  cluster = list(coefficients = coef(robust), std_errors = sqrt(diag(vcov(robust)))),
  curves = list(times = times, plain = mean_curve(some, FALSE, times), strata = mean_curve(some, TRUE, times))
)
write(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "cox_effects.json")
