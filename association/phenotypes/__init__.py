"""Progression traits of ALS from dates and visits."""
