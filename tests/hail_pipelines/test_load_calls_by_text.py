"""Loaded calls against a plain reading of the text, on records drawn at random and cut into shares anywhere."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hail_pipelines.load_calls import load_calls
from hail_pipelines.variant_index import variant_schema, write_index
from hail_pipelines.vcf.counts import LoadCounts
from hail_pipelines.vcf.file_shares import shares_of
from hail_pipelines.vcf.files import read_header
from hail_pipelines.vcf.read_share import Reading, read_share
from hail_pipelines.vcf.record_text import Expected

SAMPLES = 3
HEADER = [
    "##fileformat=VCFv4.2",
    *(f'##FORMAT=<ID={name},Number=.,Type=Integer,Description="">' for name in ("AD", "DP", "GQ")),
    '##INFO=<ID=N,Number=1,Type=Integer,Description="">',
    '##INFO=<ID=AF,Number=A,Type=Float,Description="">',
    '##INFO=<ID=R,Number=R,Type=Integer,Description="">',
    '##INFO=<ID=S,Number=.,Type=String,Description="">',
    '##INFO=<ID=F,Number=0,Type=Flag,Description="">',
    "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "a", "b", "c"]),
]
FIELDS = ("N", "AF", "R", "S", "F")
TYPES = dict.fromkeys(("AD", "DP", "GQ"), "Integer")
# Every call field is there, so that all are loaded.
FIRST = "chr1\t1\t.\tA\tC\t.\t.\t.\tGT:GQ:DP:AD\t0/0\t0/1\t1/1"
PAIRED = {
    "chr1": [(1, 10**9)],
    "chrX": [(10_001, 2_781_479), (155_701_383, 156_030_895)],
    "chrY": [(10_001, 2_781_479)],
}
INFO = (
    *("N=3", "N=.", "N=-4", "N", "AF=0.5", "AF=.,1e-3", "AF=nan", "R=1,2", "R=.", "R=1,.,3"),
    *("S=x,.,y", "S=", "F", "F=0", "Q=7", "NN=1"),
)
NUMBERS = ("quality", "depth", "reference_reads", "alternate_reads")


@st.composite
def records(draw) -> str:
    """Draw a line of a VCF: a record, or a line that is none."""
    if draw(st.integers(0, 15)) == 0:
        return draw(st.sampled_from(["", "\r"]))
    contig = draw(st.sampled_from(["chr1", "1", "chrX", "X", "chrY", "chrM", "MT", "chrUn_KI270302v1"]))
    position = draw(st.sampled_from([5, 6, 7, 10_000, 10_001, 2_781_479, 2_781_480]))
    allele = st.sampled_from(["A", "C", "T", "AC", "CA", "ACT", "a", "ac", "N"])
    ref = draw(allele | st.just("R"))
    odd = st.sampled_from(["*", "<DEL>", "<*>", ".", "", "A[chr2:9[", "R"])
    alts = draw(st.just(["T"]) | st.lists(allele | allele | odd, min_size=1, max_size=3))
    names = draw(st.permutations(["GT", "GQ", "DP", "AD", "PL", "XX"]))[: draw(st.integers(1, 6))]
    info = draw(st.lists(st.sampled_from(INFO), max_size=4))
    filters = draw(st.sampled_from(["PASS", ".", "q1", "q2;q1", "q1;PASS", "PASS;", "0"]))
    ids = draw(st.sampled_from([".", "rs1", "", "rsé"]))
    calls = [
        ":".join(draw(call(name, 1 + len(alts))) for name in names[: draw(st.integers(1, 6))]) for _ in range(SAMPLES)
    ]
    columns = [contig, str(position), ids, ref, ",".join(alts), "1", filters, ";".join(info) or ".", ":".join(names)]
    return "\t".join([*columns, *calls]) + draw(st.sampled_from(["", "", "", "\r"]))


def call(name: str, alleles: int) -> st.SearchStrategy[str]:
    """Draw the value of a call field of a record with so many alleles."""
    number = st.sampled_from([".", "0", "1", "7", "25", "100", "99999", "-1"])
    if name == "GT":
        allele = st.sampled_from([".", "0", "0", "1", "1", "2", "3", "10"])
        return allele | st.tuples(allele, st.sampled_from("/|"), allele).map("".join)
    if name in ("GQ", "DP"):
        return number
    if name == "AD":
        depth = st.sampled_from([".", ".", "0", "3", "25", "300"])
        fitting = st.lists(depth, min_size=alleles, max_size=alleles)
        return st.one_of(fitting, fitting, st.lists(number, min_size=1, max_size=4)).map(",".join)
    return st.sampled_from(["", ".", "x", "0,10,100", "0|1", "a/b"])


def trimmed(position: int, ref: str, alt: str) -> tuple[int, str, str]:
    while min(len(ref), len(alt)) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while min(len(ref), len(alt)) > 1 and ref[0] == alt[0]:
        position, ref, alt = position + 1, ref[1:], alt[1:]
    return position, ref, alt


def number_of(text: str) -> float:
    return math.nan if text == "." else float(text)


def read_call(names: list[str], text: str, alleles: int, paired: bool, found: Counter[str]):
    """Read a call; give its alleles, GQ, DP and allele depths, what contradicts the record set to missing."""
    values = dict(zip(names, text.split(":"), strict=False))
    genotype = values.get("GT", ".").replace("|", "/").split("/")
    called = [int(one) for one in genotype if one != "."]
    faults = set()
    if called and len(called) == 1 and paired:
        faults.add("one_allele")
    if any(one >= alleles for one in called):
        faults.add("unknown_allele")
    if faults:
        called = []
    numbers = [number_of(values.get(name, ".")) for name in ("GQ", "DP")]
    if any(one < 0 for one in numbers):
        faults.add("negative")
    depths = None
    if values.get("AD", ".") != ".":
        depths = [number_of(one) for one in values["AD"].split(",")]
        if len(depths) != alleles or any(one < 0 for one in depths):
            faults.add("odd_depths")
            depths = None
    found.update(faults)
    return called, [one if one >= 0 else math.nan for one in numbers], depths


def read_info(text: str, alleles: int, found: Counter[str]) -> dict:
    info = dict.fromkeys(FIELDS) | {"F": False}
    for part in text.split(";"):
        key, _, value = part.partition("=")
        if key == "F":
            info["F"] = info["F"] or value != "0"
        elif key in info and value not in (".", ""):
            info[key] = value
    if info["N"] is not None:
        info["N"] = int(info["N"])
    for key, count, kind in (("AF", alleles - 1, float), ("R", alleles, int), ("S", None, str)):
        if info[key] is not None:
            values = info[key].split(",")
            found["odd_info"] += count not in (None, len(values))
            info[key] = (
                [None if one == "." else kind(one) for one in values] if count in (None, len(values)) else None
            )
    return info


def by_text(lines: list[str]) -> tuple[dict[str, int], list[tuple], list[list[tuple]]]:
    """Read lines the plain way: counts, variants and calls."""
    found: Counter[str] = Counter()
    rows = []
    for line in lines:
        columns = line.rstrip("\r").split("\t")
        if not columns[0] or columns[0].startswith("#"):
            continue
        found["records"] += 1
        contig = "chr" + columns[0].removeprefix("chr")
        if contig not in PAIRED:
            found["other_contigs"] += 1
            continue
        position, ref, alts = int(columns[1]), columns[3], [] if columns[4] == "." else columns[4].split(",")
        bases = [set(one.upper()) <= set("ACGTN") and one != "" for one in (ref, *alts)]
        paired = any(first <= position <= last for first, last in PAIRED[contig])
        filters = (
            None
            if columns[6] == "."
            else sorted(set(columns[6].split(";")) - ({"PASS"} if columns[6] == "PASS" else set()))
        )
        info = read_info(columns[7], 1 + len(alts), found)
        names = columns[8].split(":")
        calls = [read_call(names, one, 1 + len(alts), paired, found) for one in columns[9:]]
        found.update(
            multi_allelic=len(alts) > 1,
            no_alternate=not alts,
            odd_references=not bases[0],
            star_alleles=alts.count("*"),
            symbolic_alleles=sum(not one for one in bases[1:]) - alts.count("*"),
            same_alleles=bases[0] and sum(one.upper() == ref.upper() for one in alts),
            odd_filters=filters is not None and bool({"", "PASS", "0"} & set(filters)),
        )
        for number, alt in enumerate(alts, 1):
            if not (bases[0] and bases[number]) or alt.upper() == ref.upper():
                continue
            variant = trimmed(position, ref.upper(), alt.upper())
            found["moved"] += variant[0] != position
            plain = alts == [alt] and variant == (position, ref, alt)
            key = (["chr1", "chrX", "chrY"].index(contig), *variant)
            facts = (None if columns[2] == "." else columns[2], filters, [ref, *alts], number, info)
            rows.append(
                (
                    key,
                    not plain,
                    len(rows),
                    (contig, *variant, *facts),
                    [of_allele(one, number, plain) for one in calls],
                )
            )
    rows.sort(key=lambda row: row[:3])
    kept = [row for at, row in enumerate(rows) if at == 0 or row[0] != rows[at - 1][0]]
    found.update(samples=SAMPLES, variants=len(kept), duplicates=len(rows) - len(kept))
    return {name: count for name, count in found.items() if count}, [row[3] for row in kept], [row[4] for row in kept]


def of_allele(one_call, allele: int, plain: bool) -> tuple:
    """Give a call's code and numbers for one alternate allele."""
    called, numbers, depths = one_call
    copies = called.count(allele)
    code = {0: 5, 1: 3 + copies, 2: copies}[len(called)]
    reads = (math.nan, math.nan)
    if depths is not None:
        others = sum(one for at, one in enumerate(depths) if at != allele and not math.isnan(one))
        reads = (depths[0] if plain else others + 0 * depths[allele], depths[allele])
    return (code, *numbers, *reads)


