"""The stage that looks at traits together, once each has been scanned by itself.

It reads the traits' null models, the gene store, and the p-values of the scans, and writes three tables: genes, pairs
of traits, and how traits go together. With a Spark master too it runs in processes of the machine that runs the
study: it costs about as much as the scans of three traits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from association.traits_together.joint_scan import together_settings
from association.traits_together.together_columns import CORRELATION_COLUMNS, gene_columns, pair_columns
from association.traits_together.together_tables import gene_table, pair_table
from association.traits_together.trait_correlation import correlate_traits
from hail_pipelines.joint_scan import scan_store_together, unpack_traits
from hail_pipelines.places import readable
from jobs.genotype_stages import GenotypeStages
from jobs.result_files import COLUMNS_FILE, file_names, write_columns_of, write_rows
from jobs.stage import Counts, Folders, Stage
from jobs.stage_settings import scan_settings
from jobs.study.named_traits import not_exchangeable
from jobs.study.study import Study
from jobs.study.together import traits_together
from jobs.study.worse import harm_of, of_unknown_harm
from jobs.trait_stages import GENE_TESTS, SCAN, scan_of
from jobs.traits.files import read_packed_trait

TOGETHER = "traits together"
TOGETHER_FOLDER = "traits_together"
GENES, PAIRS, CORRELATIONS = "genes", "pairs", "correlations"
# The code that decides the stage's outputs: when it changes, the stage is done again.
CODE = (*SCAN, "hail_pipelines.joint_scan", "jobs.result_files", "jobs.traits_together")


class TogetherStage:
    """The stage of one study's traits together.

    Parameters
    ----------
    study
        The study.
    genotypes
        Its stages that read genotypes.
    cores
        Processes of the scan.
    """

    def __init__(self, study: Study, genotypes: GenotypeStages, cores: int) -> None:
        self._study, self._genotypes, self._cores = study, genotypes, cores
        self._traits = traits_together(study.together, study.traits, study.tests)
        self._scanned = (0, 0)

    def stages(self) -> list[Stage]:
        """Give the stage; none where fewer than two traits can be looked at together."""
        if not self._traits:
            return []
        settings = self._study.model_dump(mode="json")
        asked = {name: settings[name] for name in ("masks", "tests", "calibration", "condition_on")}
        asked["worse"] = {trait.name: harm_of(trait) for trait in self._traits}
        tables = [f"{TOGETHER_FOLDER}/{file}" for table in (GENES, PAIRS, CORRELATIONS) for file in file_names(table)]
        contents = tuple(("traits", f"traits/{trait.name}.npz") for trait in self._traits)
        after = ("gene store", *(scan_of(trait) for trait in self._traits))
        outputs = (*tables, f"{TOGETHER_FOLDER}/{COLUMNS_FILE}")
        return [Stage(TOGETHER, asked, (), after, outputs, CODE, self._work, contents)]

    def tally(self) -> str | None:
        """Say how far the scan is; None where it is not at work."""
        return "{:,} of {:,} genes".format(*self._scanned) if self._scanned[1] else None

    def _work(self, folder: Path, folders: Folders) -> Counts:
        store, traits = folders["gene store"] / "genes", folders["traits"] / "traits"
        packed = [read_packed_trait(traits, trait.name) for trait in self._traits]
        settings, harms = together_settings(scan_settings(self._study)), list(map(harm_of, self._traits))
        prepare = self._genotypes.prepare
        joint = scan_store_together(
            store, packed, settings, harms=harms, workers=self._cores, report=self._report, prepare=prepare
        )
        scans = [pq.read_table(readable(folders[scan_of(trait)] / f"{GENE_TESTS}.parquet")) for trait in self._traits]
        names = [trait.name for trait in self._traits]
        genes = gene_table(joint, scans, names)
        pairs = pair_table(joint, genes, names)
        correlations = correlate_traits(unpack_traits(packed, harms), scans, settings)
        own = folder / TOGETHER_FOLDER
        own.mkdir()
        for table, name in ((genes, GENES), (pairs, PAIRS), (correlations, CORRELATIONS)):
            write_rows(table, own, name)
        columns = {GENES: gene_columns(names), PAIRS: pair_columns(), CORRELATIONS: CORRELATION_COLUMNS}
        write_columns_of(columns, own / COLUMNS_FILE)
        tested = genes.num_rows - genes["p_any"].null_count
        return {"traits": len(names), "rows": genes.num_rows, "tested": tested}

    def _report(self, finished: int, total: int) -> None:
        self._scanned = (finished, total) if finished < total else (0, 0)


def read_together(study: Study, folders: Folders) -> dict[str, Any]:
    """Read what the report shows: tables, who is not among the traits, and which leave open what is worse."""
    if TOGETHER not in folders:
        return {}
    own = folders[TOGETHER] / TOGETHER_FOLDER
    tables = {name: pd.read_parquet(readable(own / file_names(name)[0])) for name in (GENES, PAIRS, CORRELATIONS)}
    reasons = {trait.name: not_exchangeable(trait) for trait in study.traits}
    left_out = [{"trait": name, "reason": reason} for name, reason in reasons.items() if reason is not None]
    traits = traits_together(study.together, study.traits, study.tests)
    return {"together": tables, "left_out": left_out, "unknown_harm": of_unknown_harm(traits)}
