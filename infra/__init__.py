"""The outside world: stored files, fingerprints and the versions of what computes."""
