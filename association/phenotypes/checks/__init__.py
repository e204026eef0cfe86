"""Data checks: what in clinical tables can't be, or should be looked at, patient by patient and visit by visit."""
