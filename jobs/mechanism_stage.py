"""The stage that follows genes to an outcome by way of a mediator, where a study asks for it.

Looked at are the genes that the study names; else those of the panel and, of each outcome, those that are followed
up. The latter were chosen for their small p-values, so that their total effects are likely too large. Symbols are
looked up as those of gene lists are; a gene that the cohort has no variant of is a row with the reason.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from association.mechanism.mechanism_columns import COLUMNS, SCHEMA
from association.mechanism.mechanism_scan import explain_genes, refuse_genes
from hail_pipelines.places import readable
from hail_pipelines.variant_scan import read_genes
from infra.storage import Place
from jobs.check import CheckedStudy
from jobs.follow_up import genes_to_follow
from jobs.gene_list_matches import ListedGene, match_gene_lists
from jobs.gene_lists import ReadList
from jobs.gene_set_stages import coding_lengths, list_settings, symbol_files
from jobs.gene_symbols import GeneSymbols
from jobs.gene_tally import GeneTally
from jobs.mediated_traits import read_mediated, scale_of
from jobs.result_files import COLUMNS_FILE, file_names, write_columns, write_rows
from jobs.stage import Counts, Folders, Stage
from jobs.stage_settings import scan_settings
from jobs.study.gene_tests import LIST_PREFIX
from jobs.study.mechanism import Mechanism, outcomes_of
from jobs.study.traits import Trait, VisitTrait
from jobs.trait_stages import GENE_TESTS, scan_of

log = logging.getLogger(__name__)

MECHANISM = TABLE = FOLDER = "mechanism"
# The code that decides the stage's outputs: when it changes, the stage is done again.
CODE = (
    "association",
    "hail_pipelines.variant_scan",
    "jobs.follow_up",
    "jobs.gene_list_matches",
    "jobs.gene_lists",
    "jobs.gene_set_stages",
    "jobs.gene_symbols",
    "jobs.mechanism_stage",
    "jobs.mediated_traits",
    "jobs.result_files",
    "jobs.stage_settings",
)
# Genes between two words on how far the stage is.
GENES_AT_ONCE = 10


def mechanism_stages(checked: CheckedStudy, tally: GeneTally) -> list[Stage]:
    """Give the stage, which tells the tally how far it is; none where the study asks for no mechanism."""
    study = checked.study
    if not study.mechanism:
        return []
    dumped = study.model_dump(mode="json")
    settings = {name: dumped[name] for name in ("masks", "calibration", "condition_on", "follow_up", "mechanism")}
    settings["lists"] = list_settings(checked)
    ends = {trait.name: trait for one in study.mechanism for trait in outcomes_of(one, study.traits)}
    files = [f"{one.mediator}.parquet" for one in study.mechanism]
    files += [f"{name}.{kind}" for name in ends for kind in ("npz", "parquet")]
    files += [f"{name}.visits.parquet" for name, trait in ends.items() if isinstance(trait, VisitTrait)]
    return [
        Stage(
            MECHANISM,
            settings,
            symbol_files(checked),
            ("gene store", "annotate", *map(scan_of, ends.values())),
            (*(f"{FOLDER}/{name}" for name in file_names(TABLE)), f"{FOLDER}/{COLUMNS_FILE}"),
            CODE,
            partial(_explain, checked, tally),
            tuple(("traits", f"traits/{file}") for file in dict.fromkeys(files)),
        )
    ]


def _explain(checked: CheckedStudy, tally: GeneTally, folder: Path, folders: Folders) -> Counts:
    tables = [
        table
        for mechanism in checked.study.mechanism
        for outcome in outcomes_of(mechanism, checked.study.traits)
        for table in _follow(checked, mechanism, outcome, folders, tally)
    ]
    rows = pa.concat_tables([SCHEMA.empty_table(), *tables]).combine_chunks()
    own = folder / FOLDER
    own.mkdir()
    write_rows(rows, own, TABLE)
    write_columns(COLUMNS, own / COLUMNS_FILE)
    return {"rows": rows.num_rows, "with effects": rows.num_rows - rows["total_effect"].null_count}


def _follow(
    checked: CheckedStudy, mechanism: Mechanism, outcome: Trait, folders: Folders, tally: GeneTally
) -> Iterator[pa.Table]:
    """Give the rows of one mediator and outcome, of genes that can't be followed as well."""
    store, settings = folders["gene store"] / "genes", scan_settings(checked.study)
    known = pq.read_table(readable(store / "genes.parquet"), columns=["gene", "contig", "start"]).sort_by("gene")
    named = _named(checked, mechanism, outcome, folders)
    listed = followed_genes(named, known["gene"].to_pylist(), checked.gene_symbols, coding_lengths(folders))
    _tell(listed, mechanism.mediator, outcome.name)
    found = {one.annotated_as for one in listed if one.in_cohort}
    asked = read_mediated(folders["traits"] / "traits", mechanism.mediator, outcome)
    reasons = {one.gene: one.remark for one in listed if not one.in_cohort}
    if asked is None:
        nobody = f"no patient has both '{mechanism.mediator}' and '{outcome.name}'"
        reasons = {one.gene: nobody for one in listed}
    else:
        genes = known.filter(pa.array([gene in found for gene in known["gene"].to_pylist()], pa.bool_()))
        few = [genes.slice(first, GENES_AT_ONCE) for first in range(0, genes.num_rows, GENES_AT_ONCE)]
        read = ((own, read_genes(store, own["gene"].to_pylist())) for own in few)
        for own, variants in tally.follow(genes.num_rows, read):
            yield explain_genes(own, variants, asked, settings)
    samples = 0 if asked is None else asked.mediator.size
    row = {"mediator": mechanism.mediator, "outcome": outcome.name, "scale": scale_of(outcome), "samples": samples}
    yield refuse_genes(reasons, row)


