"""Put the report together: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pandas as pd
import yaml
from markupsafe import Markup

from association.results import COLUMNS
from association.scan_settings import CONTROL_MASK
from jobs.report import numbers, wording
from jobs.report.browse import browse_section, page_scripts
from jobs.report.cautions import cautions
from jobs.report.chances import NORMAL_95
from jobs.report.consortium import Consortium, about_cohorts, overlap_sentences, taken_out
from jobs.report.driving_rows import MASK
from jobs.report.environment import page_environment
from jobs.report.figures import attrition_figure
from jobs.report.findings import TraitFindings, find
from jobs.report.forest_figure import forest_figure
from jobs.report.gene import gene_pages
from jobs.report.gene_sets import set_sections
from jobs.report.gene_table import gene_table, records
from jobs.report.inputs import ReportInputs
from jobs.report.interactions import interaction_sections
from jobs.report.known_genes import known_sections
from jobs.report.manhattan import manhattan_figure
from jobs.report.masks import TEST, about_empty_masks, mask_rules, mask_table
from jobs.report.mechanism import mechanism_sections
from jobs.report.overview import overview
from jobs.report.quantile_figure import quantile_figure
from jobs.report.run_record import run_record
from jobs.report.summary import trait_sentences
from jobs.report.together import together_section
from jobs.report.withheld import withhold


def report_html(inputs: ReportInputs) -> str:
    """Put the page together.

    Parameters
    ----------
    inputs
        What the run found; what its audience may not see is left out.

    Returns
    -------
    str
        HTML, complete in itself.
    """
    return render_page(page_context(withhold(inputs)))


def render_page(context: Mapping[str, Any]) -> str:
    """Write the page of what `page_context` gathered."""
    return page_environment().get_template("page.html.jinja").render(**context)


def page_context(inputs: ReportInputs) -> dict[str, Any]:
    """Gather what the page shows.

    Parameters
    ----------
    inputs
        Of which nothing is left to withhold.
    """
    found = [find(inputs, trait) for trait in inputs.traits]
    traits = [_trait_section(inputs, findings) for findings in found]
    browse = browse_section(inputs, found)
    profiles = gene_pages(inputs, found)
    return dict(
        study=inputs.study,
        alpha=inputs.alpha,
        traits=traits,
        gene_pages=profiles,
        overview=overview(inputs, found, profiles.anchors),
        browse=browse,
        scripts=page_scripts(with_tables=browse is not None),
        together=together_section(inputs),
        genes=int(inputs.results["gene"].nunique()),
        attrition=list(inputs.attrition),
        attrition_figure=attrition_figure(inputs.attrition) if inputs.attrition else None,
        untested=_untested(inputs.results),
        gene_sets=set_sections(inputs.gene_sets, inputs.set_genes),
        known_genes=known_sections(inputs.known_genes),
        set_tests=int(inputs.gene_sets["p_value"].notna().sum()),
        sets_by_length=bool(inputs.gene_sets["length_per_gene"].notna().any()),
        interactions=interaction_sections(inputs.interactions),
        mechanism=mechanism_sections(inputs.mechanism),
        mask_rules=mask_rules(inputs.settings),
        settings=yaml.safe_dump(_plain(inputs.settings), sort_keys=False, allow_unicode=True, width=100),
        versions=dict(inputs.run.get("versions", {})),
        stages=list(inputs.run.get("stages", ())),
        record=run_record(inputs.run),
        columns=COLUMNS,
        withheld=inputs.families is not None,
        few_words=numbers.FEW_WORDS,
        consortium=None if inputs.consortium is None else _cohorts(inputs.consortium),
    )


def _trait_section(inputs: ReportInputs, findings: TraitFindings) -> dict[str, Any]:
    """Gather what the page says of one trait."""
    tested = not findings.tested.empty
    words = wording.trait_words(findings.type)
    return {
        "name": findings.name,
        "type": findings.type,
        "words": words,
        "findings": findings,
        "sentences": trait_sentences(findings, inputs.alpha),
        "cautions": _cautions(inputs, findings) if tested else [],
        "table": gene_table(findings),
        "has_events": numbers.present(findings.summary.get("events")),
        "manhattan": manhattan_figure(findings) if len(findings.genes) else None,
        "quantiles": quantile_figure(findings) if tested else None,
        "forest": None if inputs.consortium is None else forest_figure(findings, inputs.consortium),
        "masks": _by_mask(mask_table(findings)),
        "coefficients": [_coefficient(one, words) for one in findings.summary.get("coefficients", ())],
        "exclusions": list(findings.summary.get("exclusions", ())),
        "details": {
            name: value for name, value in findings.summary.get("details", {}).items() if name not in findings.summary
        },
    }


def _cautions(inputs: ReportInputs, findings: TraitFindings) -> list[Markup]:
    found = [*cautions(findings), *about_empty_masks(inputs.results)]
    if (untold := inputs.relatives_untold) is not None:
        found.insert(
            0, Markup("{}. Such relatives may be in this trait together.").format(untold[:1].upper() + untold[1:])
        )
    return found if inputs.consortium is None else [*about_cohorts(inputs.consortium, findings.name), *found]


def _cohorts(consortium: Consortium) -> dict[str, Any]:
    """Gather what the page says of cohorts whose summaries were combined."""
    return {
        "cohorts": consortium.cohorts,
        "traits": consortium.traits,
        "overlap": overlap_sentences(consortium),
        "taken_out": taken_out(consortium),
    }


def _by_mask(rows: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Put the tests of a mask and ceiling together."""
    return [list(tests) for _, tests in groupby(rows, key=lambda row: (row["mask"], str(row["max_af"])))]


def _coefficient(one: Mapping[str, Any], words: wording.TraitWords) -> dict[str, Any]:
    """Give the cells of a covariate: estimate with its interval, a ratio where the model is of logarithms."""
    estimate, standard_error = float(one["estimate"]), float(one["standard_error"])
    return {
        "name": one["name"],
        "effect": numbers.exponential(estimate, standard_error)
        if words.ratio
        else numbers.effect({"effect": estimate, "standard_error": standard_error}),
        "beyond_chance": abs(estimate) > NORMAL_95 * standard_error,
    }


def _untested(results: pd.DataFrame) -> list[dict[str, Any]]:
    """Count the genes that could not be tested, by trait, mask and reason; by test where the mask has others."""
    rows = results[results["mask"] != CONTROL_MASK]
    some = rows["p_value"].notna().groupby([rows[name] for name in ("trait", *MASK)], dropna=False).transform("any")
    missing = rows[rows["p_value"].isna()]
    tests = missing[TEST].to_dict("records")
    named = [
        wording.test_words(test) if known else "" for test, known in zip(tests, some[missing.index], strict=True)
    ]
    counted = missing.assign(of=named).groupby(["trait", "mask", "of", "reason"], sort=False, dropna=False)["gene"]
    return records(counted.nunique().rename("genes").reset_index())


def _plain(value: Any) -> Any:
    """Turn settings into what YAML knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
