"""A cohort split into three by sample and merged back, against the same cohort never split."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from association.problems import InputError
from hail_pipelines.annotation.annotate import annotate
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.gene_store import build_gene_store, read_cohorts
from hail_pipelines.load_calls import load_calls
from hail_pipelines.merging import merge
from hail_pipelines.merging.cohort import Cohort
from hail_pipelines.merging.merge import ANNOTATIONS, merge_cohorts, merged_samples
from hail_pipelines.merging.pooled_counts import STATES
from hail_pipelines.quality_control.genotypes import GenotypeThresholds
from hail_pipelines.quality_control.measure import measure
from hail_pipelines.quality_control.regions import Regions
from hail_pipelines.quality_control.variant_rules import VariantThresholds
from hail_pipelines.quality_control.verdicts import judge_variants

SAMPLES = [f"p{number:02d}" for number in range(42)]
PARTS = {name: SAMPLES[start::3] for start, name in enumerate("abc")}
SOURCE = AnnotationSource(kind="info", gene_field="GENE", consequence_field="EFFECT", scores=("REVEL",))
HEADER = ['##INFO=<ID=REVEL,Number=A,Type=Float,Description="Score">']
GENOTYPE = GenotypeThresholds()
# Rules that look at other samples' calls may judge a part and the whole differently.
VARIANT = VariantThresholds(
    min_call_rate=None, max_batch_spread=None, min_hwe_p=None, min_inbreeding=None, min_het_balance=None
)
CEILING = 0.45
CONTIGS = ("chr2", "chr10", "chrX", "chrY")
EVERYWHERE = {contig: np.array([[1, 100_000_000]]) for contig in CONTIGS}
NOWHERE: dict[str, np.ndarray] = {}
# Variants that the test below takes from a part.
TAKEN = range(0, 120, 5)


def male(sample: str) -> bool:
    return int(sample[1:]) % 2 == 0


def simulate(seed: int, *, missing: float = 0.05) -> list[dict]:
    """Draw variants of all frequencies with calls as (GT, DP, GQ), poor and missing ones among them."""
    draw = random.Random(seed)
    variants = []
    for number in range(120):
        contig, frequency = CONTIGS[number % 4], draw.choice([0.01, 0.03, 0.1, 0.3, 0.5, 0.9, 0.98])
        calls = {}
        for sample in SAMPLES:
            copies = {"chrX": 1 if male(sample) else 2, "chrY": int(male(sample))}.get(contig, 2)
            alleles = [int(draw.random() < frequency) for _ in range(copies)]
            poor = draw.random() < missing
            calls[sample] = (alleles, 2 if poor else 30, 80) if copies and draw.random() >= missing else None
        variants.append(
            {
                "key": (contig, 10_000_000 + 11 * number, *draw.choice([("A", "C"), ("AT", "A"), ("G", "GCC")])),
                "gene": f"G{number % 7}",
                "filter": draw.choice(["PASS", "PASS", "PASS", "LowQual"]),
                "effect": draw.choice(["missense_variant", "stop_gained"]),
                "revel": round(draw.random(), 3),
                "calls": calls,
            }
        )
    return variants


def record(variant: dict, samples: list[str]) -> str:
    """Write a variant as a line of a VCF."""
    contig, position, ref, alt = variant["key"]
    info = f"GENE={variant['gene']};EFFECT={variant['effect']};REVEL={variant['revel']}"
    calls = [
        "./.:.:." if call is None else f"{'/'.join(map(str, call[0]))}:{call[1]}:{call[2]}"
        for call in (variant["calls"][sample] for sample in samples)
    ]
    fixed = [contig, position, ".", ref, alt, ".", variant["filter"], info, "GT:DP:GQ"]
    return " ".join(map(str, [*fixed, *calls]))


def run(write, variants: list[dict], folder: Path, samples: list[str], regions=EVERYWHERE) -> Cohort:
    """Do a cohort's stages up to carriers and annotation."""
    folder.mkdir(parents=True)
    lines = [record(variant, samples) for variant in variants]
    vcf = write(folder / "all.vcf.gz", lines, samples=samples, extra_header=HEADER)
    load_calls([vcf], folder / "calls", reference_genome="GRCh38", info_fields=SOURCE.info_fields)
    limits = {"genotype": GENOTYPE, "variant": VARIANT}
    (folder / "qc").mkdir()
    measure(folder / "calls", folder / "qc", **limits, regions=Regions(), min_allele_frequency=0.01)
    # The first sample of each cohort is left out.
    people = pd.DataFrame({"sample": samples, "passes": [sample not in ("p00", "p01", "p02") for sample in samples]})
    people = people.assign(batch=None, ancestry="EUR", unrelated=True)
    people["karyotype"] = ["XY" if male(sample) else "XX" for sample in samples]
    judge_variants(folder / "calls", folder / "qc", people, folder / "qc", **limits, max_allele_frequency=CEILING)
    annotate(folder / "calls", folder / "genes.parquet", SOURCE)
    return Cohort(folder.name, folder / "calls", folder / "qc", folder / "genes.parquet", people, GENOTYPE, regions)


