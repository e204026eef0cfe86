"""Measurements of speed and of type I error: `make bench`."""
