"""Genes and consequences of variants, from whatever source names them."""
