"""Variants that traits are adjusted for: their dosages from the store, and the signals that they explain."""

import numpy as np
import pandas as pd
import pytest

from association.problems import InputError
from jobs.conditioning import read_dosages

HEIGHT = {"name": "height", "type": "quantitative", "column": "height"}
DEATH = {"name": "death", "type": "survival", "endpoint": "death"}


@pytest.fixture
def dosages(cohort):
    """Two genes; the first variant of one drives height, and misses calls."""
    rng = np.random.default_rng(8)
    found = {(gene, "chr1"): rng.binomial(1, 0.08, (len(cohort), 3)).astype(float) for gene in ("A", "B")}
    found["B", "chr1"][:2, 0] = 2
    cohort["height"] += 12 * found["B", "chr1"][:, 0]
    found["B", "chr1"][[20, 40, 41], 0] = np.nan
    return found


def test_dosages_are_the_stores_with_missing_calls_at_the_mean(cohort, dosages, make_store):
    store = make_store(dosages)
    found = read_dosages(store, ["chr1-2000-A-C", "chr1-1002-A-C"], cohort["sample"])
    assert found.columns.tolist() == ["chr1-2000-A-C", "chr1-1002-A-C"]
    assert found.index.tolist() == cohort["sample"].tolist()
    first = dosages["B", "chr1"][:, 0]
    np.testing.assert_allclose(found["chr1-2000-A-C"], np.where(np.isnan(first), np.nanmean(first), first))
    np.testing.assert_array_equal(found["chr1-1002-A-C"], dosages["A", "chr1"][:, 2])


def test_nothing_asked_is_nothing_read(cohort, tmp_path):
    assert read_dosages(tmp_path / "nowhere", [], cohort["sample"]).shape == (len(cohort), 0)


def test_every_variant_that_the_store_lacks_is_refused_with_how_names_are_written(cohort, dosages, make_store):
    with pytest.raises(InputError) as caught:
        read_dosages(make_store(dosages), ["1-2000-A-C", "chr1-1000-A-C", "chr1-9-A-C"], cohort["sample"])
    assert [one.place for one in caught.value.problems] == [
        "condition_on, '1-2000-A-C'",
        "condition_on, 'chr1-9-A-C'",
    ]
    assert "written like 'chr1-1000-A-C'" in str(caught.value)
    assert "take it out, or raise a mask's ceiling" in str(caught.value)


def test_a_signal_that_is_one_variant_vanishes_when_traits_are_adjusted_for_it(
    cohort, dosages, make_store, prepare, scan_store
):
    store, samples = make_store(dosages), cohort["sample"]
    name = "chr1-2000-A-C"
    known = read_dosages(store, [name], samples)
    before = scan_store(store, prepare(cohort, HEIGHT), samples).set_index(["gene", "test"])
    adjusted = prepare(cohort, HEIGHT, known=known)
    after = scan_store(store, adjusted, samples, left_out=frozenset([name])).set_index(["gene", "test"])
    for test in ("burden", "skat"):
        assert before.loc[("B", test), "p_value"] < 1e-3
        assert after.loc[("B", test), "p_value"] > 0.05
        assert before.loc[("B", test), "variants"] == 3
        assert after.loc[("B", test), "variants"] == 2
        assert after.loc[("A", test), "variants"] == before.loc[("A", test), "variants"] == 3
    assert adjusted[0].fit.coefficients[-1].name == name
    assert adjusted[0].fit.coefficients[-1].estimate == pytest.approx(12, abs=4)


def test_a_gene_whose_only_variant_is_adjusted_for_has_nothing_to_test(cohort, make_store, prepare, scan_store):
    carried = np.zeros((len(cohort), 1))
    carried[:9] = 1
    store = make_store({("A", "chr1"): carried})
    rows = scan_store(store, prepare(cohort, HEIGHT), cohort["sample"], left_out=frozenset(["chr1-1000-A-C"]))
    assert set(rows["reason"]) == {"no qualifying variant"}


def test_a_variant_that_no_sample_of_a_trait_carries_is_left_out_of_its_model(cohort, prepare):
    known = pd.DataFrame({"chr1-5-A-C": 0.0}, index=cohort["sample"])
    known.iloc[:8] = 1.0
    cohort.loc[:7, "height"] = None
    height, death = prepare(cohort, HEIGHT, DEATH, known=known)
    assert [one.name for one in height.fit.coefficients] == ["intercept", "age"]
    assert [one.name for one in death.fit.coefficients] == ["age", "chr1-5-A-C"]


def test_a_males_allele_on_x_counts_as_two(cohort, prepare):
    rng = np.random.default_rng(9)
    known = pd.DataFrame({"chrX-5000000-A-C": rng.binomial(1, 0.3, len(cohort)) * 1.0}, index=cohort["sample"])
    known.iloc[3] = 0.3
    male = cohort["sex"].eq("M").to_numpy()
    twice = known.mul(np.where(male & (known.iloc[:, 0] != 0.3), 2.0, 1.0), axis=0)
    sections = {"participants": {"path": "participants.tsv", "columns": {"sex": "sex"}}}
    (found,) = prepare(cohort, HEIGHT, known=known, **sections)
    (expected,) = prepare(cohort, HEIGHT, known=twice.rename(columns={"chrX-5000000-A-C": "chr1-5000000-A-C"}))
    np.testing.assert_allclose(found.fit.model.residuals, expected.fit.model.residuals, atol=1e-12)
    (unknown,) = prepare(cohort, HEIGHT, known=known)
    assert np.abs(unknown.fit.model.residuals - found.fit.model.residuals).max() > 1e-6