def in_pieces(path: Path, folder: Path, share_bytes: int, chunk_bytes: int) -> LoadCounts:
    """Load a VCF by shares and chunks of any size."""
    folder.mkdir()
    infos = {name: read_header(path).infos[name] for name in FIELDS}
    reading = Reading(folder, Expected(SAMPLES, TYPES, infos, "GRCh38"), ("GT", "GQ", "DP", "AD"), chunk_bytes)
    shares = shares_of([path], share_bytes)
    outcomes = [read_share(share, reading) for share in shares]
    assert not [fault for outcome in outcomes for fault in outcome.faults]
    assert sum(outcome.lines for outcome in outcomes) == path.read_bytes().count(b"\n")
    parts = [share.number for share, outcome in zip(shares, outcomes, strict=True) if outcome.rows]
    variants = write_index(folder, parts, variant_schema("GRCh38", infos))
    found = sum((outcome.counts for outcome in outcomes), Counter())
    duplicates = sum(outcome.rows for outcome in outcomes) - variants
    return LoadCounts.of(found, samples=SAMPLES, variants=variants, duplicates=duplicates)


def compare(loaded, counts: LoadCounts, lines: list[str]) -> None:
    expected_counts, variants, calls = by_text(lines)
    names = ("contig", "position", "ref", "alt", "rsid", "filters", "old_alleles", "a_index", "info")
    assert {name: count for name, count in asdict(counts).items() if count} == expected_counts
    found = [tuple(one[name] for name in names) for one in loaded.variants]
    # Not a number is not itself.
    assert repr(found) == repr(variants)
    for place, name in enumerate(("genotypes", *NUMBERS)):
        array = getattr(loaded.calls, name)
        if variants:
            np.testing.assert_array_equal(
                array, np.array([[one[place] for one in row] for row in calls], array.dtype)
            )


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(records(), max_size=8), st.integers(40, 3000), st.integers(1, 2000))
@example(["chr1\t5\t.\tA\tC,G\t1\t.\t.\tGT:AD\t1/2:.,1,.\t0/.:1\t2/2:1,2,3"], 100, 1)
def test_calls_are_those_of_the_text_however_it_is_cut(read_loaded, lines, share_bytes, chunk_bytes):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cohort.vcf"
        path.write_text("\n".join([*HEADER, FIRST, *lines]) + "\n", encoding="utf-8", newline="")
        counts = in_pieces(path, Path(folder) / "calls", share_bytes, chunk_bytes)
        compare(read_loaded(Path(folder) / "calls"), counts, [FIRST, *lines])


