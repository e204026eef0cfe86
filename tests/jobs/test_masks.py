"""What masks take of a gene store is counted as the scan takes it, and masks that find nothing are warned of."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from association.asked_variants import choose_variants
from association.calibration.monte_carlo import Effort
from association.gene_batch import read_batch
from association.gene_tests.mask_expression.parse import parse
from association.gene_tests.masks import Mask
from association.scan_settings import MaskChoice, ScanSettings, WeightedTest
from jobs.check_masks import empty_masks, mask_notes, review_masks, write_masks
from jobs.study import gene_tests

TERMS = ["stop_gained", "missense_variant", "missense_variant", "synonymous_variant"]


def settings(*masks, weights="flat", left_out=()):
    return ScanSettings(
        tuple(masks),
        (WeightedTest("burden", weights),),
        seed=1,
        effort=Effort(10, 10, 10),
        left_out=frozenset(left_out),
    )


def own(name, where, ceiling=0.5):
    return MaskChoice(Mask(name, where=parse(where)), ceiling)


def make_rows(genes, seed):
    """Make up a store's rows: four variants a gene, of allele counts 1 to 4 among 100."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "gene": np.repeat(genes, 4),
            "contig": ["chr1"] * (4 * len(genes)),
            "position": pa.array(range(4 * len(genes)), pa.int32()),
            "ref": ["A"] * (4 * len(genes)),
            "alt": ["C"] * (4 * len(genes)),
            "consequence": TERMS * len(genes),
            "loftee": pa.array([None] * (4 * len(genes)), pa.string()),
            "external_af": pa.array([None] * (4 * len(genes)), pa.float64()),
            "score_REVEL": pa.array([None, *rng.uniform(0, 1, 2), None] * len(genes)),
            "score_CADD": pa.array([None] * (4 * len(genes)), pa.float64()),
            "field_SIFT": ["", "deleterious(0)", "tolerated(0.4)", ""] * len(genes),
            "allele_count": pa.array([1, 2, 3, 4] * len(genes), pa.int32()),
            "allele_number": pa.array([100] * (4 * len(genes)), pa.int32()),
            "carriers": pa.array([[0]] * (4 * len(genes)), pa.list_(pa.int32())),
            "dosages": pa.array([[1]] * (4 * len(genes)), pa.list_(pa.int8())),
            "missing": pa.array([[]] * (4 * len(genes)), pa.list_(pa.int32())),
        }
    )


@pytest.fixture
def store(tmp_path):
    """Write a store of three genes in two files."""
    pq.write_table(make_rows(["A", "B"], 1), tmp_path / "part-00000.parquet")
    pq.write_table(make_rows(["C"], 2), tmp_path / "part-00001.parquet")
    return tmp_path


def test_a_mask_counts_the_variants_and_genes_that_the_scan_would_take(store):
    masks = (
        own("damaging", "REVEL >= 0.5"),
        own("singletons", "minor_allele_count == 1"),
        own("sift", "SIFT == deleterious or consequence in plof", 0.015),
        MaskChoice(Mask("missense"), 0.02),
        MaskChoice(Mask("plof"), 0.5),
    )
    review = review_masks(store, settings(*masks))
    rows = pa.concat_tables([pq.read_table(path) for path in sorted(store.glob("part-*.parquet"))])
    batch = read_batch(rows)
    for choice, count in zip(masks, review.counts, strict=True):
        picked = choose_variants(batch, choice)
        assert (count.variants, count.genes) == (picked.sum(), len(set(batch.gene[picked])))
    assert [one.variants for one in review.counts[1:]] == [3, 3, 3, 3]
    assert review.warnings == []


def test_the_pass_over_a_store_needs_no_carriers(store):
    for path in store.glob("part-*.parquet"):
        pq.write_table(pq.read_table(path).drop_columns(["carriers", "dosages", "missing"]), path)
    assert review_masks(store, settings(own("every", "consequence is not missing"))).counts[0].variants == 12


def test_variants_that_are_left_out_are_in_no_mask(store):
    found = review_masks(store, settings(MaskChoice(Mask("plof"), 0.5), left_out=["chr1-4-A-C"]))
    assert (found.counts[0].variants, found.counts[0].genes) == (2, 2)


def test_an_empty_mask_and_a_field_that_no_variant_has_are_warned_of(store):
    masks = (
        own("cadd", "CADD >= 20 or consequence in plof"),
        own("strict", "loftee == HC", 0.01),
        MaskChoice(Mask("missense"), 0.001),
        MaskChoice(Mask("missense"), 0.5),
    )
    found = empty_masks(store, settings(*masks, weights="score:CADD"))
    assert [line.split(";")[0] for line in found] == [
        "no variant of any gene is in the mask strict at a frequency of at most 0.01",
        "no variant of any gene is in the mask missense at a frequency of at most 0.001",
        "no variant in the gene store has CADD, which the mask cadd and the test burden ask for",
        "no variant in the gene store has loftee, which the mask strict asks for",
    ]


def test_a_field_is_there_if_any_file_has_a_value_of_it(store):
    path = store / "part-00001.parquet"
    rows = pq.read_table(path)
    at = rows.column_names.index("score_CADD")
    pq.write_table(rows.set_column(at, "score_CADD", pa.array([None, None, 21.0, None])), path)
    assert empty_masks(store, settings(own("cadd", "CADD >= 20"))) == []


def test_the_table_of_masks_says_what_each_takes_and_by_which_rule(store, caplog):
    study = [
        gene_tests.Mask(name="rare", where="loftee == HC\n  or REVEL > 2"),
        gene_tests.Mask(name="plof"),
        gene_tests.Mask(name="plof_or_damaging_missense", damaging={"score": "REVEL", "at_least": 0.5}),
    ]
    damaging = MaskChoice(Mask("plof_or_damaging_missense", "REVEL", 0.0), 0.5)
    masks = (own("rare", "loftee == HC or REVEL > 2"), MaskChoice(Mask("plof"), 0.01), damaging)
    write_masks(review_masks(store, settings(*masks)), study, store)
    table = pd.read_csv(store / "masks.tsv", sep="\t")
    assert table.to_dict("list") == {
        "mask": ["rare", "plof", "plof_or_damaging_missense"],
        "max_af": [0.5, 0.01, 0.5],
        "variants": [0, 3, 9],
        "genes": [0, 3, 3],
        "rule": ["loftee == HC or REVEL > 2", "built in", "REVEL >= 0.5"],
    }
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2


def test_a_mask_that_may_take_more_than_was_meant_is_noted():
    masks = [gene_tests.Mask(name="own", where="not REVEL < 0.5"), gene_tests.Mask(name="plof")]
    ((note),) = mask_notes(masks)
    assert note.startswith("mask own, column 1: this 'not' also takes variants without REVEL")
