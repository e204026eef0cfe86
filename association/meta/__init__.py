"""Several cohorts' summary statistics of a gene, combined without anyone's genotypes."""
