"""What an operator types: the study file, the stages of a run, the command line and the report."""
