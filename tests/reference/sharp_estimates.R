# Estimates at the maximum of the likelihood, to all digits, where the optimisers in misc.R stop early.
suppressMessages({library(MASS); library(survival); library(nlme)}); options(digits = 15)
d <- read.csv("cox_lt.csv"); d$b <- d$G1 + d$G2 + d$G3 + d$G4; d$stage <- read.csv("po_stage.csv")$stage
# Columns: model, name, value (15 digits).
rows <- list(); keep <- function(model, name, value) rows[[length(rows) + 1]] <<- data.frame(model, name, value)

# Proportional odds: Newton's method with analytic derivatives from where polr stops.
odds <- function(X, y, start, k = 4) {
  loglik <- function(p) { z <- c(-Inf, p[1:(k - 1)], Inf); lp <- drop(X %*% p[-(1:(k - 1))]); sum(log(plogis(z[y + 1] - lp) - plogis(z[y] - lp))) }
  parts <- function(p) {
    z <- c(-Inf, p[1:(k - 1)], Inf); lp <- drop(X %*% p[-(1:(k - 1))])
    up <- z[y + 1] - lp; low <- z[y] - lp; P <- plogis(up) - plogis(low)
    f1 <- dlogis(up); f0 <- dlogis(low); g1 <- ifelse(is.finite(up), f1 * (1 - 2 * plogis(up)), 0); g0 <- ifelse(is.finite(low), f0 * (1 - 2 * plogis(low)), 0)
    A <- cbind(outer(y, 1:(k - 1), "==") * 1, -X); B <- cbind(outer(y - 1, 1:(k - 1), "==") * 1, -X)
    S <- (f1 * A - f0 * B) / P
    list(gradient = colSums(S), hessian = crossprod(A, A * (g1 / P)) - crossprod(B, B * (g0 / P)) - crossprod(S))
  }
  p <- start
  for (i in 1:20) { now <- parts(p); p <- p - solve(now$hessian, now$gradient) }
  list(p = p, loglik = loglik(p), gradient = max(abs(parts(p)$gradient)), se = sqrt(diag(solve(-parts(p)$hessian))))
}
po <- polr(factor(stage) ~ x1 + x2, d, control = list(reltol = 1e-14)); po1 <- polr(factor(stage) ~ x1 + x2 + b, d, control = list(reltol = 1e-14))
for (m in list(list("odds", po, c("x1", "x2")), list("odds with burden", po1, c("x1", "x2", "b")))) {
  fit <- odds(as.matrix(d[, m[[3]]]), d$stage, c(m[[2]]$zeta, coef(m[[2]])))
  cat(m[[1]], "polr is off by", max(abs(fit$p - c(m[[2]]$zeta, coef(m[[2]])))), "gradient left", fit$gradient, "\n")
  names <- c("1|2", "2|3", "3|4", m[[3]]); keep(m[[1]], names, fit$p); keep(m[[1]], paste("se", names), fit$se); keep(m[[1]], "log_likelihood", fit$loglik)
}
z <- c(-Inf, odds(as.matrix(d[, c("x1", "x2")]), d$stage, c(po$zeta, coef(po)))$p[1:3], Inf)
lp <- drop(as.matrix(d[, c("x1", "x2")]) %*% odds(as.matrix(d[, c("x1", "x2")]), d$stage, c(po$zeta, coef(po)))$p[4:5])
keep("odds", "burden_score", sum(d$b * (plogis(z[d$stage + 1] - lp) + plogis(z[d$stage] - lp) - 1)))

