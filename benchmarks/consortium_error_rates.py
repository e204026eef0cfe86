"""Type I error over nominal of several cohorts together, by route: `python -m benchmarks.consortium_error_rates`.

The routes are the pooled study's p-value (permutations within cohorts), the meta-analysis of what cohorts may share
(a saddlepoint), and for contrast the textbook's p-value of the pooled study. Cohorts and traits are those of
`benchmarks.consortium_cohorts`; a gene has 3 to 30 carriers. A meta-analysis has no p-value for fewer than 10.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from association.calibration.monte_carlo import Effort
from association.error_rates import binomial_interval
from association.gene_tests.masks import Mask
from association.gene_unit import Row
from association.meta.cohort_summary import GeneSummary, TraitSummary
from association.meta.combined_gene import combine_cohorts
from association.meta.meta_rows import MetaMask, MetaTrait, meta_rows
from association.meta.share_genes import ready_to_share, share_batch
from association.meta.share_schema import schema_of
from association.meta.share_tables import read_genes
from association.meta.summarise import summarise_trait
from association.meta.summed_saddlepoint import SummedCumulants
from association.null_models.null_model import Fit
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, WeightedTest
from benchmarks.consortium_cohorts import (
    NAMES,
    SIMULATED,
    SIZE,
    cohort_trait,
    draw_fits,
    draw_gene,
    gene_tables,
    genes_of_cohort,
    pooled_trait,
)

TRAITS, GENES = 100, 200
CARRIERS = (3, 5, 10, 20, 30)
LEVELS = (0.05, 0.01, 1e-3)
# Above it a test finds too much.
MOST = 1.2
AT_LEAST = 5
MASK = MaskChoice(Mask("missense"), 0.5)
TESTS = (WeightedTest("burden", "flat"), WeightedTest("skat", "beta_1_25"))
# Resolves a p-value of 1e-3 by twenty exceedances.
EFFORT = Effort(20_000, 20_000, 100)
POOLED, META, TEXTBOOK = "pooled", "meta", "textbook"


def measure(*, traits: int = TRAITS, genes: int = GENES) -> pd.DataFrame:
    """Test so many genes for so many traits of each kind.

    Returns
    -------
    pd.DataFrame
        kind, test, route, carriers (their class), level; tests, found, ratio (their share over the level) with its
        exact 95% interval, and verdict: "kept", "not kept" where the interval is above `MOST`, else "open".
    """
    return rates(pd.concat([_of_trait(kind, number, genes) for kind in SIMULATED for number in range(traits)]))


def rates(rows: pd.DataFrame) -> pd.DataFrame:
    """Count p-values (kind, test, route, carriers, p_value) below each level."""
    classed = rows.assign(carriers=np.where(rows["carriers"] < 10, "3-9", "10-30"))
    groups = classed.groupby(["kind", "test", "route", "carriers"], sort=False)["p_value"]
    tables = [
        pd.DataFrame(
            {"level": level, "tests": groups.size(), "found": groups.agg(lambda p, at=level: (p <= at).sum())}
        )
        for level in LEVELS
    ]
    table = pd.concat(tables).reset_index()
    lower, upper = (end / table["level"] for end in binomial_interval(table["found"], table["tests"]))
    ratio = table["found"] / table["tests"] / table["level"]
    verdict = np.select([ratio <= MOST, lower > MOST], ["kept", "not kept"], "open")
    return table.assign(ratio=ratio, lower=lower, upper=upper, verdict=verdict)


def _of_trait(kind: str, number: int, count: int) -> pd.DataFrame:
    """Give the p-values of one draw of a trait."""
    rng = np.random.default_rng((list(SIMULATED).index(kind), number))
    fits = draw_fits(rng, kind)
    genes = [draw_gene(rng, int(rng.choice(CARRIERS))) for _ in range(count)]
    settings = ScanSettings((MASK,), TESTS, int(rng.integers(2**62)), EFFORT)
    tables = gene_tables(genes, samples=SIZE * len(NAMES))
    pooled = scan(*tables, [pooled_trait(kind, fits)], settings).to_pandas()
    carriers = pooled.set_index("gene")["carriers"].groupby("gene").max()
    meta = pd.DataFrame(list(_meta(kind, fits, genes, settings)))
    parts = [
        pooled.assign(route=POOLED),
        pooled.assign(route=TEXTBOOK, p_value=pooled["p_asymptotic"].fillna(1.0)),
        meta.assign(route=META),
    ]
    rows = pd.concat([part[["gene", "test", "route", "p_value"]] for part in parts], ignore_index=True)
    return rows.dropna(subset="p_value").assign(kind=kind, carriers=lambda own: own["gene"].map(carriers))


def _meta(kind: str, fits: list[Fit], genes: list[list[np.ndarray]], settings: ScanSettings) -> Iterator[Row]:
    """Give the rows of a meta-analysis of what each cohort may share."""
    told = [_shared(kind, name, fit, genes_of_cohort(genes, at), settings) for at, (name, fit) in _numbered(fits)]
    summaries = tuple(trait for trait, _, _ in told)
    asked = MetaTrait(kind, summaries, SummedCumulants.of(summaries), settings.tests)
    for place in gene_tables(genes, samples=SIZE)[0].to_pylist():
        gene = place["gene"]
        telling = [(trait, own[gene]) for trait, own, _ in told if gene in own]
        combined = combine_cohorts(telling) if telling else None
        used = np.ones(0 if combined is None else len(combined.variants), np.bool_)
        mask = MetaMask("missense", MASK.max_af, used, any(gene in withheld for _, _, withheld in told), 0)
        yield from meta_rows(place, combined, [mask], asked)


def _numbered(fits: list[Fit]) -> Iterator[tuple[int, tuple[str, Fit]]]:
    return enumerate(zip(NAMES, fits, strict=True))


def _shared(
    kind: str, cohort: str, fit: Fit, genes: list[list[np.ndarray]], settings: ScanSettings
) -> tuple[TraitSummary, dict[str, GeneSummary], set[str]]:
    """Give what a cohort tells, and the genes of which it withholds something."""
    trait = ready_to_share(cohort_trait(kind, fit), at_least=AT_LEAST)
    told = summarise_trait(cohort, kind, trait.model, trait.strata, at_least=AT_LEAST)
    rows = share_batch(*gene_tables(genes, samples=SIZE), [trait], settings, key=cohort, at_least=AT_LEAST)[kind]
    tables = {name: pa.Table.from_pylist(own, schema_of(name)) for name, own in rows.items()}
    withheld = {row["gene"] for row in rows["genes"] if row["withheld"]}
    return told, {one.gene: one for one in read_genes(told, tables)}, withheld


def main() -> None:
    """Measure, and print the table."""
    table = measure()
    with pd.option_context("display.max_rows", None, "display.width", 150):
        print(table.round({"ratio": 2, "lower": 2, "upper": 2}).to_string(index=False))


if __name__ == "__main__":
    main()
