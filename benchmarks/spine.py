"""From VCF to gene store, beside what bcftools and plink2 take to the same point: wall and CPU seconds on two cores.

    python -m benchmarks.spine                 makes the cohorts in a temporary folder: 300 x 200,000, 3,000 x 50,000
    python -m benchmarks.spine FOLDER          keeps them in a folder, and uses those that it finds there

The peers split alleles, set poor calls to missing, count (`bcftools norm | +setGT | +fill-tags`, uncompressed between
the three) and write genotypes of variants that are called well and in Hardy-Weinberg equilibrium (`plink2
--make-pgen`). progex does all of that and more: sample QC, relatives, ancestry, sex, annotation, carriers by gene.
"Hail import" is `hl.import_vcf(...).write(...)` alone, the least that a pipeline on Hail does first. All read the
same file, one after the other, as often as asked for; the fastest of each counts.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.processor_clock import ProcessorClock
from benchmarks.quality_control import CORES, SIZES, make_cohort
from jobs.check import check_study
from jobs.genotype_stages import GenotypeStages
from jobs.progress import Progress
from jobs.run import bring_current

TO_GENE_STORE = "from pathlib import Path; from benchmarks.spine import to_gene_store; to_gene_store(Path({study!r}))"
HAIL = """
from pathlib import Path
import hail as hl
from hail_pipelines.session import SessionSettings, start
start(SessionSettings(cores={cores}), Path({folder!r}))
hl.import_vcf({vcf!r}, force_bgz=True, reference_genome="GRCh38", min_partitions=24).write({folder!r} + "/calls.mt")
"""
SPLIT = "bcftools norm -m-any -Ou {vcf} 2>/dev/null"
POOR = "bcftools +setGT -Ou - -- -t q -n . -i 'FMT/GQ<20 | FMT/DP<10' 2>/dev/null"
COUNT = "bcftools +fill-tags -Ou -o {folder}/filled.bcf - -- -t AN,AC,AF,F_MISSING,HWE"
PGEN = (
    "plink2 --bcf {folder}/filled.bcf --make-pgen --geno 0.1 --hwe 1e-6 --allow-extra-chr --threads {cores} "
    "--out {folder}/filtered >/dev/null 2>&1"
)
PEERS = f"{SPLIT} | {POOR} | {COUNT} && {PGEN}"


def to_gene_store(study: Path) -> None:
    """Do the stages of a study from its VCFs to the gene store; the page of quality control is no part of it."""
    checked = check_study(study)
    genotypes = GenotypeStages(checked)
    stages = [*(stage for stage in genotypes.quality_control() if stage.name != "qc page"), genotypes.gene_store()]
    bring_current(stages, checked.output, Progress([stage.name for stage in stages]), genotypes.tally)


def measure(folder: Path | None = None, *, repeats: int = 2) -> pd.DataFrame:
    """Measure both on each cohort, one after the other.

    Parameters
    ----------
    folder
        Where cohorts are, or go; none: a temporary one.
    repeats
        How often each is run.
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            return measure(Path(made), repeats=repeats)
    absent = [name for name in ("bcftools", "plink2") if shutil.which(name) is None]
    if absent:
        print(f"{' and '.join(absent)} not found: progex alone is measured", file=sys.stderr)
    rows = []
    for size in SIZES:
        study = make_cohort(folder / size.name, size.samples, size.variants)
        for _ in range(repeats):
            shutil.rmtree(study.parent / "out", ignore_errors=True)
            vcf, launch = study.parent / "calls.vcf.gz", TO_GENE_STORE.format(study=str(study))
            times = {"progex": _timed([sys.executable, "-c", launch]), "Hail import": _run_hail(vcf)}
            if not absent:
                times["peers"] = _run_peers(vcf)
            cohort = {"cohort": f"{size.samples:,} x {size.variants:,}"}
            rows += [cohort | {"program": program} | seconds for program, seconds in times.items()]
    fastest = pd.DataFrame(rows).groupby(["cohort", "program"], sort=False).min().reset_index()
    peers = fastest[fastest["program"] == "peers"].set_index("cohort")["wall"]
    return fastest.assign(wall_of_peers=(fastest["wall"] / fastest["cohort"].map(peers)).round(2))


def _run_peers(vcf: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=vcf.parent) as scratch:
        command = PEERS.format(vcf=vcf, folder=scratch, cores=CORES)
        return _timed(["bash", "-o", "pipefail", "-c", command])


def _run_hail(vcf: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=vcf.parent) as scratch:
        return _timed([sys.executable, "-c", HAIL.format(vcf=str(vcf), folder=scratch, cores=CORES)])


def _timed(command: Sequence[str]) -> dict[str, float]:
    """Run a command; give the wall and CPU seconds of it and all that it starts."""
    began = time.perf_counter()
    process = subprocess.Popen(command)
    clock = ProcessorClock(process.pid)
    if process.wait() != 0:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    wall = time.perf_counter() - began
    return {"wall": round(wall, 1), "cpu": round(clock.stop()["cpu"], 1)}


def main() -> None:
    """Measure, in a folder that is given or in a temporary one, and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("folder", nargs="?", type=Path)
    arguments.add_argument("--repeats", type=int, default=2)
    given = arguments.parse_args()
    print(measure(given.folder, repeats=given.repeats).to_string(index=False))


if __name__ == "__main__":
    main()
