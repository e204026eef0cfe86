"""What is said of a VCF's first records: every kind of fault, its first line and the others."""

from __future__ import annotations

import pytest

from association.problems import InputError
from hail_pipelines.vcf.files import inspect_vcfs
from hail_pipelines.vcf.findings import MOST_KINDS, Fault, Findings

GOOD = "chr1 1000 . A C . PASS . GT:AD:DP:GQ 0/0:9,0:9:30 0/1:5,5:10:99 ./."


def refusal(path, **options) -> str:
    with pytest.raises(InputError) as error:
        inspect_vcfs([path], reference_genome="GRCh38", **options)
    return str(error.value)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("chr1 0 . A C . . . GT 0/0 0/1 .", "line 11: POS is '0', expected a whole number from 1; mend or remove"),
        ("chr,1 9 . A C . . . GT 0/0 0/1 .", "line 11, CHROM: found 'chr,1', expected a contig's name"),
        ("chr1 9 . A C . . . GT 0/0/1 0/1 .", "line 11, FORMAT GT: found '0/0/1': a call of more than two alleles"),
        ("chr1 9 . A C . . . GT 0.000 0/1 .", "line 11, FORMAT GT: found '0.000', expected one or two alleles"),
        ("chr1 9 . A C . . . GT -1/-1 0/1 .", "line 11, FORMAT GT: found '-1/-1', expected one or two alleles"),
        ("chr1 9 . A C . . . GT:DP 0/0:x 0/1 .", "line 11, FORMAT DP: the header declares Integer, found 'x'"),
        ("chr1 9 . A C . . . GT:DP 0/0:1,2 0/1 .", "line 11, FORMAT DP: the header declares Integer, found '1,2'"),
        ("chr1 9 . A C . . . GT:DP 0/0: 0/1 .", "line 11, FORMAT DP: the header declares Integer, found ''"),
        ("chr1 9 . A C . . . GT 0/0:3 0/1 .", "line 11: a call has 2 values where FORMAT names 1"),
        ("chr1 9 . A C . . . GT:DP:DP 0/0:1:2 . .", "line 11, FORMAT DP: named twice, in 'GT:DP:DP'"),
        ("chr1 9 . A C . . . GT 0/0 0/1", "line 11: found 11 columns where the header has 12 (9 and 3 samples)"),
        ("chr1 9 . A C . . . GT 0/0 0/1 . .", "line 11: found 13 columns where the header has 12 (9 and 3 samples)"),
        (
            "chr1 9 . A C . . POPAF=x GT 0/0 . .",
            "line 11, INFO POPAF: the header declares Type=Float, Number=A, found",
        ),
        (
            "chr1 9 . A C . . POPAF=\u0665 GT 0/0 . .",
            "line 11, INFO POPAF: the header declares Type=Float, Number=A, found",
        ),
        (
            "chr1 9 . A C . . . GT:DP 0/0:\u0665 . .",
            "line 11, FORMAT DP: the header declares Integer, found '\u0665'",
        ),
        ("#chr1 9 . A C . . . GT 0/0 . .", "line 11: begins with #, but lies behind the header"),
        (f"chr1 9 . A {','.join('C' * 5000)} . . . GT . . .", "line 11, ALT: found 5,000 alternate alleles"),
    ],
)
def test_a_fault_is_told_with_its_line_and_a_remedy(write_vcf, record, words):
    text = refusal(write_vcf([GOOD, record]), info_fields=["POPAF"])
    assert "1 problem" in text
    assert words in text


@pytest.mark.parametrize(
    "record",
    [
        "chr1 9 . A C . . . GT:AD:DP:GQ 0|1 0:.:.:. .",
        "chr1 9 . A C . . . GT:AD ./.:.,. 0/.:3,. 1|0:3,4",
        "chr1 9 . A C high q10;q20 . GT 0/0 0/1 .",
        "chr1 9 . N <DEL>,*,]chr2:5]A . . X=;Y GT:PL:AD 0/0:x,y 0/1:.:3 .",
        "chr1 9 . a c . PASS POPAF=.,1e-5 AD:GT 1,2:0/1 .:. .",
        "chrUn_1 9 . A C . . POPAF=nan GT 0/0 0/1 .",
    ],
)
def test_what_hail_reads_is_not_refused(write_vcf, record):
    assert inspect_vcfs([write_vcf([record])], reference_genome="GRCh38", info_fields=["POPAF"]).samples


