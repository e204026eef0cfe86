"""VCFs before Hail reads them: header, first records, compression, and errors told in the user's terms."""
