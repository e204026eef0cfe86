"""A gene store scanned by processes and by Spark's workers: the same rows."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from association.calibration.monte_carlo import Effort
from association.family import adjust_for_family
from association.gene_tests.masks import Mask
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest
from association.scan_trait_bytes import pack_trait, unpack_trait
from association.single_variants import scan_variants
from hail_pipelines import scan_shares
from hail_pipelines.gene_scan import in_order, scan_in_processes, scan_on_spark, scan_share
from hail_pipelines.scan_shares import Share, read_share
from hail_pipelines.store_files import store_schema
from hail_pipelines.variant_scan import read_genes, scan_all_variants

SAMPLES = 60
SETTINGS = ScanSettings(
    (MaskChoice(Mask("missense"), 0.5),),
    (WeightedTest("burden", "flat"), WeightedTest("skat", "beta_1_25")),
    seed=1,
    effort=Effort(2_000, 2_000, 50),
    family_permutations=99,
)


@pytest.fixture(scope="module")
def trait():
    rng = np.random.default_rng(4)
    fit = fit_linear(rng.normal(size=SAMPLES), Design(("age",), rng.normal(size=(SAMPLES, 1))))
    return ScanTrait("height", fit.model, np.arange(SAMPLES) % 3, np.arange(SAMPLES), SAMPLES, ("many_ties",))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Write a store of five genes in three files, one gene without a variant, under an awkward path."""
    folder = tmp_path_factory.mktemp("größe 100% #1") / "genes"
    folder.mkdir()
    rng = np.random.default_rng(5)
    rows = []
    for number, gene in enumerate("ABCD"):
        for position in range(10 * number, 10 * number + 3):
            carriers = np.flatnonzero(rng.random(SAMPLES) < 0.1)
            rows.append(
                {
                    "gene": gene,
                    "contig": "chr1",
                    "position": position,
                    "ref": "A",
                    "alt": "C",
                    "minor_is_ref": False,
                    "consequence": "missense_variant",
                    "loftee": None,
                    "external_af": None,
                    "allele_count": carriers.size,
                    "allele_number": 2 * SAMPLES,
                    "carriers": carriers.tolist(),
                    "dosages": [1] * carriers.size,
                    "missing": [],
                }
            )
    variants = pa.Table.from_pylist(rows, schema=store_schema([]))
    for file, genes in enumerate((["A", "C"], ["B", "E"], ["D"])):
        own = pa.array([gene in genes for gene in variants["gene"].to_pylist()])
        pq.write_table(variants.filter(own), folder / f"part-{file:05d}.parquet")
    integers = {
        name: pa.array(values, pa.int32())
        for name, values in (
            ("start", [1] * 5),
            ("file", [0, 1, 0, 2, 1]),
            ("variants", [3, 3, 3, 3, 0]),
            ("carriers", [sum(map(len, own)) for own in _carriers_by_gene(variants)]),
        )
    }
    genes = pa.table({"gene": list("ABCDE"), "contig": ["chr1"] * 5, **integers})
    pq.write_table(genes, folder / "genes.parquet")
    return folder


def _carriers_by_gene(variants):
    names = variants["gene"].to_pylist()
    carriers = variants["carriers"].to_pylist()
    return [[own for own, name in zip(carriers, names, strict=True) if name == gene] for gene in "ABCDE"]


def all_variants(store):
    variants = pa.concat_tables(pq.read_table(file) for file in sorted(store.glob("part-*.parquet")))
    return variants.sort_by([("gene", "ascending"), ("position", "ascending")])


def scan_whole(store, trait):
    genes = pq.read_table(store / "genes.parquet", columns=["gene", "contig", "start"])
    return adjust_for_family(scan(genes, all_variants(store), [trait], SETTINGS))


def test_processes_give_the_rows_of_one_scan_of_all(store, trait):
    told = []
    found = scan_in_processes(
        store, [pack_trait(trait)], SETTINGS, workers=2, report=lambda finished, total: told.append((finished, total))
    )
    assert found.equals(scan_whole(store, trait))
    assert found["p_family"].null_count < found.num_rows
    assert told[0] == (0, 5)
    assert told[-1] == (5, 5)


SHARES = {
    "all at once": [Share((0, 1, 2), 5)],
    "file by file": [Share((2,), 1), Share((0,), 2), Share((1,), 2)],
    "two and one": [Share((1, 0), 4), Share((2,), 1)],
    "one gene apart": [Share((0,), 1, only="C"), Share((0, 1, 2), 4, without=("C",))],
    "one of two that are apart": [
        Share((0,), 1, only="A"), Share((1,), 1, only="B"), Share((0, 1), 2, without=("A", "B")), Share((2,), 1),
    ],
}  # fmt: skip


@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES)
def test_rows_do_not_depend_on_how_genes_are_dealt(store, trait, shares):
    tables = [scan_share(store, share, [pack_trait(trait)], SETTINGS) for share in shares]
    assert adjust_for_family(in_order(tables)).equals(scan_whole(store, trait))


@pytest.mark.parametrize(("limit", "value"), [("GENES_AT_ONCE", 2), ("GENES_AT_ONCE", 1), ("CARRIERS_AT_ONCE", 25)])
def test_rows_do_not_depend_on_how_many_genes_are_scanned_at_once(store, trait, monkeypatch, limit, value):
    monkeypatch.setattr(scan_shares, limit, value)
    share = Share((0, 1, 2), 5)
    parts = [genes["gene"].to_pylist() for genes, _ in read_share(store, share)]
    assert len(parts) > 2
    assert sorted(gene for part in parts for gene in part) == list("ABCDE")
    table = scan_share(store, share, [pack_trait(trait)], SETTINGS)
    assert adjust_for_family(in_order([table])).equals(scan_whole(store, trait))


def test_processes_test_every_variant_as_one_scan_of_all_does(store, trait):
    found = scan_all_variants(store, [pack_trait(trait)], SETTINGS, workers=2, report=lambda finished, total: None)
    assert found.equals(scan_variants(all_variants(store), [trait], SETTINGS))


def test_genes_are_read_whole_from_whichever_files_hold_them(store):
    whole = all_variants(store)
    wanted = whole.filter(pa.array([gene in ("B", "C", "E") for gene in whole["gene"].to_pylist()]))
    assert read_genes(store, ["E", "C", "B"]).equals(wanted)


@pytest.mark.usefixtures("hail_session")
def test_spark_gives_the_same_rows_wherever_the_store_lies(store, trait):
    found = scan_on_spark(store, [pack_trait(trait)], SETTINGS, store.parent / "scratch")
    assert found.equals(scan_whole(store, trait))


def test_a_packed_trait_is_the_same_trait(trait):
    again = unpack_trait(pack_trait(trait))
    assert (again.name, again.store_samples, again.flags) == (trait.name, trait.store_samples, trait.flags)
    assert np.array_equal(again.strata, trait.strata)
    assert np.array_equal(again.model.residuals, trait.model.residuals)
