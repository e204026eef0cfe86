"""What only the genotypes tell, in one run: samples on one side only, a gene without a carrier, everyone dead."""

from __future__ import annotations

import re

import pandas as pd
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def awkward_run(simulated, copy_of, progex_process, tmp_path_factory):
    """Run a study in which all have died, one gene has no carrier, and tables and VCFs differ by three samples."""
    folder = copy_of(simulated, tmp_path_factory.mktemp("awkward") / "cohort")

    def dead_and_renamed(rows):
        death, last = rows[0].index("death_date"), rows[0].index("last_contact_date")
        rows = [rows[0], *([*row[:death], row[last], *row[death + 1 :]] for row in rows[1:])]
        return [rows[0], *([f"X{row[0]}", *row[1:]] for row in rows[1:4]), *rows[4:]]

    folder.edit_table("participants.tsv", dead_and_renamed)
    header, records = folder.read_vcf("chr1.vcf.gz")
    for record in records:
        record[9:] = ["0/0:30,0:30:90"] * len(record[9:])
    folder.write_vcf("chr1.vcf.gz", header, records)
    folder.set(
        # The MatrixTable is for Hail to run, and write its log.
        genotypes={"vcfs": ["vcf/chr1.vcf.gz", "vcf/chr2.vcf.gz"], "matrix_table": True},
        masks=[{"name": "synonymous", "max_allele_frequency": [0.1]}],
        covariates=["age_at_onset"],
        strata=[],
        calibration={"max_permutations": 1000},
    )
    outcome = progex_process("run", folder.study)
    assert outcome.returncode == 0, outcome.stderr
    return folder, outcome


def test_samples_on_one_side_only_are_counted_on_the_screen(awkward_run):
    _, outcome = awkward_run
    (line,) = [line for line in outcome.stderr.splitlines() if "] traits  " in line]
    assert "samples in survival 37" in line
    assert "samples without a participants row 3" in line


def test_samples_on_one_side_only_are_listed_in_files(awkward_run):
    traits = awkward_run[0].output / "traits"
    assert (traits / "not_in_participants.tsv").read_text().split() == ["sample", "P0001", "P0002", "P0003"]
    excluded = [line.split("\t") for line in (traits / "excluded.tsv").read_text().splitlines()]
    without_genotypes = [row[1] for row in excluded if row[0] == "survival" and "not in the VCFs" in row[2]]
    assert without_genotypes == ["XP0001", "XP0002", "XP0003"]


def test_no_sample_id_reaches_the_screen_or_a_log(awkward_run):
    folder, outcome = awkward_run
    logs = [path.read_text() for path in folder.output.rglob("*.log")]
    assert logs
    for text in (outcome.stdout, outcome.stderr, *logs):
        assert not re.search(r"P\d{4}", text)


def test_a_cohort_in_which_everyone_had_the_event_gets_results(awkward_run):
    results = pd.read_parquet(awkward_run[0].output / "results" / "gene_tests.parquet")
    tested = results[(results["trait"] == "survival") & results["p_value"].notna()]
    assert len(tested)
    assert tested["observed_events"].gt(0).any()


def test_a_gene_without_a_carrier_is_a_row_with_its_reason(awkward_run):
    results = pd.read_parquet(awkward_run[0].output / "results" / "gene_tests.parquet")
    empty = results[results["gene"] == "SIM001"]
    # Two traits, and one mask of four tests and an omnibus.
    assert len(empty) == 2 * 5
    assert empty["p_value"].isna().all()
    assert (empty["carriers"].fillna(0) == 0).all()
    assert empty["reason"].str.len().gt(0).all()
