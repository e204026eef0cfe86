"""Traits among relatives: the mixed model's own p-values, and tables of pairs that are refused."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

HEIGHT = {"name": "height", "type": "quantitative", "column": "height", "kinship": "pairs.tsv"}


@pytest.fixture
def write_pairs(tmp_path):
    def write(*pairs, columns=("sample_1", "sample_2", "kinship")):
        pd.DataFrame(pairs, columns=list(columns)).to_csv(tmp_path / "pairs.tsv", sep="\t", index=False)

    return write


@pytest.fixture
def siblings(cohort, write_pairs):
    """Make 50 pairs of siblings, who resemble each other in height."""
    pairs = np.arange(100).reshape(50, 2)
    cohort.loc[pairs.ravel(), "height"] += np.repeat(np.random.default_rng(6).normal(0, 8, 50), 2)
    names = cohort["sample"].to_numpy()[pairs]
    write_pairs(*((first, second, 0.25) for first, second in names), ("someone else", names[0, 0], 0.25))
    return pairs


@pytest.fixture
def dosages(cohort):
    rng = np.random.default_rng(7)
    return {("A", "chr1"): rng.binomial(1, 0.06, (len(cohort), 4)).astype(float)}


def test_the_p_value_is_the_mixed_models_by_dense_algebra(cohort, prepare, siblings, dosages, make_store, scan_store):
    (trait,) = prepare(cohort, HEIGHT)
    rows = scan_store(make_store(dosages), [trait], cohort["sample"], family_permutations=50).set_index("test")
    details = trait.fit.details
    assert details["families"] == 50
    assert details["heritability"] > 0.1
    relatedness = np.eye(len(cohort))
    relatedness[siblings[:, 0], siblings[:, 1]] = relatedness[siblings[:, 1], siblings[:, 0]] = 0.5
    share, total = details["heritability"], details["total_variance"]
    inverse = np.linalg.inv(total * (share * relatedness + (1 - share) * np.eye(len(cohort))))
    matrix = np.column_stack([np.ones(len(cohort)), cohort["age"]])
    explained = inverse @ matrix @ np.linalg.solve(matrix.T @ inverse @ matrix, matrix.T @ inverse)
    burden = dosages["A", "chr1"].sum(axis=1)
    score = burden @ (inverse - explained) @ cohort["height"].to_numpy()
    expected = chi2.sf(score**2 / (burden @ (inverse - explained) @ burden), 1)
    assert rows.loc["burden", "p_value"] == pytest.approx(expected, rel=1e-8)
    assert (rows["method"] == "mixed_model").all()
    assert (rows["p_value"] == rows["p_asymptotic"]).all()
    assert (rows["min_attainable_p"] == 0).all()
    assert rows[["deviations", "p_lower", "permutations"]].isna().all(axis=None)


def test_relatives_that_are_not_in_the_trait_are_left_out(cohort, prepare, siblings):
    cohort.loc[siblings[:20, 0], "height"] = None
    assert prepare(cohort, HEIGHT)[0].fit.details["families"] == 30


@pytest.mark.parametrize(
    "trait",
    [
        {"name": "death", "type": "survival", "endpoint": "death"},
        {"name": "onset", "type": "binary", "column": "bulbar"},
        {"name": "falls", "type": "count", "column": "falls"},
        {"name": "stage", "type": "ordinal", "column": "stage"},
    ],
)
def test_other_types_are_refused_by_name(cohort, refusal, siblings, trait):
    found = refusal(cohort, HEIGHT, trait | {"kinship": "pairs.tsv"})
    assert list(found) == [f"trait '{trait['name']}', type {trait['type']}"]
    assert "keep one member of each family" in next(iter(found.values()))


def test_kinship_beside_an_offset_is_refused(cohort, refusal, siblings):
    found = refusal(cohort, HEIGHT | {"polygenic_offset": "fit_1.loco"})
    assert "leave one of them out" in found["trait 'height', kinship"]


def test_a_table_with_other_columns_is_refused(cohort, refusal, write_pairs):
    write_pairs(("F1", "F2", 0.25), columns=("ID1", "ID2", "kinship"))
    found = refusal(cohort, HEIGHT)
    assert "trait 'height', pairs.tsv, line 1" in found
    assert "has 'ID1', 'ID2', 'kinship'" in found["trait 'height', pairs.tsv, line 1"]


def test_every_coefficient_that_is_none_is_refused_with_its_line(cohort, refusal, write_pairs):
    one, two, three = cohort["sample"][:3]
    write_pairs((one, two, 0.25), (one, three, "sib"), (two, three, 1), (one, "X", -0.1), (two, "X", None))
    found = refusal(cohort, HEIGHT)
    place = "trait 'height', pairs.tsv, line {}, column 'kinship'"
    assert set(found) == {place.format(line) for line in (3, 4, 5, 6)}
    assert "'sib' is not a number" in found[place.format(3)]
    assert "'1' is outside 0 to 0.5" in found[place.format(4)]
    assert "no coefficient" in found[place.format(6)]


def test_pairs_none_of_whom_is_in_the_trait_are_refused_and_not_shown(cohort, refusal, write_pairs):
    write_pairs(("P1", "P2", 0.25), ("P1", "P3", 0.25))
    found = refusal(cohort, HEIGHT)
    assert list(found) == ["trait 'height', pairs.tsv, columns 'sample_1' and 'sample_2'"]
    assert "write ids as in the participants table" in next(iter(found.values()))
    assert "P1" not in next(iter(found.values()))


def test_a_pair_that_stands_twice_or_with_itself_is_refused(cohort, refusal, write_pairs):
    one, two = cohort["sample"][:2]
    write_pairs((one, two, 0.25), (two, one, 0.25), (one, one, 0.5))
    found = refusal(cohort, HEIGHT)
    assert list(found) == ["trait 'height', pairs"]
