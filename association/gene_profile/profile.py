"""The profile of genes for one trait: what their carriers look like beside everyone else.

Axes: n samples of the trait, k carriers of a gene.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from association.gene_batch import read_batch, restrict_to_trait
from association.gene_profile.course import Visits, carriers_course
from association.gene_profile.drift import Drift, carriers_drift
from association.gene_profile.group_curves import Times, at_risk_at, group_curves
from association.gene_profile.influence import influence
from association.gene_profile.mask_carriers import Booleans, MaskCarriers, mask_carriers
from association.gene_profile.profile_columns import CARRIERS, CASES, OTHERS, TABLES, schema_of
from association.hit_effects import Outcome
from association.null_models.null_model import Floats, NullModel
from association.scan import drop_variants
from association.scan_settings import ScanSettings, ScanTrait

Row = Mapping[str, Any]
Tables = dict[str, list[pa.Table]]

# Columns that a gene's row of groups has from the results.
_FROM_RESULTS = ("mask", "max_af", "test", "weights", "coding", "p_value", "neg_log10_p", "method", "flags")
_OF_CURVE = ("time", "at_risk", "events", "survival", "lower", "upper")
# A gene's values that are drawn: of more carriers some evenly spaced ones.
MOST_VALUES = 500
QUANTILES = {
    "others_low": 0.1,
    "others_lower_quartile": 0.25,
    "others_upper_quartile": 0.75,
    "others_high": 0.9,
}


@dataclass(frozen=True)
class ProfiledTrait:
    """A trait as it was observed.

    Attributes
    ----------
    scan
        What genes were tested against.
    kind
        Of `profile_columns`: times, visits, values or cases.
    outcome
        A time to event or a yes-or-no trait with the covariates of its null model; else None.
    times
        When each sample was under observation (n), of a time to event.
    value
        Of each sample (n): the slope of their own line where the trait is of visits; None of a time to event.
    visits
        Where the trait is of visits.
    ticks
        Times at which those at risk are counted.
    """

    scan: ScanTrait
    kind: str
    outcome: Outcome | None = None
    times: Times | None = None
    value: Floats | None = None
    visits: Visits | None = None
    ticks: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class _Profiled:
    """One gene of one trait, and what becomes of it."""

    hit: Row
    carriers: MaskCarriers
    inside: Booleans
    model: NullModel
    trait: ProfiledTrait
    tables: Tables

    def add(self, table: str, **columns: Any) -> None:
        """Add rows to a table; a column of one value stands for all rows, one that is not named is empty."""
        size = max(len(values) for values in columns.values() if isinstance(values, np.ndarray))
        known = {"gene": self.hit["gene"], "trait": self.trait.scan.name} | columns
        schema = schema_of(table)
        arrays = [_array(known.get(one.name), one.type, size) for one in schema]
        self.tables[table].append(pa.Table.from_arrays(arrays, schema=schema))


def profile_genes(
    hits: Sequence[Row], variants: pa.Table, trait: ProfiledTrait, settings: ScanSettings
) -> dict[str, pa.Table]:
    """Profile genes for one trait.

    Parameters
    ----------
    hits
        Of each gene the result row whose mask tells its carriers; its flags are those to be told.
    variants
        The gene store's rows of these genes, each gene whole.
    trait
        Which.
    settings
        The scan's: masks, and variants that were left out.

    Returns
    -------
    dict
        Tables of `profile_columns` by name, those with a gene and a trait; genes in the order of `hits`.
    """
    kept = drop_variants(variants, settings.left_out)
    batch = read_batch(kept.take(pc.sort_indices(kept["gene"])))
    genotypes = restrict_to_trait(batch, trait.scan)
    choices = {(choice.mask.name, choice.max_af): choice for choice in settings.masks}
    own = [name for name, columns in TABLES.items() if {"gene", "trait"} <= {one.name for one in columns}]
    tables: Tables = {name: [schema_of(name).empty_table()] for name in own}
    for hit in hits:
        model = _model_of(trait.scan, hit["contig"])
        choice = choices[hit["mask"], hit["max_af"]]
        carriers = mask_carriers(hit["gene"], choice, batch, genotypes, model.residuals)
        _profile(_Profiled(hit, carriers, carriers.among(model.residuals.size), model, trait, tables))
    return {name: pa.concat_tables(parts).combine_chunks() for name, parts in tables.items()}


def _model_of(trait: ScanTrait, contig: str) -> NullModel:
    """Give the null model of a chromosome: the trait's own, where none has one of its own."""
    return trait.by_contig.get(contig.removeprefix("chr"), trait.model)


