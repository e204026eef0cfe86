"""Masks on literals, on both sides of each threshold and on missing values."""

import numpy as np
import pytest

from association.gene_tests.masks import Mask, VariantAnnotations, below_ceiling, qualifying_variants


def variants(consequence, loftee, revel):
    return VariantAnnotations(
        np.array(consequence, object), np.array(loftee, object), {"REVEL": np.array(revel, float)}
    )


VARIANTS = variants(
    [
        "stop_gained",
        "stop_gained",
        "stop_gained",
        "missense_variant",
        "missense_variant",
        "missense_variant",
        "synonymous_variant",
        "frameshift_variant",
    ],
    ["HC", "LC", None, None, None, None, None, "HC"],
    [0.9, np.nan, np.nan, 0.5, 0.499, np.nan, 0.9, np.nan],
)


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (Mask("plof"), [1, 0, 1, 0, 0, 0, 0, 1]),
        (Mask("plof_or_damaging_missense", "REVEL", 0.5), [1, 0, 1, 1, 0, 0, 0, 1]),
        (Mask("missense"), [0, 0, 0, 1, 1, 1, 0, 0]),
        (Mask("synonymous"), [0, 0, 0, 0, 0, 0, 1, 0]),
        (Mask("any"), [1, 1, 1, 1, 1, 1, 1, 1]),
    ],
)
def test_mask_picks_its_variants(mask, expected):
    assert qualifying_variants(mask, VARIANTS).tolist() == [bool(one) for one in expected]


def test_ceiling_holds_in_the_cohort_and_where_known_outside():
    cohort = np.array([0.01, 0.0101, 0.001, 0.001])
    external = np.array([np.nan, np.nan, 0.01, 0.02])
    assert below_ceiling(cohort, external, 0.01).tolist() == [True, False, True, False]


def test_unknown_mask_is_refused():
    with pytest.raises(ValueError, match="no such mask"):
        qualifying_variants(Mask("everything"), VARIANTS)
