import gzip
import shutil
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pysam
import pytest

from association.genotypes.calls import Calls
from association.problems import InputError
from hail_pipelines.load_calls import load_calls
from hail_pipelines.shares import Workers
from hail_pipelines.vcf.bgzip import block_problem, decompressed_blocks
from hail_pipelines.vcf.counts import LoadCounts
from hail_pipelines.vcf.file_shares import shares_of

CALLS = "GT:AD:DP:GQ 0/0:9,0:9:30 0/1:5,5:10:99 1/1:0,8:8:24"


Load = Callable[..., tuple[LoadCounts, list, Calls]]


@pytest.fixture
def load(read_loaded) -> Load:
    def load(paths: list[Path], reference_genome: str = "GRCh38", **options) -> tuple[LoadCounts, list, Calls]:
        output = paths[0].parent / "calls"
        counts = load_calls(paths, output, reference_genome=reference_genome, **options)
        variants, calls = loaded = read_loaded(output)
        rows = [
            (f"{one['contig']}:{one['position']}", one["ref"], one["alt"], genotypes)
            for one, genotypes in zip(variants, loaded.genotypes(), strict=True)
        ]
        return counts, rows, calls

    return load


def counted(counts: LoadCounts) -> dict[str, int]:
    return {name: count for name, count in asdict(counts).items() if count}


def test_keeps_only_the_call_fields_that_are_present_and_the_info_asked_for(load, write_vcf):
    path = write_vcf(
        [
            f"chr1 1000 rs1 A C . PASS GENE=ABC;EFFECT=x {CALLS}",
            f"chr1 1001 . A C . q2;q1 . {CALLS}",
            f"chr1 1002 . A C . . . {CALLS}",
        ]
    )
    _, _, calls = load([path], info_fields=["GENE"])
    assert calls.quality.tolist() == [[30, 99, 24]] * 3
    assert calls.depth.tolist() == [[9, 10, 8]] * 3
    assert calls.reference_reads.tolist() == [[9, 5, 0]] * 3
    assert calls.alternate_reads.tolist() == [[0, 5, 8]] * 3
    table = pq.read_table(path.parent / "calls" / "variants.parquet")
    assert table.column_names == [
        *("contig", "position", "ref", "alt", "rsid", "filters", "old_alleles", "a_index", "info", "part", "row")
    ]
    assert table.schema.metadata[b"reference_genome"] == b"GRCh38"
    assert table["rsid"].to_pylist() == ["rs1", None, None]
    assert table["filters"].to_pylist() == [[], ["q1", "q2"], None]
    assert table["info"].to_pylist() == [{"GENE": ["ABC"]}, {"GENE": None}, {"GENE": None}]


def test_without_depths_and_info_there_are_none(load, write_vcf):
    path = write_vcf(["chr1 1000 . A C . . . GT 0/0 0/1 ./."])
    _, _, calls = load([path])
    assert (calls.quality, calls.depth, calls.reference_reads, calls.alternate_reads) == (None,) * 4
    assert "info" not in pq.read_schema(path.parent / "calls" / "variants.parquet").names
    assert pq.read_table(path.parent / "calls" / "samples.parquet")["sample"].to_pylist() == ["s1", "s2", "s3"]


def test_multi_allelic_records_become_minimal_variants_in_order(load, write_vcf):
    path = write_vcf(
        [
            "chr1 1000 . CAA C,CA,CAAT,* . . . GT:AD 0/1:3,4,0,0,1 2/3:0,0,5,5,0 1/4:0,6,0,0,6",
            "chr1 1001 . A G . . . GT:AD 0/0:8,0 0/1:4,4 ./.",
            "chr1 1002 . A T . . . GT:AD 0/0:8,0 0/1:4,4 ./.",
            "chr1 1002 . AT GT,<DEL> . . . GT:AD 0/0:8,0,0 0/1:4,4,0 2/2:0,0,3",
        ]
    )
    counts, rows, _ = load([path])
    assert rows == [
        ("chr1:1000", "CA", "C", ["0/0", "0/1", "0/0"]),
        ("chr1:1000", "CAA", "C", ["0/1", "0/0", "0/1"]),
        ("chr1:1001", "A", "G", ["0/0", "0/1", None]),
        ("chr1:1002", "A", "AT", ["0/0", "0/1", "0/0"]),
        ("chr1:1002", "A", "G", ["0/0", "0/1", "0/0"]),
        ("chr1:1002", "A", "T", ["0/0", "0/1", None]),
    ]
    assert counted(counts) == {
        "samples": 3, "records": 4, "multi_allelic": 2, "star_alleles": 1, "symbolic_alleles": 1, "moved": 1,
        "variants": 6,
    }  # fmt: skip


