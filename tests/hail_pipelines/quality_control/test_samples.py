import numpy as np
import pandas as pd

from hail_pipelines.quality_control.samples import add_ratios


def counts(**columns) -> pd.DataFrame:
    """Make counts of two samples, the second of whom nothing was counted."""
    named = {
        "calls_present": 4, "called": 2, "variants": 4, "heterozygous": 1, "homozygous_minor": 2, "transitions": 3,
        "transversions": 2, "insertions": 1, "deletions": 4, "mean_dp": 30.0, "x_depth": 15.0, "y_depth": 30.0,
    } | columns  # fmt: skip
    return pd.DataFrame({name: [value, 0] for name, value in named.items()})


RATIOS = ["call_rate", "heterozygosity", "ti_tv", "het_hom", "insertion_deletion", "x_ploidy", "y_ploidy"]


def test_ratios_are_missing_where_nothing_was_counted():
    found = add_ratios(counts())
    assert found.loc[0, RATIOS].tolist() == [0.5, 0.5, 1.5, 0.5, 0.25, 1.0, 2.0]
    assert found.loc[1, RATIOS].isna().all()
    assert found["calls_failed"].tolist() == [2, 0]
    assert {"x_depth", "y_depth"}.isdisjoint(found)


def test_ploidy_is_unknown_without_depth():
    found = add_ratios(counts(x_depth=None, y_depth=None).drop(columns="mean_dp"))
    assert found[["x_ploidy", "y_ploidy"]].isna().all(axis=None)
    assert np.isclose(found.loc[0, "call_rate"], 0.5)
