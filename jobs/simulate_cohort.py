"""Write a simulated cohort to a folder: VCFs, clinical tables, truth, and the study file that runs it.

    OUT/study.yaml           runs as it is, and is the commented example
    OUT/vcf/chrN.vcf.gz      joint-called exomes, GRCh38
    OUT/participants.tsv     a row per patient
    OUT/visits.tsv           a row per visit
    OUT/truth/genes.tsv      what was planted in which gene, and its carriers
    OUT/truth/carriers.tsv   who carries a planted effect

The folder appears whole or not at all.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from association.problems import InputError, Problem
from association.simulate.cohort import Cohort, simulate, truth_table
from association.simulate.effects import PLANTED_EFFECTS
from association.simulate.sites import QUIET_GENES
from jobs.simulated_vcf import WrittenVcfs, write_vcfs

log = logging.getLogger(__name__)

FEWEST_SAMPLES = 20
FEWEST_GENES = len(PLANTED_EFFECTS) + QUIET_GENES + 1


@dataclass(frozen=True)
class SimulatedFolder:
    """What a simulated folder holds.

    Attributes
    ----------
    study
        The study file, ready to run.
    samples, genes, variants, sites, visits
        Counts; a site is a line of a VCF.
    events
        Patients who died or were ventilated within follow-up.
    planted
        Planted genes by role.
    """

    study: Path
    samples: int
    genes: int
    variants: int
    sites: int
    visits: int
    events: int
    planted: dict[str, str]


def simulate_cohort(output: Path, *, samples: int = 300, genes: int = 200, seed: int = 1) -> SimulatedFolder:
    """Simulate a cohort and write it to the folder `output`.

    Parameters
    ----------
    output
        A folder that does not exist or is empty.
    samples
        Patients enrolled.
    genes
        Genes with variants, 5 to 60 each.
    seed
        The same seed gives the same files, byte for byte.

    Raises
    ------
    InputError
        If the folder holds something, or the cohort would be too small to plant anything in.
    """
    check_room(output, samples, genes)
    with whole_or_not(output) as partial:
        generator = np.random.default_rng(seed)
        cohort = simulate(samples, genes, generator)
        written = write_cohort(cohort, partial, example_study(), generator)
    summary = _summary(cohort, written, output)
    log.info(
        "simulated %d patients with %d events, %d genes, %d variants",
        summary.samples,
        summary.events,
        summary.genes,
        summary.variants,
    )
    return summary


@contextmanager
def whole_or_not(output: Path) -> Iterator[Path]:
    """Give a folder to write to, which becomes `output` at the end, and is removed where something fails."""
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        yield partial
        partial.chmod(0o755)
        partial.replace(output)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def example_study() -> str:
    """Give the commented study file."""
    return resources.files("jobs").joinpath("example_study.yaml").read_text(encoding="utf-8")


def write_cohort(cohort: Cohort, folder: Path, study: str, generator: np.random.Generator) -> WrittenVcfs:
    """Write a cohort and its study file to a folder, which exists."""
    (folder / "vcf").mkdir()
    written = write_vcfs(cohort, folder / "vcf", generator)
    _write_tables(cohort, written, folder)
    (folder / "study.yaml").write_text(study, encoding="utf-8")
    return written


def check_room(output: Path, samples: int, genes: int) -> None:
    """Refuse a folder that holds something, and too small a cohort.

    Raises
    ------
    InputError
        With all that is wrong.
    """
    problems = []
    if output.exists() and not output.is_dir():
        problems.append(Problem("output", "a file stands where the folder would go; choose another name"))
    elif output.exists() and any(output.iterdir()):
        problems.append(Problem("output", "the folder is not empty; choose another, or empty it"))
    if samples < FEWEST_SAMPLES:
        problems.append(Problem("samples", f"expected at least {FEWEST_SAMPLES}, found {samples}"))
    if genes < FEWEST_GENES:
        problems.append(Problem("genes", f"expected at least {FEWEST_GENES} to plant effects in, found {genes}"))
    if problems:
        raise InputError(str(output), problems)


def _write_tables(cohort: Cohort, written: WrittenVcfs, folder: Path) -> None:
    truth = truth_table(cohort)
    truth["carriers_called"] = _carriers_called(cohort, written)
    carriers = pd.DataFrame(
        [(planted.gene, cohort.sample_ids[carrier]) for planted in cohort.planted for carrier in planted.carriers],
        columns=["gene", "sample"],
    )
    (folder / "truth").mkdir()
    for table, name in (
        (cohort.participants, "participants.tsv"),
        (cohort.visits, "visits.tsv"),
        (truth, "truth/genes.tsv"),
        (carriers, "truth/carriers.tsv"),
    ):
        table.to_csv(folder / name, sep="\t", index=False, lineterminator="\n")


def _carriers_called(cohort: Cohort, written: WrittenVcfs) -> list[int]:
    """Count the carriers of each gene's rare damaging variants whose call is not missing."""
    rows = cohort.exome.qualifying()
    carried = np.zeros((len(cohort.exome.genes), len(cohort.sample_ids)), dtype=bool)
    np.logical_or.at(carried, cohort.exome.variants["gene"].to_numpy()[rows], written.calls[rows] > 0)
    return [int(count) for count in carried.sum(axis=1)]


def _summary(cohort: Cohort, written: WrittenVcfs, output: Path) -> SimulatedFolder:
    participants = cohort.participants
    happened = (participants["death_date"] != "") | (participants["ventilation_date"] != "")
    return SimulatedFolder(
        study=output / "study.yaml",
        samples=len(participants),
        genes=len(cohort.exome.genes),
        variants=len(cohort.exome.variants),
        sites=written.sites,
        visits=len(cohort.visits),
        events=int(happened.sum()),
        planted={planted.effect.role: planted.gene for planted in cohort.planted},
    )
