"""The commands of a consortium whose genotypes stay home: share, meta."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from association.problems import InputError
from jobs.places import place_of

NOT_YET = (
    "summaries can still tell of single patients (docs/sharing.md) and must not leave a site; to try them at home, "
    "say --preview"
)

UsersFaults = Callable[[], AbstractContextManager[None]]


def register(app: typer.Typer, users_faults: UsersFaults) -> None:
    """Add the commands to the command line.

    Parameters
    ----------
    app
        The command line.
    users_faults
        Prints what the user can mend, and ends with status 2.
    """

    @app.command()
    def share(
        study: Annotated[
            str | None, typer.Argument(metavar="STUDY.yaml", help="A study that has been run; it may be at gs://.")
        ] = None,
        out: Annotated[str | None, typer.Option(help="Folder to make; by default 'share' in the output.")] = None,
        smallest_cell: Annotated[int, typer.Option(min=2, help="Tell of no fewer samples than these.")] = 5,
        inspect: Annotated[
            str | None, typer.Option(metavar="DIR", help="Print all that a shared folder holds; write nothing.")
        ] = None,
        rows: Annotated[bool, typer.Option("--rows", help="With --inspect: every row of every table.")] = False,
        preview: Annotated[
            bool, typer.Option("--preview", help="Write what can still tell of single patients; never send it.")
        ] = False,
    ) -> None:
        """Write summary statistics of a study's results, small cells left out: a preview that must not travel yet."""
        if (study is None) == (inspect is None):
            raise typer.BadParameter("name a study file, or a folder by --inspect")
        with users_faults():
            if inspect is not None:
                _inspect(inspect, rows=rows)
            elif study is not None:
                from jobs.consortium.share import share_study

                if not preview:
                    raise InputError.single(study, "share", NOT_YET)
                folder = share_study(
                    place_of(study), out=None if out is None else place_of(out), at_least=smallest_cell
                )
                typer.echo(
                    f"wrote {folder}, which must stay at home (docs/sharing.md): progex share --inspect {folder}"
                )

    @app.command()
    def meta(
        shares: Annotated[list[str], typer.Argument(metavar="SHARE...", help="Folders that sites shared.")],
        out: Annotated[Path, typer.Option(help="Folder to make; it must be new.")],
    ) -> None:
        """Combine what several cohorts share: results as of one study, and whether the cohorts agree."""
        from jobs.consortium.meta import meta_analyse

        with users_faults():
            combined = meta_analyse([place_of(one) for one in shares], out)
        for trait, cohorts in combined.items():
            typer.echo(f"  {trait}: {len(cohorts)} cohorts ({', '.join(cohorts)})")
        typer.echo(f"wrote {out}")


def _inspect(folder: str, *, rows: bool) -> None:
    from jobs.consortium.share_inspect import inspect_share

    for line in inspect_share(place_of(folder), rows=rows):
        typer.echo(line)
