"""The command that says what a run has changed: compare."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.storage import Place
from jobs.command_line import users_faults
from jobs.places import place_of

app = typer.Typer()


@app.command()
def compare(
    old: Annotated[str, typer.Argument(metavar="OLD", help="Output folder of the run before.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Output folder of the run now.")],
    out: Annotated[str | None, typer.Option(help="Folder to write; by default 'comparison' in NEW.")] = None,
) -> None:
    """Say what changed from one finished run to the next, and why results moved."""
    with users_faults():
        tell_changes(place_of(old), place_of(new), None if out is None else place_of(out))


def tell_changes(old: Place, new: Place, out: Place | None = None) -> None:
    """Compare two runs, and print what changed."""
    from jobs.comparison.compare import compare_runs

    for line in compare_runs(old, new, out).lines():
        typer.echo(line)
