"""Put the page of null models together: one HTML file, a section per trait, that needs no network.

It shows single patients, without their names, and so must stay where the patients are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.report import numbers, wording
from jobs.report.environment import page_environment
from jobs.report.null_models.coefficients import coefficient_rows, forest_figure
from jobs.report.null_models.entry_figure import entry_figure
from jobs.report.null_models.hazard_figures import (
    MOST_COVARIATES,
    hazard_residual_figure,
    schoenfeld,
    schoenfeld_figure,
)
from jobs.report.null_models.inputs import TraitPage
from jobs.report.null_models.model_words import ACTIONS, definition_words, detail_rows, filled_words, model_words
from jobs.report.null_models.own_slopes import own_lines
from jobs.report.null_models.panels import some_words
from jobs.report.null_models.slope_figures import courses_figure, slope_fit_figure
from jobs.report.null_models.survival_figure import survival_figure
from jobs.report.null_models.value_figures import value_caption, value_figure
from jobs.report.null_models.who_is_in import who_is_in, who_is_in_figure

# A test of proportional hazards below this is pointed out.
LEVEL = 0.05
GLOBAL = "global"


def write_null_models(
    path: Path,
    *,
    study: str,
    traits: Sequence[TraitPage],
    checks: Sequence[Mapping[str, Any]],
    versions: Mapping[str, str],
) -> None:
    """Write the page to a file; see `null_models_html` for what it takes.

    Parameters
    ----------
    path
        The file, which is replaced.
    study, traits, checks, versions
        What the page shows.
    """
    text = null_models_html(study=study, traits=traits, checks=checks, versions=versions)
    path.write_text(text, encoding="utf-8")


def null_models_html(
    *, study: str, traits: Sequence[TraitPage], checks: Sequence[Mapping[str, Any]], versions: Mapping[str, str]
) -> str:
    """Put the page together.

    Parameters
    ----------
    study
        Its name.
    traits
        Each trait with its null model and its patients.
    checks
        The checks of the clinical tables: name, meaning, action ("warn", "exclude" or "stop"), count (of findings),
        patients and, where patients were left out for it, excluded.
    versions
        Programs by name.

    Returns
    -------
    str
        HTML, complete in itself. No sample's id is in it.
    """
    rows = [{**check, "done": ACTIONS.get(str(check["action"]), str(check["action"]))} for check in checks]
    return (
        page_environment()
        .get_template("null_models/null_models.html.jinja")
        .render(
            study=study,
            traits=[_section(trait) for trait in traits],
            found=[check for check in rows if check["count"]],
            quiet=[check for check in rows if not check["count"]],
            versions=dict(versions),
        )
    )


def _section(trait: TraitPage) -> dict[str, Any]:
    """Gather what the page says of one trait."""
    summary = trait.summary
    return {
        "name": trait.name,
        "words": trait.words,
        "model": model_words(trait),
        "definition": definition_words(trait),
        "tiles": _tiles(trait),
        "in_or_out": who_is_in(trait).to_dict("records"),
        "in_figure": who_is_in_figure(trait),
        "coefficients": coefficient_rows(trait),
        "forest": forest_figure(trait),
        "details": detail_rows(trait),
        "filled": [
            {**one, "words": filled_words(str(one["policy"]))} for one in summary.get("covariates_missing") or ()
        ],
        "warnings": list(summary.get("warnings") or ()),
        "flags": [words for _, words in wording.flag_words(";".join(summary.get("flags") or ()))],
        "some_patients": some_words(len(trait.samples)),
        "hazards": _hazards(trait) if trait.has_times else None,
        "slopes": None if trait.visits is None else _slopes(trait),
        "measured": value_figure(trait) if _is_value(trait) else None,
        "measured_caption": value_caption(trait),
        "estimate_words": "estimate" if trait.visits is not None else trait.words.ratio or trait.words.effect,
    }


def _is_value(trait: TraitPage) -> bool:
    return not trait.has_times and trait.visits is None and "value" in trait.samples


def _tiles(trait: TraitPage) -> list[tuple[str, str, str]]:
    """Give the numbers that head a trait: name, number, remark."""
    summary = trait.summary
    tiles = [("Patients", numbers.count(summary["samples"]), "in the trait")]
    if numbers.present(summary.get("events")):
        share = numbers.percent(summary["events"] / max(1, summary["samples"]))
        remark = "in all" if trait.type == "count" else f"{share} of the patients"
        tiles.append((trait.words.events.capitalize(), numbers.count(summary["events"]), remark))
    if trait.has_competing_event:
        tiles.append(("Competing events", numbers.count(int((trait.cause == 2).sum())), "came first"))
    if numbers.present(summary.get("person_months")):
        tiles.append(("Follow-up", numbers.count(summary["person_months"]), "person-months under observation"))
    if trait.visits is not None:
        tiles.append(("Visits", numbers.count(len(trait.visits)), "scored"))
    tiles.append(("Strata", numbers.count(summary["strata"]), ""))
    return tiles


def _hazards(trait: TraitPage) -> dict[str, Any]:
    """Gather the figures of a time to an event."""
    curves = survival_figure(trait)
    found = schoenfeld(trait)
    tests = list(trait.summary.get("proportional_hazards") or ())
    ticks = sorted(curves.at_risk["month"].unique())
    return {
        "curves": curves.figure,
        "competing": trait.has_competing_event,
        "by_stratum": curves.at_risk["group"].nunique() > 1,
        "ticks": ticks,
        "at_risk": [(group, rows["at_risk"].tolist()) for group, rows in curves.at_risk.groupby("group", sort=False)],
        "medians": curves.medians,
        "entry": entry_figure(trait),
        "residuals": hazard_residual_figure(trait),
        "hidden": _hidden(len(trait.measured_covariates), MOST_COVARIATES),
        "hidden_over_time": _hidden(len(trait.covariates.columns), MOST_COVARIATES + 1),
        "tests": [_test(one) for one in tests],
        "verdict": _verdict(tests),
        "schoenfeld": None if found is None else schoenfeld_figure(trait, found),
        "some_events": "" if found is None else some_words(found.times.size, "events"),
    }


def _hidden(covariates: int, shown: int) -> str:
    """Say that some covariates have no panel."""
    return f" {shown} of {covariates} covariates are shown." if covariates > shown else ""


def _test(one: Mapping[str, Any]) -> dict[str, Any]:
    together = str(one["name"]).lower() == GLOBAL
    p_value = one["p_value"]
    return {
        **one,
        "words": "all covariates together" if together else wording.title(one["name"]),
        "beyond_chance": numbers.present(p_value) and p_value < LEVEL,
    }


def _verdict(tests: Sequence[Mapping[str, Any]]) -> str:
    """Say what the test of all covariates together means."""
    together = [one["p_value"] for one in tests if str(one["name"]).lower() == GLOBAL]
    if not together or not numbers.present(together[0]):
        return ""
    if together[0] >= LEVEL:
        return (
            "Taken together, the covariates show no sign that hazard ratios change over time. "
            "A small p of one among several can be chance."
        )
    return (
        "Some hazard ratios seem to change over time: look below at which, and how far. An average over follow-up "
        "remains a fair adjustment where the change is mild; a strong one is better made a stratum."
    )


def _slopes(trait: TraitPage) -> dict[str, Any]:
    """Gather the figures of visits."""
    assert trait.visits is not None
    lines = own_lines(trait, trait.visits)
    return {
        "courses": courses_figure(trait, trait.visits, lines),
        "fit": slope_fit_figure(trait, lines),
        "some_visits": some_words(len(trait.visits), "visits"),
    }
