"""The report: one self-contained page that shows what a run found and how far it can be trusted."""

from jobs.report.files import write_report_files
from jobs.report.inputs import ReportInputs
from jobs.report.page import report_html

__all__ = ["ReportInputs", "report_html", "write_report_files"]
