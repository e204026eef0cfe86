"""Nobody shows by which masks, ceilings and flags there are: what is told is the same bytes with them or without."""

import json

import numpy as np
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.meta.share_genes import ready_to_share, share_batch
from association.null_models.null_model import NullModel
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SAMPLES = 1000
CEILINGS = (0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.01)
EVERYONE = tuple(range(SAMPLES))


@pytest.fixture
def share(make_linked_store):
    """Give a function from the carriers of each variant of a gene, and the samples of traits, to the rows of each."""

    def tell(carriers, *traits):
        dosages = np.zeros((SAMPLES, len(carriers)), int)
        for column, own in zip(dosages.T, carriers, strict=True):
            column[list(own)] = 1
        missense = Mask("plof_or_damaging_missense", "REVEL", 0.5)
        masks = tuple(MaskChoice(missense, ceiling) for ceiling in CEILINGS)
        settings = ScanSettings(masks, (WeightedTest("burden", "flat"),), 1, Effort(10, 10, 10))
        ready = [ready_to_share(trait_of(f"t{at}", own), at_least=5) for at, own in enumerate(traits)]
        store = make_linked_store(dosages, ["A"] * len(carriers))
        return share_batch(*store, ready, settings, key="key", at_least=5)

    return tell


def trait_of(name, positions):
    size = len(positions)
    model = NullModel("linear", np.cos(np.array(positions)), np.ones(size), np.zeros((size, 0)), np.zeros((0, 0)))
    return ScanTrait(name, model, np.zeros(size, int), np.array(positions), SAMPLES)


def test_one_two_three_or_four_carriers_are_told_of_by_the_same_bytes(share):
    told = {json.dumps(share([range(7, 7 + count)], EVERYONE)) for count in (1, 2, 3, 4)}
    assert len(told) == 1
    (rows,) = json.loads(told.pop()).values()
    assert rows["genes"][0]["withheld"] == [f"plof_or_damaging_missense@{one:g}" for one in CEILINGS]
    assert json.dumps(share([()], EVERYONE)) != json.dumps(share([(7,)], EVERYONE))


def test_how_carriers_are_dealt_over_collapsed_variants_does_not_show(share):
    spread = [(10,), (11,), (12,), (13,), (14,), (15,), (16,), (17,)]
    found = [share(carriers, EVERYONE) for carriers in (spread, [range(10, 14), range(14, 18)])]
    assert found[0] == found[1]
    (column,) = found[0]["t0"]["variants"]
    assert (column["carriers"], len(column["masks"])) == (8, len(CEILINGS))


@pytest.mark.parametrize("few", [1, 2])
def test_who_lacks_a_trait_does_not_show_in_what_is_withheld(share, few):
    later = [one for one in EVERYONE if not 7 <= one < 17]
    lacking, having = (share([range(begin, begin + few)], EVERYONE, later) for begin in (7, 17))
    assert json.dumps(lacking) == json.dumps(having)
    assert lacking["t0"]["genes"] == lacking["t1"]["genes"]


@pytest.mark.parametrize("others", [1, 3, 6])
def test_carriers_without_any_trait_that_is_told_change_nothing(share, others):
    own = range(100, 105)
    later = [one for one in EVERYONE if one >= 10]
    alone, together = (share([carriers], later) for carriers in (own, [*own, *range(others)]))
    assert json.dumps(alone) == json.dumps(together)
    # Of five carriers among 990 the frequency is above 0.0025.
    assert alone["t0"]["variants"][0]["masks"] == ["plof_or_damaging_missense@0.01"]


def test_masks_are_those_of_the_frequency_that_is_told(share):
    rng = np.random.default_rng(1)
    shown = set()
    for _ in range(10):
        # Variants that mostly go together, so that some carriers of each are told of elsewhere or not at all.
        first = rng.choice(SAMPLES, int(rng.integers(5, 14)), replace=False)
        carriers = [first, np.append(first[: rng.integers(3, first.size)], rng.choice(SAMPLES, 6, replace=False))]
        for row in share(carriers, EVERYONE)["t0"]["variants"]:
            if not row["variant"].startswith("collapsed"):
                passed = [one for one in CEILINGS if row["minor_allele_count"] / (2 * SAMPLES) <= one]
                assert row["masks"] == [f"plof_or_damaging_missense@{one:g}" for one in passed]
                shown.add(len(passed))
    assert len(shown) > 1


def test_a_gene_is_where_enough_carriers_who_are_told_of_have_a_variant(share):
    assert share([range(10, 14)], EVERYONE)["t0"]["genes"][0]["start"] is None
    assert share([range(10, 14), range(20, 22)], EVERYONE)["t0"]["genes"][0]["start"] == 100_000
