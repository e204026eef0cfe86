"""Variants, calls and their counts as loaded, against bcftools and plink2 on real cohorts.

bcftools left-aligns only with a reference sequence, and without one it does not trim shared bases either; so its
split records are trimmed here, by a few lines of text processing, before they are compared with the variants.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from association.genotypes.calls import (
    ALTERNATES,
    HETEROZYGOUS,
    HOMOZYGOUS_ALTERNATE,
    HOMOZYGOUS_REFERENCE,
    NO_CALL,
    PLOIDY,
)
from hail_pipelines.load_calls import load_calls

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

KEY = ["position", "ref", "alt"]


@pytest.fixture
def bcftools() -> str:
    return _program("bcftools")


@pytest.fixture
def plink2() -> str:
    return _program("plink2")


def _program(name: str) -> str:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is absent: apt-get install {name}")
    return name


def _run(*arguments: object, folder: Path) -> str:
    done = subprocess.run([str(one) for one in arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def _split(bcftools: str, path: Path, folder: Path) -> Path:
    """Split multi-allelic records with bcftools; each keeps what it was in INFO/ORIGIN."""
    split = folder / "split.vcf"
    _run(bcftools, "norm", "-m", "-any", "--old-rec-tag", "ORIGIN", "-o", split, path, folder=folder)
    return split


def _with_contig(path: Path, folder: Path) -> Path:
    """Copy a VCF whose header names no contig, which bcftools needs, with a line that names one."""
    declared = folder / "declared.vcf"
    declared.write_text(path.read_text().replace("#CHROM", "##contig=<ID=22>\n#CHROM", 1))
    return declared


def _records(path: Path) -> Iterator[list[str]]:
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


def _trimmed(position: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Trim the bases that two alleles share, at the right and then at the left, down to one."""
    while min(len(ref), len(alt)) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while min(len(ref), len(alt)) > 1 and ref[0] == alt[0]:
        position, ref, alt = position + 1, ref[1:], alt[1:]
    return position, ref, alt


def _calls_of(record: list[str]) -> list[tuple[str, str]]:
    """Give each call's genotype and depths, missing ones as empty text."""
    names = record[8].split(":")
    calls = []
    for call in record[9:]:
        values = dict(zip(names, call.split(":"), strict=False))
        depths = values.get("AD", ".")
        genotype = values["GT"].replace("|", "/")
        calls.append(("" if "." in genotype else genotype, "" if depths == "." else depths))
    return calls


def test_multi_allelic_records_are_split_as_by_bcftools(read_loaded, shared_data, tmp_path, bcftools):
    path = shared_data / "real" / "multiallelic_100.b37.vcf"
    reads = {
        (record[1], record[3]): [
            sum(map(int, depths.split(","))) if depths else None for _, depths in _calls_of(record)
        ]
        for record in _records(path)
    }
    expected = {}
    for record in _records(_split(bcftools, _with_contig(path, tmp_path), tmp_path)):
        if record[4] == "*":
            continue
        totals = reads[record[1], record[3]]
        calls = [
            (genotype, (total - int(depths.split(",")[1]), int(depths.split(",")[1])) if depths else None)
            for (genotype, depths), total in zip(_calls_of(record), totals, strict=True)
        ]
        expected.setdefault(_trimmed(int(record[1]), record[3], record[4]), calls)

    counts = load_calls([path], tmp_path / "calls", reference_genome="GRCh37")
    loaded = read_loaded(tmp_path / "calls")
    found = {
        (one["position"], one["ref"], one["alt"]): [
            (genotype or "", None if np.isnan(own) else (int(other), int(own)))
            for genotype, other, own in zip(genotypes, others, owns, strict=True)
        ]
        for one, genotypes, others, owns in zip(
            loaded.variants,
            loaded.genotypes(),
            loaded.calls.reference_reads,
            loaded.calls.alternate_reads,
            strict=True,
        )
    }
    assert counts.multi_allelic == 356
    assert len(found) == counts.variants == 1172
    assert set(found) == set(expected)
    differing = [key for key in found if _unordered(found[key]) != _unordered(expected[key])]
    assert differing == []
    print(f"{len(found):,} variants of {counts.records:,} records x {counts.samples} samples: calls and depths equal")


