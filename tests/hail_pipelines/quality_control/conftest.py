"""A cohort with everything that quality control tells apart, measured and judged once for all tests."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pandas as pd
import pyarrow.parquet as pq
import pytest

from hail_pipelines.load_calls import load_calls
from hail_pipelines.quality_control.genotypes import GenotypeThresholds
from hail_pipelines.quality_control.measure import measure
from hail_pipelines.quality_control.regions import Regions
from hail_pipelines.quality_control.variant_rules import VariantThresholds
from hail_pipelines.quality_control.verdicts import judge_variants

EXTRA_HEADER = [
    '##INFO=<ID=QD,Number=1,Type=Float,Description="Quality by depth">',
    '##INFO=<ID=AS_QD,Number=A,Type=Float,Description="Quality by depth of an allele">',
]
SAMPLES = 140
MIN_FREQUENCY, MAX_FREQUENCY = 0.05, 0.2
# More are kept than by default, so that there is something to see; Hardy-Weinberg among them.
VARIANT = VariantThresholds(min_call_rate=0.8, max_batch_spread=0.2, min_batch_p=1e-2, min_hwe_p=1e-4)


@dataclass(frozen=True)
class Call:
    """What a VCF says of a call: its alleles, and its reads by allele, depth and quality if they are known."""

    alleles: list[int]
    reads: list[int] | None
    depth: int | None
    quality: int | None

    def failures(self, one_copy: bool) -> set[str]:
        """Name the default rules that it fails; `one_copy` where the sample has or may have one chromosome."""
        failed = set()
        if self.quality is None or self.quality < 20:
            failed.add("genotype quality")
        if self.depth is None or self.depth < (5 if one_copy or len(self.alleles) == 1 else 10):
            failed.add("depth")
        if self.heterozygous and not (self.reads and sum(self.reads) and min(self.reads) / sum(self.reads) >= 0.2):
            failed.add("allele balance")
        return failed

    @property
    def heterozygous(self) -> bool:
        return len(set(self.alleles)) == 2

    def share(self, one_copy: bool) -> float | None:
        """Give the share of alternate reads of a heterozygous call that fails for nothing but this."""
        if not (self.heterozygous and self.reads and sum(self.reads)) or self.failures(one_copy) - {"allele balance"}:
            return None
        return self.reads[1] / sum(self.reads)


@dataclass(frozen=True)
class Variant:
    """One alternate allele with the calls of every sample, None for a missing one."""

    contig: str
    position: int
    ref: str
    alt: str
    filters: list[str]
    quality_by_depth: float | None
    calls: dict[str, Call | None]
    depths: dict[str, int | None]

    @property
    def key(self) -> tuple[str, int, str, str]:
        return self.contig, self.position, self.ref, self.alt

    @property
    def place(self) -> str:
        """Name what its contig is to a man: "autosome", "X" or "Y" where he has one copy, and "PAR"."""
        if self.contig not in ("chrX", "chrY"):
            return "autosome"
        return "PAR" if self.position < 2_781_480 else self.contig[3:]

    @property
    def may_be_single(self) -> bool:
        """Say whether some people have one copy."""
        return self.place in "XY"

    def good(self, sample: str, one_copy: bool | None = None) -> list[int] | None:
        """Give a call's alleles after genotype QC, by default that of the first two passes."""
        call = self.calls[sample]
        one_copy = self.may_be_single if one_copy is None else one_copy
        return call.alleles if call is not None and not call.failures(one_copy) else None

    def share(self, sample: str, one_copy: bool | None = None) -> float | None:
        """Give the share of alternate reads in a heterozygous call."""
        call = self.calls[sample]
        return call and call.share(self.may_be_single if one_copy is None else one_copy)


def metrics(calls: list[list[int] | None], shares: list[float | None]) -> dict:
    """Compute a variant's metrics from the alleles of everybody who could have a call, and from shares of reads."""
    called = [alleles for alleles in calls if alleles is not None]
    diploid = [sum(alleles) for alleles in called if len(alleles) == 2]
    number, count = sum(map(len, called)), sum(map(sum, called))
    known = [share for share in shares if share is not None]
    frequency = sum(diploid) / (2 * len(diploid)) if diploid else 0
    expected = 2 * frequency * (1 - frequency) * len(diploid)
    return {
        "calls": len(called),
        "call_rate": len(called) / len(calls) if calls else None,
        "allele_count": count,
        "allele_number": number,
        "allele_frequency": count / number if number else None,
        "homozygous_reference": diploid.count(0),
        "heterozygous": diploid.count(1),
        "homozygous_alternate": diploid.count(2),
        "het_balance": sum(known) / len(known) if len(known) >= 3 else None,
        "inbreeding": 1 - diploid.count(1) / expected if expected and len(diploid) >= 100 else None,
    }


