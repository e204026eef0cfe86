"""What the overview shows: the question, the headline genes, the control, what could be found, where to look next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.report import wording
from jobs.report.audience import Audience
from jobs.report.control_figure import control_figure
from jobs.report.detectable import CARRIERS, detectable_effects
from jobs.report.findings import TraitFindings
from jobs.report.headline import headline_rows
from jobs.report.inputs import ReportInputs
from jobs.report.opening import opening_sentences
from jobs.result_files import NULL_MODELS

# Pages and tables beside the report, which show single patients: where they are, and what they show.
AT_THE_SITE = (
    ("../qc/qc.html", "quality control", "calls, depth, contamination, sex, relatives, ancestry and batches"),
    (NULL_MODELS, "null models", "survival curves, residuals, visits with their fitted slopes, data checks"),
)


def overview(inputs: ReportInputs, traits: Sequence[TraitFindings], pages: Mapping[str, str]) -> dict[str, Any]:
    """Gather what the overview shows beside the sentences of each trait.

    Parameters
    ----------
    inputs
        What the run found.
    traits
        The same, by trait.
    pages
        The id of each gene's own section on the page, of those that have one.
    """
    return {
        "opening": opening_sentences(inputs, traits),
        "headlines": [
            {"trait": trait.name, "words": wording.trait_words(trait.type), "rows": headline_rows(trait, pages)}
            for trait in traits
        ],
        "control": control_figure(traits),
        "any_adjusted": any(trait.genes[["p_family", "q_value"]].notna().any(axis=None) for trait in traits),
        "carriers": CARRIERS,
        "detectable": [_detectable(trait) for trait in traits if detectable_effects(trait)],
        "beside": [] if inputs.consortium else list(AT_THE_SITE),
        "linked": inputs.audience is Audience.SITE,
    }


def _detectable(trait: TraitFindings) -> dict[str, Any]:
    """Give a row of what could be found."""
    words = wording.trait_words(trait.type)
    return {
        "trait": trait.name,
        "unit": words.ratio or words.effect,
        "testable": trait.genes_testable,
        "genes": len(trait.genes),
        "level": trait.family.threshold,
        "effects": {one.carriers: one for one in detectable_effects(trait)},
    }
