"""What differs between two runs as a whole: cohorts, settings, versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from association.comparison import causes
from association.comparison.reasons import Asked
from association.scan_settings import ALL_MASKS, CONTROL_MASK
from jobs.comparison.compared_run import ComparedRun
from jobs.consortium.refusals import difference

# Where a study writes, and on how many cores, moves no result.
OF_NO_RESULT = ("name", "output", "compute")
# What a cohort is, beside its samples.
FACTS = ("caller", "capture_kit", "reference_genome")
# In place of a fact that another version's manifest does not tell.
NOT_TOLD = "not told"
# What reads a table, and so may define a trait otherwise.
READING = ("times", "codes", "units", "date_format", "year_only")

Settings = Mapping[str, Any]


def cohort_changes(old: ComparedRun, new: ComparedRun) -> dict[str, Any] | None:
    """Say which cohorts were added and removed, and how those that stay have changed; None of no merged study."""
    if new.merged is None:
        return None
    now = {one["cohort"]: one for one in new.merged["cohorts"]}
    before = {} if old.merged is None else {one["cohort"]: one for one in old.merged["cohorts"]}
    return {
        "before": None if old.merged is None else list(before),
        "now": list(now),
        "added": [{"cohort": name, "samples": now[name]["samples"]} for name in now if name not in before],
        "removed": [{"cohort": name, "samples": before[name]["samples"]} for name in before if name not in now],
        "stayed": [_cohort(before[name], now[name]) for name in now if name in before],
        "states": [row for row in new.merged["states"] if row["variants"]],
    }


def _cohort(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Say how a cohort has changed, of what both manifests tell."""
    hashes, hashes_now = old.get("hashes", {}), new.get("hashes", {})
    return {
        "cohort": new["cohort"],
        "samples": [old["samples"], new["samples"]],
        "facts": {
            name: [told.get(name, NOT_TOLD) for told in (old, new)]
            for name in FACTS
            if old.get(name) != new.get(name)
        },
        "definitions": sorted(name for name in hashes.keys() & hashes_now.keys() if hashes[name] != hashes_now[name]),
        "same_genotypes": old.get("gene_store") == new.get("gene_store"),
    }


def setting_changes(old: Settings, new: Settings) -> dict[str, list[str]]:
    """Show the settings that differ line by line, by section."""
    sections = [name for name in dict.fromkeys((*old, *new)) if name not in OF_NO_RESULT]
    return {
        name: difference({name: old.get(name)}, {name: new.get(name)})
        for name in sections
        if old.get(name) != new.get(name)
    }


def version_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[str | None]]:
    """Give the versions that differ between two records, before and now."""
    before, now = old["versions"], new["versions"]
    names = dict.fromkeys((*before, *now))
    return {name: [before.get(name), now.get(name)] for name in names if before.get(name) != now.get(name)}


def asked_otherwise(old: Settings, new: Settings, *, versions: bool) -> Asked:
    """Say what of the settings of tests differs.

    Parameters
    ----------
    old, new
        The settings of either run.
    versions
        Whether other versions computed it.
    """
    rules, rules_now = _rules(old), _rules(new)
    both = rules.keys() & rules_now.keys()
    settings = {
        causes.CALIBRATION: old.get("calibration") != new.get("calibration"),
        causes.CONDITIONING: old.get("condition_on") != new.get("condition_on"),
        causes.VERSIONS: versions,
    }
    return Asked(
        masks=frozenset(name for name in both if rules[name][0] != rules_now[name][0]),
        over_masks=_without_control(rules) != _without_control(rules_now),
        tests=old["tests"] != new["tests"],
        settings=tuple(name for name, applies in settings.items() if applies),
    )


def _rules(settings: Settings) -> dict[str, tuple[Any, list[float]]]:
    """Give the rule and the ceilings of each mask."""
    return {
        mask["name"]: (
            {name: mask[name] for name in mask if name != "max_allele_frequency"},
            mask["max_allele_frequency"],
        )
        for mask in settings["masks"]
    }


def _without_control(rules: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rule for name, rule in rules.items() if name not in (CONTROL_MASK, ALL_MASKS)}


def read_otherwise(old: ComparedRun, new: ComparedRun) -> bool:
    """Say whether the clinical tables are read otherwise: other times, codes or units."""
    before, now = (
        [(run.settings.get(table) or {}).get(name) for table in ("participants", "visits") for name in READING]
        for run in (old, new)
    )
    return before != now
