"""VCFs: what is wrong with them before Hail reads them, what is mended and counted while it does, and its errors."""