def test_a_split_variant_keeps_its_origin_and_its_share_of_the_reads(load, write_vcf):
    path = write_vcf(["chr1 1000 . A C,G . . . GT:AD 0/1:3,4,1 1/2:0,5,6 ./.:."])
    _, _, calls = load([path])
    table = pq.read_table(path.parent / "calls" / "variants.parquet")
    assert table["a_index"].to_pylist() == [1, 2]
    assert table["old_alleles"].to_pylist() == [["A", "C", "G"]] * 2
    np.testing.assert_array_equal(calls.reference_reads, [[4, 6, np.nan], [7, 5, np.nan]])
    np.testing.assert_array_equal(calls.alternate_reads, [[4, 5, np.nan], [1, 6, np.nan]])


@pytest.mark.parametrize(
    ("genome", "expected"), [("GRCh38", ["chr1:7000000", "chrX:5000000"]), ("GRCh37", ["1:7000000", "X:5000000"])]
)
def test_contigs_take_the_name_of_the_build(load, write_vcf, genome, expected):
    records = [f"{locus} . A C . . . GT 0/0 0/1 ./." for locus in ("1 7000000", "chrX 5000000")]
    assert [row[0] for row in load([write_vcf(records)], genome)[1]] == expected


def test_half_calls_are_one_allele_on_x_and_y_and_missing_elsewhere(load, write_vcf):
    records = [
        "chr1 1000 . A C . . . GT:DP 0/.:9 ./1:9 1|0:9",
        "chrX 20000 . A C . . . GT:DP 0/.:9 ./1:9 0/1:9",
        "chrX 5000000 . A C . . . GT:DP 0/.:9 ./1:9 0/1:9",
        "chrX 5000001 . A C,G . . . GT .|2 1|. ./.",
        "chrY 5000000 . A C . . . GT 1/. . ./0",
    ]
    counts, rows, _ = load([write_vcf(records)])
    assert rows == [
        ("chr1:1000", "A", "C", [None, None, "0/1"]),
        ("chrX:20000", "A", "C", [None, None, "0/1"]),
        ("chrX:5000000", "A", "C", ["0", "1", "0/1"]),
        ("chrX:5000001", "A", "C", ["0", "1", None]),
        ("chrX:5000001", "A", "G", ["1", "0", None]),
        ("chrY:5000000", "A", "C", ["1", None, "0"]),
    ]
    assert counts.one_allele == 4


def test_haploid_calls_stay_on_x_and_are_missing_and_counted_on_autosomes(load, write_vcf):
    counts, rows, _ = load([write_vcf(["chr1 9 . A C . . . GT 1 0 0/1", "chrX 5000000 . A C . . . GT 1 0 0/1"])])
    assert [row[3] for row in rows] == [[None, None, "0/1"], ["1", "0", "0/1"]]
    assert counts.one_allele == 2


def test_an_info_value_for_each_allele_is_that_of_the_variant_by_its_number(load, write_vcf):
    path = write_vcf(
        [
            "chr1 1000 . CAA C,*,CA . . POPAF=0.1,0.2,0.3 GT 0/1 ./. 1/3",
            "chr1 1001 . A G . . POPAF=0.5 GT 0/1 ./. .",
            "chr1 1002 . A G,T . . POPAF=0.5 GT 0/1 ./. .",
        ],
    )
    counts, _, _ = load([path], info_fields=["POPAF"])
    variants = pq.read_table(path.parent / "calls" / "variants.parquet").to_pylist()
    found = [one["info"]["POPAF"] and one["info"]["POPAF"][one["a_index"] - 1] for one in variants]
    assert found == [0.3, 0.1, 0.5, None, None]
    assert counts.odd_info == 1


def test_files_of_one_cohort_are_sorted_together_and_duplicates_dropped(load, write_vcf):
    records = [f"chr{name} 1000 . A C . . . GT 0/0 0/1 ./." for name in (10, 2, 2)]
    paths = [write_vcf([record], name=f"{number}.vcf.gz") for number, record in enumerate(records)]
    counts, rows, _ = load(paths)
    assert [row[0] for row in rows] == ["chr2:1000", "chr10:1000"]
    assert (counts.records, counts.duplicates, counts.variants) == (3, 1, 2)


def test_contigs_that_are_no_chromosome_and_sites_without_alternate_are_counted(load, write_vcf):
    path = write_vcf(
        ["1 1000 . A . . . . GT 0/0 0/0 ./.", "1 1001 . A C . . . GT 0/0 0/1 ./.", "MT 7 . A C . . . GT 1 0 0"]
    )
    counts, rows, _ = load([path], "GRCh37")
    assert len(rows) == 1
    assert (counts.records, counts.no_alternate, counts.other_contigs) == (3, 1, 1)


