"""Masks on literals, on both sides of each threshold and on missing values."""

from dataclasses import replace

import numpy as np
import pytest

from association.gene_tests.mask_expression.parse import parse
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


@pytest.mark.parametrize(
    ("where", "built_in"),
    [
        ("consequence in plof and (loftee == HC or loftee is missing)", Mask("plof")),
        ("consequence in plof and not loftee in (LC, OS)", Mask("plof")),
        (
            "consequence in plof and (loftee == HC or loftee is missing) or consequence in missense and REVEL >= 0.5",
            Mask("plof_or_damaging_missense", "REVEL", 0.5),
        ),
        ("consequence == missense_variant", Mask("missense")),
        ("consequence in synonymous", Mask("synonymous")),
        ("REVEL >= 0.5 or not REVEL >= 0.5", Mask("any")),
    ],
)
def test_an_expression_picks_what_the_built_in_mask_of_its_meaning_picks(where, built_in):
    own = Mask("own", where=parse(where))
    assert qualifying_variants(own, VARIANTS).tolist() == qualifying_variants(built_in, VARIANTS).tolist()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("REVEL >= 0.5", [1, 0, 0, 1, 0, 0, 1, 0]),
        ("REVEL < 0.5", [0, 0, 0, 0, 1, 0, 0, 0]),
        # Without a score a comparison is false, so its opposite is true.
        ("not REVEL >= 0.5", [0, 1, 1, 0, 1, 1, 0, 1]),
        ("REVEL != 0.5", [1, 0, 0, 0, 1, 0, 1, 0]),
        ("REVEL not in (0.5, 0.9)", [0, 0, 0, 0, 1, 0, 0, 0]),
        ("REVEL is missing", [0, 1, 1, 0, 0, 1, 0, 1]),
        ("REVEL is not missing", [1, 0, 0, 1, 1, 0, 1, 0]),
        ("loftee != HC", [0, 1, 0, 0, 0, 0, 0, 0]),
        ("not loftee == HC", [0, 1, 1, 1, 1, 1, 1, 0]),
        ("loftee == ''", [0, 0, 0, 0, 0, 0, 0, 0]),
        ("consequence in (plof, synonymous_variant)", [1, 1, 1, 0, 0, 0, 1, 1]),
        ("consequence not in plof", [0, 0, 0, 1, 1, 1, 1, 0]),
    ],
)
def test_a_comparison_with_a_missing_value_is_false(where, expected):
    assert qualifying_variants(Mask("own", where=parse(where)), VARIANTS).tolist() == [bool(one) for one in expected]


def test_expressions_name_scores_texts_and_how_rare_a_variant_is():
    known = replace(
        VARIANTS,
        fields={"SIFT": np.array(["tolerated", "", None, "deleterious", *["tolerated"] * 4], object)},
        rarity={"minor_allele_count": np.array([1.0, 2, 1, 1, 1, 1, 1, 1]), "external_af": np.full(8, np.nan)},
    )

    def picked(where):
        return np.flatnonzero(qualifying_variants(Mask("own", where=parse(where)), known)).tolist()

    assert picked("consequence in plof and minor_allele_count == 1") == [0, 2, 7]
    assert picked("SIFT == deleterious or REVEL > 0.89 and external_af is missing") == [0, 3, 6]
    assert picked("SIFT is missing") == [1, 2]
    assert picked("not SIFT == tolerated and SIFT is not missing") == [3]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("SIFT == deleterious", [1, 1, 0, 0, 1, 0]),
        ("SIFT != deleterious", [0, 0, 1, 1, 0, 0]),
        ("SIFT == 'deleterious(0.02)'", [1, 0, 0, 0, 0, 0]),
        ("SIFT in (tolerated, unknown)", [0, 0, 1, 0, 1, 0]),
        ("SIFT == deleterious_low_confidence", [0, 0, 0, 1, 0, 0]),
    ],
)
def test_a_text_equals_each_of_its_values_whatever_number_stands_behind(where, expected):
    texts = ["deleterious(0.02)", "deleterious", "tolerated(0.3)", "deleterious_low_confidence(0)", None, None]
    texts[4] = "tolerated(1)&deleterious(2e-05)"
    known = variants([""] * 6, [None] * 6, [0.0] * 6)
    known = replace(known, fields={"SIFT": np.array(texts, object)})
    assert qualifying_variants(Mask("own", where=parse(where)), known).tolist() == [bool(one) for one in expected]


def test_a_gene_without_variants_has_none_in_any_mask():
    nothing = variants([], [], [])
    where = parse("consequence in plof and REVEL >= 0.5 or loftee is missing")
    assert qualifying_variants(Mask("own", where=where), nothing).shape == (0,)


def test_ceiling_holds_in_the_cohort_and_where_known_outside():
    cohort = np.array([0.01, 0.0101, 0.001, 0.001])
    external = np.array([np.nan, np.nan, 0.01, 0.02])
    assert below_ceiling(cohort, external, 0.01).tolist() == [True, False, True, False]


def test_unknown_mask_is_refused():
    with pytest.raises(ValueError, match="no such mask"):
        qualifying_variants(Mask("everything"), VARIANTS)