def read_rows(path: Path, columns: list[str]) -> list[list]:
    """Read some columns of a table, row by row."""
    return [[row[name] for name in columns] for row in pq.read_table(path, columns=columns).to_pylist()]


@dataclass(frozen=True)
class Cohort:
    """The text of a VCF as variants, and what was made of it."""

    names: list[str]
    variants: list[Variant]
    facts: pd.DataFrame
    folder: Path
    metrics = staticmethod(metrics)
    thresholds = VARIANT

    @property
    def keys(self) -> list[tuple[str, int, str, str]]:
        """Name the variants in the order of their numbers."""
        return list(
            map(tuple, read_rows(self.folder / "calls" / "variants.parquet", ["contig", "position", "ref", "alt"]))
        )

    @property
    def sites(self) -> dict[tuple[str, int, str, str], dict]:
        """Give what was found of every variant over all samples."""
        return dict(zip(self.keys, pq.read_table(self.folder / "sites.parquet").to_pylist(), strict=True))

    @property
    def used(self) -> set[tuple[str, int, str, str]]:
        """Name the variants that samples are judged by: of sound sites, called as well as is usual."""
        rates = {key: row["call_rate"] for key, row in self.sites.items() if row["passes"]}
        usual = median(rate for rate in rates.values() if rate is not None)
        return {key for key, rate in rates.items() if rate is None or rate >= VARIANT.min_call_rate * usual}

    @property
    def judged(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "variants.parquet")

    @property
    def carriers(self) -> dict[tuple[str, int, str, str], dict]:
        """Give who carries the minor allele, and whose call is missing, of the variants that are stored."""
        rows = pq.read_table(self.folder / "carriers").to_pylist()
        keys = self.keys
        return {keys[row["variant"]]: row for row in rows}

    @property
    def attrition(self) -> list[dict]:
        return json.loads((self.folder / "attrition.json").read_text())

    @property
    def common(self) -> list[dict]:
        return pq.read_table(self.folder / "common.parquet").to_pylist()


def cohort_facts(draw: random.Random) -> pd.DataFrame:
    """Deal samples to sexes, batches and groups; two are unclear, and 12 do not stay."""
    numbers = range(SAMPLES)
    karyotype = ["XY" if number % 2 else "XX" for number in numbers]
    karyotype[3], karyotype[4], karyotype[5], karyotype[6], karyotype[7] = "XYY", "X0", "unclear", "unclear", "XXY"
    return pd.DataFrame(
        {
            "sample": [f"s{number:03d}" for number in numbers],
            "karyotype": karyotype,
            "batch": [None if number > 133 else draw.choices("abc", [6, 5, 2])[0] for number in numbers],
            "ancestry": ["EUR" if number < 92 else "AFR" if number < 130 else "other" for number in numbers],
            "unrelated": [number % 9 != 8 for number in numbers],
            "passes": [number % 11 != 5 or number == 5 for number in numbers],
        }
    )


