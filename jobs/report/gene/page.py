"""The pages of genes, and a page of one gene by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from jobs.report import numbers, wording
from jobs.report.audience import Audience
from jobs.report.environment import page_environment
from jobs.report.findings import TraitFindings, find
from jobs.report.gene.across_cohorts import across_cohorts_figure
from jobs.report.gene.across_traits import across_traits_figure
from jobs.report.gene.course import course_figure
from jobs.report.gene.influence import influence_figure
from jobs.report.gene.known_words import known_words
from jobs.report.gene.lollipop import lollipop_figure
from jobs.report.gene.mask_table import GeneMasks, gene_masks
from jobs.report.gene.material import Gene, GeneFigure, GeneTrait, anchor, gather
from jobs.report.gene.spread import spread_figure
from jobs.report.gene.survival import survival_figure
from jobs.report.gene.variant_table import VariantTable, variant_table
from jobs.report.gene.without import without_figure
from jobs.report.gene.words import trait_words
from jobs.report.inputs import ReportInputs
from jobs.report.withheld import withhold

# A meta-analysis has no profiles; its strongest genes of each trait have pages.
MOST_WITHOUT_PROFILES = 10


class UnknownGeneError(LookupError):
    """A gene that no result row is of."""


@dataclass(frozen=True)
class TraitPart:
    """What a gene's page says of one trait.

    Attributes
    ----------
    trait
        Its name.
    passes
        Whether the gene passes the trait's line.
    sentences
        What is known, in words.
    flags
        Cautions: in a word or two, and in full.
    figures
        Half as wide as the page.
    wide
        As wide as the page.
    """

    trait: str
    passes: bool
    sentences: Sequence[Markup]
    flags: Sequence[tuple[str, str]]
    figures: Sequence[GeneFigure]
    wide: Sequence[GeneFigure]


@dataclass(frozen=True)
class GenePage:
    """What a gene's page says.

    Attributes
    ----------
    symbol, anchor, place
        The gene, the id of its page, and where it starts.
    p_value
        The smallest over traits by which it counts, written; empty where it counts in none.
    known
        Lists that it is on, and what is left of it without known carriers.
    masks
        Every mask and test.
    traits
        What is known for each trait.
    figures
        Those of all traits together.
    variants
        Its variants; None where none may be shown.
    """

    symbol: str
    anchor: str
    place: str
    p_value: Markup
    known: Sequence[Markup]
    masks: GeneMasks
    traits: Sequence[TraitPart]
    figures: Sequence[GeneFigure]
    variants: VariantTable | None

    @property
    def blocks(self) -> list[list[GeneFigure]]:
        """Give the half-wide figures as they stand together: those of a trait, or all where each has but one."""
        blocks = [list(part.figures) for part in self.traits if part.figures]
        return [[figure for block in blocks for figure in block]] if max(map(len, blocks), default=2) == 1 else blocks


@dataclass(frozen=True)
class GenePages:
    """All pages of genes.

    Attributes
    ----------
    pages
        In the order of the smallest p-value.
    for_site
        Whether single carriers and variants are shown.
    least
        The smallest count of people that is told.
    """

    pages: Sequence[GenePage]
    for_site: bool
    least: int

    @property
    def anchors(self) -> dict[str, str]:
        """Give the id of each gene's page, by its symbol."""
        return {page.symbol: page.anchor for page in self.pages}


def gene_pages(inputs: ReportInputs, findings: Sequence[TraitFindings]) -> GenePages:
    """Make the pages of all genes that have one.

    Parameters
    ----------
    inputs
        What the run found, already without what the readers may not see.
    findings
        Of each trait.
    """
    genes = gather(inputs, findings, page_symbols(inputs, findings))
    if inputs.audience is not Audience.SITE:
        genes = [gene for gene in genes if any(one.counting for one in gene.traits)]
    return _pages(sorted(genes, key=_strength), inputs)


