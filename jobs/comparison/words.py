"""Causes in words; one to four people are told as fewer than five."""

from __future__ import annotations

from association.comparison import causes
from association.comparison.reasons import Reason
from jobs.report import numbers

# Fewer people than these are not told exactly.
SMALLEST_CELL = 5

WORDS = {
    causes.NOT_ASKED: "the other run did not ask for this mask, ceiling or test",
    causes.GENE_GAINED: "the gene was not annotated before",
    causes.GENE_LOST: "the gene is not annotated any longer",
    causes.GENE_RENAMED: "the gene was called {told} before",
    causes.TRAIT_GAINED: "the trait was not in the study before",
    causes.TRAIT_LOST: "the trait is not in the study any longer",
    causes.MASK_RULE: "the mask is defined otherwise",
    causes.CEILING: "the frequency ceiling changed from {told}",
    causes.WEIGHTS: "the weights or coding changed from {told}",
    causes.TESTS: "the omnibus is over other tests",
    causes.CALIBRATION: "the settings of calibration changed",
    causes.CONDITIONING: "other variants are adjusted for",
    causes.VERSIONS: "other versions computed it",
    causes.METHOD: "the p-value was made otherwise: {told}",
    causes.MONTE_CARLO: "within Monte Carlo error: the 95% intervals overlap",
    causes.VARIANTS_GAINED: "{count} came into the mask",
    causes.VARIANTS_LOST: "{count} left the mask",
    causes.FLIPPED: "the minor allele of {count} is the other one now",
    causes.CALLS_GAINED: "more alleles are called in {count} of both runs",
    causes.CALLS_LOST: "fewer alleles are called in {count} of both runs",
    causes.CARRIERS_JOINED: "{count} among the samples that joined",
    causes.CARRIERS_LEFT: "{count} among the samples that left",
    causes.EVENTS_GAINED: "{count} of both runs now with the event",
    causes.EVENTS_LOST: "{count} of both runs no longer with the event",
    causes.FOLLOWED_LONGER: "{count} of both runs followed longer",
    causes.VALUES_CHANGED: "other values of the trait in {count} of both runs",
    causes.REDEFINED: "the trait is defined or read otherwise",
    causes.MODEL: "the null model has other covariates or strata",
    causes.OTHER_SAMPLES: "the trait's other samples changed",
    causes.COHORTS: "cohorts: {told}",
    causes.UNKNOWN: "nothing that is compared here changed: look at both records",
}
# Of what a count is; of carriers where nothing is said.
COUNTED = dict.fromkeys((causes.VARIANTS_GAINED, causes.VARIANTS_LOST, causes.FLIPPED), ("variant", "variants"))
CARRIERS = ("carrier", "carriers")


def few(people: float | None) -> str:
    """Write a number of people: one to four as fewer than five."""
    if people is not None and 0 < people < SMALLEST_CELL:
        return f"<{SMALLEST_CELL}"
    return str(numbers.count(people))


def reason_words(reason: Reason) -> str:
    """Tell a cause, with its count and its share."""
    named = COUNTED.get(reason.cause)
    one, more = named or CARRIERS
    counted = ""
    if reason.count is not None:
        size = numbers.count(reason.count) if named else few(reason.count)
        counted = f"{size} {one if size == '1' else more}"
    words = WORDS[reason.cause].format(count=counted, told=reason.told)
    return words if reason.share is None else f"{words} ({100 * reason.share:.0f}% of the burden's move)"
