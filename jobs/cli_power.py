"""The command that says what a study can find: power."""

from __future__ import annotations

from typing import Annotated

import typer

from association.problems import InputError
from jobs.command_line import StudyPath, users_faults
from jobs.places import place_of

app = typer.Typer()


@app.command()
def power(
    study: StudyPath,
    samples: Annotated[
        int | None, typer.Option(metavar="N", help="Samples that are planned with each trait, like the study's.")
    ] = None,
    carriers: Annotated[
        str, typer.Option(metavar="K,...", help="Numbers of carriers to look at.")
    ] = "1,2,3,5,10,20,50",
) -> None:
    """Say what a study can find, before any result is looked at: from tables alone, or with its gene store."""
    from jobs.power.run_power import run_power
    from jobs.power.summary import summary_lines

    with users_faults():
        done = run_power(place_of(study), samples=samples, carriers=_numbers(carriers))
    if done.without_store:
        typer.echo(f"genes      {done.without_store}: carriers are classes, not genes")
    for line in summary_lines(done.traits):
        typer.echo(line)
    typer.echo(f"page: {done.page}")


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(one) for one in text.split(","))
    except ValueError:
        message = f"expected whole numbers separated by commas, such as 3,10,30; found '{text}'"
        raise InputError.single("progex power", "--carriers", message) from None
