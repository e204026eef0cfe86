"""The page of power: what a study can find, of groups of carriers that nobody has looked at yet."""
