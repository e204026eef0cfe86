"""Masks as expressions on a variant's annotations: read (`parse`), checked (`checks`, `constant`), evaluated."""
