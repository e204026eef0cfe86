"""Two sites: a simulated cohort each, run and shared as it would be at home."""

from __future__ import annotations

import json

import pytest

from jobs.consortium.share import share_study
from jobs.run import run_study
from jobs.simulate_cohort import simulate_cohort


@pytest.fixture(scope="session")
def sites(tmp_path_factory, copy_of):
    """Two cohorts of the same traits, masks and genes; run, not shared."""
    found = []
    for number, (seed, samples) in enumerate(((1, 70), (2, 60)), start=1):
        source = tmp_path_factory.mktemp(f"source{number}") / "cohort"
        simulate_cohort(source, samples=samples, genes=10, seed=seed)
        folder = copy_of(source, tmp_path_factory.mktemp(f"site{number}") / "cohort")
        folder.set(
            name=f"site {number}",
            masks=[
                {
                    "name": "plof_or_damaging_missense",
                    "damaging": {"score": "REVEL", "at_least": 0.3},
                    "max_allele_frequency": [0.2],
                },
                {"name": "synonymous", "max_allele_frequency": [0.2]},
            ],
            calibration={"max_permutations": 1000, "family_permutations": 0},
            compute={"cores": 1},
        )
        run_study(folder.study)
        found.append(folder)
    return found


@pytest.fixture(scope="session")
def shares(sites):
    """What they share."""
    return [share_study(site.study, at_least=5) for site in sites]


@pytest.fixture
def change_manifest():
    """Give a function that changes a shared folder's share.json in place."""

    def change(folder, **values):
        path = folder / "share.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change
