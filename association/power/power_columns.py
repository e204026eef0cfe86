"""The columns of the tables of power: name, type and meaning, listed once."""

from __future__ import annotations

import pyarrow as pa

from association.results import Column

_TRAIT = Column("trait", pa.string(), "trait, as named in the study file")
_FAMILY = Column(
    "family",
    pa.string(),
    "genes: one gene among all that are tested; panel: all carriers of a panel as one unit, tested by itself",
)
_CARRIERS = Column("carriers", pa.int32(), "samples that carry, one allele each, spread over strata like the samples")
_LEVEL = Column("level", pa.float64(), "largest p-value that is significant")
_UNIT = Column("unit", pa.string(), "what effects are counted in")
_REASON = Column("reason", pa.string(), "why there is no simulation; empty where there is one")

CURVES = (
    _TRAIT,
    _FAMILY,
    _CARRIERS,
    _LEVEL,
    Column("effect", pa.float64(), "size of the effect of carrying, in its unit; always towards harm"),
    _UNIT,
    Column(
        "effect_on_predictor", pa.float64(), "the same as a logarithm of the ratio, or in trait units with its sign"
    ),
    Column("power_small_effects", pa.float64(), "power by the formula for small effects (Schoenfeld's and its like)"),
    Column("power_formula", pa.float64(), "power by formula, with what carriers with this effect show of it"),
    Column("power_simulated", pa.float64(), "share of simulated studies whose p-value reaches the level"),
    Column("power_lower", pa.float64(), "95% Monte Carlo interval of it, lower end"),
    Column("power_upper", pa.float64(), "upper end"),
    Column(
        "method",
        pa.string(),
        "law of the simulated p-values: exact or permutation; unattainable: no p-value is so small; formula: none",
    ),
    _REASON,
)

DETECTABLE = (
    _TRAIT,
    Column("type", pa.string(), "type of the trait, as in the study file"),
    _FAMILY,
    Column("panel", pa.string(), "the panel whose carriers these are; empty for a class of carriers"),
    _CARRIERS,
    Column("samples", pa.int32(), "samples with the trait, or as many as are planned"),
    Column("events", pa.float64(), "events, cases or counts among them; empty where the trait has none"),
    _LEVEL,
    Column(
        "min_attainable_p",
        pa.float64(),
        "no trait could give so many carriers a smaller p-value; of yes or no with few kinds of patients: no other "
        "patients of the study",
    ),
    Column("attainable", pa.bool_(), "whether that is small enough to be significant"),
    Column("genes", pa.int32(), "genes with at least so many carriers; empty without a gene store"),
    _UNIT,
    Column(
        "detectable", pa.float64(), "effect that is found with 80% power, simulated; empty where none looked at is"
    ),
    Column("detectable_formula", pa.float64(), "the same by the formula that fits large effects"),
    Column("detectable_small_effects", pa.float64(), "the same by the formula for small effects"),
    Column(
        "detectable_on_predictor", pa.float64(), "the first of these that there is, as a logarithm or trait units"
    ),
    Column("reference_effect", pa.float64(), "an effect to plan for, in the unit: a ratio of 2, or 1 deviation"),
    Column("samples_needed", pa.int64(), "samples with as large a share of carriers that find it with 80% power"),
    Column("events_needed", pa.int64(), "events among them (formula for small effects)"),
    _REASON,
)

DEPLETION = (
    _TRAIT,
    Column("hazard_ratio", pa.float64(), "of carriers"),
    Column("kept_share", pa.float64(), "carriers' share among the enrolled over that at the origin of time"),
    Column("kept_lower", pa.float64(), "95% interval of it, lower end: the hazard until entry rests on few events"),
    Column("kept_upper", pa.float64(), "upper end; nobody dying before the first enrolment"),
    _FAMILY,
    _LEVEL,
    Column("carriers", pa.int32(), "carriers that the cohort would have if none had died before entry"),
    Column("carriers_enrolled", pa.float64(), "carriers that it has on average"),
    Column("power_undepleted", pa.float64(), "simulated power with all of them"),
    Column("power", pa.float64(), "simulated power with those that are left, between classes on a line"),
)

GENES = (
    _TRAIT,
    Column("gene", pa.string(), "gene symbol, as annotated"),
    Column("carriers", pa.int32(), "samples with the trait that carry it in any mask but the control"),
    Column("min_attainable_p", pa.float64(), "no trait could give these genotypes a smaller p-value"),
    Column("can_be_significant", pa.bool_(), "whether it can reach the level, with at least 3 carriers"),
    Column(
        "detectable_small_effects",
        pa.float64(),
        "effect that is found with 80% power by formula; empty where none is",
    ),
    _UNIT,
)

TABLES = {"power": CURVES, "detectable": DETECTABLE, "depletion": DEPLETION, "genes": GENES}


def table_of(name: str, rows: list[dict[str, object]]) -> pa.Table:
    """Make a table of rows; a column that a row does not name is null."""
    columns = TABLES[name]
    schema = pa.schema([pa.field(one.name, one.type, metadata={"meaning": one.meaning}) for one in columns])
    return pa.Table.from_pylist(rows, schema=schema)
