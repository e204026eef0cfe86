"""The commands of a consortium that pools genotypes: cohort, merge."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from jobs.cli_comparison import tell_changes
from jobs.command_line import StudyPath, users_faults
from jobs.places import place_of


class Overlap(StrEnum):
    """What is done about people in two cohorts."""

    resolve = "resolve"
    refuse = "refuse"
    unchecked = "unchecked"


app = typer.Typer()


@app.command()
def cohort(study: StudyPath) -> None:
    """Say what a cohort is, for others to merge with: manifest and fingerprints, no ids."""
    from jobs.consortium.cohort import make_cohort

    with users_faults():
        made = make_cohort(place_of(study))
    typer.echo(f"{made.manifest['cohort']}: {made.manifest['samples']:,} samples stay")
    typer.echo(f"  callable      {made.manifest['callable']['bases']:,} bases")
    sites = made.fingerprint_sites
    typer.echo(f"  fingerprints  {_told_by(sites)}")
    for one in made.silent:
        typer.echo(f"  warning       {one.place}: {one.message}; the cohort joins without this trait")
    typer.echo(f"wrote {made.folder}, which may go to members who have the salt (docs/consortium.md)")


def _told_by(sites: int | None) -> str:
    """Say what fingerprints from so many sites can tell."""
    from association.cohort.relatedness import FEWEST_SITES

    if sites is None:
        return "none: the study names no cohort.salt"
    if sites < FEWEST_SITES:
        return (
            f"from {sites:,} sites, which tell nobody in two cohorts; {FEWEST_SITES} at least are needed, common and "
            "far apart: name VCFs that hold common variants too"
        )
    return f"from {sites:,} sites"


@app.command()
def merge(
    folders: Annotated[list[str], typer.Argument(metavar="OUT...", help="Output folders of finished runs.")],
    out: Annotated[str, typer.Option(help="Folder to make; it must be new.")],
    overlap: Annotated[
        Overlap,
        typer.Option(help="Of people in two cohorts: leave out one sample, refuse to merge, or do not look."),
    ] = Overlap.resolve,
    rename_samples: Annotated[
        bool, typer.Option("--rename-samples", help="Put each cohort's name before its sample ids.")
    ] = False,
    join_only: Annotated[bool, typer.Option("--join-only", help="Stop before the traits are tested.")] = False,
    since: Annotated[
        str | None, typer.Option(metavar="OLD", help="The last merged run, to say what changed since, and why.")
    ] = None,
) -> None:
    """Merge cohorts, samples and all, into one study, and run it."""
    from jobs.comparison.compared_run import read_compared
    from jobs.consortium.merge import merge_runs
    from jobs.run import run_study

    if since is not None and join_only:
        raise typer.BadParameter("--since compares results, and --join-only makes none; leave one of them out")
    with users_faults():
        if since is not None:
            read_compared(place_of(since))
        places = [place_of(folder) for folder in folders]
        done = merge_runs(places, place_of(out), overlap=overlap.value, rename_samples=rename_samples)
        left_out = "duplicates not checked" if done.duplicates is None else f"{done.duplicates:,} left out"
        typer.echo(f"{done.counts.samples:,} samples of {len(folders)} cohorts, {left_out}")
        if done.untold is not None:
            typer.echo(f"  {done.untold}")
        for row in done.counts.states.to_dict("records"):
            if row["variants"]:
                typer.echo(f"  {row['cohort']}: {row['variants']:,} variants {row['state']}")
        for words in done.left_aside:
            typer.echo(f"  {words}")
        typer.echo(f"study: {done.study}")
        if not join_only:
            typer.echo(f"report: {run_study(done.study)}")
            if since is not None:
                tell_changes(place_of(since), place_of(out))
