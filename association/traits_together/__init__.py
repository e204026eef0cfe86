"""What a gene does to several traits at once, by permutations that all traits share."""
