"""A made-up gene with everything that a page of it is drawn from: 20 carriers, two traits, six variants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.report import ReportInputs
from jobs.report.audience import Audience
from jobs.report.findings import find
from jobs.report.gene.material import gather

GENE, MASK = "NEK1", {"mask": "plof", "max_af": 0.01}
CARRIERS, OTHERS = 20, 280
CHANGES = ["p.Arg12Ter", None, "p.Gly40Asp", "p.Leu77Pro", None, "p.Ser210Arg"]
CONSEQUENCES = [
    "stop_gained",
    "splice_donor_variant",
    *["missense_variant"] * 2,
    "synonymous_variant",
    "inframe_insertion",
]
COUNTS = [9, 1, 2, 6, 3, 1]
VARIANTS = [f"chr4-{1_000 + 300 * number}-C-T" for number in range(6)]
DRIVES = VARIANTS[0]


def kaplan_meier(entry: Any, exit_: Any, event: Any) -> pd.DataFrame:
    """Make a curve with delayed entry, step by step; its limits are made up."""
    times = np.unique(exit_[event == 1])
    at_risk = np.array([((entry < time) & (exit_ >= time)).sum() for time in times])
    events = np.array([((exit_ == time) & (event == 1)).sum() for time in times])
    survival = np.cumprod(1 - events / at_risk)
    rows = pd.DataFrame({"time": times, "at_risk": at_risk, "events": events, "survival": survival})
    start = pd.DataFrame({"time": [entry.min()], "at_risk": [1], "events": [0], "survival": [1.0]})
    rows = pd.concat([start, rows], ignore_index=True)
    return rows.assign(lower=rows["survival"] ** 1.5, upper=rows["survival"] ** 0.7)


def make_times(generator: np.random.Generator, people: int, mean: float) -> tuple[Any, Any, Any]:
    entry = generator.uniform(1, 12, people)
    exit_ = entry + 0.1 + generator.exponential(mean, people)
    return entry, exit_, np.append(np.ones(people - people // 4), np.zeros(people // 4))


def make_survival(generator: np.random.Generator) -> dict[str, pd.DataFrame]:
    curves, at_risk = [], []
    ticks = np.arange(0, 61, 6.0)
    for group, people, mean in (("carriers", CARRIERS, 10), ("others", OTHERS, 40)):
        entry, exit_, event = make_times(generator, people, mean)
        curves.append(kaplan_meier(entry, exit_, event).assign(group=group))
        counts = [((entry < tick) & (exit_ >= tick)).sum() for tick in ticks]
        at_risk.append(pd.DataFrame({"group": group, "time": ticks, "at_risk": counts}))
    named = {"gene": GENE, "trait": "survival"}
    return {"curves": pd.concat(curves).assign(**named), "at_risk": pd.concat(at_risk).assign(**named)}


def make_course(generator: np.random.Generator) -> dict[str, pd.DataFrame]:
    line, time = (one.ravel() for one in np.meshgrid(np.arange(1, 19), np.arange(0, 25, 3.0), indexing="ij"))
    value = 40 - 0.9 * time + generator.normal(0, 2, time.size)
    course = pd.DataFrame({"gene": GENE, "trait": "alsfrs_slope", "line": line, "time": time, "value": value})
    middles = np.arange(1.5, 40, 3)
    band = pd.DataFrame({"trait": "alsfrs_slope", "time": middles, "middle": 40 - 0.5 * middles, "patients": 100})
    band = band.assign(lower=band["middle"] - 8, upper=band["middle"] + 6)
    values = pd.DataFrame({"gene": GENE, "trait": "alsfrs_slope", "line": np.arange(1, 19)})
    return {"course": course, "course_band": band, "values": values.assign(value=generator.normal(-0.9, 0.3, 18))}


def make_profiles() -> dict[str, pd.DataFrame]:
    generator = np.random.default_rng(5)
    common = {"gene": GENE, **MASK, "test": "burden", "weights": "flat", "coding": "sum", "variants": 6}
    survival = {
        **common, "trait": "survival", "kind": "times", "carriers": 20, "others": 280, "events_carriers": 15,
        "events_others": 140, "expected_carriers": 6.2, "median_carriers": 14.3, "median_others": 41.8,
        "p_proportional": 0.21,
    }  # fmt: skip
    slope = {
        **common, "trait": "alsfrs_slope", "kind": "visits", "carriers": 18, "others": 270, "median_carriers": -0.9,
        "median_others": -0.6, "others_low": -1.4, "others_lower_quartile": -0.9, "others_upper_quartile": -0.4,
        "others_high": -0.1,
    }  # fmt: skip
    influence = pd.DataFrame(
        {
            "gene": GENE, "trait": "survival", "line": np.arange(1, 21), "alleles": 1.0,
            "event": [1] * 15 + [0] * 5, "residual": np.linspace(0.9, -1.2, 20), "effect": 1.5,
            "dfbeta": np.linspace(0.31, -0.12, 20),
        }
    )  # fmt: skip
    sites = pd.DataFrame(
        {
            "gene": GENE, "variant": VARIANTS, "contig": "chr4", "position": [1_000 + 300 * one for one in range(6)],
            "coding_position": np.nan, "hgvs_p": CHANGES, "consequence": CONSEQUENCES, "allele_count": COUNTS,
            "allele_number": 600, "frequency": np.array(COUNTS) / 600, "external_af": [1e-5, None, *[2e-4] * 4],
            "carriers": COUNTS, "missing": 0, "call_rate": 0.998, "het_balance": 0.5, "mean_gq": 61.2,
            "masks": ["plof", "plof", "missense", "missense", "synonymous", ""], "score_REVEL": 0.71,
        }
    )  # fmt: skip
    exons = pd.DataFrame({"gene": GENE, "contig": "chr4", "start": [951, 2_201], "end": [1_950, 2_600]})
    return {
        "groups": pd.DataFrame([survival, slope]),
        **make_survival(generator),
        **make_course(generator),
        "influence": influence,
        "sites": sites,
        "exons": exons.assign(coding_start=[1, 1_001]),
    }


def make_follow_up() -> dict[str, pd.DataFrame]:
    named = {"gene": GENE, "trait": "survival", **MASK}
    left_out = pd.DataFrame({**named, "left_out": VARIANTS, "carriers": CARRIERS - np.array(COUNTS)})
    p_value = np.array([0.31, 2e-6, 4e-6, 3e-5, 1e-6, 2e-6])
    left_out = left_out.assign(
        p_value=p_value, neg_log10_p=-np.log10(p_value), rests_on_it=[True, *[False] * 5], method="exact"
    )
    alone = pd.DataFrame({**named, "variant": VARIANTS, "position": [1_000 + 300 * one for one in range(6)]})
    alone = alone.assign(carriers=COUNTS, effect=[2.0, -0.5, 1.0, 0.4, 0.0, 1.1], p_value=0.02, neg_log10_p=1.7)
    alone = alone.assign(minor_allele_count=COUNTS, observed_events=COUNTS, expected_events=1.0, standard_error=0.9)
    effects = pd.DataFrame([{**named, "firth_effect": 1.2, "firth_lower": 0.5, "firth_upper": 1.9}])
    effects = effects.assign(carriers=CARRIERS, observed_events=15.0, variants=6)
    return {"leave_one_out": left_out, "variants": alone, "effects": effects}


@pytest.fixture
def gene_inputs(result_row, report_inputs) -> Any:
    """Make inputs of the gene, and of one without a page; changes are of its driving row for survival."""

    def make(audience: Audience = Audience.SITE, gene: str = GENE, **changes: Any) -> ReportInputs:
        strong = {"carriers": 20, "observed_events": 15.0, "expected_events": 6.2, "exceedances": 0, "variants": 6}
        rows = [
            result_row(gene, **{**strong, "flags": "one_variant_driven", **changes}),
            result_row(gene, test="skat", carriers=20, primary=False),
            result_row(gene, "synonymous", carriers=3, primary=False),
            result_row(gene, trait="alsfrs_slope", carriers=18),
            result_row("QUIET", carriers=8),
        ]
        tables = {
            name: table.replace({"gene": {GENE: gene}}) if "gene" in table else table
            for name, table in {**make_profiles(), **make_follow_up()}.items()
        }
        followed = {name: tables.pop(name) for name in ("leave_one_out", "variants", "effects")}
        traits = ("survival", "alsfrs_slope")
        return report_inputs(rows, traits=traits, audience=audience, profiles=tables, **followed)

    return make


@pytest.fixture
def one_trait() -> Any:
    """Give the gene in the light of a trait."""

    def make(inputs: ReportInputs, trait: str = "survival", gene: str = GENE) -> Any:
        found = [find(inputs, summary) for summary in inputs.traits]
        (whole,) = gather(inputs, found, [gene])
        return next(one for one in whole.traits if one.trait == trait)

    return make


@pytest.fixture
def whole_gene() -> Any:
    """Give the gene with all traits."""

    def make(inputs: ReportInputs, gene: str = GENE) -> Any:
        return gather(inputs, [find(inputs, summary) for summary in inputs.traits], [gene])[0]

    return make
