"""Read the tables that a study names: clinical ones, and others of rows and columns."""
