"""The overview in plain words, made from the numbers, with the cautions that apply to them.

Every sentence is true of the run at hand or it is not said. Gene symbols come from the user's annotation, so each
sentence is put together as escaped markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from jobs.report import wording
from jobs.report.findings import (
    ControlMedian,
    TraitFindings,
    chance_of_smaller,
    control_median,
    detectable_hazard_ratio,
)
from jobs.report.inputs import ReportInputs

# A control's smallest p-value that would come by chance in fewer than one study in twenty is worth a warning.
SURPRISING = 0.05
MANY_EXCLUDED = 0.2
ROUGH_BELOW_CARRIERS = 10


def trait_sentences(findings: TraitFindings, alpha: float) -> list[Markup]:
    """Say what was studied, what was found and what could have been found, for one trait."""
    return [_studied(findings), *_found(findings, alpha), *_could_find(findings)]


def _studied(findings: TraitFindings) -> Markup:
    summary = findings.summary
    events = ""
    if wording.present(summary.get("events")):
        months = wording.count(round(summary.get("person_months") or 0))
        events = f" with {wording.count(summary['events'])} events in {months} person-months"
    enough = f"{wording.count(findings.genes_testable)} have enough to pass the line"
    if findings.genes_testable == len(findings.genes):
        enough = "all of these have enough to pass the line"
    return Markup("{} patients{}. Of {} genes, {} have at least 3 carriers, and {}.").format(
        wording.count(summary["samples"]),
        events,
        wording.count(findings.genes_reported),
        wording.count(len(findings.genes)),
        enough,
    )


def _found(findings: TraitFindings, alpha: float) -> Iterator[Markup]:
    if findings.genes.empty:
        yield Markup("No gene could be tested.")
        return
    first = findings.genes.iloc[0]
    if findings.significant.empty:
        smallest = float(first["p_value"])
        # More tests can show this p-value than can reach the line.
        able = int((findings.hypotheses["min_attainable_p"] <= smallest).sum())
        chance = chance_of_smaller(smallest, max(able, 1))
        yield Markup("<strong>No gene passes</strong> the family-wise {} line of this trait (p ≤ {}).").format(
            wording.percent(alpha), wording.p_value(findings.family.threshold)
        )
        yield Markup(
            "The smallest p-value, {} at <em>{}</em>, would come by chance in about {} of 100 such studies."
        ).format(wording.p_value(smallest), first["gene"], _in_hundred(chance))
        return
    passing = len(findings.significant)
    yield Markup("<strong>{} gene{}</strong> the family-wise {} line of this trait (p ≤ {}):").format(
        passing,
        " passes" if passing == 1 else "s pass",
        wording.percent(alpha),
        wording.p_value(findings.family.threshold),
    )
    for _, row in findings.significant.head(5).iterrows():
        yield _gene_sentence(findings, row)


def _in_hundred(chance: float) -> str:
    return "fewer than 1" if chance < 0.01 else f"{100 * chance:.0f}"


def _gene_sentence(findings: TraitFindings, row: Any) -> Markup:
    """Say what carriers of one gene have that others have not."""
    told = ""
    if wording.present(row["expected_events"]):
        sooner = "sooner" if row["observed_events"] > row["expected_events"] else "later"
        told = (
            f"{wording.count(row['observed_events'])} events where {row['expected_events']:.1f} were expected: "
            f"carriers have them {sooner}"
        )
    elif findings.type == "alsfrs_slope":
        told = _slope_words(findings, row)
    return Markup("<em>{}</em>: {} carriers of {} variants{}; p = {} ({}).").format(
        row["gene"],
        wording.count(row["carriers"]),
        wording.mask_words(str(row["mask"])),
        f", {told}" if told else "",
        wording.p_value(row["p_value"]),
        wording.test_words(str(row["test"])),
    )


def _slope_words(findings: TraitFindings, row: Any) -> str:
    """Say what carriers lose per allele, from the unweighted burden of the row's own mask."""
    same = findings.tested[["gene", "mask", "max_af"]].eq(row[["gene", "mask", "max_af"]]).all(axis=1)
    unweighted = findings.tested["weights"] == wording.UNWEIGHTED
    effects = findings.tested["effect"][same & unweighted].dropna()
    if effects.empty:
        return ""
    effect = float(effects.iloc[0])
    direction = "faster" if effect < 0 else "slower"
    return f"who lose function {direction}, by {wording.number(abs(effect), 2)} points per month for each allele"


