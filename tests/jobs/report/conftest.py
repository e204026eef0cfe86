"""Made-up results: rows, traits and inputs of a report, and what a reader meets on its page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

from association.results import COLUMNS
from jobs.report import ReportInputs, report_html
from jobs.report.audience import Audience

MASKS = ("plof", "missense", "synonymous")
TESTS = (("burden", "flat", "sum"), ("skat", "beta_1_25", None))
PERMUTATIONS = 1_000_000
Row = dict[str, Any]


def make_row(gene: str, mask: str = "plof", test: str = "burden", **changes: Any) -> Row:
    """Make a tested row of 20 carriers with an unremarkable p-value; the gene's primary row, unless it is a control.

    `exceedances` of a million permutations set the p-value.
    """
    trait, carriers = changes.get("trait", "survival"), changes.get("carriers", 20)
    exceedances = changes.get("exceedances", 500_000)
    p = (1 + exceedances) / (1 + PERMUTATIONS)
    survival, burden = trait == "survival", test == "burden"
    flags = ["few_carriers"] if carriers < 3 else []
    flags += ["at_resolution_limit"] if exceedances == 0 else []
    return {
        "gene": gene,
        "contig": "chr1",
        "start": 1_001,
        "trait": trait,
        "mask": mask,
        "max_af": None if mask == "all" else 0.01,
        "test": test,
        "weights": None if test == "omnibus" else "flat",
        "coding": "sum" if burden else None,
        "samples": 300,
        "variants": max(1, carriers // 2),
        "carriers": carriers,
        "minor_allele_count": carriers,
        "observed_events": float(carriers // 2) if survival else None,
        "expected_events": carriers / 3 if survival else None,
        "effect": 0.7 if burden else None,
        "standard_error": 0.3 if burden else None,
        "p_value": p,
        "neg_log10_p": -np.log10(p),
        "p_lower": p / 2 if exceedances else 0.0,
        "p_upper": min(1.0, p * 2),
        "method": "permutation",
        "permutations": PERMUTATIONS,
        "exceedances": exceedances,
        "p_asymptotic": p / 3,
        "neg_log10_p_asymptotic": -np.log10(p / 3),
        "primary": mask != "synonymous",
        "min_attainable_p": 300.0**-carriers,
        "flags": ";".join(flags),
        **changes,
    }


def make_rows(genes: int, trait: str, generator: np.random.Generator, strong: str | None = None) -> list[Row]:
    """Make all rows of genes without effect, but for a `strong` one, as small as permutation shows."""
    rows = []
    for number in range(genes):
        gene, place = f"SIM{number:05}", {"contig": f"chr{1 + number % 22}", "start": 1_000 * number + 1}
        carriers = dict(zip(MASKS, (int(one) for one in generator.integers(1, 25, len(MASKS))), strict=True))
        carriers["all"] = carriers["plof"] + carriers["missense"]
        carriers |= {"plof": 20} if gene == strong else {}
        tests = [(mask, *test) for mask in MASKS for test in (*TESTS, ("omnibus", None, None))]
        for mask, test, weights, coding in [*tests, ("all", "omnibus", None, None)]:
            exceedances = int(generator.integers(1, PERMUTATIONS))
            exceedances = 0 if gene == strong and mask in ("plof", "all") else exceedances
            named = {"trait": trait, "weights": weights, "coding": coding, "primary": mask == "all"}
            rows.append(
                make_row(gene, mask, test, carriers=carriers[mask], exceedances=exceedances, **named, **place)
            )
    return rows


def make_summary(trait: str, **changes: Any) -> Row:
    """Make a null model's summary."""
    survival = trait == "survival"
    return {
        "name": trait,
        "type": "survival" if survival else "alsfrs_slope",
        "samples": 300,
        "events": 165 if survival else None,
        "person_months": 6_900.4 if survival else None,
        "strata": 3,
        "coefficients": [{"name": "age_at_onset", "estimate": 0.025, "standard_error": 0.006}],
        "exclusions": [{"reason": "no scored visit", "count": 4}],
        "details": {"tied_fraction": 0.05},
        **changes,
    }


def make_inputs(
    rows: Any, traits: tuple[str, ...] = ("survival",), summaries: list[Row] | None = None, **changes: Any
) -> ReportInputs:
    """Make a report's inputs; `summaries` take the place of those of `traits`."""
    frame = pd.DataFrame(rows, columns=[column.name for column in COLUMNS])
    numbers = [column.name for column in COLUMNS if str(column.type) in ("double", "int64")]
    frame[numbers] = frame[numbers].astype(float)
    calls = {"unit": "genotype", "before": 1_000, "excluded": 30, "after": 970}
    variants = {"step": "filter", "unit": "variant", "before": 50, "excluded": 0, "after": 50}
    given = {
        "results": frame,
        "attrition": [
            calls | {"step": "depth", "reason": "depth below 10"},
            calls | {"step": "all", "reason": "any"},
            variants | {"reason": "FILTER is not PASS", "skipped": "no FILTER"},
        ],
        "traits": summaries or [make_summary(name) for name in traits],
        "settings": {"name": "A study", "alpha": 0.05, "calibration": {"max_permutations": PERMUTATIONS // 10}},
        "run": {"versions": {"progex": "0.1.0"}, "stages": [{"name": "scan", "seconds": 12.3, "reused": True}]},
        "audience": Audience.SITE,
        **changes,
    }
    return ReportInputs(**given)


class Outline(HTMLParser):
    """What a browser's reader would meet: tags with attributes, and the text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def without_scripts(page: str) -> str:
    """Give a page without its scripts and what they read, which no reader meets as they stand."""
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def read_text(page: str) -> str:
    """Give a page's text, one space between words."""
    body = without_scripts(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.fixture(scope="session")
def result_row() -> Callable[..., Row]:
    return make_row


@pytest.fixture(scope="session")
def result_rows() -> Callable[..., list[Row]]:
    return make_rows


@pytest.fixture(scope="session")
def trait_summary() -> Callable[..., Row]:
    return make_summary


@pytest.fixture(scope="session")
def report_inputs() -> Callable[..., ReportInputs]:
    return make_inputs


@pytest.fixture(scope="session")
def outline() -> Callable[[str], Outline]:
    return Outline


@pytest.fixture(scope="session")
def unscripted() -> Callable[[str], str]:
    return without_scripts


@pytest.fixture(scope="session")
def text_of() -> Callable[[str], str]:
    return read_text


@pytest.fixture(scope="session")
def inputs() -> ReportInputs:
    """Two traits of 150 genes; in survival one is strong."""
    generator = np.random.default_rng(1)
    survival = make_rows(150, "survival", generator, strong="SIM00007")
    return make_inputs([*survival, *make_rows(150, "alsfrs_slope", generator)], traits=("survival", "alsfrs_slope"))


@pytest.fixture(scope="session")
def page(inputs: ReportInputs) -> str:
    return report_html(inputs)
