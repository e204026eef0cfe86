"""What must not change the results of a run, and what they find."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from jobs.run import run_study
from jobs.simulate_cohort import simulate_cohort
from tests.jobs.run.finished_runs import same_results


def shuffled(header, records, seed):
    """Put a VCF's sample columns in another order, the same for the same seed."""
    names = header[-1].split("\t")
    order = list(range(9, len(names)))
    random.Random(seed).shuffle(order)
    order = [*range(9), *order]
    return [*header[:-1], "\t".join(names[at] for at in order)], [[record[at] for at in order] for record in records]


def vcf_names(folder):
    return sorted((path.name for path in (folder.path / "vcf").glob("*.vcf.gz")), key=lambda name: int(name[3:-7]))


def test_results_do_not_depend_on_the_order_of_sample_columns(afresh, finished):
    for name in vcf_names(afresh):
        afresh.write_vcf(name, *shuffled(*afresh.read_vcf(name), seed=3))
    same_results(afresh, finished)


def test_results_do_not_depend_on_the_order_of_table_rows(again, finished):
    for name in ("participants.tsv", "visits.tsv"):
        again.edit_table(name, lambda rows: [rows[0], *random.Random(4).sample(rows[1:], len(rows) - 1)])
    same_results(again, finished)


def test_results_do_not_depend_on_how_many_files_hold_the_genotypes(afresh, finished):
    together = [afresh.read_vcf(name) for name in vcf_names(afresh)]
    afresh.write_vcf("all.vcf.gz", together[0][0], [record for _, records in together for record in records])
    afresh.set(genotypes={"vcfs": ["vcf/all.vcf.gz"]})
    same_results(afresh, finished)


@pytest.mark.parametrize("cores", [1, 2])
def test_results_do_not_depend_on_the_number_of_processes(again, finished, no_java, cores):
    for stage in ("scan", "follow_up", "results"):
        for manifest in again.output.glob(f"stages/{stage}*/manifest.json"):
            manifest.unlink()
    again.set(compute={"cores": cores})
    same_results(again, finished)


def flip(record):
    """Swap a record's two alleles and everything that follows their order."""
    calls = []
    for call in record[9:]:
        genotype, reads, *rest = call.split(":")
        swapped = "/".join(sorted({"0": "1", "1": "0"}.get(allele, allele) for allele in genotype.split("/")))
        calls.append(":".join([swapped, ",".join(reversed(reads.split(","))), *rest]))
    return [*record[:3], record[4], record[3], *record[5:9], *calls]


def info_of(record, fields):
    """Take gene, consequence, score and frequency of each alternate allele from its canonical transcript."""
    entries = [
        dict(zip(fields, entry.split("|"), strict=True)) for entry in record[7].partition("CSQ=")[2].split(",")
    ]
    canonical = iter([entry for entry in entries if entry["CANONICAL"] == "YES"])
    by_allele = [{} if alt == "*" else next(canonical) for alt in record[4].split(",")]
    for entry in by_allele:
        entry["worst"] = entry.get("Consequence", "").split("&")[0]
    return {
        name: [entry.get(part) or "." for entry in by_allele]
        for name, part in (
            ("GENE", "SYMBOL"),
            ("EFFECT", "worst"),
            ("REVEL", "REVEL"),
            ("POP_AF", "gnomADe_AF"),
        )
    }


def flipped_with_info_fields(header, records):
    """Swap the alleles of sites with two, and write the annotation, now of the other allele, as plain INFO fields."""
    described = next(line for line in header if line.startswith("##INFO=<ID=CSQ"))
    fields = described.partition("Format: ")[2].rstrip('">').split("|")
    declared = [
        f'##INFO=<ID={name},Number=A,Type={kind},Description="{name}">'
        for name, kind in (("GENE", "String"), ("EFFECT", "String"), ("REVEL", "Float"), ("POP_AF", "Float"))
    ]
    positions = [record[1] for record in records]
    changed = []
    for record in records:
        info = info_of(record, fields)
        if "," not in record[4] and record[4] != "*" and positions.count(record[1]) == 1:
            record = flip(record)
            info["POP_AF"] = [value if value == "." else repr(1 - float(value)) for value in info["POP_AF"]]
        text = ";".join(f"{name}={','.join(values)}" for name, values in info.items())
        changed.append([*record[:7], text, *record[8:]])
    return [*header[:-1], *declared, header[-1]], changed


def test_results_do_not_depend_on_which_allele_is_the_reference_or_where_genes_are_named(afresh, finished):
    for name in vcf_names(afresh):
        afresh.write_vcf(name, *flipped_with_info_fields(*afresh.read_vcf(name)))
    afresh.replace(
        annotation={
            "source": "info",
            "gene": "GENE",
            "consequence": "EFFECT",
            "scores": ["REVEL"],
            "external_af": "POP_AF",
        }
    )
    same_results(afresh, finished)
    store = pd.concat(pd.read_parquet(path) for path in afresh.output.glob("genes/part-*.parquet"))
    assert store["minor_is_ref"].mean() > 0.5


@pytest.mark.slow
def test_the_strongest_planted_genes_rank_first(tmp_path):
    simulated = simulate_cohort(tmp_path / "cohort", samples=300, genes=60, seed=1)
    run_study(simulated.study)
    results = pd.read_parquet(tmp_path / "cohort" / "out" / "results" / "gene_tests.parquet")
    for trait, role in (("survival", "survival, strong"), ("alsfrs_slope", "slope, strong")):
        rows = results[(results["trait"] == trait) & (results["mask"] == "plof_or_damaging_missense")]
        ranked = rows[rows["test"] == "burden"].sort_values(["p_value", "p_asymptotic"])
        assert ranked["gene"].iloc[0] == simulated.planted[role]
        assert ranked["p_value"].iloc[0] < rows["p_value"].drop(ranked.index[0]).min()
