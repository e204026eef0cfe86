import gzip
from dataclasses import asdict
from pathlib import Path

import pytest

from association.problems import InputError
from hail_pipelines.load_calls import load_calls, partitions_for
from hail_pipelines.vcf.counts import LoadCounts

pytestmark = pytest.mark.usefixtures("hail_session")

CALLS = "GT:AD:DP:GQ 0/0:9,0:9:30 0/1:5,5:10:99 1/1:0,8:8:24"


def load(paths: list[Path], reference_genome: str = "GRCh38", **options) -> tuple[LoadCounts, list]:
    import hail as hl

    output = paths[0].parent / "calls.mt"
    counts = load_calls(paths, output, reference_genome=reference_genome, **options)
    mt = hl.read_matrix_table(str(output))
    rows = mt.annotate_rows(calls=hl.agg.collect(hl.str(mt.GT))).rows().collect()
    return counts, [(f"{row.locus}", *row.alleles, row.calls) for row in rows]


def counted(counts: LoadCounts) -> dict[str, int]:
    return {name: count for name, count in asdict(counts).items() if count}


def test_keeps_only_the_call_fields_that_are_present_and_the_info_asked_for(write_vcf):
    import hail as hl

    path = write_vcf([f"chr1 1000 rs1 A C . PASS GENE=ABC;EFFECT=x {CALLS}"])
    load([path], info_fields=["GENE"])
    mt = hl.read_matrix_table(str(path.parent / "calls.mt"))
    assert list(mt.entry) == ["GT", "GQ", "DP", "AD"]
    assert list(mt.info) == ["GENE"]
    assert list(mt.row) == ["locus", "alleles", "rsid", "filters", "info", "old_alleles", "a_index"]


def test_multi_allelic_records_become_minimal_variants_in_order(write_vcf):
    path = write_vcf(
        [
            "chr1 1000 . CAA C,CA,CAAT,* . . . GT:AD 0/1:3,4,0,0,1 2/3:0,0,5,5,0 1/4:0,6,0,0,6",
            "chr1 1001 . A G . . . GT:AD 0/0:8,0 0/1:4,4 ./.",
            "chr1 1002 . A T . . . GT:AD 0/0:8,0 0/1:4,4 ./.",
            "chr1 1002 . AT GT,<DEL> . . . GT:AD 0/0:8,0,0 0/1:4,4,0 2/2:0,0,3",
        ]
    )
    counts, rows = load([path])
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


def test_a_split_variant_keeps_its_origin_and_its_share_of_the_reads(write_vcf):
    import hail as hl

    path = write_vcf(["chr1 1000 . A C,G . . . GT:AD 0/1:3,4,1 1/2:0,5,6 ./.:."])
    load([path])
    mt = hl.read_matrix_table(str(path.parent / "calls.mt"))
    assert mt.a_index.collect() == [1, 2]
    assert mt.old_alleles.collect() == [["A", "C", "G"]] * 2
    assert mt.AD.collect() == [[4, 4], [6, 5], None, [7, 1], [5, 6], None]


@pytest.mark.parametrize(
    ("genome", "expected"), [("GRCh38", ["chr1:7000000", "chrX:5000000"]), ("GRCh37", ["1:7000000", "X:5000000"])]
)
def test_contigs_take_the_name_of_the_build(write_vcf, genome, expected):
    records = [f"{locus} . A C . . . GT 0/0 0/1 ./." for locus in ("1 7000000", "chrX 5000000")]
    assert [row[0] for row in load([write_vcf(records)], genome)[1]] == expected


