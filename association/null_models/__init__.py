"""Null models: every trait reduced to score residuals and an information operator."""
