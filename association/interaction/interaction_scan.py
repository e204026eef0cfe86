"""Gene x covariate tests of a batch of genes for one trait: a pure function, Arrow in, Arrow out.

Tested is the sum of a mask's minor alleles times the covariate, in a null model that is fitted anew with the gene:
left out, what the gene does would pass for the covariate's, where the covariate's patients often carry it. A level
with fewer than 5 carriers is left out of the comparison; with fewer than two levels left, or fewer than 10 carriers
along a number, there is a reason in place of a p-value: five against five leaves 252 arrangements, of which the most
extreme pair has p = 0.008.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import chi2

from association.asked_variants import choose_variants
from association.calibration.multiplicity import benjamini_hochberg
from association.gene_batch import TraitGenotypes, read_batch, restrict_to_trait
from association.gene_tests.columns import Burden, collapse
from association.gene_unit import power_of_ten
from association.interaction.conditional_law import conditional_p, log10_ways
from association.interaction.interaction_columns import SCHEMA
from association.interaction.projected_scores import Contrast, one_step_effect, project_scores, statistics
from association.null_models.null_model import NullModel
from association.problems import InputError
from association.scan import drop_variants
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Row = dict[str, Any]
# Fits the trait with a column (n) among its covariates; an InputError says that it can't be.
Refit = Callable[[Floats], NullModel]

FEWEST_OF_LEVEL = 5
FEWEST_ALONG_NUMBER = 10
NUMBER = "number"
TOO_FEW_OF_LEVEL = f"fewer than two levels with {FEWEST_OF_LEVEL} carriers"
TOO_FEW_ALONG = f"fewer than {FEWEST_ALONG_NUMBER} carriers"
NO_INFORMATION = "no carrier has the event, or none has any information"
NOT_FITTED = "the null model can't be fitted with the gene: "
ONE_ARRANGEMENT = "the covariate does not vary among carriers within strata"


@dataclass(frozen=True)
class TraitCovariate:
    """A covariate among the samples of a trait.

    Attributes
    ----------
    name
        Its column.
    values
        Level of each sample (n) as an index into `levels`, or its number; NaN where it is not known.
    levels
        Names of levels; None for a number.
    """

    name: str
    values: Floats
    levels: tuple[str, ...] | None


@dataclass(frozen=True)
class _Question:
    """What one row asks: which gene and mask, of which trait, by which covariate."""

    gene: str
    choice: MaskChoice
    trait: ScanTrait
    covariate: TraitCovariate


def scan_interactions(
    genes: pa.Table,
    variants: pa.Table,
    trait: ScanTrait,
    refit: Refit,
    covariates: Sequence[TraitCovariate],
    settings: ScanSettings,
) -> pa.Table:
    """Test genes that anybody carries.

    Parameters
    ----------
    genes, variants
        As for `association.scan.scan`.
    trait
        The trait, whose null model has the covariates.
    refit
        Fits it with a gene's burden as well.
    covariates
        What carriers are compared by.
    settings
        Masks, and how far permutations go.

    Returns
    -------
    pa.Table
        `SCHEMA` without q-values: genes x masks x covariates.
    """
    batch = read_batch(drop_variants(variants, settings.left_out))
    genotypes = restrict_to_trait(batch, trait)
    rows: list[Row] = []
    chosen = [choose_variants(batch, choice) for choice in settings.masks]
    first, last = (np.searchsorted(batch.gene, genes["gene"].to_pylist(), side=side) for side in ("left", "right"))
    for at, gene in enumerate(genes.select(["gene", "contig", "start"]).to_pylist()):
        for choice, used in zip(settings.masks, chosen, strict=True):
            samples, burdens = _carriers(first[at] + np.flatnonzero(used[first[at] : last[at]]), genotypes)
            if not samples.size:
                continue
            burden = np.zeros(trait.strata.size)
            burden[samples] = burdens
            with_gene = cache(partial(refit, burden))
            start = gene | {"trait": trait.name} | _name(choice) | {"samples": trait.strata.size}
            for covariate in covariates:
                asked = _Question(gene["gene"], choice, trait, covariate)
                compared = _compare(samples, burdens, asked, with_gene, settings)
                rows.append(start | {"covariate": covariate.name} | compared)
    return pa.Table.from_pylist(rows, SCHEMA)


def add_q_values(rows: pa.Table) -> pa.Table:
    """Add the false discovery rate over the genes of each trait, covariate, mask and ceiling."""
    table = rows.to_pandas()
    groups = table.groupby(["trait", "covariate", "mask", "max_af"], dropna=False)["p_value"]
    table["q_value"] = groups.transform(lambda own: benjamini_hochberg(own.to_numpy(np.float64)))
    place = rows.schema.get_field_index("q_value")
    return rows.set_column(
        place, rows.schema.field(place), pa.array(table["q_value"], pa.float64(), from_pandas=True)
    )


def _name(choice: MaskChoice) -> Row:
    return {"mask": choice.mask.name, "max_af": choice.max_af}


def _carriers(own: Integers, genotypes: TraitGenotypes) -> tuple[Integers, Floats]:
    """Give who carries some variants, and the sum of their minor alleles."""
    return collapse(genotypes.select(own)[0], Burden("sum", np.ones(own.size)))


def _compare(
    samples: Integers, burdens: Floats, asked: _Question, with_gene: Callable[[], NullModel], settings: ScanSettings
) -> Row:
    """Compare carriers by a covariate, or say why they can't be."""
    kept, contrast, row = _contrast(samples, asked)
    if contrast is None:
        return row
    samples, burdens = samples[kept], burdens[kept]
    strata = asked.trait.strata[samples]
    if log10_ways(contrast, strata) == 0:
        return row | {"reason": ONE_ARRANGEMENT}
    if project_scores(asked.trait.model, samples, burdens) is None:
        return row | {"reason": NO_INFORMATION}
    try:
        scores = project_scores(with_gene(), samples, burdens)
    except InputError as error:
        return row | {"reason": NOT_FITTED + "; ".join(problem.message for problem in error.problems)}
    if scores is None:
        return row | {"reason": NO_INFORMATION}
    tested = conditional_p(contrast, scores, strata, settings.effort_for(asked.gene), _seed(settings.seed, asked))
    score = float(statistics(contrast, scores.residual[:, None], scores.information[:, None])[0]) / scores.scale
    log10_asymptotic = float(chi2.logsf(score, contrast.degrees)) / math.log(10)
    effect = one_step_effect(contrast, scores) or (None, None)
    return row | {
        "degrees": contrast.degrees,
        "effect": effect[0],
        "standard_error": effect[1],
        "p_value": tested.found.p_value,
        "neg_log10_p": 0.0 - math.log10(tested.found.p_value),
        "p_lower": tested.found.lower,
        "p_upper": tested.found.upper,
        "method": tested.method,
        "permutations": tested.found.permutations,
        "exceedances": tested.found.exceedances,
        "min_attainable_p": tested.min_attainable,
        "p_asymptotic": power_of_ten(log10_asymptotic),
        "neg_log10_p_asymptotic": 0.0 - log10_asymptotic,
    }


