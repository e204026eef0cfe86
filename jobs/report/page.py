"""Put the report together: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import yaml

from jobs.report import figures, summary, wording
from jobs.report.findings import NORMAL_95, TraitFindings, find, mask_table
from jobs.report.inputs import CONTROL_MASK, ReportInputs

MOST_GENES_SHOWN = 20


def write_report(
    path: Path,
    *,
    results: pd.DataFrame,
    attrition: Sequence[Mapping[str, Any]],
    traits: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
    run: Mapping[str, Any] | None = None,
) -> None:
    """Write the report to a file; see `ReportInputs` for what it takes.

    Parameters
    ----------
    path
        The file, which is replaced.
    results, attrition, traits, settings
        What was found, and how.
    run
        The run's record, as far as there is one.
    """
    inputs = ReportInputs(results, attrition, traits, settings, run or {})
    path.write_text(report_html(inputs), encoding="utf-8")


def report_html(inputs: ReportInputs) -> str:
    """Put the page together.

    Parameters
    ----------
    inputs
        What the run found.

    Returns
    -------
    str
        HTML, complete in itself.
    """
    traits = [_trait_section(inputs, find(inputs, trait)) for trait in inputs.traits]
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            study=inputs.study,
            alpha=inputs.alpha,
            traits=traits,
            genes=int(inputs.results["gene"].nunique()),
            attrition=list(inputs.attrition),
            attrition_figure=figures.attrition_figure(inputs.attrition) if inputs.attrition else None,
            untested=_untested(inputs),
            settings=yaml.safe_dump(_plain(inputs.settings), sort_keys=False, allow_unicode=True, width=100),
            versions=dict(inputs.run.get("versions", {})),
            stages=list(inputs.run.get("stages", ())),
        )
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("jobs.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": wording.count,
        "number": wording.number,
        "estimate": wording.estimate,
        "percent": wording.percent,
        "p_value": wording.p_value,
        "mask_words": wording.mask_words,
        "test_words": wording.test_words,
        "plain_words": wording.plain_words,
        "title": wording.title,
    }
    return environment


def _trait_section(inputs: ReportInputs, findings: TraitFindings) -> dict[str, Any]:
    """Gather what the page says of one trait."""
    tested = not findings.tested.empty
    shown = findings.genes.head(MOST_GENES_SHOWN)
    return {
        "name": findings.name,
        "type": findings.type,
        "findings": findings,
        "sentences": summary.trait_sentences(findings, inputs.alpha),
        "cautions": summary.cautions(inputs, findings) if tested else [],
        "genes": [_gene_row(row) for row in _records(shown)],
        "any_flag": bool((shown["flags"].fillna("") != "").any()),
        "any_weighted_effect": bool((shown["effect"].notna() & (shown["weights"] != wording.UNWEIGHTED)).any()),
        "effect_name": wording.effect_name(findings.type),
        "has_events": wording.present(findings.summary.get("events")),
        "manhattan": figures.manhattan_figure(findings) if len(findings.genes) else None,
        "quantiles": figures.quantile_figure(findings) if tested else None,
        "masks": mask_table(findings) if tested else [],
        "coefficients": [_coefficient(one, findings.type) for one in findings.summary.get("coefficients", ())],
        "exclusions": list(findings.summary.get("exclusions", ())),
        "details": {
            name: value for name, value in findings.summary.get("details", {}).items() if name not in findings.summary
        },
    }


def _records(rows: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = rows.to_dict("records")
    return records


def _gene_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the cells of a gene's strongest row."""
    return {
        "gene": row["gene"],
        "place": f"{row['contig']}:{row['start']:,}",
        "mask": wording.mask_words(row["mask"]),
        "max_af": wording.percent(row["max_af"]),
        "test": wording.test_words(row["test"]),
        "weights": wording.weight_words(row["weights"]),
        "carriers": wording.count(row["carriers"]),
        "variants": wording.count(row["variants"]),
        "events": wording.count(row["observed_events"]),
        "expected": wording.number(row["expected_events"], 2),
        "ratio": wording.ratio_of_events(row),
        "effect": wording.effect(row),
        "p_value": wording.p_value(row["p_value"]),
        "p_interval": wording.p_interval(row),
        "method": wording.method_words(row["method"]),
        "permutations": wording.count(row["permutations"]),
        "p_asymptotic": wording.p_value(row["p_asymptotic"]),
        "flags": wording.flag_words(row["flags"]),
        "significant": bool(row["significant"]),
    }


def _coefficient(one: Mapping[str, Any], trait_type: str) -> dict[str, Any]:
    """Give the cells of a covariate: estimate with its interval, a hazard ratio for survival."""
    estimate, standard_error = float(one["estimate"]), float(one["standard_error"])
    survival = trait_type == "survival"
    return {
        "name": one["name"],
        "effect": wording.hazard_ratio(estimate, standard_error)
        if survival
        else wording.effect({"effect": estimate, "standard_error": standard_error}),
        "beyond_chance": abs(estimate) > NORMAL_95 * standard_error,
    }


def _untested(inputs: ReportInputs) -> list[dict[str, Any]]:
    """Count the genes that could not be tested, by trait, mask and reason."""
    rows = inputs.results[inputs.results["p_value"].isna() & (inputs.results["mask"] != CONTROL_MASK)]
    counted = rows.groupby(["trait", "mask", "reason"], sort=False, dropna=False)["gene"].nunique()
    return _records(counted.rename("genes").reset_index())


def _plain(value: Any) -> Any:
    """Turn settings into what YAML knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
