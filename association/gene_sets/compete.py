"""The competitive test of a set: matching, statistic, p-value, and what was compared with what."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.calibration.monte_carlo import Effort, MonteCarloP
from association.gene_sets.contrasts import MatchedContrasts, competitive_p
from association.gene_sets.gene_scale import GeneScale, gene_statistics
from association.gene_sets.mask_genes import MaskGenes
from association.gene_sets.matching import FEWEST_LIKE, FEWEST_OTHERS, MOST_TIMES, Matching, match_genes
from association.null_models.null_model import NOT_EXCHANGEABLE

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Row = dict[str, Any]

FEW_OTHERS = f"fewer than {FEWEST_OTHERS} other genes to compare with"
NONE_LIKE = (
    f"none of its genes has {FEWEST_LIKE} others to compare with of "
    f"{1 / MOST_TIMES:.2g} to {MOST_TIMES:g} times its carriers"
)
NO_SPREAD = "the genes to compare with all say the same"
NO_VARIATION = "carriers do not vary within strata"
RELATIVES = "relatives can't be permuted"


def compete(places: Integers, held_out: Integers, genes: MaskGenes) -> Row:
    """Compare a set with genes like its own.

    Parameters
    ----------
    places
        Positions of the set's genes (p).
    held_out
        Positions of genes that none is compared with: all of its list.
    genes
        All genes of the mask.
    """
    told = places[genes.scale.informative[places]]
    matching = _match(told, held_out, genes)
    if genes.trait.model.kind in NOT_EXCHANGEABLE:
        return {"reason": RELATIVES}
    if matching is None or not told.size:
        return {"reason": FEW_OTHERS if told.size else NO_VARIATION}
    own, matched = matching.own, matching.matched
    if not own.size:
        return {"reason": NONE_LIKE}
    (result,) = _count(matching, np.ones((1, own.size), np.bool_), genes, genes.settings.effort)
    if result is None:
        return {"reason": NO_SPREAD}
    carriers, lengths = genes.carriers.counts, genes.lengths
    known = bool((~np.isnan(lengths)).any())
    return _p_columns(result) | {
        "evidence_of_matched": float(genes.said[matched].mean()),
        "genes_compared": int(own.size),
        "matched_genes": int(np.unique(matched).size),
        "matched_on": "carriers and coding length" if known else "carriers",
        "carriers_per_gene": float(np.median(carriers[own])),
        "carriers_per_matched_gene": float(np.median(carriers[matched])),
        "length_per_gene": _median(lengths[own]),
        "length_per_matched_gene": _median(lengths[matched]),
    }


def compete_without_each(places: Integers, genes: MaskGenes, effort: Effort) -> Floats:
    """Give the competitive p-value of a set without each of its genes (p); NaN where it is not compared, or alone.

    Parameters
    ----------
    places, genes
        As for `compete`; the set is all of its list.
    effort
        How far permutations go.
    """
    found, told = np.full(places.size, np.nan), genes.scale.informative[places]
    matching = _match(places[told], places, genes)
    if genes.trait.model.kind in NOT_EXCHANGEABLE or matching is None or matching.own.size < 2:
        return found
    results = _count(matching, ~np.eye(matching.own.size, dtype=np.bool_), genes, effort)
    found[np.searchsorted(places, matching.own)] = [np.nan if one is None else one.p_value for one in results]
    return found


def _match(own: Integers, held_out: Integers, genes: MaskGenes) -> Matching | None:
    """Match genes to a set's; None where there are too few others."""
    others = np.setdiff1d(np.flatnonzero(genes.scale.informative), held_out)
    if others.size < FEWEST_OTHERS:
        return None
    return match_genes(own, others, genes.carriers.counts, genes.lengths)


def _count(matching: Matching, members: Booleans, genes: MaskGenes, effort: Effort) -> list[MonteCarloP | None]:
    """Count for selections (s, k) of the genes of a set that are compared (k)."""
    own, matched = matching.own, matching.matched
    used = np.unique(np.concatenate((own, matched.ravel())))
    statistics = gene_statistics(genes.carriers.select(used).columns, genes.evidence.family)
    scale = GeneScale(genes.scale.mean[used], genes.scale.deviation[used])
    places = np.searchsorted(used, own), np.searchsorted(used, matched)
    contrasts = MatchedContrasts(statistics, scale, *places, members)
    return competitive_p(contrasts, genes.evidence, genes.stream, [effort] * len(members))


def _p_columns(result: MonteCarloP) -> Row:
    return {
        "p_value": result.p_value,
        "neg_log10_p": 0.0 - math.log10(result.p_value),
        "p_lower": result.lower,
        "p_upper": result.upper,
        "permutations": result.permutations,
        "exceedances": result.exceedances,
        "method": "permutation",
    }


def _median(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else None
