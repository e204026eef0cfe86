"""Design columns of numbers and categories."""

import numpy as np
import pandas as pd

from association.phenotypes.covariates import covariate_design, is_numeric, stratum_labels

TABLE = pd.DataFrame({"age": ["61", "55.5", "70"], "region": ["spinal", "bulbar", "spinal"], "site": ["1", "2", "2"]})


def test_numbers_stay_and_categories_become_indicators_against_the_commonest():
    design = covariate_design(TABLE, {"age": "numeric", "region": "categorical", "site": "categorical"})
    assert design.names == ("age", "region=bulbar", "site=1")
    assert np.array_equal(design.matrix, [[61, 0, 1], [55.5, 1, 0], [70, 0, 0]])


def test_no_covariates_make_an_empty_design():
    design = covariate_design(TABLE, {})
    assert design.names == ()
    assert design.matrix.shape == (3, 0)


def test_a_column_is_numeric_if_every_value_that_is_there_is_a_number():
    assert is_numeric(pd.Series(["1", None, "2e-3"]))
    assert not is_numeric(pd.Series(["1", "two"]))


def test_strata_combine_columns():
    assert stratum_labels(TABLE, ["region", "site"]).tolist() == ["spinal / 1", "bulbar / 2", "spinal / 2"]
    assert set(stratum_labels(TABLE, [])) == {"all"}
