"""Components and kinship of real genotypes beside plink2's, at the very variants that quality control chooses."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from association.cohort.king import pair_kinship
from association.cohort.principal_components import principal_components
from hail_pipelines.load_calls import load_calls
from hail_pipelines.quality_control.genotypes import GenotypeThresholds
from hail_pipelines.quality_control.measure import measure
from hail_pipelines.quality_control.regions import Regions
from hail_pipelines.quality_control.variant_rules import VariantThresholds
from jobs.quality_control.common_genotypes import independent_variants, read_common
from jobs.study.quality_control import CommonVariantQc

COMPONENTS = 6


@pytest.fixture(scope="module")
def data(request):
    folder = request.config.rootpath.parent / "shared" / "data" / "real"
    if not folder.is_dir() or shutil.which("plink2") is None:
        pytest.skip("needs ../shared/data and plink2")
    return folder


@pytest.fixture(scope="module")
def measured(data, tmp_path_factory):
    """Measure 2,548 genomes' chromosome 22; give samples, dosages, and plink2's copy of these variants."""
    folder = tmp_path_factory.mktemp("plink2")
    vcf = data / "kg_chr22_2548.grch38.vcf.bgz"
    load_calls([vcf], folder / "calls", reference_genome="GRCh38")
    measure(
        folder / "calls",
        folder,
        genotype=GenotypeThresholds(),
        variant=VariantThresholds(min_hwe_p=None, min_inbreeding=None),
        regions=Regions(),
        min_allele_frequency=0.05,
    )
    samples = pd.read_parquet(folder / "samples.parquet")["sample"].tolist()
    variants, dosages = read_common(folder / "common.parquet", len(samples))
    common = CommonVariantQc(min_allele_frequency=0.05, min_call_rate=0.98)
    chosen = independent_variants(variants, dosages, reference_genome="GRCh38", settings=common)
    variants, dosages = variants.iloc[chosen], dosages[chosen]
    names = (
        variants["contig"] + ":" + variants["position"].astype(str) + ":" + variants["ref"] + ":" + variants["alt"]
    )
    (folder / "sites").write_text("\n".join(names) + "\n")
    named = ["--set-all-var-ids", "chr@:#:$r:$a", "--new-id-max-allele-len", 9, "missing"]
    chosen_sites = ["--max-alleles", 2, *named, "--extract", folder / "sites"]
    plink2(folder, "--vcf", vcf, *chosen_sites, "--make-pgen", "--out", folder / "common")
    return folder, samples, dosages


def plink2(folder, *arguments):
    command = ["plink2", "--threads", "2", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_components_of_2548_genomes_correlate_with_those_of_plink2(measured):
    folder, samples, dosages = measured
    plink2(folder, "--pfile", folder / "common", "--pca", COMPONENTS, "--out", folder / "pca")
    theirs = pd.read_csv(folder / "pca.eigenvec", sep="\t").set_index("#IID").loc[samples]
    everybody = np.ones(len(samples), bool)
    found = principal_components(dosages, everybody, generator=np.random.default_rng(1), number=COMPONENTS)
    correlations = [
        abs(np.corrcoef(found.scores[:, number], theirs[f"PC{number + 1}"])[0, 1]) for number in range(COMPONENTS)
    ]
    print(f"{len(dosages)} variants; correlations {np.round(correlations, 6)}")
    assert min(correlations[:4]) > 0.99


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_kinship_of_all_pairs_of_every_tenth_genome_is_that_of_plink2(measured):
    folder, samples, dosages = measured
    some = samples[::10]
    (folder / "some").write_text("\n".join(some) + "\n")
    plink2(folder, "--pfile", folder / "common", "--keep", folder / "some", "--make-king-table", "--out", "king")
    theirs = pd.read_csv(folder / "king.kin0", sep="\t")
    place = {sample: number for number, sample in enumerate(some)}
    first, second = (theirs[name].map(place).to_numpy() for name in ("#IID1", "IID2"))
    ours = pair_kinship(dosages[:, ::10]).kinship[first, second]
    print(
        f"{len(dosages)} variants, {len(theirs):,} pairs; largest difference {np.abs(ours - theirs['KINSHIP']).max()}"
    )
    np.testing.assert_allclose(ours, theirs["KINSHIP"], rtol=2e-5, atol=2e-6)
