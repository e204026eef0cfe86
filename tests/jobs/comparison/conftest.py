"""A run whose carriers of one gene were lost to follow-up early, and how to make the next one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jobs.comparison.compare import compare_runs
from jobs.run import run_study
from jobs.simulate_cohort import simulate_cohort

GENE = "SIM006"
MASK = "plof_or_damaging_missense"
RULES = [
    {"name": MASK, "damaging": {"score": "REVEL", "at_least": 0.3}, "max_allele_frequency": [0.2]},
    {"name": "synonymous", "max_allele_frequency": [0.2]},
]


def carriers_of(output: Path, gene: str) -> pd.DataFrame:
    """Give variant, its frequency and a carrier's id, of variants that change the protein."""
    parts = pd.concat(map(pd.read_parquet, sorted((output / "genes").glob("part-*.parquet"))))
    damaging = (parts["consequence"] != "synonymous_variant") & ~(parts["score_REVEL"] < 0.3)
    own = parts[(parts["gene"] == gene) & damaging & (parts["allele_count"] <= 0.2 * parts["allele_number"])]
    samples = pd.read_parquet(output / "genes/samples.parquet")["sample"].to_numpy()
    rows = [
        (row.contig, row.position, row.ref, row.alt, row.allele_count, samples[number])
        for row in own.itertuples()
        for number in row.carriers
    ]
    return pd.DataFrame(rows, columns=["contig", "position", "ref", "alt", "count", "sample"])


def end_follow_up(folder, samples, *, days: int, dead: bool) -> None:
    """End samples' follow-up so many days after enrolment, by death or by a last contact."""

    def change(rows):
        at = {name: place for place, name in enumerate(rows[0])}
        for row in rows[1:]:
            if row[at["sample"]] in samples:
                day = str((pd.Timestamp(row[at["enrolment_date"]]) + pd.Timedelta(days=days)).date())
                for name in ("ventilation_date", "niv_date", "gastrostomy_date"):
                    row[at[name]] = ""
                row[at["last_contact_date"]] = day
                row[at["death_date"]] = day if dead else ""
        return rows

    folder.edit_table("participants.tsv", change)


@pytest.fixture(scope="session")
def first(tmp_path_factory, copy_of):
    """The study before: nobody who carries the gene has had an event."""
    source = tmp_path_factory.mktemp("comparison") / "cohort"
    simulate_cohort(source, samples=70, genes=10, seed=1)
    folder = copy_of(source, tmp_path_factory.mktemp("first") / "cohort")
    folder.set(
        masks=RULES,
        traits=[{"name": "survival", "type": "survival"}],
        covariates=["age_at_onset"],
        tests=[{"test": "burden"}, {"test": "skat", "weights": "beta_1_25"}],
        calibration={"max_permutations": 1000, "family_permutations": 0},
        follow_up={"genes": 1},
        compute={"cores": 1},
    )
    folder.replace(visits=None, checks={})
    run_study(folder.study)
    end_follow_up(folder, set(carriers_of(folder.output, GENE)["sample"]), days=60, dead=False)
    run_study(folder.study)
    return folder


@pytest.fixture(scope="session")
def died(first, tmp_path_factory, copy_of):
    """The study a while later: all carriers of the gene have died."""
    folder = copy_of(first.path, tmp_path_factory.mktemp("died") / "cohort")
    end_follow_up(folder, set(carriers_of(first.output, GENE)["sample"]), days=90, dead=True)
    run_study(folder.study)
    return folder


@pytest.fixture
def after(tmp_path, copy_of) -> Callable:
    """Give a function that copies a study, changes it, runs it and compares it with what it was."""

    def rerun(before, change):
        folder = copy_of(before.path, tmp_path / "now")
        change(folder)
        run_study(folder.study)
        return compare_runs(before.output, folder.output)

    return rerun


@pytest.fixture
def row_of() -> Callable:
    """Give a function that finds the row of the gene's burden in a comparison."""

    def find(found, test="burden", mask=MASK):
        asked = (GENE, test, mask)
        return next(row for row in found.changes["rows"] if (row["gene"], row["test"], row["mask"]) == asked)

    return find


def shares_of(row) -> dict[str, float]:
    """Give each cause's share, nan where it has none."""
    return {one["cause"]: np.nan if one["share"] is None else one["share"] for one in row["reasons"]}
