"""Dataproc: requests built from YAML, memory from the machine type, what a run costs, and the calls themselves."""
