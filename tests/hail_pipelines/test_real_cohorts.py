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
from hail_pipelines.quality_control.measure import measure
from hail_pipelines.quality_control.regions import Regions
from hail_pipelines.quality_control.variant_rules import VariantThresholds
from hail_pipelines.quality_control.verdicts import judge_variants
from hail_pipelines.store_files import StoreCounts
from hail_pipelines.vcf.bgzip import reblock
from hail_pipelines.vcf.counts import LoadCounts
from hail_pipelines.vcf.files import inspect_vcfs

pytestmark = pytest.mark.slow

# The real files are cut-outs of shallow sequencing, whose calls the default thresholds would take almost all.
LENIENT = GenotypeThresholds(min_gq=None, min_depth=None, min_het_balance=None)


def build(
    paths: list[Path], folder: Path, genome: str, source: AnnotationSource | None = None, **types: str
) -> tuple[LoadCounts, StoreCounts]:
    """Go from VCFs to a store; without a source each stretch of 20,000 bases is a gene of missense variants."""
    calls, qc, genes = folder / "calls", folder / "qc", folder / "genes.parquet"
    info_fields = source.info_fields if source else ()
    summary = inspect_vcfs(paths, reference_genome=genome, header_types=types, info_fields=info_fields)
    loaded = load_calls(paths, calls, reference_genome=genome, header_types=types, info_fields=info_fields)
    variant = VariantThresholds(pass_filters_only=False, min_call_rate=0.5, min_hwe_p=None, min_quality_by_depth=None)
    qc.mkdir()
    measure(calls, qc, genotype=LENIENT, variant=variant, regions=Regions(), min_allele_frequency=0.01)
    ids = pd.read_parquet(qc / "samples.parquet")["sample"]
    everybody = pd.DataFrame({"sample": ids, "passes": True, "batch": None, "ancestry": "main", "unrelated": True})
    everybody = everybody.assign(karyotype="unclear")
    judge_variants(calls, qc, everybody, qc, genotype=LENIENT, variant=variant, max_allele_frequency=0.5)
    if source is None:
        table = pd.read_parquet(qc / "variants.parquet")[["contig", "position", "ref", "alt"]]
        table = table.assign(gene=[f"G{position // 20_000}" for position in table["position"]])
        table.assign(consequence="missense_variant").to_csv(folder / "genes.tsv", sep="\t", index=False)
        source = AnnotationSource(kind="table", table=folder / "genes.tsv")
    annotate(calls, genes, source, subfields=summary.annotation_subfields)
    stored = build_gene_store(qc, sorted(ids), genes, folder / "store", files=2)
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
