"""Whether a gene acts alike in patients who differ in a covariate."""
