"""What changed from one run of a study to the next, and why a gene's p-value moved."""
