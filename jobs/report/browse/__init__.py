"""All genes and all masks in one table of the page, to search, filter and sort."""

from jobs.report.browse.scripts import PageScripts, page_scripts
from jobs.report.browse.section import browse_section

__all__ = ["PageScripts", "browse_section", "page_scripts"]
