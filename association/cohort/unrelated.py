"""Which relatives stay: as many events as can be, then as many samples, then the best called.

Relatives at or above a kinship are joined; of each connected family a set is kept in which no two are joined and to
which nobody can be added. It is the one with, in this order, most events, most samples, the largest sum of call
rates, and the first samples in the order given. It is exact for families of up to `EXACT_SAMPLES`; in larger ones
samples are taken one by one, those with events first, then those with fewest relatives among the undecided, then the
better called. Whether somebody carries a variant is never looked at.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from association.cohort.relatedness import DUPLICATE, SECOND_DEGREE

Mask = NDArray[np.bool_]
Graph = dict[int, set[int]]

EXACT_SAMPLES = 24
# Call rates are compared to this many decimal places, as whole numbers, so that their sums don't depend on order.
CALL_RATE_PLACES = 9


def maximal_unrelated_set(
    pairs: pd.DataFrame,
    samples: Sequence[str],
    *,
    events: NDArray[np.bool_],
    call_rate: NDArray[np.float64],
    min_kinship: float = SECOND_DEGREE,
) -> Mask:
    """Say who is kept so that no two that are kept are related (n).

    Parameters
    ----------
    pairs
        Rows with sample_1, sample_2 and kinship; pairs of samples that aren't listed are passed over.
    samples
        Ids to choose from, in the order that decides ties (n).
    events
        Who has an event (n).
    call_rate
        Share of calls; a missing one counts as zero (n).
    min_kinship
        Pairs of this kinship or more are relatives.
    """
    graph = _graph(pairs, samples, min_kinship)
    rates = np.round(np.nan_to_num(call_rate) * 10**CALL_RATE_PLACES).astype(np.int64)
    kept = np.ones(len(samples), dtype=bool)
    for family in _families(graph, len(samples)):
        chosen = (_exact if len(family) <= EXACT_SAMPLES else _greedy)(family, graph, events, rates)
        kept[family] = False
        kept[sorted(chosen)] = True
    return kept


def duplicates_to_drop(
    pairs: pd.DataFrame,
    samples: Sequence[str],
    *,
    event_known: NDArray[np.bool_],
    call_rate: NDArray[np.float64],
    min_kinship: float = DUPLICATE,
) -> Mask:
    """Say which samples are a second copy of one that is kept (n).

    Of each cluster of duplicates the one stays whose event is known, then the better called, then the first.

    Parameters
    ----------
    pairs, samples, call_rate
        As of `maximal_unrelated_set`.
    event_known
        Of whom it is known whether they have had the event (n).
    min_kinship
        Pairs of this kinship or more are one person, or identical twins.
    """
    dropped = np.zeros(len(samples), dtype=bool)
    rates = np.nan_to_num(call_rate)
    for cluster in _families(_graph(pairs, samples, min_kinship), len(samples)):
        dropped[cluster] = True
        dropped[min(cluster, key=lambda one: (not event_known[one], -rates[one], one))] = False
    return dropped


def relatives_among(
    pairs: pd.DataFrame, samples: Sequence[str], counted: Mask, *, min_kinship: float = SECOND_DEGREE
) -> NDArray[np.int64]:
    """Count each sample's relatives among some samples (n).

    Parameters
    ----------
    pairs, samples
        As of `maximal_unrelated_set`.
    counted
        Who counts as a relative (n).
    min_kinship
        Pairs of this kinship or more are relatives.
    """
    graph = _graph(pairs, samples, min_kinship)
    return np.array([sum(counted[one] for one in graph.get(sample, ())) for sample in range(len(samples))], np.int64)


def _graph(pairs: pd.DataFrame, samples: Sequence[str], min_kinship: float) -> Graph:
    place = {sample: number for number, sample in enumerate(samples)}
    related = pairs[(pairs["kinship"] >= min_kinship) & pairs["sample_1"].isin(place) & pairs["sample_2"].isin(place)]
    graph: Graph = {}
    for one, other in zip(related["sample_1"].map(place), related["sample_2"].map(place), strict=True):
        graph.setdefault(int(one), set()).add(int(other))
        graph.setdefault(int(other), set()).add(int(one))
    return graph


def _families(graph: Graph, number: int) -> list[list[int]]:
    """List the connected samples of each family, in ascending order."""
    if not graph:
        return []
    one = [sample for sample, relatives in graph.items() for _ in relatives]
    other = [relative for relatives in graph.values() for relative in relatives]
    _, label = connected_components(coo_array((np.ones(len(one)), (one, other)), shape=(number, number)))
    families: dict[int, list[int]] = {}
    for sample in sorted(graph):
        families.setdefault(int(label[sample]), []).append(sample)
    return list(families.values())


def _exact(family: list[int], graph: Graph, events: Mask, rates: NDArray[np.int64]) -> set[int]:
    """Give the independent set of the largest weight.

    One whole number weighs a sample: its event above any number of samples, being there above any call rates, its
    call rate above its place, so that the sum compares sets in that order.
    """
    size = len(family)
    place = {sample: number for number, sample in enumerate(family)}
    neighbours = [sum(1 << place[relative] for relative in graph[sample]) for sample in family]
    rate_unit = 1 << size
    sample_unit = rate_unit * (1 + int(rates[family].sum()))
    event_unit = sample_unit * (size + 1)
    weights = [
        event_unit * bool(events[sample]) + sample_unit + rate_unit * int(rates[sample]) + (1 << (size - 1 - number))
        for number, sample in enumerate(family)
    ]
    best: dict[int, tuple[int, int]] = {0: (0, 0)}
    chosen = _heaviest((1 << size) - 1, neighbours, weights, best)[1]
    return {sample for number, sample in enumerate(family) if chosen >> number & 1}


def _heaviest(
    open_set: int, neighbours: list[int], weights: list[int], best: dict[int, tuple[int, int]]
) -> tuple[int, int]:
    """Give the weight and the members of the heaviest independent subset of `open_set`, both as whole numbers."""
    if open_set in best:
        return best[open_set]
    members = [one for one in range(len(weights)) if open_set >> one & 1]
    degree = {one: (neighbours[one] & open_set).bit_count() for one in members}
    busiest = max(members, key=lambda one: degree[one])
    lone = min(members, key=lambda one: degree[one])
    if degree[lone] == 0:
        weight, chosen = _heaviest(open_set & ~(1 << lone), neighbours, weights, best)
        answer = weight + weights[lone], chosen | 1 << lone
    else:
        weight, chosen = _heaviest(open_set & ~(1 << busiest) & ~neighbours[busiest], neighbours, weights, best)
        taken = weight + weights[busiest], chosen | 1 << busiest
        answer = max(taken, _heaviest(open_set & ~(1 << busiest), neighbours, weights, best))
    best[open_set] = answer
    return answer


def _greedy(family: list[int], graph: Graph, events: Mask, rates: NDArray[np.int64]) -> set[int]:
    """Take samples one by one until nobody is undecided."""
    undecided, chosen = set(family), set()
    degree = {sample: len(graph[sample]) for sample in family}
    queue = [(not events[sample], degree[sample], -int(rates[sample]), sample) for sample in family]
    heapq.heapify(queue)
    while queue:
        _, relatives, _, sample = heapq.heappop(queue)
        if sample not in undecided or relatives != degree[sample]:
            continue
        chosen.add(sample)
        gone = graph[sample] & undecided
        undecided -= gone | {sample}
        for relative in {second for one in gone for second in graph[one]} & undecided:
            degree[relative] = len(graph[relative] & undecided)
            heapq.heappush(queue, (not events[relative], degree[relative], -int(rates[relative]), relative))
    return chosen
