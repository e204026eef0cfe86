"""The page of quality control: what a person looks at before signing who and what stays."""

from jobs.report.qc.inputs import QcInputs
from jobs.report.qc.page import qc_html, qc_tables, write_qc_page
from jobs.report.qc.variant_summary import summarise_variants

__all__ = ["QcInputs", "qc_html", "qc_tables", "summarise_variants", "write_qc_page"]
