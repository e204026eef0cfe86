import hail as hl
import pytest

from association.gene_tests.consequence_terms import MODIFIER
from hail_pipelines.annotation.consequences import (
    SEVERITY,
    is_coding,
    most_severe,
    most_severe_expr,
    unknown_terms_expr,
)

pytestmark = pytest.mark.usefixtures("hail_session")


def test_severity_follows_ensembl():
    assert most_severe(["synonymous_variant", "stop_gained", "missense_variant"]) == "stop_gained"
    assert most_severe(["intron_variant", "splice_region_variant"]) == "splice_region_variant"
    assert SEVERITY["splice_donor_variant"] < SEVERITY["frameshift_variant"] < SEVERITY["inframe_deletion"]
    assert not is_coding("3_prime_UTR_variant")
    assert is_coding("synonymous_variant")
    cases = [
        most_severe_expr(["upstream_gene_variant", "missense_variant"]),
        most_severe_expr(hl.empty_array(hl.tstr)),
    ]
    assert list(hl.eval(hl.tuple(cases))) == ["missense_variant", None]


def test_a_variant_of_which_only_its_place_is_known_is_coding_and_the_least_severe():
    assert is_coding("coding_sequence_variant")
    assert max(SEVERITY, key=SEVERITY.__getitem__) == "coding_sequence_variant"


def test_what_old_vep_says_of_every_deletion_hides_no_consequence():
    assert most_severe(["feature_truncation", "inframe_deletion"]) == "inframe_deletion"
    assert not is_coding("feature_truncation")


def test_terms_of_no_list_are_unknown():
    assert not set(MODIFIER) & set(SEVERITY)
    terms = ["missense_variant", "intron_variant", "nc_transcript_variant", "missense", "NON_SYNONYMOUS_CODING"]
    assert hl.eval(unknown_terms_expr(hl.array(terms))) == ["missense", "NON_SYNONYMOUS_CODING"]
