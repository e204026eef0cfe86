"""The folder of a simulated cohort: complete, readable, true to its truth, the same every time."""

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from association.problems import InputError
from jobs import simulate_cohort as module
from jobs.simulate_cohort import simulate_cohort
from jobs.simulated_vcf import CSQ_FIELDS
from jobs.study.file import read_study

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    summary = simulate_cohort(tmp_path_factory.mktemp("simulated") / "cohort", samples=300, genes=60, seed=5)
    return summary.study.parent, summary


def records(folder):
    for path in sorted((folder / "vcf").glob("*.vcf.gz")):
        with pysam.VariantFile(str(path)) as vcf:
            yield from vcf


def csq_entries(record):
    for entry in record.info["CSQ"]:
        yield dict(zip(CSQ_FIELDS, entry.split("|"), strict=True))


def test_the_study_file_is_read_and_names_what_is_there(folder):
    path, summary = folder
    study = read_study(summary.study)
    assert [trait.name for trait in study.traits] == ["survival", "alsfrs_slope"]
    assert (path / study.participants.path).is_file()
    assert (path / study.visits.path).is_file()
    assert list(path.glob(study.genotypes.vcfs[0]))
    participants = pd.read_csv(path / study.participants.path, sep="\t")
    columns = study.participants.columns.model_dump(exclude_unset=True).values()
    assert len(columns) == 9
    assert set([*columns, *study.covariates, *study.strata]) <= set(participants.columns)
    visits = pd.read_csv(path / study.visits.path, sep="\t")
    named = study.visits.columns.model_dump(exclude_unset=True)
    assert set([*named.pop("items"), *named.values()]) <= set(visits.columns)


def test_vcfs_are_block_gzip_with_an_end_marker_and_an_index(folder):
    paths = sorted((folder[0] / "vcf").glob("*.vcf.gz"))
    assert len(paths) >= 8
    for path in paths:
        content = path.read_bytes()
        assert content[12:16] == b"BC\x02\x00"
        assert content.endswith(BGZF_END)
        with pysam.TabixFile(str(path)) as index:
            assert index.contigs == [path.name.split(".")[0]]


def test_every_record_is_sound(folder):
    sites = 0
    for record in records(folder[0]):
        sites += 1
        called = [call for call in record.samples.values() if None not in call["GT"]]
        assert record.info["AN"] == 2 * len(called)
        for allele, count in enumerate(record.info["AC"], start=1):
            assert count == sum(call["GT"].count(allele) for call in called)
        if sites % 20 == 0:
            for call in record.samples.values():
                assert len(call["AD"]) == len(record.alleles)
                assert sum(call["AD"]) == call["DP"]
                assert 0 < call["GQ"] <= 99
    assert sites == folder[1].sites


def test_awkward_sites_are_there(folder):
    found = list(records(folder[0]))
    assert any(len(record.alts) == 2 and "*" not in record.alts for record in found)
    assert any("*" in record.alts for record in found)
    assert any(len(record.ref) > 1 for record in found)
    assert any(len(record.alts[0]) > 1 for record in found)
    assert any(list(record.filter.keys()) != ["PASS"] for record in found)
    assert any(len(record.alts) == 2 and len({len(allele) for allele in record.alleles}) > 1 for record in found)


def test_consequences_name_the_alleles_as_vep_does(folder):
    for record in records(folder[0]):
        real = [alt for alt in record.alts if alt != "*"]
        unequal = len({len(allele) for allele in [record.ref, *real]}) > 1
        trimmed = unequal and len({allele[0] for allele in [record.ref, *real]}) == 1
        expected = [(alt[1:] or "-") if trimmed else alt for alt in real]
        canonical = [entry["Allele"] for entry in csq_entries(record) if entry["CANONICAL"] == "YES"]
        assert canonical == expected
        assert {entry["Allele"] for entry in csq_entries(record)} == set(expected)


