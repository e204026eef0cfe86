"""The names of the files that a report consists of; those for a site have names of their own.

So nobody takes one of these for what may be sent to others.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

# As in jobs.report.audience, which takes matplotlib to import.
CONSORTIUM = "consortium"
SITE = "site"


@dataclass(frozen=True)
class ReportNames:
    """What there is of a report.

    Attributes
    ----------
    figures, tables
        Folders.
    workbook, page
        Files.
    """

    figures: str
    tables: str
    workbook: str
    page: str

    def all(self) -> tuple[str, ...]:
        """Give all names, the page last: it is put in place when the rest is there."""
        return astuple(self)


def report_names(audience: str) -> ReportNames:
    """Name what a report for an audience consists of."""
    suffix = "" if audience == CONSORTIUM else f"_{audience}"
    return ReportNames(f"figures{suffix}", f"tables{suffix}", f"tables{suffix}.xlsx", f"report{suffix}.html")
