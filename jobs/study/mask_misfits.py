"""What is wrong with masks and gene lists as settings: names, expressions, what they refer to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import get_args

from association.gene_tests.mask_expression.checks import closest, find_faults
from association.gene_tests.mask_expression.constant import constant_value
from association.gene_tests.mask_expression.parse import parse
from association.gene_tests.mask_expression.tree import ExpressionError
from association.gene_tests.masks import BUILT_IN, NUMBER_FIELDS, TEXT_FIELDS
from association.gene_tests.weights import SCORE
from association.scan_settings import ALL_MASKS, OMNIBUS
from jobs.study.gene_tests import LIST_PREFIX, BuiltInPanel, GeneList, GeneTest, Mask

PANELS = get_args(BuiltInPanel)
# What results call other things.
RESERVED_NAMES = ("any", ALL_MASKS, OMNIBUS)


def misfits_of_masks(masks: Sequence[Mask], scores: Collection[str], fields: Collection[str]) -> Iterator[str]:
    """Name what is wrong with masks, as 'place: message'; what belongs to a message above begins with a blank.

    Parameters
    ----------
    masks
        Of the study.
    scores, fields
        Names of the numbers and texts that annotation keeps.
    """
    names = [mask.name.lower() for mask in masks]
    for number, mask in enumerate(masks):
        place = f"masks[{number}]"
        if names.index(mask.name.lower()) < number:
            remedy = "list its ceilings in max_allele_frequency" if mask.name in BUILT_IN else "give it another"
            yield f"{place}.name: '{mask.name}' is used twice, and results would not tell which; {remedy}"
        yield from (f"{place}.name: {message}" for message in _faults_of_name(mask))
        if mask.damaging is not None and mask.damaging.score not in scores:
            yield f"{place}.damaging.score: '{mask.damaging.score}' is not in annotation.scores; add it there"
        if mask.where is not None and (found := list(_faults_of_expression(mask.where, scores, fields))):
            yield f"{place}.where: " + "\n    ".join(found)


def misfits_of_gene_lists(lists: Sequence[GeneList], panel: Sequence[str]) -> Iterator[str]:
    """Name what is wrong with gene lists, and with the panel's references to them, as 'place: message'."""
    names = [one.name for one in lists]
    counts = Counter(name.lower() for name in names)
    for number, name in enumerate(names):
        if counts[name.lower()] > 1 and name.lower() in (other.lower() for other in names[:number]):
            yield f"gene_lists[{number}].name: '{name}' is used twice; give each list, and each version, its own name"
        yield from (f"gene_lists[{number}].{message}" for message in _faults_of_list(lists[number]))
    for number, gene in enumerate(panel):
        name = gene.removeprefix(LIST_PREFIX)
        if name != gene and name not in names:
            known = f" (there are {', '.join(names)})" if names else ""
            hint = closest(name, names)
            yield f"calibration.panel[{number}]: no list '{name}'{hint}{known}; add it to gene_lists"


def _faults_of_list(one: GeneList) -> Iterator[str]:
    """Name what a gene list lacks, or has beside a panel that brings it."""
    if one.panel is not None:
        given = (name for name in ("version", "source", "path", "column") if getattr(one, name) is not None)
        yield from (f"{name}: the panel {one.panel} brings its own; leave this out" for name in given)
    elif one.path is None:
        yield f"path: missing; name a file, or one of progex's own panels as 'panel' ({', '.join(PANELS)})"
    elif one.version is None:
        yield "version: missing; give the list's own, or the date of its download"


def misfits_of_low_scores(masks: Sequence[Mask], tests: Sequence[GeneTest], low: Collection[str]) -> Iterator[str]:
    """Name the uses, as damage from a value on or as weights, of scores that are low where a variant is damaging."""
    for number, mask in enumerate(masks):
        if mask.damaging is not None and (score := mask.damaging.score) in low:
            yield (
                f"masks[{number}].damaging.score: {score} is low where a variant is damaging; say so by a mask of "
                f"your own, with where: consequence in missense and {score} <= ..."
            )
    for number, test in enumerate(tests):
        score = test.weights.removeprefix(SCORE)
        if score != test.weights and score in low:
            yield (
                f"tests[{number}].weights: {score} is low where a variant is damaging, so tolerated variants would "
                "weigh most; weigh by another score, or take the name out of annotation.low_is_damaging"
            )


def _faults_of_name(mask: Mask) -> Iterator[str]:
    if mask.where is None and mask.name not in BUILT_IN:
        hint = closest(mask.name, BUILT_IN)
        yield f"expected {', '.join(BUILT_IN)}, found '{mask.name}'{hint}; a mask of another name needs 'where'"
    elif mask.where is not None and mask.name in BUILT_IN:
        yield f"'{mask.name}' is built in and has a rule of its own; give a mask with 'where' another name"
    elif mask.name.lower() in RESERVED_NAMES:
        yield f"'{mask.name}' means something else in the results; give the mask another name"


def _faults_of_expression(text: str, scores: Collection[str], fields: Collection[str]) -> Iterator[str]:
    try:
        expression = parse(text)
    except ExpressionError as error:
        yield str(error)
        return
    numbers = (*(name for name in scores if name not in TEXT_FIELDS), *NUMBER_FIELDS)
    faults = find_faults(expression, numbers=numbers, texts=(*TEXT_FIELDS, *fields))
    yield from (fault.show(text) for fault in faults)
    if faults:
        return
    constant = constant_value(expression, numbers)
    if constant is not None:
        picks = "every variant" if constant else "no variant"
        yield f"takes {picks} there could be; look at its 'and's and 'or's, and at the numbers it compares with"
