import gzip
from pathlib import Path

import pytest

from association.problems import InputError
from hail_pipelines.vcf.bgzip import blocked_name, reblock
from hail_pipelines.vcf.files import inspect_vcfs
from hail_pipelines.vcf.header import annotation_subfields

RECORD = "chr1 1000 . A C . PASS . GT:AD:DP:GQ 0/0:9,0:9:30 0/1:5,5:10:99 ./."
CALLS_WITHOUT_DEPTHS = (
    "##fileformat=VCFv4.2",
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality">',
)


def refusal(*paths: Path, **options) -> str:
    with pytest.raises(InputError) as error:
        inspect_vcfs(paths, reference_genome=options.pop("reference_genome", "GRCh38"), **options)
    return str(error.value)


def test_summary_tells_samples_fields_and_contig_naming(write_vcf):
    summary = inspect_vcfs([write_vcf([RECORD])], reference_genome="GRCh38", info_fields=["GENE"])
    assert summary.samples == ("s1", "s2", "s3")
    assert summary.call_fields == ("GT", "GQ", "DP", "AD")
    assert summary.contigs == ("chr1",)
    assert summary.has_chr_prefix
    assert summary.info_descriptions["GENE"] == "Gene"


def test_a_field_that_no_record_has_does_not_count_as_present(write_vcf):
    path = write_vcf(["1 1000 . A C . . . GT:DP 0/0:9 0/1:10 ./.:."])
    assert inspect_vcfs([path], reference_genome="GRCh37").call_fields == ("GT", "DP")


@pytest.mark.parametrize(
    ("description", "parts"),
    [
        (
            "Consequence annotations from Ensembl VEP. Format: Allele|Consequence|SYMBOL",
            ("Allele", "Consequence", "SYMBOL"),
        ),
        ("Functional annotations: 'Allele | Annotation | Gene_Name' ", ("Allele", "Annotation", "Gene_Name")),
        ("Depth", ()),
    ],
)
def test_parts_of_an_annotation_are_read_from_the_header(description, parts):
    assert annotation_subfields(description) == parts


def test_refuses_a_missing_and_an_empty_file_and_names_both(tmp_path):
    empty = tmp_path / "empty.vcf.gz"
    empty.touch()
    text = refusal(tmp_path / "absent.vcf.gz", empty)
    assert "2 problems" in text
    assert "absent.vcf.gz, file: there is no such file" in text
    assert "empty.vcf.gz, file: the file is empty" in text


def test_refuses_a_file_without_permission_to_read_it(write_vcf, monkeypatch):
    readable, closed = write_vcf([RECORD], name="a.vcf.gz"), write_vcf([RECORD], name="b.vcf.gz")
    open_file = Path.open

    def open_unless_closed(path, *arguments, **options):
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return open_file(path, *arguments, **options)

    # Taking the mode's bits away would not stop root.
    monkeypatch.setattr(Path, "open", open_unless_closed)
    text = refusal(readable, closed)
    assert "1 problem" in text
    assert "b.vcf.gz, file: can't be read: permission denied; ask its owner for access" in text


def test_refuses_text_that_is_no_vcf(tmp_path):
    path = tmp_path / "notes.vcf"
    path.write_text("sample\tage\n")
    assert "not a VCF: the first line is 'sample\\tage'" in refusal(path)


def test_refuses_plain_gzip_and_reblocking_mends_it(write_vcf, tmp_path):
    plain = tmp_path / "plain.vcf.gz"
    plain.write_bytes(gzip.compress(write_vcf([RECORD], name="text.vcf").read_bytes()))
    assert f"progex bgzip {plain}" in refusal(plain)
    mended = tmp_path / "mended.vcf.gz"
    reblock(plain, mended)
    assert inspect_vcfs([mended], reference_genome="GRCh38").samples == ("s1", "s2", "s3")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mended.vcf.gz", "plain.vcf.gz", "text.vcf"]


def test_reblocking_a_truncated_file_leaves_nothing(tmp_path, write_vcf):
    plain = tmp_path / "plain.vcf.gz"
    plain.write_bytes(gzip.compress(write_vcf([RECORD] * 50, name="text.vcf").read_bytes())[:-20])
    with pytest.raises(InputError, match="copy it again"):
        reblock(plain, tmp_path / "target.vcf.gz")
    assert not (tmp_path / "target.vcf.gz").exists()
    assert not list(tmp_path.glob(".*"))


def test_reblocking_never_overwrites(tmp_path, write_vcf):
    path = write_vcf([RECORD])
    with pytest.raises(InputError, match="exists already"):
        reblock(path, path)