def _contrast(samples: Integers, asked: _Question) -> tuple[NDArray[np.bool_], Contrast | None, Row]:
    """Say which carriers are compared (k), by what, and what a row tells of them; None with a reason."""
    levels, values = asked.covariate.levels, asked.covariate.values[samples]
    known = np.isfinite(values)
    row: Row = {"carriers": int(known.sum()), "left_out": 0}
    if levels is None:
        few = row["carriers"] < FEWEST_ALONG_NUMBER
        row |= {"levels": NUMBER} | ({"reason": TOO_FEW_ALONG} if few else {})
        return known, None if few else Contrast(values[known], None), row
    counts = np.bincount(values[known].astype(np.int64), minlength=len(levels))
    enough = np.flatnonzero(counts >= FEWEST_OF_LEVEL)
    shown = enough if enough.size > 1 else np.flatnonzero(counts)
    row |= {"levels": _join(levels[at] for at in shown), "carriers_of_levels": _join(counts[shown])}
    if enough.size < 2:
        return known, None, row | {"reason": TOO_FEW_OF_LEVEL}
    kept = known & np.isin(values, enough)
    places = np.searchsorted(enough, values[kept])
    row |= {"left_out": int(known.sum() - kept.sum()), "carriers": int(kept.sum())}
    row |= _events(samples[kept], places, asked.trait)
    return kept, Contrast(places.astype(np.float64), enough.size), row


def _events(samples: Integers, places: Integers, trait: ScanTrait) -> Row:
    """Tell the events of each level's carriers."""
    model = trait.model
    if model.events is None or model.expected_events is None:
        return {}
    observed, expected = (np.bincount(places, one[samples]) for one in (model.events, model.expected_events))
    return {
        "observed_of_levels": _join(f"{one:g}" for one in observed),
        "expected_of_levels": _join(f"{one:.3g}" for one in expected),
    }


def _join(values: Iterable[object]) -> str:
    return ";".join(map(str, values))


def _seed(seed: int, asked: _Question) -> int:
    """Give each question permutations of its own, whatever batch it is asked in."""
    choice = asked.choice
    names = (asked.gene, choice.mask.name, repr(choice.max_af), asked.trait.name, asked.covariate.name)
    return seed ^ zlib.crc32("\t".join(names).encode())
