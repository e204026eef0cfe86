"""Columns as covariates of interactions: which are levels, which are numbers."""

import numpy as np
import pandas as pd
import pytest

from jobs.interaction_stage import trait_covariate


@pytest.mark.parametrize(
    ("values", "levels", "places"),
    [
        (["male", "female", None, "male"], ("female", "male"), [1, 0, np.nan, 1]),
        (["1", "2", "2", "1"], ("1", "2"), [0, 1, 1, 0]),
        (["61", "40", None, "55", "71", "63", "50.5"], None, [61, 40, np.nan, 55, 71, 63, 50.5]),
        (["61", "40", "unknown", "55", "71", "63"], ("40", "55", "61", "63", "71", "unknown"), [2, 0, 5, 1, 4, 3]),
    ],
)
def test_texts_and_numbers_of_up_to_five_values_are_levels(values, levels, places):
    found = trait_covariate(pd.Series(values, name="column", dtype=object))
    assert found.name == "column"
    assert found.levels == levels
    np.testing.assert_array_equal(found.values, places)
