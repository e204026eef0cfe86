"""Cohorts that other people made, from their VCFs to results; they lie beside the checkout, not in it."""

from __future__ import annotations

import bisect
import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from jobs.run import run_study

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

DATA = (Path(__file__).parents[3] / "shared" / "data").resolve()


@pytest.fixture
def data():
    if not DATA.is_dir():
        pytest.skip("../shared/data is absent: the larger cohorts are not part of the checkout")
    return DATA


class Finished:
    """What a run has left."""

    def __init__(self, output):
        self.results = pd.read_parquet(output / "results" / "gene_tests.parquet")
        self.genes = pd.read_parquet(output / "genes" / "genes.parquet")
        self.attrition = json.loads((output / "qc" / "attrition.json").read_text())
        self.stages = {stage["name"]: stage for stage in json.loads((output / "run.json").read_text())["stages"]}

    def left(self, unit):
        return next(row["after"] for row in self.attrition if row["unit"] == unit and row["step"] == "all")

    def tell(self):
        """Print what was measured, for `pytest -rP`."""
        for name, stage in self.stages.items():
            print(f"{name:<11}{stage['seconds']:8.1f} s  {stage['counts']}")
        for row in self.attrition:
            print(
                "{unit:<9}{step:<15}{before:>12,}{excluded:>12,}{after:>12,}  {reason}".format(**row), row["skipped"]
            )


def run(folder, settings):
    """Write a study file, run it and check what holds of every run."""
    study = folder / "study.yaml"
    study.write_text(yaml.safe_dump({"name": folder.name, "output": "out"} | settings, sort_keys=False))
    run_study(study)
    finished = Finished(folder / "out")
    finished.tell()
    assert (folder / "out" / "report" / "report.html").is_file()
    assert len(finished.genes)
    assert finished.genes["variants"].sum() > 0
    assert (finished.results["p_value"].notna() ^ finished.results["reason"].fillna("").ne("")).all()
    return finished


def lines_of(vcf):
    with gzip.open(vcf, "rt") if vcf.name.endswith("gz") else vcf.open() as lines:
        yield from lines


def with_a_trait(vcf, folder, seed=7):
    """Write a table that gives every sample of a VCF a normally distributed number, and the settings to use it."""
    samples = next(line for line in lines_of(vcf) if line.startswith("#CHROM")).split()[9:]
    values = np.random.default_rng(seed).normal(size=len(samples))
    pd.DataFrame({"sample": samples, "value": values}).to_csv(folder / "participants.tsv", sep="\t", index=False)
    return {
        "participants": {"path": "participants.tsv"},
        "traits": [{"name": "value", "type": "quantitative", "column": "value"}],
        "masks": [{"name": name, "max_allele_frequency": [0.05]} for name in ("plof", "missense", "synonymous")],
        "calibration": {"max_permutations": 10_000},
    }


def with_a_variant_table(vcf, folder, gene_of):
    """Write a table with a gene, and a consequence in turn, for every allele of a VCF; and the settings to use it."""
    consequences = itertools.cycle(["missense_variant", "synonymous_variant", "missense_variant", "stop_gained"])
    rows = []
    for line in lines_of(vcf):
        if not line.startswith("#"):
            contig, position, _, ref, alts = line.split("\t", 5)[:5]
            gene = gene_of(contig, int(position))
            rows += [(contig, position, ref, alt, gene, next(consequences)) for alt in alts.split(",") if gene]
    columns = ["contig", "position", "ref", "alt", "gene", "consequence"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "variants.tsv", sep="\t", index=False)
    return {"annotation": {"source": "table", "path": "variants.tsv"}}


def window(contig, position):
    """Name a gene after the hundred thousand bases that it lies in."""
    return f"W{contig}_{position // 100_000}"


def genotypes(vcf, reference_genome, **more):
    return {"genotypes": {"vcfs": [str(vcf)], "reference_genome": reference_genome} | more}


# Old call sets: few reads at many sites, so that the usual call rates would leave nobody.
LENIENT = {
    "qc": {
        "genotype": {"min_gq": None, "min_depth": None},
        "variant": {"min_call_rate": 0.5},
        "sample": {"min_call_rate": 0.5, "min_mean_depth": None},
    }
}


