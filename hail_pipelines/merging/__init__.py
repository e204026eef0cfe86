"""Several cohorts made one: their variants joined by place and alleles, their carriers numbered anew."""
