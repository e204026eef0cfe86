"""Consequence per gene of real and simulated call sets equals a parse of their text by a few lines."""

from __future__ import annotations

import gzip
from collections import Counter

import pandas as pd
import pyarrow.parquet as pq
import pysam
import pytest

from hail_pipelines.annotation.annotate import annotate
from hail_pipelines.annotation.annotation import Annotation, annotated_batches
from hail_pipelines.annotation.batches import shares_of
from hail_pipelines.annotation.outside import OutsideRows
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.load_calls import load_calls
from hail_pipelines.vcf.files import inspect_vcfs

pytestmark = pytest.mark.slow

# Ensembl's order, as its page gave it for release 113, with SnpEff's kinds of inframe changes and start losses.
ORDER = [
    "transcript_ablation",
    "splice_acceptor_variant",
    "splice_donor_variant",
    "stop_gained",
    "frameshift_variant",
    "stop_lost",
    "start_lost",
    "initiator_codon_variant",
    "inframe_insertion",
    "disruptive_inframe_insertion",
    "conservative_inframe_insertion",
    "inframe_deletion",
    "disruptive_inframe_deletion",
    "conservative_inframe_deletion",
    "missense_variant",
    "protein_altering_variant",
    "splice_donor_5th_base_variant",
    "splice_region_variant",
    "splice_donor_region_variant",
    "splice_polypyrimidine_tract_variant",
    "incomplete_terminal_codon_variant",
    "start_retained_variant",
    "stop_retained_variant",
    "5_prime_UTR_premature_start_codon_gain_variant",
    "synonymous_variant",
    "coding_sequence_variant",
]


def text_lines(path):
    with gzip.open(path, "rt") if path.name.endswith("gz") else path.open() as stream:
        yield from (line.rstrip("\n") for line in stream)


def trimmed(position, ref, alt):
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        position, ref, alt = position + 1, ref[1:], alt[1:]
    return position, ref, alt


def vep_spelling(ref, alts):
    same_start = all(allele[0] == ref[0] for allele in alts if allele != "*")
    if same_start and any(len(allele) != len(ref) for allele in alts if allele != "*"):
        return [allele if allele == "*" else allele[1:] or "-" for allele in alts]
    return alts


def parsed(paths, field, counted=lambda transcripts: transcripts):
    """Give each variant's number of genes, and the most severe consequence in each whose protein it may change."""
    genes = {}
    for line in (line for path in paths for line in text_lines(path)):
        if line.startswith(f"##INFO=<ID={field},"):
            names = [name.strip(" '\">") for name in line.split(":", 1)[1].split("|")]
        if line.startswith("#"):
            continue
        contig, position, _, ref, alts, _, _, info = line.split("\t")[:8]
        alts = alts.split(",")
        value = dict(entry.split("=", 1) for entry in info.split(";") if "=" in entry).get(field, "")
        transcripts = [dict(zip(names, one.split("|"), strict=False)) for one in value.split(",") if one]
        for number, alt in enumerate(alts, 1):
            if set(alt) - set("ACGTN"):
                continue
            own = transcripts
            if "ALLELE_NUM" in names:
                own = [one for one in own if one["ALLELE_NUM"] == str(number)]
            elif field == "ANN":
                own = [one for one in own if one["Allele"] == alt]
            elif "Allele" in names:
                own = [one for one in own if one["Allele"] == vep_spelling(ref, alts)[number - 1]]
            by_gene = {}
            for one in own:
                gene = one.get("SYMBOL") or one.get("Gene_Name") or one.get("Gene") or one.get("Gene_ID")
                by_gene.setdefault(gene, []).append(one)
            terms = {}
            for gene in filter(None, by_gene):
                texts = [one.get("Consequence") or one["Annotation"] for one in counted(by_gene[gene])]
                terms[gene] = set("&".join(texts).split("&")) - {""}
            coding = {gene: found & set(ORDER) for gene, found in terms.items() if found & set(ORDER)}
            worst = {gene: min(found, key=ORDER.index) for gene, found in coding.items()}
            variant = (contig.removeprefix("chr"), *trimmed(int(position), ref, alt))
            genes.setdefault(variant, (sum(map(bool, terms.values())), worst))
    return genes


def of_first_sample(paths, folder):
    """Copy VCFs with one sample: annotation is the same, and it loads in no time."""
    copies = []
    for path in paths:
        name = path.name.removesuffix(".gz").removesuffix(".vcf") + ".vcf.gz"
        with pysam.BGZFile(str(folder / name), "wb") as stream:
            for line in text_lines(path):
                cut = line if line.startswith("##") else "\t".join(line.split("\t")[:10])
                stream.write(f"{cut}\n".encode())
        copies.append(folder / name)
    return copies


