"""Genotypes as arrays: calls, where on the genome they lie, and what quality control makes of them."""
