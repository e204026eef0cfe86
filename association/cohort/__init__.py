"""The cohort in numbers: relatives, ancestry, sex chromosomes, contamination, outliers, batches."""
