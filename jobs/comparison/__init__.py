"""Compare a finished run with the one before it."""
