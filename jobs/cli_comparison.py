"""The command that says what a run has changed: compare."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer

from infra.storage import Place
from jobs.places import place_of

UsersFaults = Callable[[], AbstractContextManager[None]]


def register(app: typer.Typer, users_faults: UsersFaults) -> None:
    """Add the command to the command line.

    Parameters
    ----------
    app
        The command line.
    users_faults
        Prints what the user can mend, and ends with status 2.
    """

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
