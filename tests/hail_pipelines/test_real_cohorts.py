"""From real and simulated cohorts to a gene store; each needs data outside the checkout."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from association.problems import InputError
from hail_pipelines.annotation.annotate import annotate
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.gene_store import build_gene_store
from hail_pipelines.load_calls import load_calls
from hail_pipelines.quality_control.genotypes import GenotypeThresholds
from hail_pipelines.quality_control.samples import SampleThresholds, judge_samples
from hail_pipelines.quality_control.variants import VariantThresholds
from hail_pipelines.quality_control.verdicts import quality_control
from hail_pipelines.store_files import StoreCounts
from hail_pipelines.vcf.bgzip import reblock
from hail_pipelines.vcf.counts import LoadCounts
from hail_pipelines.vcf.files import inspect_vcfs

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("hail_session")]

# The real files are cut-outs of shallow sequencing, whose calls the default thresholds would take almost all.
LENIENT = GenotypeThresholds(min_gq=None, min_depth=None, min_het_balance=None)


def build(
    paths: list[Path], folder: Path, genome: str, source: AnnotationSource | None = None, **types: str
) -> tuple[LoadCounts, StoreCounts]:
    """Go from VCFs to a store; without a source each stretch of 20,000 bases is a gene of missense variants."""
    calls, qc, genes = folder / "calls.mt", folder / "qc", folder / "genes.ht"
    info_fields = source.info_fields if source else ()
    summary = inspect_vcfs(paths, reference_genome=genome, header_types=types, info_fields=info_fields)
    loaded = load_calls(paths, calls, reference_genome=genome, header_types=types, info_fields=info_fields)
    quality_control(
        calls,
        qc,
        genotype=LENIENT,
        variant=VariantThresholds(pass_filters_only=False, min_call_rate=0.5, min_hwe_p=None),
        sample=SampleThresholds(min_call_rate=None),
    )
    if source is None:
        table = pd.read_parquet(qc / "variants.parquet")[["contig", "position", "ref", "alt"]]
        table = table.assign(gene=[f"G{position // 20_000}" for position in table["position"]])
        table.assign(consequence="missense_variant").to_csv(folder / "genes.tsv", sep="\t", index=False)
        source = AnnotationSource(kind="table", table=folder / "genes.tsv")
    annotate(calls, genes, source, subfields=summary.annotation_subfields)
    stored = build_gene_store(calls, qc, genes, folder / "store", genotype=LENIENT, max_allele_frequency=0.5, files=2)
    return loaded, stored


@pytest.mark.parametrize(
    ("name", "genome", "source", "records", "variants"),
    [
        ("exomes_60_csq.hg19.vcf", "GRCh37", AnnotationSource(), 879, 879),
        ("joint_189_csq_ann.b37.vcf.gz", "GRCh37", AnnotationSource(), 115, 115),
        ("joint_189_csq_ann.b37.vcf.gz", "GRCh37", AnnotationSource(kind="snpeff", field="ANN"), 115, 115),
        ("multiallelic_100.b37.vcf", "GRCh37", None, 735, 1172),
        ("kg_chr22_2548.grch38.vcf.bgz", "GRCh38", None, 25078, 25078),
    ],
)
def test_real_cohorts_reach_a_gene_store(shared_data, tmp_path, name, genome, source, records, variants):
    loaded, stored = build([shared_data / "real" / name], tmp_path, genome, source)
    assert (loaded.records, loaded.variants) == (records, variants)
    assert stored.variants > 0
    assert stored.carriers > 0


def test_plain_gzip_with_a_wrong_type_works_with_the_stated_remedies(shared_data, tmp_path):
    sent = shared_data / "real" / "kg_exomes_1182.b37.plain_gzip_wrong_gq_type.vcf.gz"
    with pytest.raises(InputError, match=f"progex bgzip {sent}"):
        inspect_vcfs([sent], reference_genome="GRCh37")
    reblocked = tmp_path / "reblocked.vcf.gz"
    reblock(sent, reblocked)
    with pytest.raises(InputError, match=r"set genotypes.header_types: {GQ: Float}"):
        inspect_vcfs([reblocked], reference_genome="GRCh37")
    for folder in ("mended", "sound"):
        (tmp_path / folder).mkdir()
    mended = build([reblocked], tmp_path / "mended", "GRCh37", GQ="Float")
    sound = build([shared_data / "real" / "kg_exomes_1182.b37.vcf.bgz"], tmp_path / "sound", "GRCh37")
    assert mended == sound


def test_deviations_from_the_median_would_exclude_an_ancestry_and_are_off(shared_data, tmp_path):
    """The reason for the default: the ancestry with most variation goes before any bad sample does."""
    paths = sorted((shared_data / "cohort300" / "vcf").glob("*.vcf.gz"))
    load_calls(paths, tmp_path / "calls.mt", reference_genome="GRCh38")
    genotype, variant = GenotypeThresholds(), VariantThresholds()
    quality_control(
        tmp_path / "calls.mt", tmp_path / "qc", genotype=genotype, variant=variant, sample=SampleThresholds()
    )
    samples = pd.read_parquet(tmp_path / "qc" / "samples.parquet")
    truth = pd.read_csv(shared_data / "cohort300" / "truth" / "samples.tsv", sep="\t").set_index("sample")
    excluded = truth.loc[samples.loc[~samples["passes"], "sample"]]
    assert set(truth.index[truth["low_depth"] == 1]) <= set(excluded.index)
    assert (excluded["mean_depth"] < truth["mean_depth"].quantile(0.05)).all()
    strict = judge_samples(samples, SampleThresholds(None, {"singletons": 6.0}))
    assert set(truth.loc[strict.loc[~strict["passes"], "sample"], "pop"]) == {"AFR"}
