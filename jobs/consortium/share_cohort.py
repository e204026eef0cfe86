"""What a share says of its cohort beside results: fingerprints of the samples, and where variants would be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from association.problems import InputError
from association.scan_settings import ScanTrait
from hail_pipelines.places import readable
from hail_pipelines.quality_control.regions import read_bed
from infra.storage import Place
from jobs.consortium.callable_regions import FILE as REGIONS
from jobs.consortium.callable_regions import write_regions
from jobs.consortium.cohort import fingerprints_of, read_salt, write_fingerprints
from jobs.quality_control.common_genotypes import read_common
from jobs.quality_control.files import SAMPLES
from jobs.stage import home_of
from jobs.stage_folder import read_whole
from jobs.study.study import Study, resolve

COMMON = "common.parquet"


def consortium_salt(study: Study, path: Place) -> bytes | None:
    """Read the consortium's secret; None where the study names none.

    Raises
    ------
    InputError
        If it names one that is not there or can be guessed.
    """
    return None if study.cohort is None else read_salt(path, study.cohort)


def write_cohort(
    study: Study, path: Place, run: Mapping[str, Any], traits: Sequence[ScanTrait], salt: bytes | None, folder: Path
) -> None:
    """Write fingerprints where there is a secret, and callable regions where a BED says what they are.

    Without a BED, regions around sites that were called would tell where single variants lie: none are written.

    Parameters
    ----------
    study, path
        The study, and where its file stands.
    run
        The record of its run.
    traits
        Whose samples fingerprints are made of.
    salt
        The secret.
    folder
        Where to.
    """
    genome = study.genotypes.reference_genome
    if study.cohort is not None and study.cohort.callable_regions is not None:
        write_regions(read_bed(resolve(path, study.cohort.callable_regions), genome, 0), folder / REGIONS)
    if salt is not None:
        output = resolve(path, study.output)
        measured, judged = (_stage(path, output, run, *one) for one in (("measure", COMMON), ("samples", SAMPLES)))
        samples = pd.read_parquet(readable(judged / SAMPLES), columns=["sample"])["sample"]
        stored = pd.read_parquet(readable(output / "genes" / "samples.parquet"))["sample"]
        with_traits = np.unique(np.concatenate([trait.store_positions for trait in traits]))
        own = samples.isin(stored.iloc[with_traits]).to_numpy(np.bool_)
        variants, dosages = read_common(measured / COMMON, len(samples))
        write_fingerprints(fingerprints_of(variants, dosages[:, own], genome, salt), folder)


def _stage(path: Place, output: Place, run: Mapping[str, Any], name: str, file: str) -> Place:
    """Find the outputs of a stage of the run.

    Raises
    ------
    InputError
        If they are not there.
    """
    key = next((str(stage["key"]) for stage in run["stages"] if stage["name"] == name), None)
    found = None if key is None else read_whole(home_of(name, key, output / "stages"), key, [file])
    if found is None:
        message = f"fingerprints need the stage '{name}', which is not in {output / 'stages'}; do 'progex run' again"
        raise InputError.single(path.name, "cohort.salt", message)
    return found[1]
