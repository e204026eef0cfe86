"""Several sites together: what a cohort says of itself, cohorts made one, and summaries that may travel."""