@pytest.mark.parametrize(
    ("value", "reads"), [("2147483647", True), ("-2147483648", False), ("1,3000000000,.", False)]
)
def test_a_whole_number_that_is_too_large_is_told_with_a_remedy_that_works(write_vcf, value, reads):
    record, declared = f"chr1 9 . A C . . N={value} GT 0/0 . .", '##INFO=<ID=N,Number=.,Type={},Description="">'
    path = write_vcf([record], extra_header=[declared.format("Integer")])
    if not reads:
        words = f"INFO N: the header declares Type=Integer, found '{value}', expected 2,147,483,647 at most"
        assert words in refusal(path, info_fields=["N"])
        path = write_vcf([record], extra_header=[declared.format("Float")])
    assert inspect_vcfs([path], reference_genome="GRCh38", info_fields=["N"]).samples


def test_all_kinds_of_fault_are_told_at_once_and_each_once_with_its_other_lines(write_vcf):
    records = [GOOD, "chr1 0 . A C . . . GT 0/0 0/1 .", "chr1 9 . A C . . . GT:GQ 0/0:1.5 0/1 ."]
    records += ["chr1 9 . A C . . . GT:GQ 0/0:2.5 0/1 ."] * 14
    text = refusal(write_vcf(records))
    assert "2 problems" in text
    assert "line 11: POS is '0'" in text
    assert "line 12, FORMAT GQ: the header declares Integer, found '1.5'; set genotypes.header_types" in text
    assert "(also lines 13, 14, 15, 16, 17, 18, 19, 20, 21 and 5 more)" in text


def test_more_kinds_than_can_be_read_are_counted():
    findings = Findings()
    for number in range(MOST_KINDS + 3):
        findings.add(number, Fault("", "wrong", f"kind {number}"))
    problems = findings.problems()
    assert len(problems) == MOST_KINDS + 1
    assert problems[-1].message == "and 3 kinds of fault more, the first here"


def test_windows_line_ends_are_read(write_vcf):
    path = write_vcf([GOOD], name="cohort.vcf")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert inspect_vcfs([path], reference_genome="GRCh38").samples == ("s1", "s2", "s3")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("##fileformat", "\ufeff##fileformat", "line 1 begins with a byte order mark"),
        ("##fileformat", "\n##fileformat", "the first line is '', expected '##fileformat=VCFv4.x'; remove the empty"),
        ("##fileformat=VCFv4.2\n", "", "expected '##fileformat=VCFv4.x'; put that line before it"),
        ("\tPOS\tID", "\tID\tPOS", "line 9: column 2 is 'ID', expected 'POS'"),
        ("\tFORMAT\ts1", "\ts1\tFORMAT", "line 9: column 9 is 's1', expected 'FORMAT'"),
        ("\ts2", "\t", "1 of 3 sample columns have no name"),
    ],
)
def test_a_header_that_is_not_one_is_told_by_its_line(write_vcf, old, new, words):
    path = write_vcf([GOOD], name="cohort.vcf")
    path.write_text(path.read_text().replace(old, new, 1))
    assert words in refusal(path)


def test_columns_separated_by_spaces_are_told_from_a_line_cut_off(write_vcf):
    path = write_vcf([GOOD], name="cohort.vcf")
    text = path.read_text()
    head, _, record = text.rstrip("\n").rpartition("\n")
    path.write_text(f"{head}\n{record.replace(chr(9), ' ')}\n")
    assert "line 10: columns are separated by spaces, expected tabs" in refusal(path)
    before, _, columns = head.rpartition("\n")
    path.write_text(f"{before}\n{columns.replace(chr(9), ' ')}\n{record}\n")
    assert "line 9 has its columns separated by spaces, expected tabs" in refusal(path)


@pytest.mark.parametrize(
    ("declaration", "words"),
    [
        ("Number=1,Type=Int", "type 'Int', expected one of Integer"),
        ("Number=N,Type=Float", "Number 'N', expected a count"),
    ],
)
def test_an_info_field_declared_in_unknown_words_is_refused_where_it_is_needed(write_vcf, declaration, words):
    path = write_vcf([GOOD], extra_header=[f'##INFO=<ID=CADD,{declaration},Description="">'])
    assert f"INFO CADD: {words}" in refusal(path, info_fields=["CADD"])
    assert inspect_vcfs([path], reference_genome="GRCh38").samples


def test_genotypes_need_not_be_declared(write_vcf):
    path = write_vcf(["chr1 9 . A C . . . GT:DP 0/0:3 0/1 ."], header=["##fileformat=VCFv4.2"])
    assert inspect_vcfs([path], reference_genome="GRCh38").call_fields == ("GT",)
