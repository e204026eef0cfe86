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
from hail_pipelines.gene_scan import in_order, scan_files, scan_in_processes, scan_on_spark
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
        name: pa.array(values, pa.int32()) for name, values in (("start", [1] * 5), ("file", [0, 1, 0, 2, 1]))
    }
    genes = pa.table({"gene": list("ABCDE"), "contig": ["chr1"] * 5, **integers})
    pq.write_table(genes, folder / "genes.parquet")
    return folder


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


@pytest.mark.parametrize("shares", [[[0, 1, 2]], [[2], [0], [1]], [[1, 0], [2]]])
def test_rows_do_not_depend_on_how_files_are_dealt(store, trait, shares):
    tables = [scan_files(store, files, [pack_trait(trait)], SETTINGS) for files in shares]
    assert adjust_for_family(in_order(tables)).equals(scan_whole(store, trait))


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