def places(draw: random.Random) -> Iterator[tuple[str, int, str, list[str], float]]:
    """Name contig, position, alleles and frequency of every record."""
    alleles = [("A", "G"), ("C", "A"), ("G", "GT"), ("T", "C"), ("CAA", "C"), ("G", "C"), ("C", "T")]
    frequencies = [0.005, 0.02, 0.1, 0.3, 0.5, 0.7, 0.96, 0.4]
    for number in range(40):
        ref, alt = alleles[number % len(alleles)]
        yield ("chr1", "chr2")[number // 20], 1_000_000 + 100 * number, ref, [alt], frequencies[number % 8]
    for number in range(4):
        yield "chr3", 5_000_000 + 100 * number, "A", ["C", "G"], draw.choice([0.15, 0.35])
    for number in range(14):
        yield "chrX", (20_000_000 if number > 2 else 1_000_000) + number, "A", ["T"], frequencies[number % 8]
    for number in range(8):
        yield "chrY", 7_000_000 + number, "C", ["G"], frequencies[number % 8]


def drawn_call(draw: random.Random, contig: str, karyotype: str, number: int, frequencies: list[float]) -> Call:
    """Draw a call: haploid or written as two for a man, now and then one that can't be right."""
    several = range(1, len(frequencies) + 1)
    weights = [1 - sum(frequencies), *frequencies]
    alleles = draw.choices([0, *several], weights, k=2)
    if "Y" in karyotype and contig != "autosome" and draw.random() < 0.95:
        alleles = alleles[:1] * (1 + number % 2)
    if number == 11:
        alleles = [0, 1]
    depth = draw.choices([4, 7, 12, 30, 150], [1, 1, 2, 30, 1])[0]
    kinds = sorted(set(alleles))
    reads = [0] * len(weights)
    reads[kinds[0]] = depth - 1
    reads[0] += 1
    if len(kinds) == 2:
        second = round(depth * draw.choices([0.15, 0.5, 0.4, 0.6], [1, 4, 4, 4])[0])
        reads[kinds[0]] -= second
        reads[kinds[1]] += second
    known = [draw.random() > 0.01 for _ in range(3)]
    return Call(
        alleles,
        reads if known[0] else None,
        depth if known[1] else None,
        draw.choices([12, 40, 99], [1, 4, 30])[0] if known[2] else None,
    )


def call_text(call: Call | None, depth: int) -> str:
    if call is None:
        return f"./.:.:{depth}:."
    reads = "." if call.reads is None else ",".join(map(str, call.reads))
    return f"{'/'.join(map(str, call.alleles))}:{reads}:{call.depth or '.'}:{call.quality or '.'}"


def of_allele(call: Call | None, allele: int) -> Call | None:
    """Reduce a call to one allele against all others."""
    if call is None:
        return None
    reads = call.reads and [sum(call.reads) - call.reads[allele], call.reads[allele]]
    return Call([int(one == allele) for one in call.alleles], reads, call.depth, call.quality)


def simulate(draw: random.Random, facts: pd.DataFrame, names: list[str]) -> tuple[list[str], list[Variant]]:
    """Draw the lines of a VCF, its samples in the order of `names`, and the same as variants."""
    lines, variants = [], []
    people = facts.set_index("sample")
    for number, (contig, position, ref, alts, frequency) in enumerate(places(draw)):
        missing = {"a": 0.02, "b": 0.4 if number % 9 == 3 else 0.02, "c": 0.02}
        on = "autosome" if position < 2_000_000 or contig == "chr3" else contig
        frequencies = [frequency] if len(alts) == 1 else [frequency, 0.1]
        calls = {}
        for name in names:
            karyotype, batch = people.loc[name, "karyotype"], people.loc[name, "batch"]
            call = drawn_call(draw, on, karyotype, number, frequencies)
            share = 0.9 if contig == "chrY" and "Y" not in karyotype else missing.get(batch, 0.02)
            share = 0.5 if number == 14 else share
            calls[name] = None if draw.random() < share else call
        by_allele = [round(draw.uniform(1, 30), 2) for _ in alts]
        site = round(draw.uniform(1, 30), 2)
        as_qd, qd = f"AS_QD={','.join(map(str, by_allele))}", f"QD={site}"
        info = ([as_qd, qd], [qd], [as_qd], [])[number % 4]
        filters = [] if number == 14 else draw.choice([[], [], [], ["LowQual"]])
        text = [contig, position, ".", ref, ",".join(alts), ".", ";".join(filters) or "PASS", ";".join(info) or "."]
        text += ["GT:AD:DP:GQ", *(call_text(calls[name], 3) for name in names)]
        lines.append(" ".join(map(str, text)))
        for allele, alt in enumerate(alts, start=1):
            quality = by_allele[allele - 1] if as_qd in info else site if info else None
            own = {name: of_allele(call, allele) for name, call in calls.items()}
            depths = {name: 3 if call is None else call.depth for name, call in calls.items()}
            variants.append(Variant(contig, position, ref, alt, filters, quality, own, depths))
    return lines, variants


@pytest.fixture(scope="session")
def cohort(write_vcf_file, tmp_path_factory) -> Cohort:
    draw, folder = random.Random(20), tmp_path_factory.mktemp("cohort")
    facts = cohort_facts(draw)
    names = draw.sample(facts["sample"].tolist(), SAMPLES)
    lines, variants = simulate(draw, facts, names)
    vcf = write_vcf_file(folder / "cohort.vcf.gz", lines, samples=names, extra_header=EXTRA_HEADER)
    found = Cohort(names, variants, facts, folder)
    load_calls([vcf], folder / "calls", reference_genome="GRCh38", info_fields=("QD", "AS_QD"))
    genotype = GenotypeThresholds()
    measure(
        folder / "calls", folder, genotype=genotype, variant=VARIANT, regions=Regions(),
        min_allele_frequency=MIN_FREQUENCY,
    )  # fmt: skip
    judge_variants(
        folder / "calls", folder, facts, folder, genotype=genotype, variant=VARIANT,
        max_allele_frequency=MAX_FREQUENCY,
    )  # fmt: skip
    return found
