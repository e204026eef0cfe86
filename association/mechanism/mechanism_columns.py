"""The columns of a table of mechanisms, from gene to mediator to outcome: name, type and meaning."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from association.results import COLUMNS as RESULT_COLUMNS
from association.results import Column

_IN_RESULTS = {column.name: column for column in RESULT_COLUMNS}
_PER = "difference of hazards per month, of slopes per month, or of the outcome's own units, as `scale` says"
ESTIMATES = {
    "to_mediator": "gene to mediator: difference of the mediator between carriers and others, in its own units",
    "of_mediator": f"mediator to outcome, given gene and covariates, per unit of the mediator: {_PER}",
    "total": f"of carriers on the outcome, the mediator left open: {_PER}",
    "direct": f"of carriers on the outcome, the mediator held: {_PER}",
    "indirect": "product of the two paths, what the mediator carries if nothing else joins it with the outcome",
}
TESTS = {
    "to_mediator": "of the gene's carriers and the mediator",
    "without": "of the gene's carriers and the outcome, in the model without the mediator",
    "with": "of the gene's carriers and the outcome, in the model with the mediator",
}


def _estimates() -> Iterator[Column]:
    for name, meaning in ESTIMATES.items():
        yield Column(f"{name}_effect", pa.float64(), meaning)
        yield Column(f"{name}_lower", pa.float64(), "95% interval of it, lower end")
        yield Column(f"{name}_upper", pa.float64(), "upper end")


def _tests() -> Iterator[Column]:
    for name, meaning in TESTS.items():
        yield Column(f"p_{name}", pa.float64(), f"p-value {meaning}, calibrated as in the results")
        yield Column(f"method_{name}", pa.string(), "how it was made")
    for name in ("without", "with"):
        yield Column(
            f"effect_{name}",
            pa.float64(),
            f"one-step effect of carriers in the model {name} the mediator: log hazard ratio of a time to event, "
            "which moves by mere adjustment; else the outcome's units",
        )
        yield Column(f"standard_error_{name}", pa.float64(), "of it")


COLUMNS = (
    _IN_RESULTS["gene"],
    Column("mediator", pa.string(), "trait between gene and outcome"),
    Column("outcome", pa.string(), "trait at the end"),
    Column("scale", pa.string(), "what effects are differences of: hazard (per month), slope (per month) or value"),
    *(_IN_RESULTS[name] for name in ("mask", "max_af")),
    Column("samples", pa.int32(), "samples with mediator and outcome; all of the row is of these"),
    Column("carriers", pa.int32(), "of them, carriers of the mask's variants"),
    Column("carriers_with_event", pa.int32(), "of these, with the event"),
    Column("p_joint", pa.float64(), "that both paths are there: the larger of their p-values"),
    Column("neg_log10_p_joint", pa.float64(), "-log10 of it"),
    Column("p_of_mediator", pa.float64(), "p-value of mediator and outcome given gene and covariates, large-sample"),
    *_tests(),
    *_estimates(),
    Column("reason", pa.string(), "why there are no effects, or nothing at all"),
)
SCHEMA = pa.schema([pa.field(column.name, column.type, metadata={"meaning": column.meaning}) for column in COLUMNS])
