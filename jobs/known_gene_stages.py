"""The stages that look at findings beside what is known, one per trait, where a study names known carriers.

Looked at are the genes that are followed up, by their primary row and the single test behind it, and the gene lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.gene_sets.gene_carriers import collect_carriers
from association.gene_sets.gene_sets import scan_gene_sets
from association.known_genes import (
    ADJUSTED,
    COLUMNS,
    EXCLUDED,
    MAIN,
    SCHEMA,
    FittedTrait,
    compare_genes,
    set_rows,
)
from association.problems import InputError
from hail_pipelines.places import readable
from hail_pipelines.scan_shares import read_store
from hail_pipelines.variant_scan import read_genes
from infra.provenance import Fingerprint, fingerprint
from infra.storage import Place
from jobs.check import CheckedStudy
from jobs.follow_up import driving_row, genes_to_follow
from jobs.gene_set_stages import coding_lengths, gene_sets_to_test, list_settings, symbol_files
from jobs.known_carriers import (
    adjusted_for_carriers,
    carriers_of,
    known_carriers,
    read_known_variants,
    tell_of_missing,
    without_carriers,
)
from jobs.result_files import COLUMNS_FILE, file_names, write_columns, write_rows
from jobs.stage import Counts, Folders, Stage
from jobs.stage_settings import scan_settings
from jobs.study.study import Study, resolve
from jobs.study.traits import TimeTrait, Trait
from jobs.trait_stages import GENE_TESTS, scan_of
from jobs.traits.files import outcome_of, sample_table, scan_trait
from jobs.traits.inputs import TraitInputs, read_inputs
from jobs.traits.prepare import prepare_traits
from jobs.traits.prepared import PreparedTrait

# The code that decides a stage's outputs: when it changes, the stage is done again.
CODE = (
    "association",
    "hail_pipelines.scan_shares",
    "hail_pipelines.variant_scan",
    "jobs.clinical",
    "jobs.follow_up",
    "jobs.gene_list_matches",
    "jobs.gene_set_stages",
    "jobs.gene_symbols",
    "jobs.known_carriers",
    "jobs.known_gene_stages",
    "jobs.tables",
    "jobs.traits",
)
TABLE = FOLDER = "known_genes"


def known_gene_stages(checked: CheckedStudy, clinical: Any, tables: Sequence[Fingerprint]) -> list[Stage]:
    """Give a stage per trait; none where the study names no known carriers.

    Parameters
    ----------
    checked
        The study and its inputs.
    clinical, tables
        The settings that decide traits, and fingerprints of the tables that they are made of.
    """
    known = checked.study.known_genes
    if known is None:
        return []
    dumped = checked.study.model_dump(mode="json")
    settings = {name: dumped[name] for name in ("masks", "tests", "calibration", "follow_up", "known_genes")}
    settings |= {"clinical": clinical, "lists": list_settings(checked)}
    read = [*tables, *symbol_files(checked)]
    read += [fingerprint(resolve(checked.path, known.variants))] if known.variants is not None else []
    return [
        Stage(
            known_genes_of(trait),
            settings,
            tuple(read),
            ("gene store", "samples", "annotate", scan_of(trait)),
            (file_names(TABLE)[0],),
            CODE,
            partial(_compare, checked, trait),
        )
        for trait in checked.study.traits
    ]


def known_genes_of(trait: Trait) -> str:
    """Name a trait's comparison among the stages."""
    return f"known genes {trait.name}"


