"""What a gene's page is made from: its rows of all tables, one trait at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from markupsafe import Markup

from association.scan_settings import CONTROL_MASK
from jobs.report import wording
from jobs.report.audience import Audience
from jobs.report.driving_rows import driving_rows
from jobs.report.figures import ReportFigure, slug
from jobs.report.findings import TraitFindings
from jobs.report.gene.pen import Pen
from jobs.report.inputs import ReportInputs

Row = Mapping[str, Any]
NOTHING: Row = {}
# Of a gene and trait, and of a gene.
BY_TRAIT = ("groups", "curves", "at_risk", "course", "values", "influence", "leave_one_out", "variants", "effects")
BY_GENE = ("sites", "exons")


@dataclass(frozen=True, kw_only=True)
class GeneFigure(ReportFigure):
    """A figure of a gene's page.

    Attributes
    ----------
    name
        Unique on the page.
    caption
        What it shows, for all readers.
    pen
        The drawing.
    """

    name: str
    caption: Markup
    pen: Pen


def finish(pen: Pen, data: pd.DataFrame, description: str, *, name: str, caption: Markup) -> GeneFigure:
    """Make a figure of a drawing; parameters as the figure's attributes."""
    return GeneFigure(
        image=pen.svg(description, name=name),
        data=data,
        description=description,
        name=name,
        caption=caption,
        pen=pen,
    )


@dataclass(frozen=True)
class GeneTrait:
    """A gene in the light of one trait.

    Attributes
    ----------
    gene
        Its symbol.
    findings
        The trait's.
    rows
        All result rows of the gene for the trait.
    tables
        The gene's rows for the trait of each table of profiles and follow-up, by its name; empty ones left out.
    audience
        Who will read it.
    """

    gene: str
    findings: TraitFindings
    rows: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    audience: Audience

    @property
    def trait(self) -> str:
        """Give the trait's name."""
        return self.findings.name

    @property
    def words(self) -> wording.TraitWords:
        """Give the trait's words."""
        return wording.trait_words(self.findings.type, self.findings.summary.get("kind"))

    @cached_property
    def group(self) -> Row:
        """Give the row of carriers and others; empty where there is none."""
        return first(self.tables.get("groups"))

    @cached_property
    def counting(self) -> Row:
        """Give the row by which the gene counts; empty where it has no p-value or too few carriers."""
        return first(self.findings.genes[self.findings.genes["gene"] == self.gene])

    @cached_property
    def driver(self) -> Row:
        """Give the row of the mask and test behind it; of the strongest test where the gene does not count."""
        if self.counting:
            return first(self.findings.drivers[self.findings.drivers["gene"] == self.gene])
        tested = self.rows[self.rows["p_value"].notna() & (self.rows["mask"] != CONTROL_MASK)]
        return first(driving_rows(tested, tested.head(1))) if len(tested) else NOTHING

    def table(self, name: str) -> pd.DataFrame:
        """Give the gene's rows of a table; an empty one where there are none."""
        return self.tables.get(name, pd.DataFrame())

    def name(self, what: str) -> str:
        """Name a figure of this gene and trait."""
        return f"{anchor(self.gene)}-{slug(self.trait)}-{what}"


@dataclass(frozen=True)
class Gene:
    """A gene with all its traits.

    Attributes
    ----------
    symbol
        As annotated.
    traits
        It in the light of each trait that it has rows of.
    tables
        Its rows of the tables of sites and exons.
    audience
        Who will read it.
    """

    symbol: str
    traits: Sequence[GeneTrait]
    tables: Mapping[str, pd.DataFrame]
    audience: Audience

    def table(self, name: str) -> pd.DataFrame:
        """Give the gene's rows of a table; an empty one where there are none."""
        return self.tables.get(name, pd.DataFrame())


def anchor(symbol: str) -> str:
    """Give the id of a gene's page within the report."""
    return f"gene-{slug(symbol)}"


def first(rows: pd.DataFrame | None) -> Row:
    """Give the first row as a mapping, an empty one where there is none."""
    if rows is None or rows.empty:
        return NOTHING
    return {str(name): value for name, value in rows.iloc[0].items()}


def gather(inputs: ReportInputs, findings: Sequence[TraitFindings], symbols: Iterable[str]) -> list[Gene]:
    """Gather what there is of genes, each table looked through once."""
    symbols = list(symbols)
    tables = _tables(inputs)
    of_trait = {name: _split(tables.get(name), ["gene", "trait"], symbols) for name in BY_TRAIT}
    of_gene = {name: _split(tables.get(name), ["gene"], symbols) for name in BY_GENE}
    rows = _split(inputs.results, ["gene", "trait"], symbols)
    genes = []
    for symbol in symbols:
        traits = [
            GeneTrait(
                symbol,
                one,
                rows[symbol, one.name],
                {name: parts[symbol, one.name] for name, parts in of_trait.items() if (symbol, one.name) in parts},
                inputs.audience,
            )
            for one in findings
            if (symbol, one.name) in rows
        ]
        own = {name: parts[(symbol,)] for name, parts in of_gene.items() if (symbol,) in parts}
        genes.append(Gene(symbol, traits, own, inputs.audience))
    return genes


def _tables(inputs: ReportInputs) -> dict[str, pd.DataFrame]:
    """Give profiles and follow-up; profiles have their own effects and variants, of more genes."""
    follow_up = {"leave_one_out": inputs.leave_one_out, "variants": inputs.variants, "effects": inputs.effects}
    return {**{name: table for name, table in follow_up.items() if table is not None}, **(inputs.profiles or {})}


def _split(table: pd.DataFrame | None, by: list[str], symbols: list[str]) -> dict[tuple[str, ...], pd.DataFrame]:
    if table is None or table.empty:
        return {}
    return dict(iter(table[table["gene"].isin(symbols)].groupby(by, sort=False)))
