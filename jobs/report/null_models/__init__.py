"""The page of null models: each trait as the tests of genes see it, for the site that has the patients."""

from jobs.report.null_models.inputs import TraitPage
from jobs.report.null_models.page import null_models_html, write_null_models

__all__ = ["TraitPage", "null_models_html", "write_null_models"]