@pytest.fixture
def annotated(read_genes, tmp_path):
    """Give a function that annotates VCFs: the counts, and each variant's number of genes and coding consequences."""

    def run(paths, genome, source):
        copies = of_first_sample(paths, tmp_path)
        fields = source.info_fields
        summary = inspect_vcfs(copies, reference_genome=genome, info_fields=fields)
        calls, output = tmp_path / "calls", tmp_path / "genes.parquet"
        load_calls(copies, calls, reference_genome=genome, info_fields=fields)
        counts = annotate(calls, output, source, subfields=summary.annotation_subfields)
        variants = pq.read_table(calls / "variants.parquet", columns=["contig", "position", "ref", "alt"]).to_pylist()
        keys = [(row["contig"].removeprefix("chr"), row["position"], row["ref"], row["alt"]) for row in variants]
        numbers = genes_of_any_kind(calls / "variants.parquet", source, summary.annotation_subfields)
        found = [{gene.gene: gene.consequence for gene in genes} for genes in read_genes(output, len(keys))]
        return counts, dict(zip(keys, zip(numbers, found, strict=True), strict=True))

    return run


def genes_of_any_kind(variants, source, subfields):
    """Count the genes of each variant, those in which it changes no protein among them."""
    parts = subfields.get(source.field, ())
    annotation = Annotation(source, parts, OutsideRows(None, None, {}), {})
    counts = Counter()
    for share in shares_of(variants):
        for one in annotated_batches(variants, share, annotation):
            counts.update((one.entries.variants[one.chosen.firsts] + one.batch.first).tolist())
    return [counts[number] for number in range(pq.read_metadata(variants).num_rows)]


@pytest.mark.parametrize(
    ("name", "source", "field", "variants", "pairs"),
    [
        ("exomes_60_csq.hg19.vcf", AnnotationSource(), "CSQ", 879, 187),
        ("joint_189_csq_ann.b37.vcf.gz", AnnotationSource(), "CSQ", 115, 2),
        ("joint_189_csq_ann.b37.vcf.gz", AnnotationSource("snpeff", field="ANN"), "ANN", 115, 4),
    ],
)
def test_consequences_per_gene_of_real_calls_equal_those_of_their_text(
    annotated, shared_data, name, source, field, variants, pairs
):
    path = shared_data / "real" / name
    counts, genes = annotated([path], "GRCh37", source)
    expected = parsed([path], field)
    assert genes == expected
    assert len(genes) == variants
    assert counts.gene_entries == sum(len(coding) for _, coding in genes.values()) == pairs
    assert counts.unknown_terms == {}
    assert counts.other_alleles == 0


def mane_or_canonical(transcripts):
    mane = [one for one in transcripts if one["MANE_SELECT"]]
    return mane or [one for one in transcripts if one["CANONICAL"] == "YES"]


@pytest.mark.parametrize(
    ("transcripts", "counted"), [("all", lambda found: found), ("mane_or_canonical", mane_or_canonical)]
)
def test_consequences_per_gene_of_a_simulated_exome_equal_those_of_its_text(
    annotated, shared_data, transcripts, counted
):
    paths = sorted((shared_data / "cohort300" / "vcf").glob("*.vcf.gz"))
    source = AnnotationSource(transcripts=transcripts, scores=("SIFT", "REVEL"), external_af="gnomADe_AF")
    counts, genes = annotated(paths, "GRCh38", source)
    assert genes == parsed(paths, "CSQ", counted)
    assert (len(genes), counts.gene_entries) == (13_399, 12_782)
    assert counts.unknown_terms == {}


def test_genes_of_a_real_gene_model_equal_a_scan_of_its_intervals(annotated, shared_data, tmp_path):
    """Of a simulated chromosome, whose own annotation agrees: each gene that it says is changed is among them."""
    path, model = (
        shared_data / "cohort300" / "vcf" / "chr22.vcf.gz",
        shared_data / "genes" / "mane_cds_grch38.bed.gz",
    )
    _, genes = annotated([path], "GRCh38", AnnotationSource("gene_model", gene_model=model))
    intervals = [line.split("\t")[:4] for line in text_lines(model) if line.startswith("chr22\t")]
    protein = {"stop_gained", "frameshift_variant", "missense_variant", "synonymous_variant", "inframe_deletion"}
    of_text = parsed([path], "CSQ")
    for variant, (_, found) in genes.items():
        _, position, ref, alt = variant
        changed = {position, position + 1} if len(ref) == 1 < len(alt) else set(range(position, position + len(ref)))
        if len(ref) > 1 == len(alt):
            changed.discard(position)
        assert set(found) == {
            gene for _, start, end, gene in intervals if any(int(start) < base <= int(end) for base in changed)
        }
        assert {gene for gene, term in of_text[variant][1].items() if term in protein} <= set(found)
    assert set(genes) == set(of_text)
    lengths = pd.read_parquet(tmp_path / "gene_lengths.parquet").set_index("gene")["coding_length"]
    # Human superoxide dismutase 1 has 154 residues, FUS 526, and a stop codon each.
    assert (lengths["SOD1"], lengths["FUS"]) == (3 * 155, 3 * 527)
