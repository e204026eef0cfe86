"""The profiles of single genes: which genes have one, what it is made from, and where it is kept."""