def _named(checked: CheckedStudy, mechanism: Mechanism, outcome: Trait, folders: Folders) -> list[str]:
    """Name the genes to follow, as the study does: those asked for, or the panel's and those followed up."""
    lists = {LIST_PREFIX + one.name: one.genes for one in checked.gene_lists}
    entries = checked.study.calibration.panel if mechanism.genes is None else mechanism.genes
    named = [gene for entry in entries for gene in lists.get(entry, (entry,))]
    if mechanism.genes is not None:
        return named
    results = pq.read_table(readable(folders[scan_of(outcome)] / f"{GENE_TESTS}.parquet"))
    primary = results.filter(results["primary"]).to_pylist()
    return [*named, *genes_to_follow(primary, checked.study.follow_up.genes)]


def followed_genes(
    named: Sequence[str], in_cohort: Collection[str], symbols: GeneSymbols, in_model: Collection[str]
) -> tuple[ListedGene, ...]:
    """Say what the annotation calls each gene that is named, each once.

    Parameters
    ----------
    named
        Symbols.
    in_cohort, symbols, in_model
        As for `jobs.gene_list_matches.match_gene_lists`.
    """
    (match,) = match_gene_lists(
        [ReadList(MECHANISM, "", tuple(dict.fromkeys(named)), 0)], in_cohort, symbols, in_model
    )
    return match.genes


def _tell(genes: Sequence[ListedGene], mediator: str, outcome: str) -> None:
    """Log what is followed under another name, what is not, and where there is nothing to follow."""
    for one in genes:
        if not one.in_cohort:
            log.warning("mechanism: gene %s is not followed: %s", one.gene, one.remark)
        elif one.annotated_as != one.gene:
            log.info("mechanism: gene %s is followed as %s", one.gene, one.annotated_as)
    if not genes:
        log.warning(
            "mechanism: no gene to follow from %s to %s: the panel is empty and no gene was followed up; name genes",
            mediator,
            outcome,
        )


def read_mechanism(folders: Folders) -> dict[str, pd.DataFrame]:
    """Read what the stage wrote, by its name in the report; nothing where there is no such stage."""
    return {TABLE: _read(folders[MECHANISM] / FOLDER)} if MECHANISM in folders else {}


def _read(folder: Place) -> pd.DataFrame:
    return pd.read_parquet(readable(folder / file_names(TABLE)[0]))