# -------------------------------------------------------------------------------------------- the simulated exomes


def test_three_hundred_exomes_find_the_genes_with_the_strongest_planted_slopes(data, tmp_path):
    cohort = data / "cohort300"
    finished = run(
        tmp_path,
        genotypes(cohort / "vcf" / "chr*.vcf.gz", "GRCh38")
        | {
            "participants": {
                "path": str(cohort / "pheno.tsv"),
                "columns": {"enrolment_date": "enrol_date", "last_contact_date": "end_date", "event": "event"},
            },
            "visits": {
                "path": str(cohort / "alsfrs.tsv"),
                "columns": {"items": [f"q{item}" for item in range(1, 13)]},
            },
            "annotation": {
                "source": "vep",
                "transcripts": "canonical",
                "scores": ["REVEL"],
                "external_af": "gnomADe_AF",
            },
            "masks": [
                {"name": "plof"},
                {"name": "plof_or_damaging_missense", "damaging": {"score": "REVEL", "at_least": 0.5}},
                {"name": "missense"},
                {"name": "synonymous"},
            ],
            "traits": [{"name": "survival", "type": "survival"}, {"name": "slope", "type": "alsfrs_slope"}],
            "covariates": ["sex", "age_onset", "site_onset"],
            "strata": ["batch"],
        },
    )
    assert finished.left("sample") >= 280
    assert finished.stages["traits"]["counts"]["samples in survival"] >= 270
    truth = pd.read_csv(cohort / "truth" / "genes.tsv", sep="\t", keep_default_na=False)
    planted = truth[truth["kind"] != "null"]
    results = finished.results
    best = results[results["mask"] != "synonymous"].pivot_table(
        index="gene", columns="trait", values="p_value", aggfunc="min"
    )
    ranks = best.rank().reindex(planted["gene"])
    print(pd.concat([planted.set_index("gene"), ranks.add_prefix("rank_")], axis=1).to_string())
    # The two genes with the largest slope effect by carriers. No planted hazard has five events to show itself in.
    signal = pd.to_numeric(planted["slope_per_month"]) * np.sqrt(pd.to_numeric(planted["carriers"]))
    strongest = planted.loc[signal.nlargest(2).index, "gene"]
    assert (ranks.loc[strongest, "slope"] <= 10).all()
    control = results[(results["mask"] == "synonymous") & results["p_value"].notna()]
    assert 0.3 < control["p_value"].median() < 0.7


# --------------------------------------------------------------------------------------------------- real genotypes


def test_a_thousand_exomes_on_grch37_reach_results(data, tmp_path):
    vcf = data / "real" / "kg_exomes_1182.b37.vcf.bgz"
    settings = genotypes(vcf, "GRCh37") | with_a_trait(vcf, tmp_path) | with_a_variant_table(vcf, tmp_path, window)
    finished = run(tmp_path, settings | LENIENT)
    assert finished.stages["load"]["counts"]["samples"] == 1182
    assert finished.stages["load"]["counts"]["records"] == 122
    assert finished.results["p_value"].notna().any()
    assert finished.genes["contig"].isin([str(number) for number in range(1, 23)] + ["X"]).all()


def test_hg19_with_chr_is_read_as_grch37_and_its_vep_annotation_used(data, tmp_path):
    vcf = data / "real" / "exomes_60_csq.hg19.vcf"
    settings = genotypes(vcf, "GRCh37") | with_a_trait(vcf, tmp_path) | {"annotation": {"source": "vep"}}
    finished = run(tmp_path, settings | LENIENT)
    assert finished.stages["load"]["counts"]["samples"] == 60
    assert finished.stages["load"]["counts"]["records"] == 879
    assert finished.results["p_value"].notna().any()
    assert not finished.genes["contig"].str.startswith("chr").any()


@pytest.mark.parametrize(("source", "field"), [("vep", "CSQ"), ("snpeff", "ANN")])
def test_one_joint_call_set_is_annotated_from_either_of_its_fields(data, tmp_path, source, field):
    vcf = data / "real" / "joint_189_csq_ann.b37.vcf.gz"
    settings = genotypes(vcf, "GRCh37") | with_a_trait(vcf, tmp_path)
    finished = run(tmp_path, settings | {"annotation": {"source": source, "field": field}} | LENIENT)
    assert finished.stages["load"]["counts"]["samples"] == 189
    # 115 records from the first 30,000 bases of chromosome 1: splice regions and pseudogenes, nothing for a mask.
    assert set(finished.results["reason"]) == {"no qualifying variant"}