@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_records_are_loaded_as_their_text_says(read_loaded, tmp_path, seed):
    lines = [FIRST, *some_records(np.random.default_rng(seed), 1000)]
    path = tmp_path / "cohort.vcf"
    path.write_text("\n".join([*HEADER, *lines]) + "\n")
    counts = load_calls([path], tmp_path / "calls", reference_genome="GRCh38", info_fields=FIELDS)
    compare(read_loaded(tmp_path / "calls"), counts, lines)


def some_records(random: np.random.Generator, number: int) -> list[str]:
    """Make records with mostly plain alleles, of several formats."""
    made = []
    for _ in range(number):
        alts = random.choice(["C", "G", "CT", "C,G", "AT,<DEL>,*", "G,C,T"], p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.1])
        alleles = 2 + alts.count(",")
        calls = []
        for _ in range(SAMPLES):
            depths = random.integers(0, 300, alleles)
            genotype = "/".join(map(str, random.integers(0, alleles, 2)))
            calls.append(f"{genotype}:{','.join(map(str, depths))}:{depths.sum()}:{random.integers(0, 100)}:0,1,2")
        columns = [
            f"chr{random.choice(['1', 'X'])}",
            random.integers(1, 5000),
            ".",
            "A",
            alts,
            ".",
            "PASS",
            "N=1;S=a",
        ]
        made.append("\t".join([*map(str, columns), "GT:AD:DP:GQ:PL", *calls]))
    return made
