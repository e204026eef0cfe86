"""What the command says of VCFs that it can't use."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest


@pytest.mark.parametrize("pattern", ["vcf/chr99.vcf.gz", "vcf/sample*.vcf.gz", "nowhere/*.vcf.gz"])
def test_a_missing_vcf_is_named_with_the_setting_and_the_folder(folder, refusal, pattern):
    folder.set(genotypes={"vcfs": ["vcf/chr1.vcf.gz", pattern]})
    line = refusal().line_of(pattern)
    assert "genotypes.vcfs[1]" in line
    assert "no file matches" in line
    assert str((folder.path / pattern).parent) in line


def test_a_folder_of_vcfs_that_may_not_be_looked_into_is_named(folder, refusal, monkeypatch):
    is_file = Path.is_file

    def is_file_unless_closed(path):
        if path.parent.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    # Taking the mode's bits away would not stop root.
    monkeypatch.setattr(Path, "is_file", is_file_unless_closed)
    folder.set(genotypes={"vcfs": ["closed/chr1.vcf.gz"]})
    line = refusal().line_of("genotypes.vcfs[0]")
    assert f"{folder.path / 'closed'} can't be read: permission denied; ask its owner for access" in line


def test_an_empty_vcf_is_refused(folder, refusal):
    (folder.path / "vcf" / "chr1.vcf.gz").write_bytes(b"")
    text = refusal()
    assert "chr1.vcf.gz" in text
    assert "the file is empty (0 bytes)" in text


def test_a_vcf_without_a_record_is_refused(folder, refusal):
    header, _ = folder.read_vcf("chr1.vcf.gz")
    folder.write_vcf("chr1.vcf.gz", header, [])
    assert "there is no variant in any VCF" in refusal()


def test_a_file_that_is_no_vcf_is_refused_with_its_first_line(folder, refusal):
    folder.write_vcf("chr1.vcf.gz", ["sample\tage"], [["P0001", "61"]])
    assert "not a VCF: the first line is 'sample\\tage'" in refusal()


@pytest.mark.parametrize("command", ["validate", "run"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_truncated_bgzip_is_refused(folder, refusal, kept, command):
    path = folder.path / "vcf" / "chr1.vcf.gz"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    text = refusal(command)
    assert "chr1.vcf.gz" in text
    assert "truncated or damaged bgzip" in text
    assert "copy it again" in text


def test_a_bgzip_that_lacks_only_its_last_block_is_refused(folder, refusal):
    path = folder.path / "vcf" / "chr1.vcf.gz"
    path.write_bytes(path.read_bytes()[:-28])
    assert "the end-of-file block is absent" in refusal()


def test_a_sample_id_that_stands_twice_in_a_vcf_is_named(folder, refusal):
    header, records = folder.read_vcf("chr1.vcf.gz")
    header[-1] = header[-1].replace("P0007", "P0008")
    folder.write_vcf("chr1.vcf.gz", header, records)
    line = refusal().line_of("samples: ")
    assert "1 sample id occurs twice or more, the first is 'P0008'; rename all but one" in line


def test_vcfs_with_different_samples_are_refused_without_listing_them(folder, refusal):
    header, records = folder.read_vcf("chr2.vcf.gz")
    header[-1] = header[-1].replace("P0007", "X0007")
    folder.write_vcf("chr2.vcf.gz", header, records)
    folder.set(genotypes={"vcfs": ["vcf/chr1.vcf.gz", "vcf/chr2.vcf.gz"]})
    text = refusal()
    assert "chr2.vcf.gz, samples: differ from those of chr1.vcf.gz: 1 are absent, 1 are new" in text
    assert "0007" not in text


def test_the_wrong_reference_genome_is_refused_with_both_builds(folder, refusal):
    folder.set(genotypes={"reference_genome": "GRCh37"})
    line = refusal().line_of("reference genome")
    assert "GRCh37" in line
    assert "GRCh38" in line
    assert "set genotypes.reference_genome" in line


def test_positions_beyond_the_chromosome_reveal_the_wrong_genome_where_the_header_says_nothing(folder, refusal):
    header, records = folder.read_vcf("chr1.vcf.gz")
    records[0][:2] = "chr1", "249000000"
    silent = [line for line in header if not line.startswith("##contig")]
    folder.write_vcf("chr1.vcf.gz", silent, records[:1])
    assert "position chr1:249,000,000 lies beyond the end of the chromosome in GRCh38" in refusal()


def test_plain_gzip_is_refused_with_the_command_that_mends_it(folder, refusal, progex):
    path = folder.path / "vcf" / "chr1.vcf.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())))
    line = refusal().line_of("compressed by plain gzip")
    assert f"progex bgzip {path}" in line
    assert progex("bgzip", path, path.with_name("new.vcf.bgz")).exit_code == 0
    folder.set(genotypes={"vcfs": ["vcf/new.vcf.bgz"]})
    assert progex("validate", folder.study).exit_code == 0


def test_a_header_type_that_the_values_contradict_is_refused_with_the_setting_that_mends_it(folder, refusal, progex):
    header, records = folder.read_vcf("chr1.vcf.gz")
    for record in records:
        record[9:] = [f"{call}.5" for call in record[9:]]
    folder.write_vcf("chr1.vcf.gz", header, records)
    line = refusal().line_of("FORMAT GQ")
    assert f"line {len(header) + 1}" in line
    assert "the header declares Integer" in line
    assert "set genotypes.header_types: {GQ: Float}" in line
    folder.set(genotypes={"header_types": {"GQ": "Float"}})
    assert progex("validate", folder.study).exit_code == 0


def test_a_record_that_was_cut_off_is_named_by_its_line(folder, refusal):
    header, records = folder.read_vcf("chr1.vcf.gz")
    records[3] = records[3][:-5]
    folder.write_vcf("chr1.vcf.gz", header, records)
    line = refusal().line_of(f"line {len(header) + 4}")
    assert "found 44 columns where the header has 49" in line


def test_every_kind_of_fault_of_the_first_records_is_told_at_once(folder, refusal):
    header, records = folder.read_vcf("chr1.vcf.gz")
    first = len(header) + 1
    records[0][1] = "0"
    records[1][9] = "0/0/1"
    records[2][9] = "0.5"
    records[3][0] = "chr 1"
    records[4] = records[4][:-1]
    records[5][0] = "<1>"
    records[6][10] = "1/1/1"
    folder.write_vcf("chr1.vcf.gz", header, records)
    text = refusal()
    assert "chr1.vcf.gz: 4 problems" in text
    assert f"line {first}: POS is '0', expected a whole number from 1" in text
    assert f"line {first + 1}, FORMAT GT: found '0/0/1': a call of more than two alleles can't be tested" in text
    assert f"(also lines {first + 2}, {first + 6})" in text
    assert f"line {first + 3}, CHROM: found 'chr 1', expected a contig's name such as 1 or chr1" in text
    assert f"(also line {first + 5})" in text
    assert f"line {first + 4}: found 48 columns where the header has 49" in text


@pytest.mark.parametrize(
    ("begin", "words"),
    [
        ("\ufeff##fileformat=VCFv4.2", "line 1 begins with a byte order mark"),
        ("\n##fileformat=VCFv4.2", "the first line is '', expected '##fileformat=VCFv4.x'"),
    ],
)
def test_what_stands_before_the_header_is_told(folder, refusal, begin, words):
    header, records = folder.read_vcf("chr1.vcf.gz")
    header[0] = begin
    folder.write_vcf("chr1.vcf.gz", header, records)
    assert words in refusal()


def test_columns_apart_by_spaces_are_told(folder, refusal):
    header, records = folder.read_vcf("chr1.vcf.gz")
    header[-1] = header[-1].replace("\t", " ")
    folder.write_vcf("chr1.vcf.gz", header, records)
    assert f"line {len(header)} has its columns separated by spaces, expected tabs" in refusal()
