"""Quality control of 300 x 200,000 and of 3,000 x 50,000 calls, stage by stage: wall and CPU seconds on two cores.

    python -m benchmarks.quality_control                 makes both cohorts in a temporary folder
    python -m benchmarks.quality_control FOLDER          keeps them in a folder, and uses those that it finds there

CPU seconds are of the whole tree of processes, as Linux counts them. A stage's share is what was
used between its beginning and its end; what lies between stages is shown as "between".
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from benchmarks.genotype_text import make_people, write_random_vcf
from benchmarks.processor_clock import ProcessorClock


@dataclass(frozen=True)
class Size:
    """How large a cohort is, and what a plain Hail script took for its parts.

    Attributes
    ----------
    samples, variants
        Of the VCF.
    """

    samples: int
    variants: int

    @property
    def name(self) -> str:
        """Give the folder's name."""
        return f"bench{self.samples}"


SIZES = (Size(300, 200_000), Size(3_000, 50_000))
CORES = 2
LAUNCH = "from jobs.cli import main; main()"
ALL = "all"


def measure(folder: Path | None = None, *, sizes: tuple[Size, ...] = SIZES, command: str = "qc") -> pd.DataFrame:
    """Make the cohorts where they are not made yet, run the command on each, and give a row per stage.

    Parameters
    ----------
    folder
        Where cohorts are, or go; none: a temporary one.
    sizes
        The cohorts.
    command
        Of progex: qc, or run, which goes on to the report.
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            return measure(Path(made), sizes=sizes, command=command)
    rows = []
    for size in sizes:
        study = make_cohort(folder / size.name, size.samples, size.variants)
        rows.append(_describe(run_and_watch(study, command), size))
    return pd.concat(rows, ignore_index=True)


def make_cohort(folder: Path, samples: int, variants: int, *, seed: int = 1) -> Path:
    """Write a VCF, participants and a study file, unless they are there; give the study file's path.

    Parameters
    ----------
    folder
        Of the cohort; made.
    samples, variants
        Of the VCF.
    seed
        The same seed gives the same cohort.
    """
    study = folder / "study.yaml"
    if study.exists():
        return study
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    people = make_people(samples, generator)
    write_random_vcf(folder / "calls.vcf.gz", people, variants, generator)
    participants = pd.DataFrame(
        {
            "sample": people.names,
            "sex": np.where(people.male, "male", "female"),
            "batch": [f"B{batch}" for batch in people.batch],
            "height": generator.normal(170, 9, samples).round(1),
        }
    )
    participants.to_csv(folder / "participants.tsv", sep="\t", index=False)
    study.write_text(yaml.safe_dump(_settings(), sort_keys=False))
    return study


def _settings() -> dict[str, Any]:
    return {
        "name": "Benchmark of quality control",
        "output": "out",
        "genotypes": {"vcfs": ["calls.vcf.gz"], "reference_genome": "GRCh38"},
        "participants": {"path": "participants.tsv", "columns": {"sample": "sample", "sex": "sex", "batch": "batch"}},
        "annotation": {"source": "info", "gene": "GENE", "consequence": "EFFECT"},
        "traits": [{"name": "height", "type": "quantitative", "column": "height"}],
        "covariates": ["sex"],
        "masks": [{"name": "plof", "max_allele_frequency": [0.01]}],
        "tests": [{"test": "burden"}],
        "compute": {"cores": CORES, "driver_memory_gib": 4},
    }


def run_and_watch(study: Path, command: str) -> pd.DataFrame:
    """Run the command on a study anew; give each stage's wall and CPU seconds, in order of their ends.

    Parameters
    ----------
    study
        The study file; its output folder must not exist.
    command
        Of progex.

    Raises
    ------
    FileExistsError
        If there is output, whose stages would not be done again.
    """
    output = study.parent / "out"
    if output.exists():
        raise FileExistsError(f"{output} is left from another run, whose stages would be reused; remove it")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", LAUNCH, command, str(study)], env=environment)
    clock = ProcessorClock(process.pid)
    if process.wait() != 0:
        raise subprocess.CalledProcessError(process.returncode, f"progex {command}")
    whole = clock.stop()
    rows = []
    for manifest in sorted((output / "stages").glob("*/manifest.json"), key=lambda path: path.stat().st_mtime_ns):
        made, end = json.loads(manifest.read_text()), manifest.stat().st_mtime
        used = clock.used(end - made["seconds"], end)
        rows.append({"stage": made["stage"], "wall": made["seconds"], "cpu": used})
    stages = pd.DataFrame(rows)
    between = {
        "stage": "between",
        "wall": whole["wall"] - stages["wall"].sum(),
        "cpu": whole["cpu"] - stages["cpu"].sum(),
    }
    return pd.concat([stages, pd.DataFrame([between, {"stage": ALL} | whole])], ignore_index=True)


def _describe(stages: pd.DataFrame, size: Size) -> pd.DataFrame:
    """Add the cohort and the nanoseconds per call."""
    stages.insert(0, "cohort", f"{size.samples:,} x {size.variants:,}")
    return stages.assign(
        wall=stages["wall"].round(1),
        cpu=stages["cpu"].round(1),
        cpu_ns_per_call=(1e9 * stages["cpu"] / (size.samples * size.variants)).round(0).astype(int),
    )


def main() -> None:
    """Measure, in a folder that is given or in a temporary one, and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("folder", nargs="?", type=Path)
    arguments.add_argument("--command", choices=("qc", "run"), default="qc")
    arguments.add_argument("--samples", type=int, help="only the cohort of so many samples")
    arguments.add_argument("--make-only", action="store_true", help="make the cohorts, run nothing")
    given = arguments.parse_args()
    sizes = tuple(size for size in SIZES if given.samples in (None, size.samples))
    if given.make_only:
        for size in sizes:
            print(make_cohort(given.folder / size.name, size.samples, size.variants))
    else:
        print(measure(given.folder, sizes=sizes, command=given.command).to_string(index=False))


if __name__ == "__main__":
    main()
