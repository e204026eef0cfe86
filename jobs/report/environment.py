"""The templates of all pages, and what they share: filters that write numbers and names."""

from __future__ import annotations

import jinja2

from jobs.report import numbers, wording
from jobs.report.browse.scripts import page_scripts
from jobs.report.figure_data import drawn


def page_environment() -> jinja2.Environment:
    """Give the environment of the templates in this folder and below it; all text is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("jobs.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": numbers.count,
        "drawn": drawn,
        "number": numbers.number,
        "estimate": numbers.estimate,
        "percent": numbers.percent,
        "p_value": numbers.p_value,
        "mask_words": wording.mask_words,
        "test_words": wording.test_words,
        "plain_words": wording.plain_words,
        "title": wording.title,
    }
    # A page with tables to search is rendered with its own scripts in their place.
    environment.globals |= {"meaning": wording.MEANINGS, "scripts": page_scripts(with_tables=False)}
    return environment
