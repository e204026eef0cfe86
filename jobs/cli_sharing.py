"""The commands of a consortium whose genotypes stay home: share, meta."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from jobs.command_line import users_faults
from jobs.places import place_of
from jobs.report_names import CONSORTIUM, report_names


class Unknown(StrEnum):
    """What is done where nobody can tell whether a person is in two cohorts."""

    refuse = "refuse"
    unchecked = "unchecked"


app = typer.Typer()


@app.command()
def share(
    study: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY.yaml",
            help="A study that has been run; it may be at gs://. With --inspect: whose buckets are read.",
        ),
    ] = None,
    out: Annotated[str | None, typer.Option(help="Folder to make; by default 'share' in the output.")] = None,
    trait: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A trait to tell of; by default all that can be.")
    ] = None,
    smallest_cell: Annotated[int, typer.Option(min=5, help="Tell of no fewer samples than these.")] = 5,
    inspect: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Print and check all that a shared folder holds; write nothing."),
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="With --inspect: every row of every file.")] = False,
) -> None:
    """Write summary statistics of a study's results that tell of no few samples, for a consortium."""
    if study is None and inspect is None:
        raise typer.BadParameter("name a study file, or a folder by --inspect")
    with users_faults():
        if inspect is not None:
            _inspect(inspect, study, rows=rows)
        elif study is not None:
            from jobs.consortium.share import share_study

            place = None if out is None else place_of(out)
            folder = share_study(place_of(study), out=place, traits=trait or [], at_least=smallest_cell)
            typer.echo(f"wrote {folder}; look at it before it leaves: progex share --inspect {folder}")


@app.command()
def meta(
    shares: Annotated[list[str], typer.Argument(metavar="SHARE...", help="Folders that sites shared.")],
    out: Annotated[str, typer.Option(help="Folder to make; it must be new, and may be at gs://.")],
    overlap: Annotated[
        Unknown, typer.Option(help="Of cohorts that can't be compared for people in both: refuse, or go on.")
    ] = Unknown.refuse,
) -> None:
    """Combine what several cohorts share: results as of one study, whether the cohorts agree, and a report."""
    from jobs.consortium.meta import meta_analyse

    with users_faults():
        folder = place_of(out)
        combined = meta_analyse([place_of(one) for one in shares], folder, unchecked=overlap is Unknown.unchecked)
    for trait, cohorts in combined.items():
        typer.echo(f"  {trait}: {len(cohorts)} cohorts ({', '.join(cohorts)})")
    typer.echo(f"report: {folder / report_names(CONSORTIUM).page}")


def _inspect(folder: str, study: str | None, *, rows: bool) -> None:
    """Print what a shared folder holds; where it is in a bucket, that is used as a study says."""
    from jobs.cloud_study import use_buckets
    from jobs.consortium.share_inspect import inspect_share
    from jobs.study.file import read_study

    if study is not None:
        cloud = read_study(place_of(study)).cloud
        if cloud is not None:
            use_buckets(cloud)
    for line in inspect_share(place_of(folder), rows=rows):
        typer.echo(line)
