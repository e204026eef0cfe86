"""The command that looks at one gene of a finished run: gene."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jobs.command_line import users_faults
from jobs.places import place_of

app = typer.Typer()

WIDEST = 200


class Reader(StrEnum):
    """Who reads the page, as `jobs.report.audience.Audience` has it."""

    site = "site"
    consortium = "consortium"


@app.command()
def gene(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="Any gene of the results, by any of its names.")],
    output: Annotated[
        str, typer.Argument(metavar="OUTPUT", help="Output folder of a finished run; it may be at gs://.")
    ],
    audience: Annotated[
        Reader, typer.Option(help="Who reads the page; site shows single carriers and variants.")
    ] = Reader.consortium,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Print what a finished run says of one gene, and open its page: in the report, or one of its own."""
    with users_faults():
        page = _look_at(symbol, output, audience, open_page=open_page)
    typer.echo(f"page: {page}")


def _look_at(symbol: str, output: str, audience: Reader, *, open_page: bool) -> str:
    """Print a gene, see that it has a page, and give the page's address."""
    import pandas as pd
    from rich.console import Console

    from hail_pipelines.places import readable
    from jobs.comparison.compared_run import read_compared
    from jobs.gene_list_matches import lists_of_gene
    from jobs.gene_profiles.gene_page import gene_page
    from jobs.gene_profiles.known_symbol import find_gene
    from jobs.gene_profiles.printed_gene import print_gene
    from jobs.gene_symbols import known_symbols
    from jobs.report.audience import Audience

    run = read_compared(place_of(output))
    results = pd.read_parquet(readable(run.results))
    found = find_gene(symbol, results["gene"].unique(), known_symbols())
    if found.remark:
        typer.echo(found.remark)
    lists = lists_of_gene(run.folder / "results", found.symbol)
    console = Console(highlight=False, soft_wrap=True)
    # A line that is longer than the terminal wraps; nothing is cut off.
    console.width = max(console.width, WIDEST)
    print_gene(results[results["gene"] == found.symbol], lists, console)
    page = gene_page(run, found.symbol, Audience(audience.value))
    if not isinstance(page.file, Path):
        return str(page.file)
    if open_page:
        address = page.file.resolve().as_uri()
        typer.launch(address if page.anchor is None else f"{address}#{page.anchor}")
    return str(page.file) if page.anchor is None else f"{page.file}#{page.anchor}"