def _profile(one: _Profiled) -> None:
    """Fill the tables of one gene."""
    counts: dict[str, Any] = {}
    if one.trait.times is not None:
        counts |= _add_curves(one, one.trait.times)
        counts |= _drift_columns(_drift(one))
    elif one.trait.value is not None:
        counts |= _add_values(one, one.trait.value)
    if one.trait.visits is not None:
        place, time, value = carriers_course(one.trait.visits, one.carriers.samples)
        one.add("course", line=place + 1, time=time, value=value)
    _add_influence(one)
    one.add("groups", **_counts(one), **{name: np.array([value]) for name, value in counts.items()})


def _counts(one: _Profiled) -> dict[str, Any]:
    found: dict[str, Any] = {name: one.hit[name] for name in _FROM_RESULTS}
    found |= {"kind": one.trait.kind, "variants": one.carriers.variants}
    found |= {"carriers": np.array([one.inside.sum()]), "others": np.array([(~one.inside).sum()])}
    events = _events(one.trait)
    if events is not None:
        found |= {"events_carriers": events[one.inside].sum(), "events_others": events[~one.inside].sum()}
        expected = one.model.expected_events
        found["expected_carriers"] = None if expected is None else expected[one.inside].sum()
    return found


def _events(trait: ProfiledTrait) -> Floats | None:
    """Give who has the event, or a yes (n); None where the trait has neither."""
    if trait.times is not None:
        return trait.times.event
    return trait.value if trait.kind == CASES else None


def _add_curves(one: _Profiled, times: Times) -> dict[str, float]:
    """Add the curves of both groups and those at risk; give their medians."""
    curves = dict(zip((CARRIERS, OTHERS), group_curves(times, one.inside), strict=True))
    for group, inside in ((CARRIERS, one.inside), (OTHERS, ~one.inside)):
        curve = curves[group]
        if curve is not None:
            one.add("curves", group=group, **{name: getattr(curve, name) for name in _OF_CURVE})
            counted = at_risk_at(times.of(inside), one.trait.ticks)
            one.add("at_risk", group=group, time=one.trait.ticks, at_risk=counted)
    return {f"median_{group}": float("nan") if curve is None else curve.median for group, curve in curves.items()}


def _drift(one: _Profiled) -> Drift:
    scan = one.trait.scan
    if scan.by_contig:
        return Drift(None, "the model has a polygenic offset for each chromosome")
    if scan.model.kind != "cox" or one.trait.outcome is None:
        return Drift(None, "the model is of the subdistribution, not of hazards")
    return carriers_drift(one.trait.outcome, scan.strata, one.inside)


def _drift_columns(drift: Drift) -> dict[str, Any]:
    return {"p_proportional": drift.p_value, "reason": drift.reason}


def _add_values(one: _Profiled, value: Floats) -> dict[str, float]:
    """Add the carriers' values; give the medians, and the quantiles of the others."""
    if one.trait.kind == CASES:
        return {}
    samples = one.carriers.samples
    shown = np.unique(np.linspace(0, samples.size - 1, min(samples.size, MOST_VALUES)).round().astype(np.int64))
    one.add("values", line=shown + 1, value=value[samples[shown]])
    others = value[~one.inside]
    found = {"median_carriers": _quantile(value[samples], 0.5), "median_others": _quantile(others, 0.5)}
    return found | {name: _quantile(others, at) for name, at in QUANTILES.items()}


def _quantile(values: Floats, at: float) -> float:
    return float(np.quantile(values, at)) if values.size else float("nan")


def _add_influence(one: _Profiled) -> None:
    if not one.carriers.samples.size:
        return
    found, events = influence(one.model, one.carriers), _events(one.trait)
    samples = one.carriers.samples[found.places]
    one.add(
        "influence",
        line=found.places + 1,
        alleles=one.carriers.alleles[found.places],
        event=None if events is None else events[samples],
        residual=one.model.residuals[samples],
        effect=found.effect,
        dfbeta=found.dfbeta,
    )


def _array(values: Any, of_type: pa.DataType, size: int) -> pa.Array:
    """Make a column; NaN is an empty cell."""
    if values is None:
        return pa.nulls(size, of_type)
    if not isinstance(values, np.ndarray):
        values = np.array([values] * size)
    if values.dtype == object:
        return pa.array(values.tolist(), of_type)
    if pa.types.is_integer(of_type):
        values = values.astype(np.int64)
    return pa.array(values, from_pandas=True).cast(of_type)
