"""Tests of sets of genes, such as panels: together, and against the genes that are not in them."""