def _could_find(findings: TraitFindings) -> Iterator[Markup]:
    detectable = detectable_hazard_ratio(findings)
    if detectable is not None and np.isfinite(detectable[0]):
        ratio, carriers = detectable
        rough = " (a rough figure at so few carriers)" if carriers < ROUGH_BELOW_CARRIERS else ""
        yield Markup(
            "A gene with {} carriers, the median, is found in 4 of 5 studies if its hazard ratio is {}{}."
        ).format(wording.count(carriers), wording.number(ratio, 2), rough)


def cautions(inputs: ReportInputs, findings: TraitFindings) -> list[Markup]:
    """List what a reader must bear in mind about one trait's results."""
    return [
        *_about_permutations(findings),
        *_about_control(findings),
        *_about_genes(findings),
        *_about_trait(findings),
    ]


def _about_permutations(findings: TraitFindings) -> Iterator[Markup]:
    if findings.floor_hides_line:
        yield Markup(
            "So few permutations show no p-value below {}, and the line is at {}: no gene could pass. "
            "Raise <code>calibration.max_permutations</code> to at least {}."
        ).format(
            wording.p_value(findings.floor),
            wording.p_value(findings.family.threshold),
            wording.count(_ten_times_finer(findings.family.threshold)),
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
    smallest = float(findings.control["p_value"].min())
    chance = chance_of_smaller(smallest, len(findings.control))
    middle = control_median(findings.control)
    if chance < SURPRISING or not middle.expected:
        yield Markup(
            "<strong>The negative control is not quiet:</strong> synonymous variants reach p = {} in {} tests; {}. "
            "Look for batches, relatives or ancestry before believing a gene."
        ).format(wording.p_value(smallest), wording.count(len(findings.control)), _median_words(middle))
    else:
        yield Markup(
            "The negative control is quiet: among {} tests of synonymous variants the smallest p is {}; {}."
        ).format(wording.count(len(findings.control)), wording.p_value(smallest), _median_words(middle))


def _median_words(middle: ControlMedian) -> str:
    return (
        f"the median p of {wording.count(middle.genes)} {wording.test_words(middle.test)} "
        f"test{'' if middle.genes == 1 else 's'} is {middle.median:.2f}, "
        f"where chance gives {middle.lower:.2f} to {middle.upper:.2f}"
    )


def _about_genes(findings: TraitFindings) -> Iterator[Markup]:
    shown: Mapping[str, str] = {
        "single_variant": "one variant carries the whole result, so it may belong to the variant's neighbourhood",
        "one_stratum": "all carriers come from one stratum, so a local cause is not excluded",
    }
    flags = (
        findings.significant["flags"].fillna("").str.split(";")
        if len(findings.significant)
        else pd.Series(dtype=object)
    )
    for flag, words in shown.items():
        for gene in findings.significant["gene"][flags.map(lambda names, flag=flag: flag in names).astype(bool)]:
            yield Markup("<em>{}</em>: {}.").format(gene, words)
    if not findings.significant.empty:
        yield Markup(
            "Effects are one-step estimates, and those of genes picked for a small p-value are too large on average. "
            "Replication in another cohort is the proof."
        )


def _about_trait(findings: TraitFindings) -> Iterator[Markup]:
    excluded = sum(int(row["count"]) for row in findings.summary.get("exclusions", ()))
    everyone = excluded + int(findings.summary["samples"])
    if excluded > MANY_EXCLUDED * everyone:
        yield Markup("{} of {} participants are not in this trait; the reasons are listed under null models.").format(
            wording.count(excluded), wording.count(everyone)
        )
    if findings.type == "alsfrs_slope":
        yield Markup("A slope is measured only while a patient lives and comes to visits; read it beside survival.")
    if findings.type == "survival":
        yield Markup(
            "Patients count from enrolment on: who died before could not be seen, and the model allows for it."
        )