def _compare(checked: CheckedStudy, trait: Trait, folder: Path, folders: Folders) -> Counts:
    store, settings = folders["gene store"] / "genes", scan_settings(checked.study)
    inputs = read_inputs(checked, folders)
    known_genes, by_variants, counts = checked.study.known_genes, None, {}
    if known_genes is not None and known_genes.variants is not None:
        names = read_known_variants(resolve(checked.path, known_genes.variants))
        by_variants, found = carriers_of(store, names, inputs.store["sample"])
        counts = {"known variants": len(names), "found": len(found)}
        if trait == checked.study.traits[0]:
            tell_of_missing(names, found)
    known = known_carriers(checked.study, inputs.clinical, by_variants)
    models = dict(_models(checked.study, trait, inputs, known))
    results = pq.read_table(readable(folders[scan_of(trait)] / f"{GENE_TESTS}.parquet"))
    hits = _hits(results, checked.study)
    rows = []
    if hits:
        rows = compare_genes(hits, read_genes(store, sorted({hit["gene"] for hit in hits})), models, settings)
    if checked.gene_lists:
        sets, lengths = gene_sets_to_test(checked, folders), coding_lengths(folders)
        tables = {
            name: one
            if isinstance(one, str)
            else scan_gene_sets(
                sets, collect_carriers(read_store(store), one.trait, settings), lengths, one.trait, settings
            )[0]
            for name, one in models.items()
        }
        rows += set_rows(tables)
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / file_names(TABLE)[0])
    return {"known carriers": int((known == 1).any(axis=1).sum()), **counts, "rows": len(rows)}


def _hits(results: pa.Table, study: Study) -> list[dict[str, Any]]:
    """Give the rows to look at: of each gene that is followed up its primary row, and the single test behind it."""
    genes = genes_to_follow(results.filter(results["primary"]).to_pylist(), study.follow_up.genes)
    rows = results.filter(pc.is_in(results["gene"], pa.array(genes, pa.string()))).to_pylist()
    hits = []
    for gene in genes:
        own = [row for row in rows if row["gene"] == gene]
        first = next(row for row in own if row["primary"])
        behind = driving_row(own)
        hits += [first] if behind is first else [first, behind]
    return hits


def _models(
    study: Study, trait: Trait, inputs: TraitInputs, known: pd.DataFrame
) -> Iterator[tuple[str, FittedTrait | str]]:
    """Fit a trait as it is, without known carriers, and adjusted for them; or say why it can't be."""
    alone = study.model_copy(update={"traits": [trait]})
    (main,) = prepare_traits(alone, inputs.clinical, inputs.genotyped, inputs.known)
    yield MAIN, _fitted(trait, main, inputs)
    strata = main.samples.set_index("sample")["stratum"]
    clinical = {
        EXCLUDED: (alone, without_carriers(inputs.clinical, known)),
        ADJUSTED: adjusted_for_carriers(study, trait, inputs.clinical, known, strata),
    }
    for name, (own, tables) in clinical.items():
        try:
            (prepared,) = prepare_traits(own, tables, inputs.genotyped, inputs.known)
        except InputError as error:
            yield name, "; ".join(f"{problem.place}: {problem.message}" for problem in error.problems)
            continue
        yield name, _fitted(trait, prepared, inputs)


def _fitted(trait: Trait, prepared: PreparedTrait, inputs: TraitInputs) -> FittedTrait:
    ready = scan_trait(prepared, inputs.store)
    ties = trait.ties if isinstance(trait, TimeTrait) else "efron"
    return FittedTrait(ready, outcome_of(sample_table(prepared), ready, ties))


def known_gene_files() -> tuple[str, ...]:
    """List the files that people get."""
    return (*(f"{FOLDER}/{name}" for name in file_names(TABLE)), f"{FOLDER}/{COLUMNS_FILE}")


def write_known_genes(traits: Sequence[Trait], folder: Path, folders: Folders) -> None:
    """Bring the traits' tables together, and write what their columns mean; without known carriers it is empty.

    Parameters
    ----------
    traits
        Of the study.
    folder
        Where to.
    folders
        Of the stages.
    """
    made = [folders[name] for name in map(known_genes_of, traits) if name in folders]
    write_rows(pa.concat_tables([SCHEMA.empty_table(), *map(_read, made)]), folder, TABLE)
    write_columns(COLUMNS, folder / COLUMNS_FILE)


def read_known_genes(results: Place) -> pd.DataFrame:
    """Read the table from the folder of all results."""
    return _read(results / FOLDER).to_pandas()


def _read(folder: Place) -> pa.Table:
    return pq.read_table(readable(folder / file_names(TABLE)[0]))
