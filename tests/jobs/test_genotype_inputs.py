"""BED files that a study names: what is taken for one, and what is refused."""

from __future__ import annotations

import gzip

import pytest
import yaml

from association.problems import InputError
from jobs.genotype_inputs import check_bed_files, quality_fields
from jobs.study.file import read_study

SETTINGS = {
    "name": "small",
    "output": "out",
    "participants": {"path": "p.tsv"},
    "annotation": {"source": "vep"},
    "masks": [{"name": "missense"}],
    "traits": [{"name": "survival", "type": "survival"}],
}


@pytest.fixture
def check(tmp_path):
    """Give a function that has a file of some bytes checked as the low-complexity regions of a study."""

    def run(content, *, name="regions.bed", genome="GRCh38", setting="low_complexity"):
        (tmp_path / name).write_bytes(content)
        path = tmp_path / "study.yaml"
        named = {setting: [name] if setting == "targets" else name}
        genotypes = {"vcfs": ["a.vcf"], "reference_genome": genome}
        path.write_text(yaml.safe_dump(SETTINGS | {"genotypes": genotypes, "qc": {"variant": named}}))
        check_bed_files(read_study(path), path)

    return run


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"chrom\tstart\tend\nchr1\t1\t2\n", "line 1: expected chromosome, start and end"),
        (b"chr1\t1000\n", "line 1: expected chromosome, start and end"),
        (b"chr1\t1000\t2000\nchr1,1000,2000\n", "line 2: expected chromosome, start and end"),
        (b"chr1\t1e3\t2000\n", "line 1: expected chromosome, start and end"),
        (b"chr1\t-5\t2000\n", "line 1: expected chromosome, start and end"),
        (b"chrUn_1\t10\t20\nHLA-A\t10\t20\n", "none of its first intervals lies on a chromosome of GRCh38"),
        (b"# nothing\ntrack name=x\n\n", "has no interval"),
        (b"", "has no interval"),
        (b"\xff\xfe\x00", "can't be read"),
    ],
)
def test_a_file_that_is_no_bed_file_is_refused(check, content, message):
    with pytest.raises(InputError) as caught:
        check(content)
    (problem,) = caught.value.problems
    assert problem.place == "qc.variant.low_complexity: regions.bed"
    assert message in problem.message


@pytest.mark.parametrize(
    "content", [b"chr1\t1\t2\n", gzip.compress(b"chr1\t1\t2\n" * 9_999)[:40]], ids=["plain text", "cut off"]
)
def test_a_file_that_is_not_the_gzip_that_its_name_says_is_refused(check, content):
    with pytest.raises(InputError, match="can't be read"):
        check(content, name="regions.bed.gz")


@pytest.mark.parametrize("setting", ["low_complexity", "segmental_duplications", "targets"])
@pytest.mark.parametrize(
    ("genome", "end", "beyond"),
    [
        ("GRCh38", 248_956_422, False),
        ("GRCh38", 248_956_423, True),
        ("GRCh37", 249_250_621, False),
        ("GRCh37", 249_250_622, True),
    ],
)
def test_a_chromosome_ends_where_it_does_on_the_studys_build(check, setting, genome, end, beyond):
    content = f"1\t10\t20\nchr1\t{end - 9}\t{end}\n".encode()
    if not beyond:
        return check(content, genome=genome, setting=setting)
    with pytest.raises(InputError, match=f"line 2: .* lies beyond the end of the chromosome in {genome}"):
        check(content, genome=genome, setting=setting)


@pytest.mark.parametrize("name", ["kit.bed", "kit.bed.gz"])
@pytest.mark.parametrize("prefix", ["chr", ""])
@pytest.mark.parametrize("genome", ["GRCh37", "GRCh38"])
def test_a_capture_kits_file_is_accepted_with_its_headers_and_further_columns(check, name, prefix, genome):
    text = f"""\
browser position chr1:1-2
track name="Covered" description="kit V7 - regions" db=hg38

#chrom start end
{prefix}1\t65509\t65625\tref|OR4F5,ref|NM_001005484
{prefix}X\t100\t200
chrUn_KI270742v1\t1\t2
"""
    check(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode(), name=name, genome=genome)


class Declared:
    """How a header declares an INFO field."""

    def __init__(self, number, kind):
        self.number, self.type = number, kind


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([{"QD": Declared("1", "Float"), "VQSLOD": Declared("1", "Float")}], ("QD", "VQSLOD")),
        ([{"AS_QD": Declared("A", "Float"), "QD": Declared("1", "Float")}], ("AS_QD", "QD")),
        ([{"QD": Declared("1", "Float")}, {"QD": Declared("1", "Float")}], ("QD",)),
        ([{"QD": Declared("1", "Float")}, {}], ()),
        ([{"QD": Declared("1", "Float")}, {"QD": Declared("1", "Integer")}], ()),
        ([{"QD": Declared("1", "String")}], ()),
        ([{"QD": Declared("R", "Float")}], ()),
        ([{}], ()),
    ],
)
def test_a_field_of_quality_is_read_where_every_vcf_declares_it_as_the_same_number(headers, expected):
    assert quality_fields(headers) == expected