def test_reblocking_from_or_to_nowhere_is_refused(tmp_path, write_vcf):
    with pytest.raises(InputError, match="no such file"):
        reblock(tmp_path / "nothing.vcf.gz", tmp_path / "new.vcf.bgz")
    with pytest.raises(InputError, match="does not exist"):
        reblock(write_vcf([RECORD]), tmp_path / "nowhere" / "new.vcf.bgz")


def test_the_blocked_copy_is_named_after_the_original():
    assert blocked_name(Path("a/exomes.vcf.gz")) == Path("a/exomes.vcf.bgz")
    assert blocked_name(Path("exomes.vcf")) == Path("exomes.vcf.bgz")


@pytest.mark.parametrize(("cut", "words"), [(28, "end-of-file block is absent"), (40, "cut off"), (10, "cut off")])
def test_refuses_truncated_bgzip(write_vcf, cut, words):
    path = write_vcf([RECORD])
    path.write_bytes(path.read_bytes()[:-cut])
    assert words in refusal(path)


def test_refuses_a_block_with_broken_content(write_vcf):
    path = write_vcf([RECORD])
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)
    assert "damaged" in refusal(path)


def test_refuses_a_name_that_contradicts_the_compression(write_vcf, tmp_path):
    bgzipped = write_vcf([RECORD])
    renamed = bgzipped.rename(tmp_path / "renamed.vcf")
    assert "bgzipped, but named .vcf" in refusal(renamed)
    text = write_vcf([RECORD], name="text.vcf").rename(tmp_path / "text.vcf.gz")
    assert "not compressed, although its name says so" in refusal(text)


def test_refuses_duplicate_samples(write_vcf):
    path = write_vcf([RECORD], samples=["s1", "s2", "s1"])
    assert "1 sample id occurs twice or more" in refusal(path)
    assert "'s1'" in refusal(path)


def test_refuses_a_vcf_without_samples(write_vcf):
    assert "sites-only" in refusal(write_vcf([], samples=[]))


def test_refuses_files_whose_samples_differ(write_vcf):
    first = write_vcf([RECORD], name="a.vcf.gz")
    other_order = write_vcf([RECORD], name="b.vcf.gz", samples=["s2", "s1", "s3"])
    other_samples = write_vcf([RECORD], name="c.vcf.gz", samples=["s1", "s2", "s4"])
    text = refusal(first, other_order, other_samples)
    assert "b.vcf.gz, samples: differ from those of a.vcf.gz: in another order" in text
    assert "c.vcf.gz, samples: differ from those of a.vcf.gz: 1 are absent, 1 are new" in text


def csq(parts: str, *, number: str = ".", of_type: str = "String") -> list[str]:
    return [f'##INFO=<ID=CSQ,Number={number},Type={of_type},Description="Ensembl VEP. Format: {parts}">']


def test_refuses_files_whose_annotation_has_its_parts_in_another_order(write_vcf):
    first = write_vcf([RECORD], name="a.vcf.gz", extra_header=csq("Allele|Consequence|SYMBOL"))
    same = write_vcf([RECORD], name="b.vcf.gz", extra_header=csq("Allele|Consequence|SYMBOL"))
    other = write_vcf([RECORD], name="c.vcf.gz", extra_header=csq("Allele|SYMBOL|Consequence"))
    summary = inspect_vcfs([first, same], reference_genome="GRCh38", info_fields=["CSQ"])
    assert summary.annotation_subfields == {"CSQ": ("Allele", "Consequence", "SYMBOL")}
    text = refusal(first, same, other, info_fields=["CSQ"])
    assert "1 problem" in text
    assert (
        "c.vcf.gz, INFO CSQ: Format is Allele|SYMBOL|Consequence here and Allele|Consequence|SYMBOL in a.vcf.gz. "
        "Annotate all files with the same options"
    ) in text
    assert inspect_vcfs([first, other], reference_genome="GRCh38").samples == ("s1", "s2", "s3")


def test_refuses_files_that_declare_an_info_field_with_another_number_or_type(write_vcf):
    first = write_vcf([RECORD], name="a.vcf.gz", extra_header=csq("Allele|SYMBOL"))
    other = write_vcf([RECORD], name="b.vcf.gz", extra_header=csq("Allele|SYMBOL", number="1", of_type="Character"))
    text = refusal(first, other, info_fields=["CSQ"])
    assert "INFO CSQ: Number is 1 here and . in a.vcf.gz; Type is Character here and String in a.vcf.gz" in text


@pytest.mark.parametrize("lacking", [0, 1])
def test_refuses_a_file_that_lacks_a_call_field_of_the_others(write_vcf, lacking):
    names = ["a.vcf.gz", "b.vcf.gz"]
    paths = [write_vcf([RECORD], name=name) for name in names]
    paths[lacking] = write_vcf(
        ["chr2 1000 . A C . . . GT:GQ 0/0:30 0/1:99 ./."], name=names[lacking], header=CALLS_WITHOUT_DEPTHS
    )
    text = refusal(*paths)
    assert "2 problems" in text
    for field in ("DP", "AD"):
        message = f"{names[lacking]}, FORMAT {field}: not declared in the header, while {names[1 - lacking]} has it"
        assert message in text


