# Survival curves, cumulative incidences and tests of proportional hazards of cox_lt.csv, for survival_curves.expected_R.csv
# Columns: set (which table), key (its row or stratum), name (its column), value.
suppressMessages(library(survival)); options(digits = 15)
d <- read.csv("cox_lt.csv"); d$etype <- factor(read.csv("fg_etype.csv")$etype, c("censor", "alsdeath", "other"))
out <- list()
keep <- function(set, key, name, value) out[[length(out) + 1]] <<- data.frame(set, key, name, value)

keep_curve <- function(set, fit) {
  at <- fit$n.event > 0
  for (name in c("time", "n.risk", "n.event", "surv", "lower", "upper", "cumhaz", "std.chaz"))
    keep(set, seq_len(sum(at)), name, fit[[name]][at])
  keep(set, 1, c("median", "median_lower", "median_upper"), summary(fit)$table[c("median", "0.95LCL", "0.95UCL")])
}
keep_curve("km", survfit(Surv(entry, time, status) ~ 1, d))
keep_curve("km without entry", survfit(Surv(time, status) ~ 1, d))
# 5.5 is between whole months, so that it does not matter whether a death at the start counts.
keep_curve("km from 5.5", survfit(Surv(entry, time, status) ~ 1, d, start.time = 5.5))

aj <- survfit(Surv(entry, time, etype) ~ 1, d, id = id)
at <- rowSums(aj$n.event[, -1]) > 0
keep("aj", seq_len(sum(at)), "time", aj$time[at])
for (state in c("(s0)", "alsdeath", "other")) keep("aj", seq_len(sum(at)), state, aj$pstate[at, aj$states == state])

exact <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)
d$first_site <- d$x1 * (d$site == 1)  # constant within the other site
zph <- function(set, formula, ties, transform, data = d) {
  cohort <<- data  # where cox.zph looks for it
  fit <- coxph(formula, cohort, ties = ties, control = exact)
  z <- cox.zph(fit, transform = transform)
  for (name in colnames(z$table)) keep(set, rownames(z$table), name, z$table[, name])
  for (covariate in colnames(z$y)) keep(set, seq_len(nrow(z$y)), paste("scaled", covariate), z$y[, covariate])
  keep(set, seq_len(nrow(z$y)), "time", z$time); keep(set, seq_len(nrow(z$y)), "transformed", z$x)
  keep(set, names(coef(fit)), "coef", coef(fit))
}
plain <- Surv(entry, time, status) ~ x1 + x2; stratified <- update(plain, . ~ . + strata(site))
for (transform in c("km", "rank", "identity")) for (ties in c("efron", "breslow")) {
  zph(paste("zph", ties, "pooled", transform), plain, ties, transform)
  zph(paste("zph", ties, "stratified", transform), stratified, ties, transform)
}
zph("zph one site", Surv(entry, time, status) ~ first_site + x2 + strata(site), "efron", "km")
# Three patients who enter and die before all others: the Kaplan-Meier curve, and so the transform, ends with them.
early <- data.frame(x1 = c(1, -1, .5), x2 = c(0, 1, 1), entry = -9, time = c(-3, -2, -1), status = 1)
zph("zph early", plain, "efron", "km", rbind(d[, names(early)], early))

# Residuals for plots.
cox <- coxph(plain, d, control = exact)
keep("residuals", d$id, "martingale", residuals(cox, "martingale")); keep("residuals", d$id, "deviance", residuals(cox, "deviance"))
tight <- glm.control(epsilon = 1e-15, maxit = 100)
linear <- lm(time ~ x1 + x2, d); keep("residuals", d$id, "linear", rstandard(linear))
binary <- glm(status ~ x1 + x2, binomial, d, control = tight)
keep("residuals", d$id, "logistic", residuals(binary, "deviance")); keep("residuals", d$id, "logistic pearson", rstandard(binary, type = "pearson"))
count <- glm(entry ~ x1 + x2, poisson, d, control = tight)
keep("residuals", d$id, "poisson", residuals(count, "deviance")); keep("residuals", d$id, "poisson pearson", rstandard(count, type = "pearson"))

table <- do.call(rbind, out); table$value <- format(table$value, digits = 15, trim = TRUE, scientific = TRUE)
write.csv(table, "survival_curves.expected_R.csv", row.names = FALSE, quote = FALSE)
