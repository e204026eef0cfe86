"""From gene to mediator to outcome: both paths, the models with and without the mediator, effects that add up.

The joint-significance p-value is the larger of those of the two paths: gene to mediator by the engine's own burden
test, mediator to outcome given the gene. It holds its level when either path is missing, and lies far below it when
both are. Effects are of carriers against others on a scale on which total = direct + indirect: differences of hazards
(Lin and Ying) with the mediator left out and in, of slopes, or of means; indirect is the product of the paths. They
are causal only if nothing unmeasured is behind both mediator and outcome, and nothing follows the gene and precedes
both.

Axes: n samples with mediator and outcome.

References
----------
MacKinnon, Lockwood, Hoffman, West, Sheets. A comparison of methods to test mediation and other intervening variable
effects. Psychol Methods 2002. doi:10.1037/1082-989X.7.1.83
Lange, Hansen. Direct and indirect effects in a survival context. Epidemiology 2011.
doi:10.1097/EDE.0b013e31821c680c
Tofighi, MacKinnon. Monte Carlo confidence intervals for complex functions of indirect effects. 2016.
doi:10.1080/10705511.2015.1057284
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import norm

from association.asked_variants import choose_variants
from association.gene_batch import read_batch, restrict_to_trait
from association.gene_tests.columns import Burden, collapse
from association.gene_unit import power_of_ten
from association.mechanism.additive_hazards import Estimate
from association.mechanism.mechanism_columns import SCHEMA
from association.mechanism.outcomes import CARRIER, MEDIATOR, Outcome, TimeOutcome, ValueOutcome
from association.null_models.design import Design
from association.null_models.null_model import NullModel
from association.problems import InputError
from association.scan import drop_variants, scan
from association.scan_settings import CONTROL_MASK, MaskChoice, ScanSettings, ScanTrait, WeightedTest

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Row = dict[str, Any]

# Below this the intervals do not hold what they promise (benchmarks.mechanism), and paths can't be told apart. That
# carriers have events is no condition: to report only those who have would choose by the outcome.
FEWEST_CARRIERS = 10
TOO_FEW = f"fewer than {FEWEST_CARRIERS} carriers with mediator and outcome"
NOBODY = "nobody with mediator and outcome carries such a variant"
ALL_CARRY = f"fewer than {FEWEST_CARRIERS} samples without the gene's variants"
ANY_CARRIER = WeightedTest("burden", "flat", "any")
PER_AXIS = 200


@dataclass(frozen=True)
class MediatedTrait:
    """An outcome and what may lead to it, among samples that have both.

    Attributes
    ----------
    mediator_name, outcome_name
        Of the two traits.
    mediator
        Its values (n).
    outcome
        As it was observed.
    design
        Covariates of the outcome's models (n, p).
    mediator_design
        Covariates of the mediator's model: the same, and levels of strata (n, q).
    strata, store_positions, store_samples, male, cohorts
        As in `association.scan_settings.ScanTrait`.
    """

    mediator_name: str
    outcome_name: str
    mediator: Floats
    outcome: Outcome
    design: Design
    mediator_design: Design
    strata: Integers
    store_positions: Integers
    store_samples: int
    male: NDArray[np.bool_]
    cohorts: Integers


def explain_genes(genes: pa.Table, variants: pa.Table, asked: MediatedTrait, settings: ScanSettings) -> pa.Table:
    """Follow genes to the outcome, with the mediator and without.

    Parameters
    ----------
    genes, variants
        As for `association.scan.scan`.
    asked
        Mediator and outcome.
    settings
        The scan's; of its masks all but the control are asked, and of tests one is made: carriers against others.

    Returns
    -------
    pa.Table
        `SCHEMA`, genes x masks; where nobody carries a mask's variants, the row says so.
    """
    masks = tuple(choice for choice in settings.masks if choice.mask.name != CONTROL_MASK)
    settings = replace(settings, masks=masks, tests=(ANY_CARRIER,), family_permutations=0)
    questions = list(_questions(genes, variants, asked, settings))
    enough = sorted({one.row["gene"] for one in questions if one.reason is None})
    chosen = genes.filter(pa.array([gene in enough for gene in genes["gene"].to_pylist()], pa.bool_()))
    try:
        tested = _test(chosen, variants, asked, settings) if enough else {}
    except InputError as error:
        reason = "; ".join(problem.message for problem in error.problems)
        return pa.Table.from_pylist([one.row | {"reason": reason} for one in questions], SCHEMA)
    return pa.Table.from_pylist([_answer(one, asked, tested) for one in questions], SCHEMA)


def refuse_genes(reasons: Mapping[str, str], asked: Row) -> pa.Table:
    """Give a row with its reason to each gene that there is nothing to follow of.

    Parameters
    ----------
    reasons
        By gene.
    asked
        mediator, outcome, scale and samples.
    """
    return pa.Table.from_pylist(
        [asked | {"gene": gene, "reason": reason} for gene, reason in reasons.items()], SCHEMA
    )


@dataclass(frozen=True)
class _Question:
    """A gene and mask: the row so far, who carries it (n, 0 or 1), and why it is refused."""

    row: Row
    carrier: Floats
    reason: str | None


def _questions(
    genes: pa.Table, variants: pa.Table, asked: MediatedTrait, settings: ScanSettings
) -> Sequence[_Question]:
    batch = read_batch(drop_variants(variants, settings.left_out))
    genotypes = restrict_to_trait(batch, _trait(asked, _no_model(asked.mediator)))
    found = []
    for gene in genes["gene"].to_pylist():
        for choice in settings.masks:
            own = np.flatnonzero(choose_variants(batch, choice) & (batch.gene == gene))
            samples, _ = collapse(genotypes.select(own)[0], Burden("any", np.ones(own.size)))
            found.append(_question(gene, choice, samples, asked))
    return found


def _question(gene: str, choice: MaskChoice, samples: Integers, asked: MediatedTrait) -> _Question:
    carrier = np.zeros(asked.mediator.size)
    carrier[samples] = 1
    row: Row = {
        "gene": gene,
        "mediator": asked.mediator_name,
        "outcome": asked.outcome_name,
        "scale": asked.outcome.scale,
        "mask": choice.mask.name,
        "max_af": choice.max_af,
        "samples": carrier.size,
        "carriers": samples.size,
    }
    if isinstance(asked.outcome, TimeOutcome):
        row["carriers_with_event"] = int(asked.outcome.event[samples].sum())
    return _Question(row, carrier, _refusal(samples.size, carrier.size - samples.size))


def _refusal(carriers: int, others: int) -> str | None:
    """Say why a gene and mask can't be followed; None where they can."""
    if not carriers:
        return NOBODY
    if others < FEWEST_CARRIERS:
        return ALL_CARRY
    return TOO_FEW if carriers < FEWEST_CARRIERS else None


