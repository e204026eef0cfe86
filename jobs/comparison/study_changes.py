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
# What reads a table, and so may define a trait otherwise.
READING = ("times", "codes", "units", "date_format", "year_only")


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
        "facts": {name: [old[name], new[name]] for name in FACTS if old.get(name) != new.get(name)},
        "definitions": sorted(name for name in hashes.keys() & hashes_now.keys() if hashes[name] != hashes_now[name]),
        "same_genotypes": old.get("gene_store") == new.get("gene_store"),
    }


def setting_changes(old: ComparedRun, new: ComparedRun) -> dict[str, list[str]]:
    """Show the settings that differ line by line, by section."""
    before, now = old.settings, new.settings
    sections = [name for name in dict.fromkeys((*before, *now)) if name not in OF_NO_RESULT]
    return {
        name: difference({name: before.get(name)}, {name: now.get(name)})
        for name in sections
        if before.get(name) != now.get(name)
    }


def version_changes(old: ComparedRun, new: ComparedRun) -> dict[str, list[str | None]]:
    """Give the versions that differ, before and now."""
    before, now = old.record["versions"], new.record["versions"]
    names = dict.fromkeys((*before, *now))
    return {name: [before.get(name), now.get(name)] for name in names if before.get(name) != now.get(name)}


def asked_otherwise(old: ComparedRun, new: ComparedRun) -> Asked:
    """Say what of the settings of tests differs."""
    before, now = old.settings, new.settings
    rules, rules_now = _rules(before), _rules(now)
    both = rules.keys() & rules_now.keys()
    settings = {
        causes.CALIBRATION: before["calibration"] != now["calibration"],
        causes.CONDITIONING: before["condition_on"] != now["condition_on"],
        causes.VERSIONS: bool(version_changes(old, new)),
    }
    return Asked(
        masks=frozenset(name for name in both if rules[name][0] != rules_now[name][0]),
        over_masks=_without_control(rules) != _without_control(rules_now),
        tests=before["tests"] != now["tests"],
        settings=tuple(name for name, applies in settings.items() if applies),
    )


def _rules(settings: Mapping[str, Any]) -> dict[str, tuple[Any, list[float]]]:
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
