"""A check of the engine on a user's own genotypes: simulated traits, scanned like real ones.

Null traits of every kind (`simulate.random_traits`) on the user's samples and strata say whether tests keep their
level; traits on which carriers of one gene have an effect say what is found. Genotypes, their missing calls and how
carriers are spread over strata are the user's own, so what is special about them is part of the check. Where the
study fits a null model to each of several cohorts, so does the check.

A trait depends on its seed and its number alone: not on the process, or on how many are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.null_models.null_model import NullModel
from association.planted_effects import Plant
from association.problems import InputError
from association.scan import scan
from association.scan_settings import ALL_MASKS, ScanSettings, ScanTrait
from association.simulate.random_traits import KINDS, Kind, random_trait

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# A simulated trait that can't be fitted, such as a binary one without cases, is drawn anew so many times.
MOST_DRAWS = 20
_NULL, _PLANTED = 0, 1


def scan_null(
    genes: pa.Table,
    variants: pa.Table,
    like: ScanTrait,
    settings: ScanSettings,
    *,
    kind: Kind,
    number: int,
    cohorts: Integers | None = None,
) -> pd.DataFrame:
    """Scan a batch for a trait that no gene acts on.

    Parameters
    ----------
    genes, variants
        The batch, as for `scan`.
    like
        A trait of the user's, whose samples and strata the simulated one gets.
    settings
        Masks, tests, effort, and the seed.
    kind, number
        Which trait.
    cohorts
        Cohort of each of the trait's samples (n), where the study fits a null model to each.

    Returns
    -------
    pd.DataFrame
        Of every row with a p-value: kind, trait (its number), gene, mask, test, carriers, p_value, p_asymptotic.

    Raises
    ------
    InputError
        If no trait of this kind can be fitted on these samples.
    """
    effect = np.zeros(like.strata.size)
    trait = _simulate(like, kind, effect, cohorts, (settings.seed, _NULL, KINDS.index(kind), number))
    return _rows(scan(genes, variants, [trait], settings), kind).assign(trait=number)


def scan_planted(
    genes: pa.Table,
    variants: pa.Table,
    like: ScanTrait,
    settings: ScanSettings,
    plants: Sequence[Plant],
    *,
    cohorts: Integers | None = None,
) -> pd.DataFrame:
    """Plant effects, one at a time, each in a trait of its own, and test the gene under the mask that it is in.

    Parameters
    ----------
    genes, variants, like, settings, cohorts
        As for `scan_null`; of the masks, a plant's own is used.
    plants
        What to plant.

    Returns
    -------
    pd.DataFrame
        As `scan_null` gives, and effect.

    Raises
    ------
    InputError
        If no trait of a kind can be fitted on these samples.
    """
    tables = []
    for plant in plants:
        effect = np.zeros(like.strata.size)
        effect[plant.carriers] = plant.effect.size
        trait = _simulate(like, plant.kind, effect, cohorts, (settings.seed, _PLANTED, plant.number))
        own = scan(
            genes.filter(pc.equal(genes["gene"], plant.gene)),
            variants.filter(pc.equal(variants["gene"], plant.gene)),
            [trait],
            replace(settings, masks=(plant.mask,)),
        )
        tables.append(_rows(own, plant.kind).assign(trait=plant.number, effect=plant.effect.words))
    return pd.concat(tables, ignore_index=True)


def _simulate(
    like: ScanTrait, kind: Kind, effect: Floats, cohorts: Integers | None, seed: tuple[int, ...]
) -> ScanTrait:
    return replace(like, name=kind, model=_fitted(like, kind, effect, cohorts, seed), by_contig={}, flags=())


def _fitted(
    like: ScanTrait, kind: Kind, effect: Floats, cohorts: Integers | None, seed: tuple[int, ...]
) -> NullModel:
    """Draw traits until one can be fitted."""
    rng = np.random.default_rng(seed)
    problem = ""
    for _ in range(MOST_DRAWS):
        try:
            return random_trait(rng, kind, like.strata, effect, cohorts).model
        except InputError as error:
            problem = error.problems[0].message
    samples, strata = like.strata.size, np.unique(like.strata).size
    message = (
        f"none of {MOST_DRAWS} simulated traits could be fitted on these {samples} samples in {strata} strata; of "
        f"the last: {problem}. There may be too few samples for a self-check"
    )
    raise InputError.single("self-check", f"trait of kind '{kind}'", message)


def _rows(results: pa.Table, kind: Kind) -> pd.DataFrame:
    columns = ["gene", "mask", "test", "weights", "coding", "carriers", "p_value", "p_asymptotic"]
    rows = results.select(columns).filter(pc.is_valid(results["p_value"])).to_pandas()
    rows["test"] = [_test_words(*row) for row in rows[["mask", "test", "weights", "coding"]].itertuples(index=False)]
    return rows.drop(columns=["weights", "coding"]).assign(kind=kind)


def _test_words(mask: str, test: str, weights: str | None, coding: str | None) -> str:
    """Name a test with what sets it apart from others of its kind."""
    if mask == ALL_MASKS:
        return f"{test} over masks"
    parts = [test, coding if coding not in (None, "sum") else None, weights if test != "acat_v" else None]
    return " ".join(part for part in parts if part)
