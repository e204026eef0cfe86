"""VCFs: what is wrong with them, and how they are read: cut into shares, lines, columns and calls."""
