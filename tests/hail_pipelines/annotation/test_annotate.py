import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from association.problems import InputError
from hail_pipelines.annotation import batches
from hail_pipelines.annotation.annotate import GENE_LENGTHS, annotate
from hail_pipelines.annotation.counts import AnnotationCounts, check_gene_model
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.shares import Workers
from hail_pipelines.whole_file import SUFFIX

PARTS = {
    "CSQ": ("Consequence", "ALLELE_NUM", "SYMBOL", "REVEL"),
    "ANN": ("Allele", "Annotation", "Annotation_Impact", "Gene_Name", "Gene_ID", "HGVS.p"),
}


def brief(genes):
    return [[(gene.gene, gene.consequence, gene.external_af, gene.scores) for gene in row] for row in genes]


def test_vep_annotation_leaves_out_genes_whose_protein_stays_and_takes_what_it_lacks_from_info(annotated):
    source = AnnotationSource(
        scores=("REVEL", "dbNSFP_CADD_phred"), fields=("dbNSFP_SIFT_pred",), external_af="SITE_AF"
    )
    counts, genes = annotated(source, subfields=PARTS)
    assert brief(genes) == [
        [("SOD1", "stop_gained", 0.25, {"REVEL": 0.5, "dbNSFP_CADD_phred": 33.5})],
        [("FUS", "missense_variant", 0.25, {"REVEL": 0.1, "dbNSFP_CADD_phred": 21.0})],
        [],
    ]
    # Three values for two alleles are the record's, not the alleles'.
    assert [row[0].fields for row in genes[:2]] == [{"dbNSFP_SIFT_pred": "D&T&T"}] * 2
    assert counts == AnnotationCounts(variants=3, annotated=2, gene_entries=2, modifier_entries=2, genes=2)


def test_info_fields_hold_a_value_per_allele(annotated):
    source = AnnotationSource(kind="info", gene_field="GENE", consequence_field="EFFECT", external_af="POPAF")
    _, genes = annotated(source)
    assert brief(genes) == [
        [("SOD1", "stop_gained", pytest.approx(0.1), {})],
        [("FUS", "missense_variant", pytest.approx(0.2), {})],
        [],
    ]


def test_snpeff_keeps_its_own_texts_and_scores_from_info_and_counts_unknown_terms(annotated):
    source = AnnotationSource("snpeff", field="ANN", scores=("dbNSFP_CADD_phred",), fields=("HGVS.p",))
    counts, genes = annotated(source, subfields=PARTS)
    assert brief(genes) == [
        [("SOD1", "stop_gained", None, {"dbNSFP_CADD_phred": 33.5})],
        [("FUS", "missense_variant", None, {"dbNSFP_CADD_phred": 21.0})],
        [],
    ]
    assert [row[0].fields for row in genes[:2]] == [{"HGVS.p": "p.Gln23%2A"}, {"HGVS.p": "p.Arg1Gly"}]
    assert counts.unknown_terms == {"odd_variant": 1}
    assert counts.by_name()["unknown consequence odd_variant"] == 1
    assert all(isinstance(count, int) for count in counts.by_name().values())


def test_a_gene_model_names_the_genes_alone_and_writes_their_coding_lengths(annotated, tmp_path):
    # The deletion at 1000 takes base 1001, which is the first of SOD1; FUS begins two bases after 2000.
    (tmp_path / "genes.bed").write_text("chr1\t1000\t1100\tSOD1\nchr1\t2001\t2100\tFUS\nchr2\t0\t10\tTBK1\n")
    source = AnnotationSource("gene_model", gene_model=tmp_path / "genes.bed", scores=("dbNSFP_CADD_phred",))
    counts, genes = annotated(source)
    coding = "coding_sequence_variant"
    assert brief(genes) == [
        [("SOD1", coding, None, {"dbNSFP_CADD_phred": 33.5})],
        [("SOD1", coding, None, {"dbNSFP_CADD_phred": 21.0})],
        [],
    ]
    assert counts.annotated == 2
    lengths = pd.read_parquet(tmp_path / GENE_LENGTHS)
    assert lengths.set_index("gene")["coding_length"].to_dict() == {"SOD1": 100, "FUS": 99, "TBK1": 10}


def test_a_gene_model_that_holds_no_variant_is_refused(tmp_path):
    check_gene_model(tmp_path, 1, 3, "GRCh37")
    with pytest.raises(InputError, match=r"none of the VCFs' 3 variants lies in any gene: the file may be on GRCh38"):
        check_gene_model(tmp_path, 0, 3, "GRCh37")


def test_parts_that_are_absent_are_named(calls, tmp_path):
    with pytest.raises(InputError, match=r"AlphaMissense.*no such part; the header names: Consequence, SYMBOL"):
        annotate(
            calls,
            tmp_path / "genes.parquet",
            AnnotationSource(scores=("AlphaMissense",)),
            subfields={"CSQ": ("Consequence", "SYMBOL")},
        )
    with pytest.raises(InputError, match=r"'Gene_Name'.*no such part"):
        annotate(
            calls,
            tmp_path / "genes.parquet",
            AnnotationSource("snpeff", field="ANN"),
            subfields={"ANN": ("Allele", "Annotation")},
        )


INFO_SOURCE = AnnotationSource(
    kind="info", gene_field="GENE", consequence_field="EFFECT", scores=("CADD",), fields=("NOTE",)
)


def many_variants():
    """Give variants of which the third gene alone changes no protein, and every fifth has no gene."""
    genes = [None if number % 5 == 0 else [f"GENE{number % 3}"] for number in range(60)]
    effects = [["intron_variant" if number % 3 == 2 else "stop_gained"] for number in range(60)]
    return [
        (
            "1",
            10 * number + 1,
            "A",
            "G",
            ["A", "G"],
            1,
            {"GENE": gene, "EFFECT": effect, "CADD": number / 2, "NOTE": None},
        )
        for number, gene, effect in zip(range(60), genes, effects, strict=True)
    ]


