"""The clinical tables of a study: what is read of them, and the data checks that they go through."""
