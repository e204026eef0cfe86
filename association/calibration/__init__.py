"""P-values that hold at few carriers: the permutation stream and what is counted on it."""