def _test(
    genes: pa.Table, variants: pa.Table, asked: MediatedTrait, settings: ScanSettings
) -> dict[tuple[str, str, float], dict[str, Row]]:
    """Test carriers against others: for the mediator, and for the outcome without and with it."""
    with_it = Design((MEDIATOR, *asked.design.names), np.column_stack((asked.mediator, asked.design.matrix)))
    models = {
        "to_mediator": ValueOutcome(asked.mediator).fit(asked.mediator_design).model,
        "without": asked.outcome.fit(asked.design).model,
        "with": asked.outcome.fit(with_it).model,
    }
    found: dict[tuple[str, str, float], dict[str, Row]] = {}
    for name, model in models.items():
        for row in scan(genes, variants, [_trait(asked, model)], settings).to_pylist():
            found.setdefault((row["gene"], row["mask"], row["max_af"]), {})[name] = row
    return found


def _answer(one: _Question, asked: MediatedTrait, tested: dict[tuple[str, str, float], dict[str, Row]]) -> Row:
    """Fill a row, or say why not."""
    if one.reason is not None:
        return one.row | {"reason": one.reason}
    row = dict(one.row)
    own_tests = tested[row["gene"], row["mask"], row["max_af"]]
    for name, own in own_tests.items():
        row |= {f"p_{name}": own["p_value"], f"method_{name}": own["method"]}
        if name != "to_mediator":
            row |= {f"effect_{name}": own["effect"], f"standard_error_{name}": own["standard_error"]}
    try:
        log10_p = asked.outcome.mediator_log10_p(asked.design, one.carrier, asked.mediator)
        row["p_of_mediator"] = power_of_ten(log10_p)
        if row["p_to_mediator"] is None:
            return row | {"reason": own_tests["to_mediator"]["reason"]}
        row["p_joint"] = max(row["p_to_mediator"], row["p_of_mediator"])
        row["neg_log10_p_joint"] = min(own_tests["to_mediator"]["neg_log10_p"], 0.0 - log10_p)
        return row | _columns(effects(asked, one.carrier))
    except InputError as error:
        return row | {"reason": "; ".join(problem.message for problem in error.problems)}
    except np.linalg.LinAlgError:
        return row | {"reason": "carriers can't be told apart from a covariate"}


def effects(asked: MediatedTrait, carrier: Floats) -> dict[str, Estimate]:
    """Estimate both paths, and the total, direct and indirect effects of carriers (n, 0 or 1)."""
    path = ValueOutcome(asked.mediator).effects(asked.mediator_design, {CARRIER: carrier})[CARRIER]
    total = asked.outcome.effects(asked.design, {CARRIER: carrier})[CARRIER]
    beside = asked.outcome.effects(asked.design, {CARRIER: carrier, MEDIATOR: asked.mediator})
    return {
        "to_mediator": path,
        "of_mediator": beside[MEDIATOR],
        "total": total,
        "direct": beside[CARRIER],
        "indirect": product(path, beside[MEDIATOR]),
    }


def product(first: Estimate, second: Estimate) -> Estimate:
    """Give the product of two independent estimates, with the quantiles of its law on a grid of both."""
    steps = norm.ppf((np.arange(PER_AXIS) + 0.5) / PER_AXIS)
    grid = np.outer(first.value + first.standard_error * steps, second.value + second.standard_error * steps)
    lower, upper = np.quantile(grid, (0.025, 0.975))
    return Estimate(first.value * second.value, float(grid.std()), float(lower), float(upper))


def _columns(found: dict[str, Estimate]) -> Row:
    return {
        f"{name}_{column}": value
        for name, one in found.items()
        for column, value in (("effect", one.value), ("lower", one.lower), ("upper", one.upper))
    }


def _trait(asked: MediatedTrait, model: NullModel) -> ScanTrait:
    places = (asked.strata, asked.store_positions, asked.store_samples)
    return ScanTrait(asked.outcome_name, model, *places, male=asked.male, cohorts=asked.cohorts)


def _no_model(values: Floats) -> NullModel:
    """Stand for the model where samples alone are asked for."""
    return NullModel("linear", values, np.ones(values.size), np.zeros((values.size, 0)), np.zeros((0, 0)))
