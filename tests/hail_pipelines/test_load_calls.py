import gzip
from pathlib import Path

import pytest

from association.problems import InputError
from hail_pipelines.load_calls import LoadCounts, load_calls, partitions_for

pytestmark = pytest.mark.usefixtures("hail_session")

CALLS = "GT:AD:DP:GQ 0/0:9,0:9:30 0/1:5,5:10:99 1/1:0,8:8:24"


def load(paths: list[Path], reference_genome: str = "GRCh38", **options) -> tuple[LoadCounts, list]:
    import hail as hl

    output = paths[0].parent / "calls.mt"
    counts = load_calls(paths, output, reference_genome=reference_genome, **options)
    mt = hl.read_matrix_table(str(output))
    rows = mt.annotate_rows(calls=hl.agg.collect(hl.str(mt.GT))).rows().collect()
    return counts, [(f"{row.locus}", *row.alleles, row.calls) for row in rows]


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
    assert counts == LoadCounts(
        samples=3, records=4, other_contigs=0, multi_allelic=2, no_alternate=0, star_alleles=1, symbolic_alleles=1,
        moved=1, duplicates=0, variants=6,
    )  # fmt: skip


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


def test_haploid_calls_stay_and_half_calls_become_missing(write_vcf):
    _, rows = load([write_vcf(["chrX 5000000 . A C . . . GT 1 0/. ./1"])])
    assert rows == [("chrX:5000000", "A", "C", ["1", None, None])]


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


def late(write_vcf, record: str, **options) -> Path:
    """Write a VCF whose last record, beyond those that are inspected, is the given one."""
    good = [f"chr1 {position} . A C . . . {CALLS}" for position in range(1, 1100)]
    return write_vcf([*good, record], **options)


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
        ("chr1 948956422 . A C . . . GT 0/0 0/1 ./.", r"record chr1:948956422: Invalid locus .* may be on GRCh37"),
        ("chr1_odd 7 . A C . . . GT 0/0 0/1 ./.", r"Contig 'chr1_odd' is not in the reference genome 'GRCh38'"),
        ("chr1 2000 . A C . . . GT 0/0/1 0/1 ./.", r"record chr1:2000: Hail can't read it: ploidy > 2 not supported"),
        ("chr1 2000 . A C . . . GT 0/0 0/1", r"record chr1:2000: Hail can't read it: unexpected end of line"),
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
