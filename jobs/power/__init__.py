"""`progex power`: what a study can find, said before any result is looked at."""
