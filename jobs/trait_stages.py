"""The stages of each trait by itself: the scan of all genes, and the second look at the strongest.

A trait's results depend on its own model, the gene store and the settings of the tests, so that a trait that is added
or changed costs what it costs alone, and a run that dies has kept the traits that were finished.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hail_pipelines.gene_scan import scan_in_processes, scan_on_spark
from hail_pipelines.places import readable
from hail_pipelines.variant_scan import scan_all_variants
from hail_pipelines.whole_file import whole_file
from infra.storage import Place, remove
from jobs.follow_up import SINGLE_VARIANTS, TABLES, follow_up
from jobs.genotype_stages import GenotypeStages
from jobs.result_files import file_names
from jobs.stage import Counts, Folders, Stage
from jobs.stage_settings import scan_settings
from jobs.study.study import Study
from jobs.study.traits import Trait
from jobs.traits.files import read_packed_trait

# The code that decides a stage's outputs: when it changes, the stage is done again.
SCAN = ("jobs.trait_stages", "jobs.stage_settings", "association", "hail_pipelines.gene_scan")
FOLLOW_UP = (*SCAN, "hail_pipelines.variant_scan", "jobs.follow_up", "jobs.traits.files")

GENE_TESTS = "gene_tests"


class TraitStages:
    """The stages of one study's traits.

    Parameters
    ----------
    study
        The study.
    genotypes
        Its stages that read genotypes, for the session that a cluster's scan runs in.
    cores
        Processes of a scan.
    """

    def __init__(self, study: Study, genotypes: GenotypeStages, cores: int) -> None:
        self.study = study
        self._genotypes = genotypes
        self._cores = cores
        self._scanned = (0, 0)

    def stages(self) -> list[Stage]:
        """Give the stages, scans before follow-ups."""
        return [
            *(self._scan_stage(trait) for trait in self.study.traits),
            *map(self._follow_stage, self.study.traits),
        ]

    def tally(self) -> str | None:
        """Say how far a scan is; None where there is none at work."""
        return "{:,} of {:,} genes".format(*self._scanned) if self._scanned[1] else None

    def _scan_stage(self, trait: Trait) -> Stage:
        def work(folder: Place, folders: Folders) -> Counts:
            return self._scan(trait, folder, folders)

        model = (("traits", f"traits/{trait.name}.npz"),)
        files = (f"{GENE_TESTS}.parquet",)
        return Stage(scan_of(trait), self._tested(), (), ("gene store",), files, SCAN, work, model, by_workers=True)

    def _follow_stage(self, trait: Trait) -> Stage:
        def work(folder: Path, folders: Folders) -> Counts:
            return self._follow_up(trait, folder, folders)

        settings = [self._tested(), self.study.follow_up.model_dump(mode="json"), trait.model_dump(mode="json")]
        tables = [*TABLES, SINGLE_VARIANTS] if self.study.follow_up.single_variants else list(TABLES)
        files = tuple(file_names(table)[0] for table in tables)
        after, read = ("gene store", scan_of(trait)), [f"traits/{trait.name}.{kind}" for kind in ("npz", "parquet")]
        contents = tuple(("traits", file) for file in read)
        return Stage(follow_up_of(trait), settings, (), after, files, FOLLOW_UP, work, contents)

    def _tested(self) -> dict[str, Any]:
        settings = self.study.model_dump(mode="json")
        return {name: settings[name] for name in ("masks", "tests", "calibration", "condition_on")}

    def _scan(self, trait: Trait, folder: Place, folders: Folders) -> Counts:
        store = folders["gene store"] / "genes"
        packed = read_packed_trait(folders["traits"] / "traits", trait.name)
        results = self._scan_store(store, packed, folder / "spark")
        expected = (
            pq.read_metadata(readable(store / "genes.parquet")).num_rows * scan_settings(self.study).rows_per_gene
        )
        if results.num_rows != expected:
            raise RuntimeError(f"the scan gave {results.num_rows} rows where {expected} were expected")
        with whole_file(folder / f"{GENE_TESTS}.parquet") as path:
            pq.write_table(results, path)
        tested = results.num_rows - results["p_value"].null_count
        return {"genes": len(results["gene"].unique()), "rows": results.num_rows, "tested": tested}

    def _scan_store(self, store: Place, packed: bytes, scratch: Place) -> pa.Table:
        settings = scan_settings(self.study)
        if self.study.compute.master is None:
            return scan_in_processes(
                store, [packed], settings, workers=self._cores, report=self._report, prepare=self._genotypes.prepare
            )
        self._genotypes.start_hail()
        results = scan_on_spark(store, [packed], settings, scratch, self._genotypes.prepare)
        remove(scratch)
        return results

    def _follow_up(self, trait: Trait, folder: Path, folders: Folders) -> Counts:
        store, traits = folders["gene store"] / "genes", folders["traits"] / "traits"
        scanned = pq.read_table(readable(folders[scan_of(trait)] / f"{GENE_TESTS}.parquet"))
        tables = follow_up(scanned, store, traits, trait, self.study)
        genes = len(tables["variants"]["gene"].unique())
        if self.study.follow_up.single_variants:
            packed, settings = read_packed_trait(traits, trait.name), scan_settings(self.study)
            tables[SINGLE_VARIANTS] = scan_all_variants(
                store, [packed], settings, workers=self._cores, report=self._report, prepare=self._genotypes.prepare
            )
        for name, table in tables.items():
            pq.write_table(table, folder / file_names(name)[0])
        return {"genes": genes, "variants": tables["variants"].num_rows}

    def _report(self, finished: int, total: int) -> None:
        self._scanned = (finished, total) if finished < total else (0, 0)


def scan_of(trait: Trait) -> str:
    """Name a trait's scan among the stages."""
    return f"scan {trait.name}"


def follow_up_of(trait: Trait) -> str:
    """Name a trait's second look among the stages."""
    return f"follow up {trait.name}"
