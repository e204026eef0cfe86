"""The study file that a run in the cloud reads: as it was written, with every place spelt out from its bucket on.

So it can lie anywhere, and the same study submitted from two places is the same file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from association.problems import InputError, Problem
from infra import storage
from infra.storage import SCHEME, Place, in_bucket
from jobs.output_folder import input_settings
from jobs.study.cloud import Cloud
from jobs.study.file import StudyLoader
from jobs.study.study import Study, resolve


def cloud_of(study: Study, path: Place) -> Cloud:
    """Give the section `cloud`.

    Raises
    ------
    InputError
        If the study file has none.
    """
    if study.cloud is None:
        message = "missing; name project, region, bucket and service_account there (docs/cloud.md)"
        raise InputError.single(path.name, "cloud", message)
    return study.cloud


def use_buckets(cloud: Cloud) -> None:
    """Use buckets as the section says: who pays, and which key encrypts."""
    storage.use_buckets(storage.BucketSettings(billing_project=cloud.requester_pays_project, kms_key=cloud.kms_key))


def use_buckets_of(study: Study, path: Place) -> None:
    """Use buckets as a study says, if it says so and anything of it is in one."""
    names = [str(path), *(name for _, name in _places(study))]
    if study.cloud is not None and any(map(in_bucket, names)):
        use_buckets(study.cloud)


def submitted_study(study: Study, path: Place) -> bytes:
    """Give the content of the study file that is submitted.

    Parameters
    ----------
    study, path
        A study, and where its file stands.

    Raises
    ------
    InputError
        If it names places that are not in a bucket, all of them at once.
    """
    settings = yaml.load(path.read_text(encoding="utf-8"), Loader=StudyLoader)
    problems = []
    for setting, name in _places(study):
        place = str(resolve(path, name))
        if setting == "output" and re.fullmatch(rf"{SCHEME}[^/]+/*", place):
            problems.append(
                Problem(setting, f"{name} is a whole bucket; name a folder in it: a run replaces folders")
            )
        elif place.startswith(SCHEME):
            _put(settings, setting, place)
        else:
            problems.append(Problem(setting, f"{name} is on this machine, which a cluster can't reach; {_REMEDY}"))
    if problems:
        raise InputError(path.name, problems)
    return yaml.safe_dump(settings, sort_keys=True, allow_unicode=True).encode()


_REMEDY = "copy it to a bucket (`gcloud storage cp`) and name it as gs://..."


def _places(study: Study) -> Iterator[tuple[str, str]]:
    yield "output", study.output
    yield from input_settings(study)


def _put(settings: Any, setting: str, value: str) -> None:
    """Set what a name such as `traits[0].kinship` stands for."""
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", setting)]
    for step in steps[:-1]:
        settings = settings[step]
    settings[steps[-1]] = value