# Mixed model: the likelihood profiled over fixed effects and noise, maximised over the Cholesky factor of D / s2 by
# Newton steps on central differences from where lme stops.
L <- read.csv("lmm_long.csv"); X <- model.matrix(~ t * x2 + x1, L); groups <- split(seq_len(nrow(L)), L$id)
profile <- function(theta) {
  C <- matrix(c(theta[1], theta[2], 0, theta[3]), 2); D <- C %*% t(C)
  A <- 0; v <- 0; q <- 0; logdet <- 0
  for (i in groups) {
    Z <- cbind(1, L$t[i]); R <- chol(diag(length(i)) + Z %*% D %*% t(Z))
    x <- backsolve(R, X[i, , drop = FALSE], transpose = TRUE); y <- backsolve(R, L$y[i], transpose = TRUE)
    A <- A + crossprod(x); v <- v + crossprod(x, y); q <- q + sum(y^2); logdet <- logdet + 2 * sum(log(diag(R)))
  }
  beta <- solve(A, v); n <- nrow(L); s2 <- (q - sum(v * beta)) / n
  list(loglik = -n / 2 * (log(2 * pi * s2) + 1) - logdet / 2, beta = drop(beta), s2 = s2, D = D * s2, se = sqrt(s2 * diag(solve(A))))
}
m0 <- lme(y ~ t * x2 + x1, random = ~ t | id, data = L, method = "ML", control = lmeControl(opt = "optim", msMaxIter = 500, tolerance = 1e-10))
D <- unclass(getVarCov(m0)) / m0$sigma^2; C <- t(chol(D)); theta <- c(C[1, 1], C[2, 1], C[2, 2])
f <- function(theta) profile(theta)$loglik
differ <- function(theta, h = 1e-3 * abs(theta) + 1e-4) {
  e <- diag(h); g <- sapply(1:3, function(j) (8 * (f(theta + e[j, ]) - f(theta - e[j, ])) - (f(theta + 2 * e[j, ]) - f(theta - 2 * e[j, ]))) / (12 * h[j]))
  H <- outer(1:3, 1:3, Vectorize(function(j, k) (f(theta + e[j, ] + e[k, ]) - f(theta + e[j, ] - e[k, ]) - f(theta - e[j, ] + e[k, ]) + f(theta - e[j, ] - e[k, ])) / (4 * h[j] * h[k])))
  list(g = g, H = H)
}
for (i in 1:8) { now <- differ(theta); step <- solve(now$H, now$g); theta <- theta - step }
cat("last step", step, "\n")
best <- profile(theta); cat("lme is off by", max(abs(unname(best$beta) - unname(fixef(m0)))), best$loglik - logLik(m0), "\n")
keep("slope", c("intercept", "months", "x2", "x1", "x2 x months"), best$beta); keep("slope", paste("se", c("intercept", "months", "x2", "x1", "x2 x months")), best$se)
keep("slope", c("residual_sd", "intercept_sd", "slope_sd", "correlation", "log_likelihood"),
  c(sqrt(best$s2), sqrt(diag(best$D)), best$D[1, 2] / sqrt(prod(diag(best$D))), best$loglik))

# Fine-Gray and cause-specific hazards with the tightest convergence coxph has.
exact <- coxph.control(eps = 1e-15, toler.chol = 1e-16, iter.max = 100)
d$etype <- factor(read.csv("fg_etype.csv")$etype, c("censor", "alsdeath", "other"))
fg <- finegray(Surv(entry, time, etype) ~ ., data = d, id = id, etype = "alsdeath")
fine <- coxph(Surv(fgstart, fgstop, fgstatus) ~ x1 + x2 + b, weights = fgwt, data = fg, ties = "breslow", control = exact)
cause <- coxph(Surv(entry, time, etype == "alsdeath") ~ x1 + x2 + b, data = d, control = exact)
keep("fine_gray", c("x1", "x2", "b"), coef(fine)); keep("fine_gray", paste("se", c("x1", "x2", "b")), sqrt(diag(if (is.null(fine$naive.var)) fine$var else fine$naive.var))); keep("fine_gray", "log_likelihood", fine$loglik[2])
keep("cause_specific", c("x1", "x2", "b"), coef(cause)); keep("cause_specific", paste("se", c("x1", "x2", "b")), sqrt(diag(cause$var))); keep("cause_specific", "log_likelihood", cause$loglik[2])
for (ties in c("breslow", "efron")) for (sites in c("pooled", "stratified")) {
  f <- coxph(if (sites == "pooled") Surv(entry, time, status) ~ x1 + x2 else Surv(entry, time, status) ~ x1 + x2 + strata(site), d, ties = ties, control = exact)
  keep(paste("cox", ties, sites), c("x1", "x2", "se x1", "se x2", "log_likelihood"), c(coef(f), sqrt(diag(f$var)), f$loglik[2]))
}
table <- do.call(rbind, rows); table$value <- trimws(formatC(table$value, digits = 15, format = "g"))
write.csv(table, "sharp_estimates.expected_R.csv", row.names = FALSE, quote = FALSE)
