"""The command that makes a report anew: report."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from jobs.command_line import users_faults
from jobs.places import place_of


class Reader(StrEnum):
    """Who reads a report, as `jobs.report.audience.Audience` has it."""

    site = "site"
    consortium = "consortium"


app = typer.Typer()


@app.command()
def report(
    output: Annotated[
        str, typer.Argument(metavar="OUTPUT", help="Folder that a run or a meta-analysis wrote; it may be at gs://.")
    ],
    audience: Annotated[
        Reader,
        typer.Option(help="consortium: nothing of fewer than 5 people; site: everything, for who may see patients."),
    ] = Reader.consortium,
    out: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Folder to write to; by default where the report was.")
    ] = None,
) -> None:
    """Make the report of a finished run anew, with its figures and tables, for a consortium or for the site."""
    from jobs.rebuild_report import rebuild_report
    from jobs.report.audience import Audience

    with users_faults():
        place = None if out is None else place_of(out)
        page = rebuild_report(place_of(output), Audience(audience.value), place, _note)
        typer.echo(f"report: {page}")


def _note(words: str) -> None:
    typer.echo(f"note: {words}")