def test_the_files_carriers_are_the_truths_carriers(folder):
    """Rare damaging variants are found from the VCF's own annotation and counted from its own genotypes."""
    carriers = {}
    for record in records(folder[0]):
        if list(record.filter.keys()) != ["PASS"]:
            continue
        alleles = {alt: number for number, alt in enumerate(record.alts, start=1)}
        real = [alt for alt in record.alts if alt != "*"]
        canonical = [entry for entry in csq_entries(record) if entry["CANONICAL"] == "YES"]
        for alt, entry in zip(real, canonical, strict=True):
            if entry["IMPACT"] != "HIGH" and not (entry["REVEL"] and float(entry["REVEL"]) >= 0.5):
                continue
            carrying = [sample for sample, call in record.samples.items() if alleles[alt] in call["GT"]]
            if len(carrying) <= 6:
                carriers.setdefault(entry["SYMBOL"], set()).update(carrying)
    truth = pd.read_csv(folder[0] / "truth" / "genes.tsv", sep="\t").set_index("gene")
    # A variant just above the ceiling can fall below it by a missing call; planted genes have none near it.
    agree = [len(carriers.get(gene, ())) == count for gene, count in truth["carriers_called"].items()]
    assert np.mean(agree) > 0.95
    planted = pd.read_csv(folder[0] / "truth" / "carriers.tsv", sep="\t").groupby("gene")["sample"].agg(set)
    for gene, samples in planted.items():
        assert carriers[gene] <= samples
        assert len(carriers[gene]) == truth.loc[gene, "carriers_called"]
        assert len(samples) == truth.loc[gene, "carriers"]
        assert len(samples) - len(carriers[gene]) <= 2


def test_the_summary_counts_what_was_written(folder):
    path, summary = folder
    participants = pd.read_csv(path / "participants.tsv", sep="\t")
    assert summary.samples == len(participants) == 300
    assert summary.visits == len(pd.read_csv(path / "visits.tsv", sep="\t"))
    assert summary.events == participants[["death_date", "ventilation_date"]].notna().any(axis=1).sum()
    truth = pd.read_csv(path / "truth" / "genes.tsv", sep="\t").set_index("gene")
    assert summary.genes == len(truth) == 60
    assert summary.variants == truth["variants"].sum() + 2
    for role, gene in summary.planted.items():
        assert truth.loc[gene, "role"] == role


def test_no_event_precedes_entry(folder):
    participants = pd.read_csv(folder[0] / "participants.tsv", sep="\t")
    for column in ("death_date", "ventilation_date"):
        seen = participants[column].notna()
        assert (participants[column][seen] > participants["enrolment_date"][seen]).all()
    assert (participants["last_contact_date"] > participants["enrolment_date"]).all()


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name, seed in (("one", 9), ("two", 9), ("other", 10)):
        simulate_cohort(tmp_path / name, samples=30, genes=12, seed=seed)

    def contents(name):
        return {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in sorted((tmp_path / name).rglob("*"))
            if path.is_file()
        }

    assert contents("one") == contents("two")
    assert contents("one") != contents("other")


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(InputError, match="not empty"):
        simulate_cohort(tmp_path / "mine", samples=30, genes=12)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_an_empty_folder_is_filled_and_a_file_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    simulate_cohort(tmp_path / "empty", samples=30, genes=12)
    assert (tmp_path / "empty" / "study.yaml").is_file()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="a file stands"):
        simulate_cohort(tmp_path / "file", samples=30, genes=12)


def test_too_small_a_cohort_is_refused_with_every_problem(tmp_path):
    with pytest.raises(InputError) as refusal:
        simulate_cohort(tmp_path / "small", samples=5, genes=3)
    assert [problem.place for problem in refusal.value.problems] == ["samples", "genes"]


def test_nothing_is_left_behind_when_writing_fails(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(module, "_write_tables", fail)
    with pytest.raises(OSError, match="disk full"):
        simulate_cohort(tmp_path / "cohort", samples=30, genes=12)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_readable_by_the_group(folder):
    assert os.stat(folder[0]).st_mode & 0o755 == 0o755


def test_the_header_names_veps_fields(folder):
    path = next(Path(folder[0] / "vcf").glob("*.vcf.gz"))
    with gzip.open(path, "rt") as vcf:
        header = [line for line in vcf if line.startswith("##INFO=<ID=CSQ")]
    assert f"Format: {'|'.join(CSQ_FIELDS)}" in header[0]
