"""The study file: everything that a user can say, checked before anything starts."""
