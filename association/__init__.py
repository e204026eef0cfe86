"""Numbers only: progression traits, null models, gene tests and their calibration.

Nothing here knows of Hail, Spark, clouds or files.
"""
