import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.problems import InputError
from hail_pipelines.annotation.gene_model import coding_lengths, read_gene_model, segments

GTF = """\
#!genome-build GRCh38.p14
chr21 x gene 31659622 31668931 . + . gene_id "ENSG1"; gene_name "SOD1";
chr21 x exon 31659622 31659841 . + . gene_id "ENSG1"; gene_name "SOD1";
chr21 x CDS 31659770 31659841 . + 0 gene_id "ENSG1"; transcript_id "T1"; gene_name "SOD1";
chr21 x CDS 31659800 31659850 . + 0 gene_id "ENSG1"; transcript_id "T2"; gene_name "SOD1";
chr21 x CDS 31663790 31663886 . + 0 gene_id "ENSG1"; transcript_id "T1"; gene_name "SOD1";
chr21 x stop_codon 31663887 31663889 . + 0 gene_id "ENSG1"; transcript_id "T1"; gene_name "SOD1";
chrX x CDS 101 200 . - 0 gene_id "ENSG2";
chrX x CDS 1001 1100 . - 0 gene_id "ENSG3"; gene_name "PLCXD1";
chrY x CDS 1001 1050 . - 0 gene_id "ENSG3_PAR_Y"; gene_name "PLCXD1";
chrUn_KI270742v1 x CDS 1 10 . - 0 gene_id "ENSG4"; gene_name "ODD";
"""


def tabbed(text):
    return "\n".join("\t".join(line.split(" ", 8)) if line[0] != "#" else line for line in text.splitlines()) + "\n"


@pytest.fixture
def gtf(tmp_path):
    path = tmp_path / "genes.gtf.gz"
    path.write_bytes(gzip.compress(tabbed(GTF).encode()))
    return path


def test_coding_bases_of_all_transcripts_count_once_with_the_stop_codon(gtf):
    lengths = coding_lengths(read_gene_model(gtf, "GRCh38")).set_index("gene")["coding_length"]
    # 31659770 to 31659850, and 31663790 to 31663889; the gene of X and Y has the longer of two.
    assert lengths.to_dict() == {"SOD1": 81 + 100, "ENSG2": 100, "PLCXD1": 100}


def test_intervals_come_back_in_the_spelling_of_the_build(gtf, tmp_path):
    path = tmp_path / "genes.bed"
    path.write_text("track name=x\nchr1\t9\t20\tTARDBP\t0\t+\n1\t20\t30\tTARDBP\n")
    model = read_gene_model(path, "GRCh37")
    assert model.to_numpy().tolist() == [["TARDBP", "1", 10, 30]]
    assert set(read_gene_model(gtf, "GRCh38")["contig"]) == {"chr21", "chrX", "chrY"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("genes.gff3", "", r"expected a name that ends in .gtf, .gtf.gz, .bed, .bed.gz"),
        ("genes.bed", "chr1 1 10 A\n", r"line 1: has 1 columns between tabs, expected at least 4"),
        ("genes.bed", "chr1\t1\tten\tA\n", r"line 1: expected contig, start, end and gene"),
        ("genes.bed", "chr1\t10\t10\tA\n", r"line 1: the interval 11 to 10 is none"),
        ("genes.bed", "chr21\t46709983\t46709984\tA\n", r"chr21:46709984 lies beyond .* may be on GRCh37"),
        ("genes.bed", "chrUn\t1\t10\tA\n", r"no interval with a gene in column 4 on a chromosome"),
        ("genes.gtf", tabbed(GTF).replace("GRCh38.p14", "GRCh37.p13"), r"names GRCh37; use the file on GRCh38"),
        ("genes.gtf", tabbed(GTF).replace("CDS", "exon").replace("stop_codon", "exon"), r"no CDS or stop_codon"),
        ("genes.gtf", "chr1\tx\tCDS\t1\t9\t.\t+\t0\tID=cds1;gene=A\n", r"line 1: names no gene or no interval"),
    ],
)
def test_what_is_no_gene_model_of_the_build_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        read_gene_model(tmp_path / name, "GRCh38")


def test_an_absent_or_broken_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_gene_model(tmp_path / "genes.gtf", "GRCh38")
    (tmp_path / "genes.gtf.gz").write_bytes(gzip.compress(tabbed(GTF).encode())[:60])
    with pytest.raises(InputError, match="can't be read"):
        read_gene_model(tmp_path / "genes.gtf.gz", "GRCh38")


intervals = st.tuples(st.sampled_from("ABC"), st.integers(1, 60), st.integers(0, 12))


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(intervals, min_size=1, max_size=12), padding=st.integers(0, 3))
def test_stretches_and_lengths_equal_a_base_by_base_count(tmp_path_factory, rows, padding):
    path = tmp_path_factory.mktemp("model") / "genes.bed"
    path.write_text("".join(f"chr1\t{start - 1}\t{start + more}\t{gene}\n" for gene, start, more in rows))
    model = read_gene_model(path, "GRCh38")
    bases = {}
    for gene, start, more in rows:
        bases.setdefault(gene, set()).update(range(start, start + more + 1))
    assert coding_lengths(model).set_index("gene")["coding_length"].to_dict() == {
        gene: len(places) for gene, places in bases.items()
    }
    stretches = segments(model, padding)["chr1"]
    assert (stretches.ends >= stretches.starts).all()
    assert (stretches.starts[1:] > stretches.ends[:-1]).all()
    for place in range(1, 80):
        near = set(range(place - padding, place + padding + 1))
        found = [
            names
            for start, end, names in zip(stretches.starts, stretches.ends, stretches.genes, strict=True)
            if start <= place <= end
        ]
        assert set(found[0] if found else ()) == {gene for gene, own in bases.items() if near & own}
