"""Requests to Dataproc as YAML, with places to fill."""