def test_multiallelic_sites_are_split_and_stars_dropped_with_a_count(data, tmp_path):
    vcf = data / "real" / "multiallelic_100.b37.vcf"
    settings = genotypes(vcf, "GRCh37") | with_a_trait(vcf, tmp_path)
    counts = run(tmp_path, settings | with_a_variant_table(vcf, tmp_path, window) | LENIENT).stages["load"]["counts"]
    alternates = [line.split("\t", 5)[4].split(",") for line in lines_of(vcf) if not line.startswith("#")]
    assert counts["records"] == len(alternates)
    assert counts["multi_allelic"] == sum(len(one) > 1 for one in alternates) == 356
    assert counts["star_alleles"] == sum(one.count("*") for one in alternates)
    assert counts["variants"] == sum(map(len, alternates)) - counts["star_alleles"] - counts["duplicates"]


def test_bare_genotypes_reach_results_and_the_rules_that_need_more_say_so(data, tmp_path):
    vcf = data / "real" / "kg_chr22_2548.grch38.vcf.bgz"
    coding = pd.read_csv(
        data / "genes" / "mane_cds_grch38.bed.gz",
        sep="\t",
        usecols=[0, 1, 2, 3],
        names=["contig", "start", "end", "gene"],
    )
    coding = coding[coding["contig"] == "chr22"].sort_values("start")
    starts, ends, names = (coding[name].to_list() for name in ("start", "end", "gene"))

    def gene_of(contig, position):
        at = bisect.bisect_left(starts, position) - 1
        return names[at] if at >= 0 and position <= ends[at] else None

    settings = genotypes(vcf, "GRCh38") | with_a_trait(vcf, tmp_path) | with_a_variant_table(vcf, tmp_path, gene_of)
    finished = run(tmp_path, settings)
    assert finished.left("sample") == finished.stages["load"]["counts"]["samples"] == 2548
    assert finished.results["p_value"].notna().any()
    skipped = {row["step"]: row["skipped"] for row in finished.attrition if row["skipped"]}
    assert {"genotype quality", "depth", "mean depth below 10", "contamination above 0.02", "batches"} <= set(skipped)
    assert all(row["excluded"] == 0 for row in finished.attrition if row["skipped"])
    html = (tmp_path / "out" / "report" / "report.html").read_text()
    assert all(reason in html for reason in skipped.values())


# ----------------------------------------------------------------------------------------------- as users send it


def test_plain_gzip_with_a_wrong_type_is_explained_and_works_once_mended(data, tmp_path, progex):
    sent = data / "real" / "kg_exomes_1182.b37.plain_gzip_wrong_gq_type.vcf.gz"
    sound = data / "real" / "kg_exomes_1182.b37.vcf.bgz"
    settings = with_a_trait(sound, tmp_path) | with_a_variant_table(sound, tmp_path, window) | LENIENT
    settings |= {"name": "as sent", "output": "out"}
    study = tmp_path / "study.yaml"

    study.write_text(yaml.safe_dump(settings | genotypes(sent, "GRCh37")))
    refused = progex("run", study)
    assert refused.exit_code == 2
    assert "compressed by plain gzip, which only one core can read; expected bgzip" in refused.stderr
    assert f"progex bgzip {sent}" in refused.stderr

    mended = tmp_path / "mended.vcf.bgz"
    assert progex("bgzip", sent, mended).exit_code == 0
    study.write_text(yaml.safe_dump(settings | genotypes(mended, "GRCh37")))
    refused = progex("run", study)
    assert refused.exit_code == 2
    assert "FORMAT GQ: the header declares Integer, found '" in refused.stderr
    assert "set genotypes.header_types: {GQ: Float} in the study file" in refused.stderr
    assert not (tmp_path / "out").exists()

    finished = run(tmp_path, settings | genotypes(mended, "GRCh37", header_types={"GQ": "Float"}))
    assert finished.stages["load"]["counts"]["samples"] == 1182
