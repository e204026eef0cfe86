"""Everything that a report consists of as files: the page, its figures by themselves, its tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from jobs.report.figure_files import figures_of, write_figure
from jobs.report.inputs import ReportInputs
from jobs.report.page import page_context, render_page
from jobs.report.table_files import report_tables, write_tables
from jobs.report.withheld import withhold
from jobs.report.workbook import write_workbook
from jobs.report_names import ReportNames, report_names
from jobs.result_files import write_tsv

LIST = "figures.tsv"


def write_report_files(folder: Path, inputs: ReportInputs) -> ReportNames:
    """Write the page, its figures and its tables into a folder.

    Parameters
    ----------
    folder
        That is there, and has none of them.
    inputs
        What was found; what its audience may not see is in none of the files.

    Returns
    -------
    ReportNames
        What was written.
    """
    shown = withhold(inputs)
    names = report_names(inputs.audience)
    context = page_context(shown)
    (folder / names.page).write_text(render_page(context), encoding="utf-8")
    (folder / names.figures).mkdir()
    listed = [
        {"file": file, "shows": figure.description}
        # A page may gather one figure in two places.
        for figure in {figure.drawing.name: figure for figure in figures_of(context)}.values()
        for file in write_figure(figure, folder / names.figures)
    ]
    write_tsv(pd.DataFrame(listed, columns=["file", "shows"]), folder / names.figures / LIST)
    (folder / names.tables).mkdir()
    tables = report_tables(shown)
    write_tables(tables, folder / names.tables)
    write_workbook(tables, folder / names.workbook)
    return names
