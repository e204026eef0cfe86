"""Clinical tables of 300,000 participants to traits, null models, data checks and page: seconds and memory."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from association.simulate.measures import simulate_measures, simulate_support
from association.simulate.progression import simulate_course
from association.simulate.visits import ITEMS, simulate_visits
from jobs.clinical.read import read_clinical
from jobs.run_traits import run_traits
from jobs.study.file import read_clinical_study
from jobs.traits.prepare import prepare_traits

PARTICIPANTS = 300_000
# Drawn and written in parts: the items of all visits at once would take more memory than the engine does.
PART = 10_000
# So that the average patient has 12 visits.
MONTHS_BETWEEN = 1.9
TRAITS = (
    {"name": "survival", "type": "survival"},
    {"name": "death", "type": "survival", "endpoint": "death", "origin": "diagnosis"},
    {"name": "niv", "type": "milestone", "milestone": "niv"},
    {"name": "gastrostomy", "type": "milestone", "milestone": "gastrostomy", "model": "fine_gray"},
    {"name": "kings_3", "type": "milestone", "milestone": "kings", "stage": 3},
    {"name": "mitos_2", "type": "milestone", "milestone": "mitos", "stage": 2, "model": "fine_gray"},
    {"name": "fvc_half", "type": "milestone", "milestone": "fvc"},
    *(
        {"name": f"slope_{score}", "type": "alsfrs_slope", "score": score}
        for score in ("total", "bulbar", "fine_motor", "gross_motor", "respiratory")
    ),
    {"name": "fvc_slope", "type": "slope", "measure": "fvc"},
    {"name": "index_slope", "type": "slope", "measure": "neurophysiological_index"},
    {"name": "cmap", "type": "baseline", "measure": "cmap"},
    {"name": "munix", "type": "baseline", "measure": "munix"},
    {"name": "rate", "type": "progression_rate"},
    {"name": "d50", "type": "d50"},
    {"name": "joint_rank", "type": "joint_rank"},
    {"name": "kings_year", "type": "stage", "system": "kings", "at_months": 12},
    {"name": "mitos_year", "type": "stage", "system": "mitos", "at_months": 12},
    {"name": "height", "type": "quantitative", "column": "height"},
    {"name": "dysphagia", "type": "binary", "column": "dysphagia"},
    {"name": "falls", "type": "count", "column": "falls"},
    {"name": "grade", "type": "ordinal", "column": "grade"},
)


def measure() -> pd.DataFrame:
    """Simulate, read, derive, fit and write; give seconds of each part and the most memory that was held."""
    with tempfile.TemporaryDirectory() as folder:
        study = write_study(Path(folder), PARTICIPANTS)
        settings = read_clinical_study(study)
        seconds = {}
        began = time.perf_counter()
        clinical = read_clinical(settings, study)
        seconds["tables read and checked"] = time.perf_counter() - began
        for trait in settings.traits:
            began = time.perf_counter()
            prepare_traits(settings.model_copy(update={"traits": [trait]}), clinical, None)
            seconds[f"{trait.type} {trait.name}"] = time.perf_counter() - began
        visits = len(clinical.visits) if clinical.visits is not None else 0
        del clinical
        began = time.perf_counter()
        run_traits(study)
        seconds["progex traits, all of it"] = time.perf_counter() - began
    table = pd.DataFrame([{"part": part, "seconds": round(taken, 1)} for part, taken in seconds.items()])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return table.assign(participants=PARTICIPANTS, visits=visits, peak_gib=round(peak, 2))


def write_study(folder: Path, participants: int) -> Path:
    """Write tables of simulated patients, and a study of every type of trait."""
    generator = np.random.default_rng(1)
    for begin in range(0, participants, PART):
        ids = [f"P{number:07d}" for number in range(begin, min(begin + PART, participants))]
        course = simulate_course(np.zeros(len(ids)), np.zeros(len(ids)), generator)
        visits = simulate_visits(course, ids, generator, months_between=MONTHS_BETWEEN)
        more = simulate_measures(course, visits, ids, generator)
        people = pd.concat([course.participants(ids), simulate_support(course, generator)], axis=1)
        people = people.assign(
            height=generator.normal(172, 9, len(ids)).round(1),
            dysphagia=generator.integers(0, 2, len(ids)),
            falls=generator.negative_binomial(2, 0.4, len(ids)),
            grade=generator.integers(1, 5, len(ids)),
        )
        how = {"sep": "\t", "index": False, "mode": "a", "header": begin == 0}
        people.to_csv(folder / "participants.tsv", **how)
        pd.concat([visits, more], axis=1).to_csv(folder / "visits.tsv", **how)
    study = {
        "name": "Benchmark",
        "output": "out",
        "participants": {
            "path": "participants.tsv",
            "columns": {"sex": "sex", "site": "centre", "onset_region": "onset_region"},
        },
        "visits": {
            "path": "visits.tsv",
            "columns": {"items": list(ITEMS)}
            | {name: name for name in ("fvc", "cmap", "munix", "distal_latency", "f_wave_frequency")},
        },
        "traits": list(TRAITS),
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(study, sort_keys=False))
    return path