def _unordered(calls: list) -> list:
    """Write each genotype with its alleles in order: bcftools keeps 1/0, which is 0/1."""
    return [("/".join(sorted(genotype.split("/"))), depths) for genotype, depths in calls]


@pytest.mark.parametrize(
    ("name", "genome"), [("kg_exomes_1182.b37.vcf.bgz", "GRCh37"), ("kg_chr22_2548.grch38.vcf.bgz", "GRCh38")]
)
def test_counts_missingness_and_genotypes_equal_those_of_plink2_and_bcftools(
    read_loaded, shared_data, tmp_path, bcftools, plink2, name, genome
):
    path = shared_data / "real" / name
    split = _split(bcftools, path, tmp_path)
    load_calls([path], tmp_path / "calls", reference_genome=genome)
    loaded = _counts(read_loaded(tmp_path / "calls"))
    by_plink = _by_plink2(plink2, split, tmp_path)
    by_bcftools = _by_bcftools(bcftools, split, tmp_path)
    assert list(loaded.index) == list(by_plink.index) == list(by_bcftools.index)

    for column in ("allele_count", "allele_number", "missing", "heterozygous", "homozygous"):
        assert loaded[column].tolist() == by_plink[column].tolist(), column
    assert loaded["allele_count"].tolist() == by_bcftools["allele_count"].tolist()
    assert loaded["allele_number"].tolist() == by_bcftools["allele_number"].tolist()
    print(f"{name}: {len(loaded):,} variants: AC, AN, missing, heterozygous and homozygous calls equal")


def _counts(loaded) -> pd.DataFrame:
    codes = loaded.calls.genotypes
    counts = {
        "allele_count": ALTERNATES[codes].sum(axis=1, dtype=np.int64),
        "allele_number": PLOIDY[codes].sum(axis=1, dtype=np.int64),
        "missing": (codes == NO_CALL).sum(axis=1),
        "heterozygous": (codes == HETEROZYGOUS).sum(axis=1),
        "homozygous": np.isin(codes, (HOMOZYGOUS_REFERENCE, HOMOZYGOUS_ALTERNATE)).sum(axis=1),
    }
    keys = pd.DataFrame(loaded.variants)[KEY]
    return pd.concat([keys, pd.DataFrame(counts)], axis=1).set_index(KEY).sort_index()


def _by_plink2(plink2: str, path: Path, folder: Path) -> pd.DataFrame:
    arguments = ["--set-all-var-ids", "@:#:$r:$a", "--new-id-max-allele-len", "1000", "--max-alleles", "2"]
    reports = ["--freq", "counts", "--missing", "variant-only", "--hardy"]
    _run(plink2, "--vcf", path, *arguments, *reports, "--out", folder / "plink", folder=folder)
    counts, missing, hardy = (
        pd.read_csv(folder / f"plink.{kind}", sep="\t").set_index("ID") for kind in ("acount", "vmiss", "hardy")
    )
    table = pd.DataFrame(
        {
            "allele_count": counts["ALT_CTS"],
            "allele_number": counts["OBS_CT"],
            "missing": missing["MISSING_CT"],
            "heterozygous": hardy["HET_A1_CT"],
            "homozygous": hardy[["HOM_A1_CT", "TWO_AX_CT"]].sum(axis=1),
        }
    )
    parts = [variant.split(":") for variant in table.index]
    table.index = pd.MultiIndex.from_tuples([_trimmed(int(part[1]), part[2], part[3]) for part in parts], names=KEY)
    return table.sort_index()


def _by_bcftools(bcftools: str, path: Path, folder: Path) -> pd.DataFrame:
    filled = folder / "filled.vcf"
    _run(bcftools, "+fill-tags", path, "-o", filled, "--", "-t", "AC,AN", folder=folder)
    text = _run(bcftools, "query", "-f", "%POS\t%REF\t%ALT\t%AC\t%AN\n", filled, folder=folder)
    rows = [line.split("\t") for line in text.splitlines()]
    records = [(*_trimmed(int(row[0]), row[1], row[2]), int(row[3]), int(row[4])) for row in rows]
    return pd.DataFrame(records, columns=[*KEY, "allele_count", "allele_number"]).set_index(KEY).sort_index()
