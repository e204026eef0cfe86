"""What a reader must bear in mind about a trait's results, in words made from the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from markupsafe import Markup

from association.results import FLAGS, ONE_VARIANT_DRIVEN
from jobs.report import numbers, wording
from jobs.report.control import Control, judge_control
from jobs.report.findings import TraitFindings

MANY_EXCLUDED = 0.2
ABOUT_A_GENE: Mapping[str, str] = {
    ONE_VARIANT_DRIVEN: FLAGS[ONE_VARIANT_DRIVEN],
    "single_variant": "one variant carries the whole result, so it may belong to the variant's neighbourhood",
    "one_stratum": "all carriers come from one stratum, so a local cause is not excluded",
}


def cautions(findings: TraitFindings) -> list[Markup]:
    """List what a reader must bear in mind about one trait's results."""
    return [
        *_about_permutations(findings),
        *_about_control(findings),
        *_about_genes(findings),
        *_about_trait(findings),
    ]


def _about_permutations(findings: TraitFindings) -> Iterator[Markup]:
    if findings.floor_hides_line:
        nobody = "no gene could pass" if findings.floor_is_everyones else "no gene whose p was counted could pass"
        yield Markup(
            "So few permutations show no p-value below {}, and the line is at {}: {}. "
            "Raise <code>calibration.escalate_to</code> to at least {}."
        ).format(
            numbers.p_value(findings.floor),
            numbers.p_value(findings.family.threshold),
            nobody,
            numbers.count(_ten_times_finer(findings.family.threshold)),
        )
    unsettled = int(findings.genes["unsettled"].sum()) if len(findings.genes) else 0
    if unsettled and not findings.floor_hides_line:
        yield Markup("{} gene{} so close to the line that more permutations could change the verdict.").format(
            unsettled, " lies" if unsettled == 1 else "s lie"
        )


def _ten_times_finer(threshold: float) -> int:
    """Give a round number of permutations that resolves the line."""
    return int(10 ** np.ceil(np.log10(10 / threshold)))


def _about_control(findings: TraitFindings) -> Iterator[Markup]:
    if findings.control.empty:
        yield Markup(
            "There is no synonymous mask, so nothing in these results would betray a bias shared by all genes."
        )
        return
    control = judge_control(findings.control)
    if control.quiet:
        yield Markup("The negative control is quiet: {}.").format(_control_words(control))
    else:
        yield Markup(
            "<strong>The negative control is not quiet:</strong> {}. "
            "Look for batches, relatives or ancestry before believing a gene."
        ).format(_control_words(control))


def _control_words(control: Control) -> Markup:
    test = wording.test_words({"test": control.test, "weights": control.weights, "coding": control.coding})
    return Markup(
        "the smallest p of {} {} test{} of synonymous variants is {}, "
        "and the median {:.2f}, where chance gives {:.2f} to {:.2f}"
    ).format(
        numbers.count(control.genes),
        test,
        "" if control.genes == 1 else "s",
        numbers.p_value(control.smallest),
        control.median,
        control.lower,
        control.upper,
    )


def _about_genes(findings: TraitFindings) -> Iterator[Markup]:
    if findings.significant.empty:
        return
    passing = findings.drivers.head(len(findings.significant))
    for flag, words in ABOUT_A_GENE.items():
        for _, driver in passing.iterrows():
            if flag in wording.flag_names(driver["flags"]):
                yield Markup("<em>{}</em>: {}.").format(driver["gene"], words)
    yield Markup(
        "Effects are one-step estimates, and those of genes picked for a small p-value are too large on average. "
        "Replication in another cohort is the proof."
    )


def _about_trait(findings: TraitFindings) -> Iterator[Markup]:
    counts = [row["count"] for row in findings.summary.get("exclusions", ())]
    excluded = sum(int(count) for count in counts if not numbers.withheld(count))
    everyone = excluded + int(findings.summary["samples"])
    if excluded > MANY_EXCLUDED * everyone:
        least = "at least " if any(numbers.withheld(count) for count in counts) else ""
        first = f"{least}{numbers.count(excluded)}"
        yield Markup(
            "{} of {}{} participants are not in this trait; the reasons are listed under null models."
        ).format(first[:1].upper() + first[1:], least, numbers.count(everyone))
    if findings.type == "alsfrs_slope":
        yield Markup("A slope is measured only while a patient lives and comes to visits; read it beside survival.")
    if findings.type == "survival":
        yield Markup(
            "Patients count from enrolment on: who died before could not be seen, and the model allows for it."
        )
