"""The study's settings and the run's record without where files are, what they are called, and who is named there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# Settings of where a site's data are and how its tables are written, which say nothing of how results were made.
OF_THE_SITE = ("output", "participants", "visits", "genotypes", "compute", "cloud", "cohort", "gene_symbols")
# Of other settings, files and lists of people.
FILES = (
    *("path", "paths", "sheet", "exclude", "kinship", "polygenic_offset", "variants", "targets", "low_complexity"),
    *("segmental_duplications", "external_frequencies", "gene_model", "callable_regions", "salt", "header_types"),
)
# A rule of a mask may divide one score by another; a rule names no file.
RULES = ("where",)
SUFFIXES = r"\.(tsv|csv|txt|xlsx?|ya?ml|json|vcf|bed|ped|fam|psam|mt|ht|parquet|npz|g[tf]f3?|list|b?gz)\b"
A_PLACE = re.compile(rf"[/\\]|{SUFFIXES}", re.IGNORECASE)
# Of a run's record, what made the results and how long it took; neither names of files nor counts of samples.
OF_THE_RUN = ("versions", "seed")
OF_A_STAGE = ("name", "seconds", "reused")


def withhold_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings by which results were made, without files, columns of tables and lists of people."""
    kept = {name: value for name, value in settings.items() if name not in OF_THE_SITE}
    shown = {name: _without_files(value) for name, value in kept.items() if name != "name"}
    return ({"name": settings["name"]} if "name" in settings else {}) | shown


def _without_files(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: item if name in RULES else _without_files(item)
            for name, item in value.items()
            if name not in FILES and (name in RULES or not _is_place(item))
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_files(item) for item in value if not _is_place(item)]
    return value


def _is_place(value: Any) -> bool:
    return isinstance(value, str) and A_PLACE.search(value) is not None


def withhold_run(run: Mapping[str, Any]) -> dict[str, Any]:
    """Give a run's record: versions, and how long each stage took."""
    stages = [{name: stage[name] for name in OF_A_STAGE if name in stage} for stage in run.get("stages", ())]
    return {name: run[name] for name in OF_THE_RUN if name in run} | {"stages": stages}
