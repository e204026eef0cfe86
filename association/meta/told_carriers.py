"""Which carriers of a pattern are told of in each trait, when traits are of different samples.

What is told of two traits can be subtracted: a carrier who is in one of them only shows in the difference. So traits
are told one after another, and for each pattern (`shared_columns`) the carriers who have so far been told of in the
same traits are a *cell*. The next trait t splits a cell into its samples, A, and the others, B:

    A of too few samples        count as not carrying it in t;
    B of too few (but some)     t is *thinned*: samples of A, drawn at random, count as not carrying it until B has
                                enough; where A has not enough then, all of A do.

B of the cell that no trait has told of may be of any size. Every cell that has been told of then has at least the
limit, and with it every sum and difference over traits and patterns. A trait of the same samples costs nothing.

The largest trait comes first, for it is those who died early that lack a slope: if carriers without slope were left
out of survival too, survival would be told of carriers who lived longer than others, and its tests would not keep
their level. Thinning t draws from its carriers whatever their values, and whether a pattern stays in t depends on
how many of its carriers lack t; under the null hypothesis both are independent of t's values among those who have it.
That is exact where t's samples all have the traits told before. A carrier with t alone is dropped for lacking another
trait, which may depend on t's values: by how much is bounded by how few such samples a trait may have
(`MOST_OUTSIDE`), and traits with more are not told together.

Axes: c carriers, T traits in the order they are told in, S strata.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]
Draw = Callable[[], np.random.Generator]

# Of a trait's samples, that may lack a trait told before: a shift of their mean by one standard deviation then moves
# a carrier's expected residual by this many.
MOST_OUTSIDE = 0.05


def told_carriers(
    patterns: Integers, inside: Booleans, samples: Sequence[int], draw: Draw, *, at_least: int
) -> Booleans:
    """Say which carriers are told of in each trait (T, c).

    Parameters
    ----------
    patterns
        Of each carrier (c), by number; 0 for none.
    inside
        Who has each trait (T, c).
    samples
        How many have it, carriers or not (T).
    draw
        Makes the generator to thin by; called where there is something to thin.
    at_least
        The smallest number of samples that may be told of.
    """
    told = np.zeros(inside.shape, np.bool_)
    cells = np.zeros(patterns.size, np.int64)
    rng: np.random.Generator | None = None
    for trait, own in enumerate(inside):
        kept = np.zeros(patterns.size, np.bool_)
        keys = patterns * (int(cells.max(initial=0)) + 1) + cells
        for key in np.unique(keys[(patterns > 0) & own]).tolist():
            cell = keys == key
            with_it, without = np.flatnonzero(cell & own), int((cell & ~own).sum())
            missing = at_least - without if without and cells[with_it[0]] else 0
            if missing > 0:
                rng = draw() if rng is None else rng
                with_it = rng.permutation(with_it)[missing:]
            if with_it.size >= at_least:
                kept[with_it] = True
        # Too few who carry nothing: then it is they who could be told of.
        if samples[trait] - int(kept.sum()) >= at_least:
            told[trait] = kept
            cells = np.where(kept, cells + (int(cells.max(initial=0)) + 1), cells)
    return told


def told_by_stratum(
    patterns: Integers, told: Booleans, strata: Integers, sizes: Sequence[Integers], *, at_least: int
) -> Booleans:
    """Say for which traits carriers may be told of stratum by stratum (T): where no cell gets too small by that.

    Parameters
    ----------
    patterns, told
        As above (c); (T, c).
    strata
        Stratum of each carrier in each trait (T, c); anything where the trait is not told of it.
    sizes
        Samples of each stratum of each trait (T)(S).
    at_least
        The smallest number of samples that may be told of.
    """
    anywhere = told.any(axis=0)
    cells = np.column_stack([patterns, told.T])[anywhere].astype(np.int64)
    allowed = np.zeros(told.shape[0], np.bool_)
    for trait, own in enumerate(told):
        others = sizes[trait] - np.bincount(strata[trait][own], minlength=sizes[trait].size)
        finer = np.column_stack([cells, np.where(own, strata[trait], -1)[anywhere]])
        counts = np.concatenate([np.unique(finer, axis=0, return_counts=True)[1], others[others > 0]])
        if own.any() and (counts >= at_least).all():
            allowed[trait], cells = True, finer
    return allowed