def late(write_vcf, *records: str, **options) -> Path:
    """Write a VCF whose last records, beyond those that are inspected, are the given ones."""
    good = [f"chr1 {position} . A C . . . {CALLS}" for position in range(1, 1100)]
    return write_vcf([*good, *records], **options)


def test_faults_far_into_a_file_that_can_be_read_are_mended_or_dropped_and_counted(load, write_vcf):
    path = late(
        write_vcf,
        "chr1 2000 . A C . . . GT 0/2 3/3 0/1",
        "chr1 2001 . A C . . . GT:AD 0/1:3 0/1:1,2,3 0/1:4,4",
        "chr1 2002 . A C . . . GT:DP:GQ 0/1:-1:30 0/1:30:-1 0/1:3:3",
        "chr1 2003 . R C . . . GT 0/1 0/1 0/1",
        "chr1 2004 . C,A C . . . GT 0/1 0/1 0/1",
        "chr1 2005 . a c . . . GT 0/1 0/1 0/1",
        "chr1 2006 . A C . PASS; . GT 0/1 0/1 0/1",
        "chr1 2007 . A C . q10;PASS . GT 0/1 0/1 0/1",
        "chr1 2008 . A a,<*>,A[chr2:9[,R,. . . . GT 0/1 0/2 0/0",
        "chr1 2009 . A . . . . GT 0/0 0/0 0/0",
        "chr1 2010 . A C . . . GT 1/1 0/0 0/0",
        "chr1 2010 . A C . . . GT 0/1 0/1 0/1",
        "chr1 1999 . A C . . . GT 1/. 1 0/1",
    )
    counts, rows, _ = load([path])
    assert counted(counts) == {
        "samples": 3, "records": 1112, "multi_allelic": 1, "no_alternate": 1, "odd_references": 2, "odd_filters": 2,
        "symbolic_alleles": 4, "same_alleles": 1, "duplicates": 1, "variants": 1107, "one_allele": 2,
        "unknown_allele": 2, "odd_depths": 2, "negative": 2,
    }  # fmt: skip
    assert rows[1099:] == [
        ("chr1:1999", "A", "C", [None, None, "0/1"]),
        ("chr1:2000", "A", "C", [None, None, "0/1"]),
        *((f"chr1:{position}", "A", "C", ["0/1"] * 3) for position in (2001, 2002, 2005, 2006, 2007)),
        ("chr1:2010", "A", "C", ["1/1", "0/0", "0/0"]),
    ]


def test_words_in_qual_do_no_harm(load, write_vcf):
    counts, _, _ = load([late(write_vcf, f"chr1 2000 . A C high . . {CALLS}", f"chr1 1999 . A C . . . {CALLS}")])
    assert counts.variants == 1101