def gene_page_html(inputs: ReportInputs, gene: str) -> str:
    """Make a page of one gene.

    Parameters
    ----------
    inputs
        What the run found; what its audience may not see is left out.
    gene
        Its symbol.

    Returns
    -------
    str
        HTML, complete in itself.

    Raises
    ------
    UnknownGeneError
        If no result row is of the gene.
    """
    if not inputs.results["gene"].eq(gene).any():
        raise UnknownGeneError(f"no result row is of {gene}")
    inputs = withhold(inputs)
    findings = [find(inputs, trait) for trait in inputs.traits]
    pages = _pages(gather(inputs, findings, [gene]), inputs)
    template = page_environment().get_template("gene/gene_page.html.jinja")
    return template.render(study=inputs.study, gene_pages=pages, page=pages.pages[0])


def page_symbols(inputs: ReportInputs, findings: Sequence[TraitFindings]) -> list[str]:
    """Name the genes that have pages: those with profiles, else followed up; of a meta-analysis the strongest."""
    for table in ((inputs.profiles or {}).get("groups"), inputs.effects):
        if table is not None and len(table):
            found = table["gene"].isin(inputs.results["gene"])
            return [str(gene) for gene in table.loc[found, "gene"].drop_duplicates()]
    if inputs.consortium is None:
        return []
    leading = [gene for one in findings for gene in one.genes["gene"].head(MOST_WITHOUT_PROFILES)]
    return list(dict.fromkeys(leading))


def _strength(gene: Gene) -> tuple[float, str]:
    return min((float(one.counting["p_value"]) for one in gene.traits if one.counting), default=2.0), gene.symbol


def _pages(genes: Sequence[Gene], inputs: ReportInputs) -> GenePages:
    bands = _bands(inputs.profiles or {})
    return GenePages(
        [_page(gene, inputs, bands) for gene in genes], inputs.audience is Audience.SITE, inputs.audience.least
    )


def _bands(profiles: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    band = profiles.get("course_band")
    return {} if band is None or band.empty else {str(trait): own for trait, own in band.groupby("trait", sort=False)}


def _page(gene: Gene, inputs: ReportInputs, bands: Mapping[str, pd.DataFrame]) -> GenePage:
    smallest, _ = _strength(gene)
    rows = gene.traits[0].rows if gene.traits else pd.DataFrame()
    figures = [lollipop_figure(gene), across_traits_figure(gene)]
    return GenePage(
        symbol=gene.symbol,
        anchor=anchor(gene.symbol),
        place=f"{rows['contig'].iloc[0]}:{rows['start'].iloc[0]:,}" if len(rows) else "",
        p_value=numbers.p_value(smallest) if smallest <= 1 else Markup(""),
        known=known_words(gene, inputs.known_genes, inputs.set_genes),
        masks=gene_masks(gene),
        traits=[_part(one, gene.table("sites"), inputs, bands) for one in gene.traits],
        figures=[figure for figure in figures if figure is not None],
        variants=variant_table(gene),
    )


def _part(one: GeneTrait, sites: pd.DataFrame, inputs: ReportInputs, bands: Mapping[str, Any]) -> TraitPart:
    band = bands.get(one.trait, pd.DataFrame())
    figures = [
        survival_figure(one), course_figure(one, band), spread_figure(one), without_figure(one, sites),
        influence_figure(one),
    ]  # fmt: skip
    wide = [] if inputs.consortium is None else [across_cohorts_figure(one, inputs.consortium)]
    counting, driver = one.counting, one.driver
    flags = [name for row in (driver, counting) for name in wording.flag_names(row.get("flags"))]
    return TraitPart(
        trait=one.trait,
        passes=bool(counting and counting["significant"]),
        sentences=trait_words(one, sites),
        flags=wording.flag_words(";".join(dict.fromkeys(flags))),
        figures=[figure for figure in figures if figure is not None],
        wide=[figure for figure in wide if figure is not None],
    )
