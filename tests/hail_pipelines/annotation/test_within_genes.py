import numpy as np
import pyarrow as pa

from hail_pipelines.annotation.batches import Batch
from hail_pipelines.annotation.gene_model import Segments
from hail_pipelines.annotation.info_fields import InfoFields
from hail_pipelines.annotation.within_genes import changed_bases, genes_within


def test_the_bases_that_a_variant_changes():
    cases = {
        ("A", "C"): (100, 100),
        ("AT", "GC"): (100, 101),
        ("CAT", "C"): (101, 102),
        ("C", "CAT"): (100, 101),
        ("CAT", "GA"): (100, 102),
    }
    refs, alts = (pa.array(alleles) for alleles in zip(*cases, strict=True))
    found = changed_bases(np.full(len(cases), 100, np.int32), refs, alts)
    assert list(zip(*(bases.tolist() for bases in found), strict=True)) == list(cases.values())


def genes_of(variants, segments):
    """List the genes of each variant: contig, position and alleles."""
    contigs, positions, refs, alts = zip(*variants, strict=True)
    count = len(variants)
    batch = Batch(
        0,
        pa.array(contigs),
        np.array(positions, np.int32),
        pa.array(refs),
        pa.array(alts),
        pa.array([[]] * count, pa.list_(pa.string())),
        InfoFields({}, np.ones(count), np.ones(count)),
    )
    found, genes = genes_within(batch, segments)
    return [
        sorted({gene for own, gene in zip(found, genes, strict=True) if own == number}) for number in range(count)
    ]


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
    variants = [("1", *case) for case in cases]
    assert genes_of(variants, {"1": stretches}) == list(cases.values())
    elsewhere = Segments(np.array([1]), np.array([100]), [("D",)])
    assert genes_of([("2", 10, "A", "C"), ("3", 10, "A", "C")], {"1": stretches, "3": elsewhere}) == [[], ["D"]]
