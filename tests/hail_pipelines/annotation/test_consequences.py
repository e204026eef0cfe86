import numpy as np
import pyarrow as pa

from association.gene_tests.consequence_terms import MODIFIER
from hail_pipelines.annotation.consequences import (
    MODIFIER_RANK,
    SEVERITY,
    is_coding,
    most_severe,
    read_consequences,
    unknown_terms,
)


def test_severity_follows_ensembl():
    assert most_severe(["synonymous_variant", "stop_gained", "missense_variant"]) == "stop_gained"
    assert most_severe(["intron_variant", "splice_region_variant"]) == "splice_region_variant"
    assert SEVERITY["splice_donor_variant"] < SEVERITY["frameshift_variant"] < SEVERITY["inframe_deletion"]
    assert not is_coding("3_prime_UTR_variant")
    assert is_coding("synonymous_variant")
    texts = pa.array(["upstream_gene_variant&missense_variant", "", None, "intron_variant, 3_prime_UTR_variant"])
    found = read_consequences(texts)
    assert np.array_equal(found.texts == -1, [False, False, True, False])
    terms = [found.terms[place] for place in found.texts if place >= 0]
    assert terms == ["missense_variant", None, "intron_variant"]
    assert found.severities[found.texts[3]] == MODIFIER_RANK


def test_a_variant_of_which_only_its_place_is_known_is_coding_and_the_least_severe():
    assert is_coding("coding_sequence_variant")
    assert max(SEVERITY, key=SEVERITY.__getitem__) == "coding_sequence_variant"


def test_what_old_vep_says_of_every_deletion_hides_no_consequence():
    assert most_severe(["feature_truncation", "inframe_deletion"]) == "inframe_deletion"
    assert not is_coding("feature_truncation")


def test_terms_of_no_list_are_unknown():
    assert not set(MODIFIER) & set(SEVERITY)
    terms = ["missense_variant", "intron_variant", "nc_transcript_variant", "missense", "NON_SYNONYMOUS_CODING"]
    assert unknown_terms(terms) == {"missense", "NON_SYNONYMOUS_CODING"}
