"""What shows whether a null model fits: survival curves, proportional hazards, residuals."""
