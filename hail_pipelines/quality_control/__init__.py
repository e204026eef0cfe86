"""Quality control of calls, variants and samples, in passes over the calls that are as few as can be."""
