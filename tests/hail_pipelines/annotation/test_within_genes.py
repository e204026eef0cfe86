import hail as hl
import numpy as np
import pytest

from hail_pipelines.annotation.gene_model import Segments
from hail_pipelines.annotation.within_genes import changed_bases_expr, genes_within_expr

pytestmark = pytest.mark.usefixtures("hail_session")


def test_the_bases_that_a_variant_changes():
    cases = {
        ("A", "C"): (100, 100),
        ("AT", "GC"): (100, 101),
        ("CAT", "C"): (101, 102),
        ("C", "CAT"): (100, 101),
        ("CAT", "GA"): (100, 102),
    }
    locus = hl.locus("1", 100, "GRCh37")
    found = hl.eval([hl.tuple(changed_bases_expr(locus, hl.array(list(alleles)))) for alleles in cases])
    assert found == list(cases.values())


def test_genes_are_those_with_a_changed_base_however_the_variant_lies():
    stretches = Segments(np.array([10, 21, 31, 60]), np.array([20, 25, 40, 60]), [("A",), ("A", "B"), ("B",), ("C",)])
    long = "G" * 56
    cases = {
        (9, "A", "T"): [],
        (10, "A", "T"): ["A"],
        (25, "A", "T"): ["A", "B"],
        (26, "A", "T"): [],
        (40, "A", "T"): ["B"],
        (41, "A", "T"): [],
        (60, "A", "T"): ["C"],
        (61, "A", "T"): [],
        (8, "GAT", "G"): ["A"],
        (20, "GAT", "G"): ["A", "B"],
        (25, "GA", "G"): [],
        (26, long, "G"): ["B", "C"],
        (9, "A", "AT"): ["A"],
        (40, "A", "AT"): ["B"],
        (41, "A", "AT"): [],
    }
    found = hl.eval(
        [
            genes_within_expr(hl.locus("1", place, "GRCh37"), hl.array([ref, alt]), {"1": stretches})
            for place, ref, alt in cases
        ]
    )
    assert [list(genes) for genes in found] == list(cases.values())
    elsewhere = genes_within_expr(hl.locus("2", 10, "GRCh37"), hl.array(["A", "C"]), {"1": stretches})
    assert hl.eval(elsewhere) is None
