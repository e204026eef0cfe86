"""What the section of all genes is made from: columns with their help, filters, and the packed rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from association.results import FLAGS
from jobs.report import numbers, wording
from jobs.report.browse.codes import Dictionary, count_codes, packed
from jobs.report.browse.gene_rows import gene_columns, gene_rows
from jobs.report.browse.inline import json_block
from jobs.report.browse.mask_rows import MOST_ROWS, TEST_COLUMN, mask_columns, mask_rows
from jobs.report.findings import TraitFindings
from jobs.report.inputs import ReportInputs

MEANINGS = wording.MEANINGS
# The element that holds the rows.
DATA_ID = "all-genes-data"


@dataclass(frozen=True)
class ShownColumn:
    """A column as readers see it.

    Attributes
    ----------
    name
        By which the address of the page sorts; what `columns.js` draws it by, unless `kind` says otherwise.
    title, under
        Its header, and the smaller line below.
    help
        What it holds.
    kind
        What draws it.
    """

    name: str
    title: str
    under: str
    help: str
    kind: str


def browse_section(inputs: ReportInputs, traits: Sequence[TraitFindings]) -> dict[str, Any] | None:
    """Gather the section of all genes.

    Parameters
    ----------
    inputs
        What the run found.
    traits
        Findings of each trait.

    Returns
    -------
    dict or None
        `data`, the element with the rows; `traits`, `masks` and `lists`, what the filters offer; `help`, titles and
        meanings of columns. None where there is no row.
    """
    if inputs.results.empty or not traits:
        return None
    genes = inputs.results.drop_duplicates("gene").reset_index(drop=True)
    symbols = pd.Index(genes["gene"])
    texts, masks, lists = Dictionary(), Dictionary(), _lists(inputs)
    views = [_views(inputs, one, symbols, texts, masks, MOST_ROWS // len(traits)) for one in traits]
    cautions = sorted({name for text in texts.values for name in wording.flag_names(text)} & set(FLAGS))
    held = {
        "genes": packed(_genes(genes, symbols, texts, lists)),
        "lists": list(lists),
        "traits": views,
        "masks": [{"name": name, "words": wording.mask_words(name)} for name in masks.values],
        "cautions": {name: wording.flag_words(name)[0] for name in cautions},
        "texts": texts.values,
    }
    return {
        "data": json_block(DATA_ID, held),
        "traits": [{"name": view["name"], "title": view["title"]} for view in views],
        "masks": held["masks"],
        "lists": held["lists"],
        "help": _help(views),
    }


def _lists(inputs: ReportInputs) -> dict[str, set[str]]:
    """Give the genes of each of the study's gene lists, as far as a sample carries them."""
    return {str(name): set(own["gene"]) for name, own in inputs.set_genes.groupby("gene_set", sort=False)}


def _genes(genes: pd.DataFrame, symbols: pd.Index, texts: Dictionary, lists: dict[str, set[str]]) -> dict[str, Any]:
    """Code what all traits share: symbols, places, and places of each list's genes."""
    members = {
        f"list_{place}": symbols.get_indexer(sorted(own & set(symbols))).tolist()
        for place, own in enumerate(lists.values())
    }
    return {
        "symbol": [str(gene) for gene in symbols],
        "contig": texts.codes(genes["contig"]),
        "start": count_codes(genes["start"]),
        **members,
    }


def _views(
    inputs: ReportInputs, findings: TraitFindings, symbols: pd.Index, texts: Dictionary, masks: Dictionary, most: int
) -> dict[str, Any]:
    """Give both tables of a trait: a row per gene, and a row per gene and mask."""
    by_gene = gene_rows(inputs, findings)
    by_mask, tests, of = mask_rows(findings, most)
    words = wording.trait_words(findings.type)
    group = _group_columns(words, numbers.present(findings.summary.get("events")))
    adjusted = bool(by_gene[["p_family", "q_value"]].notna().any(axis=None))
    return {
        "name": findings.name,
        "title": wording.title(findings.name),
        "higher": words.higher,
        "lower": words.lower,
        "genes": {
            "columns": [asdict(one) for one in (*_gene_columns(adjusted), *group)],
            "rows": packed(gene_columns(by_gene, symbols, texts, masks)),
            "of": len(by_gene),
        },
        "masks": {
            "columns": [asdict(one) for one in (*_mask_columns(tests), *group)],
            "rows": packed(mask_columns(by_mask, tests, symbols, texts, masks)),
            "of": of,
        },
    }


def _gene_columns(adjusted: bool) -> list[ShownColumn]:
    columns = [
        ShownColumn("gene", "Gene", "", MEANINGS["gene"], "gene"),
        ShownColumn("place", "Position", "", f"{MEANINGS['contig']}; {MEANINGS['start']}", "place"),
        ShownColumn("p", "p", "95% interval", f"{MEANINGS['p_value']}; {MEANINGS['primary']}", "p"),
    ]
    if adjusted:
        meaning = f"p: {MEANINGS['p_family']}. q: {MEANINGS['q_value']}"
        columns.append(ShownColumn("adjusted", "Adjusted\u00a0p", "q", meaning, "adjusted"))
    meaning = (
        "the single mask and test with the smallest p-value in the gene, of masks with at least 3 carriers; "
        "carriers, events and effect are of this mask"
    )
    return [*columns, ShownColumn("strongest", "Strongest mask and test", "cautions", meaning, "strongest")]


def _mask_columns(tests: Sequence[str]) -> list[ShownColumn]:
    return [
        ShownColumn("gene", "Gene", "", MEANINGS["gene"], "gene"),
        ShownColumn("mask", "Mask", "cautions", f"{MEANINGS['mask']}; {MEANINGS['max_af']}", "mask"),
        *(
            ShownColumn(
                f"{TEST_COLUMN}{place}",
                f"{kind[:1].upper()}{kind[1:]}\u00a0p",
                details,
                f"p-value of the mask's {test} test",
                "test",
            )
            for place, test in enumerate(tests)
            for kind, _, details in [test.partition(", ")]
        ),
    ]


def _group_columns(words: wording.TraitWords, has_events: bool) -> list[ShownColumn]:
    """Give the columns about carriers."""
    meaning = f"{MEANINGS['carriers']}; below it {MEANINGS['variants']}"
    columns = [ShownColumn("carriers", "Carriers", "variants", meaning, "carriers")]
    if has_events:
        meaning = f"{MEANINGS['observed_events']}; {MEANINGS['expected_events']}"
        columns += [
            ShownColumn("events", wording.title(words.events), "expected", meaning, "events"),
            ShownColumn(
                "ratio", "Observed / expected", "", f"the first of these over the second: {meaning}", "ratio"
            ),
        ]
    of_any = MEANINGS["effect"].partition(":")[0]
    meaning = f"{of_any}: {words.effect}; of the mask, with its 95% interval"
    return [*columns, ShownColumn("effect", wording.title(words.effect), "95% interval", meaning, "effect")]


def _help(views: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """List columns and what they mean, each once."""
    shown = [one for view in views for table in ("genes", "masks") for one in view[table]["columns"]]
    return list({one["title"]: one["help"] for one in shown if one["kind"] != "test"}.items())
