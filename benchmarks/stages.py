"""Wall seconds of each stage, from VCFs to report, on a simulated cohort of 300 samples and 1,000 genes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pandas as pd

from jobs.run import run_study
from jobs.simulate_cohort import simulate_cohort


def measure() -> pd.DataFrame:
    """Simulate, run, and read the run's own record."""
    with tempfile.TemporaryDirectory() as folder:
        cohort = Path(folder) / "cohort"
        simulate_cohort(cohort, samples=300, genes=1_000, seed=1)
        run_study(cohort / "study.yaml")
        record = json.loads((cohort / "out" / "run.json").read_text())
    stages = pd.DataFrame(record["stages"])[["name", "seconds"]]
    return pd.concat([stages, pd.DataFrame([{"name": "all", "seconds": stages["seconds"].sum()}])])