def test_half_calls_are_one_allele_on_x_and_y_and_missing_elsewhere(write_vcf):
    records = [
        "chr1 1000 . A C . . . GT:DP 0/.:9 ./1:9 1|0:9",
        "chrX 20000 . A C . . . GT:DP 0/.:9 ./1:9 0/1:9",
        "chrX 5000000 . A C . . . GT:DP 0/.:9 ./1:9 0/1:9",
        "chrX 5000001 . A C,G . . . GT .|2 1|. ./.",
        "chrY 5000000 . A C . . . GT 1/. . ./0",
    ]
    counts, rows = load([write_vcf(records)])
    assert rows == [
        ("chr1:1000", "A", "C", [None, None, "1|0"]),
        ("chrX:20000", "A", "C", [None, None, "0/1"]),
        ("chrX:5000000", "A", "C", ["0", "1", "0/1"]),
        ("chrX:5000001", "A", "C", ["0", "1", None]),
        ("chrX:5000001", "A", "G", ["1", "0", None]),
        ("chrY:5000000", "A", "C", ["1", None, "0"]),
    ]
    assert counts.one_allele == 4


def test_haploid_calls_stay_on_x_and_are_missing_and_counted_on_autosomes(write_vcf):
    counts, rows = load([write_vcf(["chr1 9 . A C . . . GT 1 0 0/1", "chrX 5000000 . A C . . . GT 1 0 0/1"])])
    assert [row[3] for row in rows] == [[None, None, "0/1"], ["1", "0", "0/1"]]
    assert counts.one_allele == 2


def test_an_info_value_for_each_allele_is_that_of_the_variant_by_its_number(write_vcf):
    import hail as hl

    path = write_vcf(
        [
            "chr1 1000 . CAA C,*,CA . . POPAF=0.1,0.2,0.3 GT 0/1 ./. 1/3",
            "chr1 1001 . A G . . POPAF=0.5 GT 0/1 ./. .",
            "chr1 1002 . A G,T . . POPAF=0.5 GT 0/1 ./. .",
        ],
    )
    counts, _ = load([path], info_fields=["POPAF"])
    mt = hl.read_matrix_table(str(path.parent / "calls.mt"))
    assert mt.info.POPAF[mt.a_index - 1].collect() == [pytest.approx(0.3), pytest.approx(0.1), 0.5, None, None]
    assert counts.odd_info == 1


def test_files_of_one_cohort_are_sorted_together_and_duplicates_dropped(write_vcf):
    records = [f"chr{name} 1000 . A C . . . GT 0/0 0/1 ./." for name in (10, 2, 2)]
    paths = [write_vcf([record], name=f"{number}.vcf.gz") for number, record in enumerate(records)]
    counts, rows = load(paths)
    assert [row[0] for row in rows] == ["chr2:1000", "chr10:1000"]
    assert (counts.records, counts.duplicates, counts.variants) == (3, 1, 2)


def test_contigs_that_are_no_chromosome_and_sites_without_alternate_are_counted(write_vcf):
    path = write_vcf(
        ["1 1000 . A . . . . GT 0/0 0/0 ./.", "1 1001 . A C . . . GT 0/0 0/1 ./.", "MT 7 . A C . . . GT 1 0 0"]
    )
    counts, rows = load([path], "GRCh37")
    assert len(rows) == 1
    assert (counts.records, counts.no_alternate, counts.other_contigs) == (3, 1, 1)


def late(write_vcf, *records: str, **options) -> Path:
    """Write a VCF whose last records, beyond those that are inspected, are the given ones."""
    good = [f"chr1 {position} . A C . . . {CALLS}" for position in range(1, 1100)]
    return write_vcf([*good, *records], **options)


def test_faults_far_into_a_file_that_hail_reads_are_mended_or_dropped_and_counted(write_vcf):
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
    counts, rows = load([path])
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


def test_words_in_qual_do_no_harm_in_a_file_that_is_sorted(write_vcf):
    counts, _ = load([late(write_vcf, f"chr1 2000 . A C high . . {CALLS}")])
    assert counts.variants == 1100
    path = late(write_vcf, f"chr1 2000 . A C high . . {CALLS}", f"chr1 1999 . A C . . . {CALLS}", name="other.vcf")
    (path.parent / "other").mkdir()
    with pytest.raises(InputError, match="record chr1:2000, QUAL: found 'high', expected a number or a dot"):
        load_calls([path], path.parent / "other" / "calls.mt", reference_genome="GRCh38")


