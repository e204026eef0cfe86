"""Masks as expressions on a variant's annotations: read (`parse`), checked (`faults`, `constant`), `evaluate`d."""
