"""From joint calls to carriers: loading, quality control, annotation and the gene store, in Hail on Spark."""
