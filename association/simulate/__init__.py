"""Simulated exome cohorts of ALS patients, with effects planted in a few genes and their truth kept."""
