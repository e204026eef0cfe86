"""The whole way from VCF to gene store, against the same computed in plain Python from the VCF's text."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest

from hail_pipelines.annotation.annotate import annotate
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.gene_store import build_gene_store
from hail_pipelines.load_calls import load_calls
from hail_pipelines.quality_control.genotypes import GenotypeThresholds
from hail_pipelines.quality_control.measure import measure
from hail_pipelines.quality_control.regions import Regions
from hail_pipelines.quality_control.variant_rules import VariantThresholds
from hail_pipelines.quality_control.verdicts import judge_variants
from hail_pipelines.store_files import assign_files

SAMPLES = [f"p{number}" for number in range(40)]
SOURCE = AnnotationSource(
    kind="info", gene_field="GENE", consequence_field="EFFECT", external_af="POPAF", scores=("REVEL",)
)
EXTRA_HEADER = ['##INFO=<ID=REVEL,Number=A,Type=Float,Description="Score">']
MAX_FREQUENCY = 0.3
ALLELES = [("A", "C"), ("A", "G"), ("A", "T"), ("AT", "A"), ("A", "ACC")]
# Who stays is decided elsewhere; p7 is called badly, and every second sample has one X.
PEOPLE = pd.DataFrame(
    {
        "sample": SAMPLES,
        "passes": [sample != "p7" for sample in SAMPLES],
        "batch": [f"b{number % 2}" for number in range(40)],
        "ancestry": "EUR",
        "unrelated": True,
        "karyotype": ["XY" if number % 2 == 0 else "XX" for number in range(40)],
    }
)


def simulate(seed: int) -> list[dict]:
    """Draw variants with calls as (GT, AD, DP, GQ); rare, common and reference-minor ones, on chr2, chr10 and X."""
    draw = random.Random(seed)
    variants = []
    for number in range(90):
        contig = ("chr2", "chr10", "chrX")[number % 3]
        frequency = draw.choice([0.01, 0.05, 0.2, 0.5, 0.9, 0.99])
        calls = {}
        for sample in SAMPLES:
            haploid = contig == "chrX" and int(sample[1:]) % 2 == 0
            alleles = [int(draw.random() < frequency) for _ in range(1 if haploid else 2)]
            depth = draw.choice([3, 8, 12, 30, 30, 30, 30, 30])
            # A homozygous call has one read of the other allele.
            stray = abs(depth * alleles[0] - 1)
            alternates = round(depth * draw.choice([0.1, 0.5, 0.5, 0.5])) if len(set(alleles)) == 2 else stray
            calls[sample] = (
                alleles,
                (depth - alternates, alternates),
                depth,
                draw.choice([10, 40, 60, 80, 80, 80, 80, 80]),
            )
            if draw.random() < (0.7 if sample == "p7" else 0.03):
                calls[sample] = None
        variants.append(
            {
                "contig": contig, "position": 10_000_000 + 7 * number,
                **dict(zip(("ref", "alt"), draw.choice(ALLELES), strict=True)),
                "gene": f"G{number % 3}{draw.choice('ab')}", "filter": draw.choice(["PASS", "PASS", ".", "LowQual"]),
                "effect": draw.choice(["missense_variant", "stop_gained", "intron_variant"]),
                "af": draw.choice([None, round(draw.random(), 3)]), "revel": round(draw.random(), 3), "calls": calls,
            }
        )  # fmt: skip
    return variants


def flipped(variant: dict) -> dict:
    """Exchange REF and ALT."""
    calls = {
        sample: call and ([1 - allele for allele in call[0]], call[1][::-1], *call[2:])
        for sample, call in variant["calls"].items()
    }
    af = None if variant["af"] is None else round(1 - variant["af"], 3)
    return variant | {"ref": variant["alt"], "alt": variant["ref"], "calls": calls, "af": af}


def record(variant: dict, samples: list[str]) -> str:
    """Write a variant as a line of a VCF."""
    calls = []
    for sample in samples:
        call = variant["calls"][sample]
        text = "./.:.:.:." if call is None else ""
        if call is not None:
            alleles, depths, depth, quality = call
            text = f"{'/'.join(map(str, alleles))}:{depths[0]},{depths[1]}:{depth}:{quality}"
        calls.append(text)
    info = f"GENE={variant['gene']};EFFECT={variant['effect']};REVEL={variant['revel']}"
    info += "" if variant["af"] is None else f";POPAF={variant['af']}"
    fixed = [
        variant["contig"],
        variant["position"],
        ".",
        variant["ref"],
        variant["alt"],
        ".",
        variant["filter"],
        info,
    ]
    return " ".join(map(str, [*fixed, "GT:AD:DP:GQ", *calls]))


def kept_dosage(call: tuple | None) -> tuple[int, int] | None:
    """Apply genotype QC with default thresholds; return alternates and ploidy."""
    if call is None:
        return None
    alleles, depths, depth, quality = call
    if quality < 20 or depth < 5 * len(alleles):
        return None
    if len(set(alleles)) == 2 and min(depths) / sum(depths) < 0.2:
        return None
    return sum(alleles), len(alleles)


def expected_store(variants: list[dict], kept: list[str], passing: set[tuple]) -> list[dict]:
    """Compute the store's rows."""
    rows = []
    for variant in variants:
        key = (variant["contig"], variant["position"], variant["ref"], variant["alt"])
        if key not in passing or variant["effect"] == "intron_variant":
            continue
        dosages = [kept_dosage(variant["calls"][sample]) for sample in kept]
        called = [dosage for dosage in dosages if dosage is not None]
        count, number = sum(alternates for alternates, _ in called), sum(ploidy for _, ploidy in called)
        by_ref = 2 * count > number or (2 * count == number and variant["ref"] < variant["alt"])
        minor = [None if d is None else d[1] - d[0] if by_ref else d[0] for d in dosages]
        minor_count = number - count if by_ref else count
        if minor_count == 0 or minor_count > MAX_FREQUENCY * number:
            continue
        af = variant["af"]
        rows.append(
            dict(zip(("contig", "position", "ref", "alt"), key, strict=True)) | {
                "gene": variant["gene"], "minor_is_ref": by_ref, "consequence": variant["effect"], "loftee": None,
                "external_af": None if af is None else round(1 - af if by_ref else af, 3),
                "score_REVEL": variant["revel"], "allele_count": minor_count, "allele_number": number,
                "carriers": [i for i, d in enumerate(minor) if d], "dosages": [d for d in minor if d],
                "missing": [i for i, d in enumerate(minor) if d is None],
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: (row["gene"], row["contig"], row["position"], row["ref"], row["alt"]))


def build(write, variants: list[dict], folder: Path, *, samples: list[str] = SAMPLES, one_file: bool = False) -> Path:
    """Run the pipeline from a VCF to a store."""
    by_contig = defaultdict(list)
    for variant in variants:
        by_contig["all" if one_file else variant["contig"]].append(record(variant, samples))
    paths = [
        write(folder / f"{contig}.vcf.gz", records, samples=samples, extra_header=EXTRA_HEADER)
        for contig, records in by_contig.items()
    ]
    calls, qc, genes = folder / "calls", folder / "qc", folder / "genes.parquet"
    qc.mkdir()
    genotype, variant = GenotypeThresholds(), VariantThresholds(min_call_rate=0.5)
    load_calls(paths, calls, reference_genome="GRCh38", info_fields=SOURCE.info_fields)
    measure(calls, qc, genotype=genotype, variant=variant, regions=Regions(), min_allele_frequency=0.01)
    judge_variants(calls, qc, PEOPLE, qc, genotype=genotype, variant=variant, max_allele_frequency=MAX_FREQUENCY)
    annotate(calls, genes, SOURCE)
    kept = sorted(PEOPLE.loc[PEOPLE["passes"], "sample"])
    build_gene_store(qc, kept, genes, folder / "store", files=3)
    return folder


def store_rows(store: Path) -> list[dict]:
    """Read a store's rows in order of files, then of rows."""
    parts = sorted(store.glob("part-*.parquet"))
    assert [part.name for part in parts] == [f"part-{number:05d}.parquet" for number in range(len(parts))]
    rows = [row for part in parts for row in pyarrow.parquet.read_table(part).to_pylist()]
    for row in rows:
        row["score_REVEL"] = round(row["score_REVEL"], 3)
        row["external_af"] = None if row["external_af"] is None else round(row["external_af"], 3)
    return rows


@pytest.fixture(scope="module")
def variants() -> list[dict]:
    return simulate(seed=3)


@pytest.fixture(scope="module")
def first(write_vcf_file, variants, tmp_path_factory) -> Path:
    return build(write_vcf_file, variants, tmp_path_factory.mktemp("first"))


def test_store_equals_one_computed_from_the_text(variants, first):
    judged = pd.read_parquet(first / "qc" / "variants.parquet")
    kept = sorted(set(SAMPLES) - {"p7"})
    assert pd.read_parquet(first / "store" / "samples.parquet")["sample"].tolist() == kept
    passing = set(
        judged.loc[judged["passes"], ["contig", "position", "ref", "alt"]].itertuples(index=False, name=None)
    )
    assert 20 < len(passing) < len(variants)
    rows = store_rows(first / "store")
    in_order = sorted(rows, key=lambda row: (row["gene"], row["contig"], row["position"], row["ref"], row["alt"]))
    assert in_order == expected_store(variants, kept, passing)
    assert any(row["minor_is_ref"] for row in rows)
    assert any(not row["minor_is_ref"] for row in rows)


def test_every_annotated_gene_is_listed_with_the_file_that_holds_all_of_it(variants, first):
    genes = pd.read_parquet(first / "store" / "genes.parquet").set_index("gene")
    assert set(genes.index) == {variant["gene"] for variant in variants if variant["effect"] != "intron_variant"}
    for number, part in enumerate(sorted((first / "store").glob("part-*.parquet"))):
        held = pd.read_parquet(part).groupby("gene").size()
        assert held.to_dict() == genes.loc[(genes["file"] == number) & (genes["variants"] > 0), "variants"].to_dict()


@pytest.fixture(scope="module")
def second(write_vcf_file, variants, tmp_path_factory) -> Path:
    """Build from one file, its columns in another order, REF and ALT of every second variant exchanged."""
    shuffled = SAMPLES[:]
    random.Random(1).shuffle(shuffled)
    exchanged = [flipped(variant) if number % 2 else variant for number, variant in enumerate(variants)]
    return build(write_vcf_file, exchanged, tmp_path_factory.mktemp("second"), samples=shuffled, one_file=True)


def test_neither_order_of_columns_nor_partitions_nor_coding_change_the_store(first, second):
    for name in ("samples", "genes"):
        part = pd.read_parquet(first / f"store/{name}.parquet")
        assert part.equals(pd.read_parquet(second / f"store/{name}.parquet")), name

    def carried(store: Path) -> list[dict]:
        coding = ("ref", "alt", "minor_is_ref")
        return [{name: value for name, value in row.items() if name not in coding} for row in store_rows(store)]

    assert carried(first / "store") == carried(second / "store")
    coded = [{(row["position"], row["ref"]) for row in store_rows(folder / "store")} for folder in (first, second)]
    assert coded[0] & coded[1]
    assert coded[0] - coded[1]


def test_neither_order_of_columns_nor_partitions_nor_coding_change_a_sample(first, second):
    counts = [pd.read_parquet(folder / "qc/samples.parquet") for folder in (first, second)]
    # What is compared must be there; this cohort has no Y.
    on_y = ["y_called", "y_variants", "y_ploidy"]
    assert (counts[0].drop(columns=["sample", *on_y]).sum() > 0).all()
    # Sums are taken in another order.
    pd.testing.assert_frame_equal(*counts, rtol=1e-12)


def test_neither_order_of_columns_nor_partitions_nor_coding_change_a_verdict(first, second):
    judged = [pd.read_parquet(folder / "qc/variants.parquet").set_index("position") for folder in (first, second)]
    same = judged[0]["ref"] == judged[1]["ref"]
    pd.testing.assert_frame_equal(judged[0][same], judged[1][same], rtol=1e-12)
    exchanged = judged[0][~same], judged[1][~same]
    assert min(same.sum(), (~same).sum()) > 20
    alike = [
        *("passes", "calls", "call_rate", "heterozygous", "hwe_p", "batch_p", "batch_call_rate_spread", "inbreeding"),
        *("allele_number", "calls_present", "calls_failed"),
    ]
    pd.testing.assert_frame_equal(exchanged[0][alike], exchanged[1][alike], rtol=1e-9)
    assert [list(reasons) for reasons in exchanged[0]["reasons"]] == [list(one) for one in exchanged[1]["reasons"]]
    pd.testing.assert_series_equal(
        exchanged[0]["homozygous_reference"], exchanged[1]["homozygous_alternate"], check_names=False
    )
    attrition = [(folder / "qc" / "attrition.json").read_text() for folder in (first, second)]
    assert attrition[0] == attrition[1]


def test_common_genotypes_follow_the_ids_of_samples_and_the_coding(first, second):
    common = [pd.read_parquet(folder / "qc/common.parquet").set_index("position") for folder in (first, second)]
    assert common[0].index.tolist() == common[1].index.tolist()
    assert len(common[0]) > 3
    for position, row in common[0].iterrows():
        other = common[1].loc[position]
        dosages = other["dosages"]
        if row["ref"] != other["ref"]:
            dosages = [-1 if dosage < 0 else 2 - dosage for dosage in dosages]
        assert list(row["dosages"]) == list(dosages)


def test_genes_are_shared_out_by_cost_and_by_name_alone():
    costs = {"A": 5, "B": 9, "C": 4, "D": 1}
    assert assign_files(costs, 2) == {"B": 0, "A": 1, "C": 1, "D": 0}
    assert assign_files(dict(reversed(costs.items())), 2) == assign_files(costs, 2)
    assert set(assign_files(costs, 9).values()) == {0, 1, 2, 3}
    assert assign_files({}, 4) == {}