def test_line_ends_of_windows_empty_lines_and_odd_letters_in_ids_are_read(load, write_vcf):
    path = late(write_vcf, f"chr1 2000 rs1 A C . . . {CALLS}", f"chr1 2001 . A C . . . {CALLS}", name="cohort.vcf")
    text = (
        path.read_bytes().replace(b"\n", b"\r\n").replace(b"rs1", b"rs\xe9").replace(b"chr1\t2001", b"\r\nchr1\t2001")
    )
    path.write_bytes(text + b"\r\n")
    counts, rows, _ = load([path])
    assert counted(counts) == {"samples": 3, "records": 1101, "variants": 1101}
    assert rows[-1] == ("chr1:2001", "A", "C", ["0/0", "0/1", "1/1"])


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (
            "chr1 2000 . A C . . . GT:GQ 0/0:3 0/1:4.5 ./.",
            r"line 1109, FORMAT GQ: .* found '4.5'; set genotypes.header_types: {GQ: Float}",
        ),
        (
            "chr1 2000 . A C . . . GT:AD 0/0:3 0/1:x ./.",
            r"line 1109, FORMAT AD: the header declares Integer, found 'x'",
        ),
        ("chr1 948956422 . A C . . . GT 0/0 0/1 ./.", r"chr1:948,956,422 lies beyond .* may be on GRCh37"),
        (
            "chr1_odd 7 . A C . . . GT 0/0 0/1 ./.",
            r"line 1109, CHROM: contig 'chr1_odd' is not in the reference genome 'GRCh38'",
        ),
        (
            "chr1 2000 . A C . . . GT 0/0/1 0/1 ./.",
            r"line 1109, FORMAT GT: found '0/0/1': a call of more than",
        ),
        ("chr1 2000 . A C . . . GT 0/0 0/1", r"line 1109: found 11 columns where the header has 12"),
        ("chr1 0 . A C . . . GT 0/0 0/1 .", r"line 1109: POS is '0', expected a whole number from 1"),
        (
            "chr1 2000 . A C . . . GT:DP 0/0:x 0/1 .",
            r"line 1109, FORMAT DP: the header declares Integer, found",
        ),
        ("chr1 2000 . A C . . . GT 0/0:3 0/1 .", r"line 1109: a call has 2 values where FORMAT names 1"),
        ("chr1 2000 . A C", r"line 1109: found 5 columns where the header has 12"),
        ("#chr1 2000 . A C . . . GT 0/0 0/1 .", r"line 1109: begins with #, but lies behind the header"),
        (
            f"chr1 2000 . A {','.join('C' * 40_000)} . . . GT 0/0 0/1 .",
            r"line 1109, ALT: found 40,000 alternate alleles, expected 4,096 at most",
        ),
    ],
)
def test_what_cannot_be_read_is_told_by_file_and_line(load, write_vcf, record, words):
    path = late(write_vcf, record)
    with pytest.raises(InputError, match=words) as error:
        load([path])
    assert error.value.source == str(path)
    assert [item.name for item in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(("number", "value"), [("1", "3000000000"), (".", "1,.,-2147483648"), ("A", "9999999999")])
def test_a_whole_number_that_is_too_large_is_told_by_its_line_and_read_as_a_decimal_one(
    load, write_vcf, number, value
):
    declared = f'##INFO=<ID=N,Number={number},Type=Integer,Description="">'
    records = [f"chr1 2000 . A C . . N={value} GT 0/0 0/1 .", "chr1 2001 . A C . . N=2147483647 GT 0/0 0/1 ."]
    path = late(write_vcf, *records, extra_header=[declared])
    with pytest.raises(InputError, match=rf"line 1110, INFO N: .*found '{value}', expected 2,147,483,647 at most"):
        load([path], info_fields=["N"])
    path = late(write_vcf, *records, extra_header=[declared.replace("Integer", "Float")])
    load([path], info_fields=["N"])
    values = pq.read_table(path.parent / "calls" / "variants.parquet")["info"].to_pylist()[-2:]
    expected = [[None if one == "." else float(one) for one in text.split(",")] for text in (value, "2147483647")]
    assert [one["N"] for one in values] == ([one[0] for one in expected] if number == "1" else expected)


@pytest.mark.parametrize("further", [None, -1, 0, 1, 100_000])
def test_a_line_of_a_header_behind_records_is_told_wherever_shares_end(load, write_vcf, monkeypatch, further):
    path = late(write_vcf, name="cohort.vcf")
    share_bytes = 2_000 if further is None else path.stat().st_size + further
    monkeypatch.setattr("hail_pipelines.load_calls.shares_of", partial(shares_of, share_bytes=share_bytes))
    load([path])
    shutil.rmtree(path.parent / "calls")
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(InputError, match="line 1109: begins with #, but lies behind the header") as error:
        load([path])
    assert len(error.value.problems) == 1


def test_a_record_of_very_many_alternates_is_loaded(load, write_vcf):
    alleles = ["A" + "".join(bases) for bases in product("ACGT", repeat=6)]
    counts, rows, _ = load([write_vcf([f"chr1 2000 . A {','.join(alleles)} . . . GT 0/0 0/4096 1/7"])])
    assert counts.variants == len(alleles) == 4096
    alts = sorted(alleles)
    assert [row[2] for row in rows] == alts
    called = {
        alleles[4095]: ["0/0", "0/1", "0/0"],
        alleles[0]: ["0/0", "0/0", "0/1"],
        alleles[6]: ["0/0", "0/0", "0/1"],
    }
    assert [row[3] for row in rows] == [called.get(alt, ["0/0"] * 3) for alt in alts]


def test_the_stated_remedy_for_a_wrong_type_works(load, write_vcf):
    path = late(write_vcf, "chr1 2000 . A C . . . GT:GQ 0/0:3 0/1:4.5 ./.")
    counts, _, _ = load([path], header_types={"GQ": "Float"})
    assert counts.variants == 1100


def test_a_block_damaged_beyond_the_inspected_records_is_told_by_file(load, write_vcf):
    path = late(write_vcf, f"chr1 2000 . A C . . . {CALLS}")
    with gzip.open(path) as stream:
        assert stream.read()
    content = bytearray(path.read_bytes())
    for place in range(len(content) - 200, len(content) - 180):
        content[place] ^= 255
    path.write_bytes(content)
    with pytest.raises(InputError, match="copy it again"):
        load([path])


@pytest.mark.parametrize("share_bytes", [300, 700, 1_500])
def test_a_damaged_block_header_is_told_wherever_shares_end(load, write_vcf, monkeypatch, share_bytes):
    monkeypatch.setattr("hail_pipelines.load_calls.shares_of", partial(shares_of, share_bytes=share_bytes))
    # The chain of blocks of a very large file is not followed to its end before it is read.
    monkeypatch.setattr("hail_pipelines.vcf.lines.block_problem", partial(block_problem, most_blocks=1))
    monkeypatch.setattr("hail_pipelines.vcf.records.LEAST_RECORDS", 1)
    monkeypatch.setattr("hail_pipelines.vcf.records.MOST_RECORDS", 1)
    records = [f"chr1 {position} . A C . . . {CALLS}" for position in range(1, 300)]
    text = write_vcf(records, name="cohort.vcf").read_bytes()
    path = write_vcf(records[:1])
    with pysam.BGZFile(str(path), "wb") as stream:
        for start in range(0, len(text), 1_000):
            stream.write(text[start : start + 1_000])
            stream.flush()
    counts, _, _ = load([path])
    assert counts.records == 299
    sound = path.read_bytes()
    with path.open("rb") as stream:
        starts = [start for start, _ in decompressed_blocks(stream, 0)]
    assert len(starts) > 15
    for start in starts[2:-1]:
        path.write_bytes(sound[:start] + b"\0" + sound[start + 1 :])
        shutil.rmtree(path.parent / "calls", ignore_errors=True)
        with pytest.raises(InputError, match=r"damaged.*copy it again") as error:
            load([path])
        assert error.value.source == str(path)


def test_all_faults_of_all_files_are_told_at_once_by_their_lines(load, write_vcf):
    first = late(write_vcf, f"chr1_odd 7 . A C . . . {CALLS}", "chr1 9 . A C . . . GT 0/0 0/1", name="a.vcf.gz")
    other = ["chr1 9 . A C . . . GT:DP x/0:3 0/1:1.5 ."] * 2
    second = late(write_vcf, f"chr1 8 . A C . . . {CALLS}", *other, name="b.vcf.gz")
    with pytest.raises(InputError) as error:
        load([first, second])
    assert error.value.source == "genotypes (2 VCFs)"
    assert [problem.place for problem in error.value.problems] == [
        f"{first}, line 1109, CHROM",
        f"{first}, line 1110",
        f"{second}, line 1110, FORMAT GT",
        f"{second}, line 1110, FORMAT DP",
    ]
    assert all("(also line 1111)" in problem.message for problem in error.value.problems[2:])


def test_duplicates_are_taken_from_a_record_of_one_allele_then_from_the_first(load, write_vcf):
    records = [
        "chr1 100 . A C,G . . . GT 0/1 0/1 0/1",
        "chr1 100 . A C . . . GT 1/1 1/1 1/1",
        "chr1 100 . A C . . . GT 0/0 0/0 0/0",
        "chr1 100 . A G,T . . . GT 0/2 0/2 0/2",
    ]
    counts, rows, _ = load([write_vcf([record], name=f"{number}.vcf") for number, record in enumerate(records)])
    assert counts.duplicates == 3
    assert rows == [
        ("chr1:100", "A", "C", ["1/1"] * 3),
        ("chr1:100", "A", "G", ["0/0"] * 3),
        ("chr1:100", "A", "T", ["0/1"] * 3),
    ]


def test_a_file_of_which_nothing_can_be_tested_gives_an_empty_index(load, write_vcf):
    counts, rows, _ = load([write_vcf(["chr1 9 . A <DEL> . . GENE=x GT 0/1 0/0 1/1"])], info_fields=["GENE"])
    assert (counts.records, counts.variants, rows) == (1, 0, [])


def test_threads_change_no_byte(write_vcf):
    paths = [late(write_vcf, f"chr{name} 2000 . A C,G . . . {CALLS}", name=f"{name}.vcf.gz") for name in (3, 1, 2, 4)]
    folders = [paths[0].parent / f"calls{threads}" for threads in (1, 3)]
    for folder, threads in zip(folders, (1, 3), strict=True):
        load_calls(paths, folder, reference_genome="GRCh38", workers=Workers(threads))
    written = [{item.name: item.read_bytes() for item in folder.iterdir()} for folder in folders]
    assert written[0] == written[1]
    assert len(written[0]) == 6