def test_a_call_field_that_is_declared_but_in_no_record_is_not_missed(write_vcf):
    record = "chr1 1000 . A C . . . GT:GQ 0/0:30 0/1:99 ./."
    paths = [
        write_vcf([record], name="a.vcf.gz"),
        write_vcf([record], name="b.vcf.gz", header=CALLS_WITHOUT_DEPTHS),
    ]
    assert inspect_vcfs(paths, reference_genome="GRCh38").call_fields == ("GT", "GQ")


@pytest.mark.parametrize("lacking", [0, 1])
def test_a_call_field_that_first_records_of_a_declaring_file_lack_is_read(write_vcf, lacking):
    records = [RECORD, "chr1 1000 . A C . . . GT 0/0 0/1 ./."]
    paths = [write_vcf([records[number == lacking]], name=f"{number}.vcf.gz") for number in range(2)]
    assert inspect_vcfs(paths, reference_genome="GRCh38").call_fields == ("GT", "GQ", "DP", "AD")


def test_every_one_of_many_files_is_looked_at_as_far_as_a_hundred_records(write_vcf):
    good = ["chr1 1000 . A C . . . GT 0/0 0/1 ./."] * 99
    bad = write_vcf([*good, "chr1 1000 . A C . . . GT 0/0 0/1 x"], name="bad.vcf.gz")
    text = refusal(*(write_vcf(good, name=f"{number}.vcf.gz") for number in range(23)), bad)
    assert "1 problem" in text
    assert "bad.vcf.gz, line 109, FORMAT GT: found 'x'" in text


def test_refuses_values_that_contradict_the_header_until_the_type_is_overridden(write_vcf):
    path = write_vcf([RECORD, "chr1 1001 . A C . . . GT:AD:DP:GQ 0/0:9,0:9:12.3 ./. ./."])
    text = refusal(path)
    assert "line 11, FORMAT GQ: the header declares Integer, found '12.3'" in text
    assert "genotypes.header_types: {GQ: Float}" in text
    summary = inspect_vcfs([path], reference_genome="GRCh38", header_types={"GQ": "Float"})
    assert summary.format_types["GQ"] == "Float"


def test_words_in_a_field_that_is_not_read_are_no_contradiction(write_vcf):
    path = write_vcf(["chr1 1001 . A C . . . GT:PGT:PID:GQ 0/0:.:1_A_C:12 0|1:0|1:x1.5:3 ./."])
    assert inspect_vcfs([path], reference_genome="GRCh38").call_fields == ("GT", "GQ")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("##contig=<ID=chr1,length=249250621>", "chr1 has 249,250,621 bases, which is GRCh37"),
        ("##contig=<ID=chr2,length=\u00b2>\n##contig=<ID=chr1,length=5000>", "neither GRCh37 nor GRCh38"),
        ("##reference=file:///refs/hg19.fa", "which is GRCh37"),
        ("##contig=<ID=chr1,assembly=b37>", "which is GRCh37"),
    ],
)
def test_refuses_a_header_on_another_build(write_vcf, line, words):
    assert words in refusal(write_vcf([RECORD], extra_header=[line]))


def test_refuses_a_position_beyond_the_chromosome(write_vcf):
    path = write_vcf(["chr1 249000000 . A C . . . GT 0/0 0/1 ./."])
    assert "line 10: position chr1:249,000,000 lies beyond the end of the chromosome in GRCh38" in refusal(path)
    assert inspect_vcfs([path], reference_genome="GRCh37").contigs == ("chr1",)


def test_refuses_a_vcf_without_genotypes(write_vcf):
    header = ["##fileformat=VCFv4.2", '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="">']
    text = refusal(write_vcf(["1 9 . A C . . . DP 1 2 3"], header=header))
    assert "FORMAT GT: none of the first 1 records has GT in its FORMAT: there are no genotypes to test" in text
    assert "FORMAT GT: not declared" in refusal(write_vcf([], header=header))


def test_refuses_a_vcf_without_records(write_vcf):
    assert "there is no variant in any VCF" in refusal(write_vcf([]))


def test_refuses_a_line_with_columns_missing(write_vcf):
    assert "line 10: found 11 columns where the header has 12" in refusal(write_vcf(["1 9 . A C . . . GT 0/0 0/1"]))


def test_refuses_an_annotation_field_that_is_absent(write_vcf):
    assert "INFO CSQ: not declared in the header; it has: EFFECT, GENE, POPAF" in refusal(
        write_vcf([RECORD]), info_fields=["CSQ"]
    )