def test_line_ends_of_windows_empty_lines_and_odd_letters_in_ids_are_read(write_vcf):
    path = late(write_vcf, f"chr1 2000 rs1 A C . . . {CALLS}", f"chr1 2001 . A C . . . {CALLS}", name="cohort.vcf")
    text = (
        path.read_bytes().replace(b"\n", b"\r\n").replace(b"rs1", b"rs\xe9").replace(b"chr1\t2001", b"\r\nchr1\t2001")
    )
    path.write_bytes(text + b"\r\n")
    counts, rows = load([path])
    assert counted(counts) == {"samples": 3, "records": 1101, "variants": 1101}
    assert rows[-1] == ("chr1:2001", "A", "C", ["0/0", "0/1", "1/1"])


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (
            "chr1 2000 . A C . . . GT:GQ 0/0:3 0/1:4.5 ./.",
            r"record chr1:2000, FORMAT GQ: .* found '4.5'; set genotypes.header_types: {GQ: Float}",
        ),
        (
            "chr1 2000 . A C . . . GT:AD 0/0:3 0/1:x ./.",
            r"record chr1:2000, FORMAT AD: the header declares Integer, found 'x'",
        ),
        ("chr1 948956422 . A C . . . GT 0/0 0/1 ./.", r"chr1:948,956,422 lies beyond .* may be on GRCh37"),
        ("chr1_odd 7 . A C . . . GT 0/0 0/1 ./.", r"Contig 'chr1_odd' is not in the reference genome 'GRCh38'"),
        (
            "chr1 2000 . A C . . . GT 0/0/1 0/1 ./.",
            r"record chr1:2000, FORMAT GT: found '0/0/1': a call of more than",
        ),
        ("chr1 2000 . A C . . . GT 0/0 0/1", r"record chr1:2000: found 11 columns where the header has 12"),
        ("chr1 0 . A C . . . GT 0/0 0/1 .", r"record chr1:0: POS is '0', expected a whole number from 1"),
        (
            "chr1 2000 . A C . . . GT:DP 0/0:x 0/1 .",
            r"record chr1:2000, FORMAT DP: the header declares Integer, found",
        ),
        ("chr1 2000 . A C . . . GT 0/0:3 0/1 .", r"record chr1:2000: a call has 2 values where FORMAT names 1"),
        ("chr1 2000 . A C", r"record chr1:2000: found 5 columns where the header has 12"),
    ],
)
def test_what_hail_cannot_read_is_told_by_file_and_record(write_vcf, record, words):
    path = late(write_vcf, record)
    with pytest.raises(InputError, match=words) as error:
        load([path])
    assert error.value.source == str(path)
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_the_stated_remedy_for_a_wrong_type_works(write_vcf):
    path = late(write_vcf, "chr1 2000 . A C . . . GT:GQ 0/0:3 0/1:4.5 ./.")
    counts, _ = load([path], header_types={"GQ": "Float"})
    assert counts.variants == 1100


def test_a_block_damaged_beyond_the_inspected_records_is_told_by_file(write_vcf):
    path = late(write_vcf, f"chr1 2000 . A C . . . {CALLS}")
    with gzip.open(path) as stream:
        assert stream.read()
    content = bytearray(path.read_bytes())
    for place in range(len(content) - 200, len(content) - 180):
        content[place] ^= 255
    path.write_bytes(content)
    with pytest.raises(InputError, match="copy it again"):
        load([path])


def test_partitions_grow_with_size_and_suffice_for_the_cores():
    assert partitions_for(1000, cores=2) == 1
    assert partitions_for(15 << 20, cores=2) == 6
    assert partitions_for(1 << 30, cores=2) == 64