def store_of(cohort: Cohort, folder: Path) -> Path:
    build_gene_store(cohort.judged, cohort.kept["sample"].tolist(), cohort.annotations, folder, files=3)
    return folder


def merged_store(cohorts: list[Cohort], folder: Path):
    """Merge cohorts and build their store."""
    folder.mkdir()
    counts = merge_cohorts(cohorts, folder, max_allele_frequency=CEILING)
    build_gene_store(folder, merged_samples(cohorts).tolist(), folder / ANNOTATIONS, folder / "store", files=3)
    return counts


def rows_of(store: Path) -> pd.DataFrame:
    rows = pd.concat([pd.read_parquet(part) for part in sorted(store.glob("part-*.parquet"))])
    return rows.sort_values(["gene", "contig", "position", "ref", "alt"], ignore_index=True)


@pytest.fixture(scope="module")
def variants():
    return simulate(seed=4)


@pytest.fixture(scope="module")
def whole(write_vcf_file, variants, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return store_of(run(write_vcf_file, variants, folder / "whole", SAMPLES), folder / "store")


@pytest.fixture(scope="module")
def parts(write_vcf_file, variants, tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    return [run(write_vcf_file, variants, folder / name, samples) for name, samples in PARTS.items()]


@pytest.fixture(scope="module")
def one_lacks(write_vcf_file, variants, tmp_path_factory):
    """The second part without the records of some variants."""
    records = [variant for number, variant in enumerate(variants) if number not in TAKEN]
    return run(write_vcf_file, records, tmp_path_factory.mktemp("lacking") / "b", PARTS["b"])


def lacking(part: Cohort, regions) -> Cohort:
    fields = {name: getattr(part, name) for name in Cohort.__dataclass_fields__}
    return Cohort(**fields | {"callable_regions": regions})


def test_three_parts_of_a_cohort_merge_to_its_own_store(parts, whole, tmp_path):
    merged_store(parts, tmp_path / "merged")
    files = sorted(path.name for path in whole.iterdir())
    assert files == sorted(path.name for path in (tmp_path / "merged/store").iterdir())
    for name in files:
        assert pq.read_table(tmp_path / "merged/store" / name).equals(pq.read_table(whole / name)), name
    rows = rows_of(whole)
    assert len(rows) > 30
    assert rows["minor_is_ref"].any()
    assert rows["missing"].map(len).any()


def test_the_order_of_cohorts_and_the_size_of_batches_do_not_matter(parts, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(merge, "ENTRIES_AT_ONCE", 40)
    merged_store(parts[::-1], tmp_path / "merged")
    assert len(list((tmp_path / "merged/carriers").iterdir())) > 3
    pd.testing.assert_frame_equal(rows_of(tmp_path / "merged/store"), rows_of(whole), check_exact=True)


def expected_rows(variants: list[dict], of_the_taken) -> dict[tuple, tuple]:
    """Work out carriers and missing calls in plain Python, the taken variants' calls in part b as given."""
    kept, rows = SAMPLES[3:], {}
    for number, variant in enumerate(variants):
        if variant["filter"] != "PASS":
            continue
        dosages: list[tuple[int, int] | None] = []
        expected = [variant["key"][0] != "chrY" or male(sample) for sample in kept]
        for sample in kept:
            call = variant["calls"][sample]
            if number in TAKEN and sample in PARTS["b"]:
                dosages.append(of_the_taken(variant["key"][0], sample))
            elif call is None or call[1] < 5 * len(call[0]):
                dosages.append(None)
            else:
                dosages.append((sum(call[0]), len(call[0])))
        count, alleles = (sum(one[of] for one in dosages if one) for of in (0, 1))
        by_ref = 2 * count > alleles or (2 * count == alleles and variant["key"][2] < variant["key"][3])
        minor = [None if one is None else one[1] - one[0] if by_ref else one[0] for one in dosages]
        total = alleles - count if by_ref else count
        if 0 < total <= CEILING * alleles:
            carriers = [(place, one) for place, one in enumerate(minor) if one]
            missing = [place for place, one in enumerate(minor) if one is None and expected[place]]
            rows[variant["key"]] = (by_ref, total, alleles, carriers, missing)
    return rows


def found_rows(store: Path) -> dict[tuple, tuple]:
    rows = rows_of(store)
    of_cohort = read_cohorts(store, len(pd.read_parquet(store / "samples.parquet")))
    absent = rows["missing_cohorts"] if "missing_cohorts" in rows else [[] for _ in rows.index]
    missing = [
        sorted([*one, *np.flatnonzero(np.isin(of_cohort, whole))])
        for one, whole in zip(rows["missing"], absent, strict=True)
    ]
    return {
        (row.contig, row.position, row.ref, row.alt): (
            row.minor_is_ref,
            row.allele_count,
            row.allele_number,
            list(zip(row.carriers, row.dosages, strict=True)),
            lost,
        )
        for row, lost in zip(rows.itertuples(), missing, strict=True)
    }


def test_a_variant_absent_where_its_site_was_not_callable_is_missing(variants, parts, one_lacks, tmp_path):
    cohorts = [parts[0], lacking(one_lacks, NOWHERE), parts[2]]
    counts = merged_store(cohorts, tmp_path / "merged")
    assert found_rows(tmp_path / "merged/store") == expected_rows(variants, lambda *_: None)
    of_b = counts.states[counts.states["cohort"] == "b"].set_index("state")["variants"]
    assert of_b[STATES[4]] == len(TAKEN)
    assert of_b[STATES[3]] == 0


def test_a_variant_absent_where_its_site_was_callable_is_homozygous_for_the_reference(
    variants, parts, one_lacks, tmp_path
):
    def reference(contig, sample):
        copies = {"chrX": 1 if male(sample) else 2, "chrY": int(male(sample))}.get(contig, 2)
        return (0, copies) if copies else None

    counts = merged_store([parts[0], one_lacks, parts[2]], tmp_path / "merged")
    expected = expected_rows(variants, reference)
    assert found_rows(tmp_path / "merged/store") == expected
    keys = [variants[number]["key"] for number in TAKEN]
    assert any(expected[key][0] for key in keys if key in expected), "the reference is the minor allele of one"
    of_b = counts.states[counts.states["cohort"] == "b"].set_index("state")["variants"]
    assert of_b[STATES[3]] == len(TAKEN)


def test_a_cohort_without_calls_is_listed_as_one_and_its_samples_are_counted(parts, one_lacks, tmp_path):
    cohorts = [parts[0], lacking(one_lacks, NOWHERE), parts[2]]
    counts = merged_store(cohorts, tmp_path / "merged")
    carriers = pd.concat(map(pd.read_parquet, (tmp_path / "merged/carriers").glob("part-*")))
    assert carriers["missing_cohorts"].map(len).sum() > 10
    of_cohort = read_cohorts(tmp_path / "merged/store", counts.samples)
    ids = pd.read_parquet(tmp_path / "merged/store/samples.parquet")["sample"]
    for number, cohort in enumerate(cohorts):
        assert ids[of_cohort == number].tolist() == cohort.kept["sample"].tolist()
    lost = pd.Series([sample for row in found_rows(tmp_path / "merged/store").values() for sample in row[4]])
    # Every variant is of one gene.
    assert counts.calls["sample"].tolist() == ids.tolist()
    expected = lost.value_counts().reindex(range(counts.samples), fill_value=0)
    assert counts.calls["missing"].tolist() == expected.tolist()
    on_y = rows_of(tmp_path / "merged/store")["contig"].eq("chrY").sum()
    women = ~ids.map(male)
    assert (counts.calls["calls"] == counts.stored - on_y * women).all()


def test_genes_that_a_cohort_has_no_calls_of_are_not_among_its_own(write_vcf_file, variants, parts, tmp_path):
    without = [variant for variant in variants if variant["gene"] != "G3"]
    lacks = run(write_vcf_file, without, tmp_path / "b", PARTS["b"], regions=NOWHERE)
    counts = merged_store([parts[0], lacks, parts[2]], tmp_path / "merged")
    assert "G3" in counts.genes["a"]
    assert counts.genes["b"] == counts.genes["a"] - {"G3"}


def test_a_deletion_is_homozygous_for_the_reference_only_where_all_its_bases_are_callable(
    variants, parts, one_lacks, tmp_path
):
    """One base past the deletions' first is not callable: single bases and insertions are, deletions are not."""
    taken = [variants[number]["key"] for number in TAKEN]
    first = {contig: np.array([[one[1], one[1]] for one in taken if one[0] == contig]) for contig in CONTIGS}
    states = merged_states([parts[0], lacking(one_lacks, first), parts[2]], tmp_path / "merged")
    assert {key: states[key] for key in taken} == {key: STATES[4 if len(key[2]) > 1 else 3] for key in taken}
    assert {len(key[2]) for key in taken} == {1, 2}


def merged_states(cohorts, folder):
    merged_store(cohorts, folder)
    table = pd.read_parquet(folder / "variants.parquet")
    return {(row.contig, row.position, row.ref, row.alt): row.b_state for row in table.itertuples()}


def test_cohorts_with_other_annotation_of_shared_variants_are_refused_with_counts(
    write_vcf_file, variants, parts, tmp_path
):
    other = [
        variant | ({"effect": "start_lost"} if number in (3, 7) else {"revel": 0.5} if number == 11 else {})
        for number, variant in enumerate(variants)
    ]
    cohorts = [parts[0], run(write_vcf_file, other, tmp_path / "b", PARTS["b"]), parts[2]]
    with pytest.raises(InputError) as caught:
        merged_store(cohorts, tmp_path / "merged")
    contig, position, *_ = variants[3]["key"]
    keys = [variants[number]["key"] for number in (3, 7, 11)]
    contig, position = min((key[0], key[1]) for key in keys)
    text = str(caught.value)
    assert f"a and b, annotation: 3 of {len(variants)} variants" in text
    assert f"b and c, annotation: 3 of {len(variants)} variants" in text
    assert "a and c" not in text
    assert f"e.g. at {contig}:{position};" in text
    assert not list((tmp_path / "merged").iterdir()), "nothing is written"


def test_each_cohorts_own_counts_are_kept(parts, tmp_path):
    merged_store(parts, tmp_path / "merged")
    table = pd.read_parquet(tmp_path / "merged/variants.parquet")
    for part in parts:
        own = pd.read_parquet(part.judged / "variants.parquet")
        both = own.merge(table, on=["contig", "position", "ref", "alt"], suffixes=("", "_merged"))
        sound = ~both["reasons"].map(lambda reasons: "FILTER is not PASS" in reasons)
        assert 50 < sound.sum() < len(own)
        for name in ("allele_count", "allele_number"):
            assert (both[name] == both[f"{part.name}_{name}"])[sound].all()
            assert (both[f"{part.name}_{name}"] == 0)[~sound].all()


def test_a_variant_that_fails_in_one_cohort_is_missing_there(write_vcf_file, variants, parts, tmp_path):
    poor = [
        variant | {"filter": "LowQual"} if number in TAKEN else variant for number, variant in enumerate(variants)
    ]
    cohorts = [parts[0], run(write_vcf_file, poor, tmp_path / "b", PARTS["b"]), parts[2]]
    merged_store(cohorts, tmp_path / "merged")
    assert found_rows(tmp_path / "merged/store") == expected_rows(variants, lambda *_: None)