TYPES = {"GENE": pa.list_(pa.string()), "EFFECT": pa.list_(pa.string()), "CADD": pa.float64(), "NOTE": pa.string()}


def test_the_file_is_the_same_however_the_variants_are_dealt_out(write_variants, tmp_path, monkeypatch):
    """Shares, batches and threads change no byte; rows are in order of variants, with plain columns."""
    monkeypatch.setattr(batches, "SHARE_VARIANTS", 8)
    monkeypatch.setattr(batches, "BATCH_VARIANTS", 5)
    folder = write_variants(tmp_path / "calls", many_variants(), TYPES, row_group_size=7)
    assert len(batches.shares_of(folder / "variants.parquet")) == 5
    written, counts = [], []
    for threads in (1, 3):
        counts.append(annotate(folder, tmp_path / f"{threads}.parquet", INFO_SOURCE, workers=Workers(threads)))
        written.append((tmp_path / f"{threads}.parquet").read_bytes())
    assert written[0] == written[1]
    assert counts[0] == counts[1] == AnnotationCounts(60, annotated=32, gene_entries=32, modifier_entries=16, genes=2)
    table = pq.read_table(tmp_path / "1.parquet")
    expected = [number for number in range(60) if number % 5 and number % 3 < 2]
    assert table["variant"].to_pylist() == expected
    assert table["score_CADD"].to_pylist() == [number / 2 for number in expected]
    assert table["field_NOTE"].null_count == len(expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.parquet", "3.parquet", "calls"]


def test_variants_none_of_which_has_a_gene_make_an_empty_file(write_variants, tmp_path):
    rows = [(*row[:6], {"GENE": None}) for row in many_variants()[:3]]
    for number, some in enumerate((rows, [])):
        counts = annotate(
            write_variants(tmp_path / f"calls{number}", some, TYPES), tmp_path / "genes.parquet", INFO_SOURCE
        )
        assert counts == AnnotationCounts(len(some), annotated=0, gene_entries=0, modifier_entries=0, genes=0)
        table = pq.read_table(tmp_path / "genes.parquet")
        assert table.column_names == [
            "variant",
            "gene",
            "consequence",
            "loftee",
            "external_af",
            "score_CADD",
            "field_NOTE",
        ]
        assert len(table) == 0


def test_a_record_annotated_for_no_allele_of_its_own_is_counted(write_variants, tmp_path):
    """Not where only some transcripts are asked for, and not where nothing is said of the record."""
    texts = [["T|odd_one|SOD1||", "T|odd_one&odder|FUS||"], None, []]
    rows = [("1", 10 + n, "A", "C", ["A", "C", "G"], 1, {"CSQ": text}) for n, text in enumerate(texts)]
    rows += [
        ("1", 20 + n, "A", "C", ["A", "C"], 1, {"CSQ": ["C|odd_one|SOD1||", "C|odd_one&odder|||"]}) for n in (0, 1)
    ]
    folder = write_variants(tmp_path / "calls", rows, {"CSQ": pa.list_(pa.string())})
    parts = {"CSQ": ("Allele", "Consequence", "SYMBOL", "CANONICAL")}
    counts = annotate(folder, tmp_path / "genes.parquet", AnnotationSource(), subfields=parts)
    assert counts == AnnotationCounts(
        5, annotated=0, gene_entries=0, modifier_entries=2, genes=0, other_alleles=1,
        unknown_terms={"odd_one": 2, "odder": 2},
    )  # fmt: skip
    some = annotate(folder, tmp_path / "genes.parquet", AnnotationSource(transcripts="canonical"), subfields=parts)
    assert (some.other_alleles, some.unknown_terms) == (0, {})


def test_a_batch_is_of_one_row_group(write_variants, tmp_path, monkeypatch):
    """So a batch's texts are bounded as a row group's are, however many variants it could be of."""
    monkeypatch.setattr(batches, "BATCH_VARIANTS", 5)
    variants = write_variants(tmp_path / "calls", many_variants(), TYPES, row_group_size=7) / "variants.parquet"
    (share,) = batches.shares_of(variants)
    read = list(batches.read_batches(variants, share, ["CSQ"]))
    sizes = [pq.read_metadata(variants).row_group(group).num_rows for group in share.groups]
    assert [len(batch) for batch in read] == [min(5, size - at) for size in sizes for at in range(0, size, 5)]
    assert [batch.first for batch in read] == [sum(map(len, read[:place])) for place in range(len(read))]
    positions = [position for batch in read for position in batch.positions.tolist()]
    assert positions == pq.read_table(variants)["position"].to_pylist()


def test_each_attempt_at_a_share_writes_under_a_name_of_its_own(calls, tmp_path, monkeypatch):
    paths, writer = [], pq.ParquetWriter

    def opened(path, *arguments, **options):
        paths.append(path.name)
        return writer(path, *arguments, **options)

    monkeypatch.setattr(pq, "ParquetWriter", opened)
    for name in ("genes.parquet", "again.parquet"):
        annotate(calls, tmp_path / name, AnnotationSource("info", gene_field="GENE", consequence_field="EFFECT"))
    shares = [name for name in paths if "part-" in name]
    assert len(shares) == len(set(shares)) == 2
    assert all(name.endswith(SUFFIX) for name in shares)
    assert (tmp_path / "genes.parquet").read_bytes() == (tmp_path / "again.parquet").read_bytes()
