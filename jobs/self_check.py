"""Check the engine on a study's own genotypes: whether every test keeps its level, and what it finds.

The check is a stage behind the gene store and the traits: it is redone only when they or its settings have changed,
and it takes masks, tests and seed from the study. Samples and strata are those of the trait with the most samples.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.calibration.monte_carlo import Effort
from association.error_rates import level_table, recall_table
from association.planted_effects import choose_plants
from association.problems import InputError
from association.scan_settings import ScanSettings, ScanTrait
from association.scan_trait_bytes import unpack_trait
from association.self_check import scan_null, scan_planted
from association.simulate.random_traits import KINDS
from hail_pipelines.places import listed, readable
from hail_pipelines.processes import process_pool
from infra.storage import Place, copy_whole
from jobs.check import check_study
from jobs.pipeline import Pipeline
from jobs.progress import Progress
from jobs.run import bring_current, output_held
from jobs.self_check_figure import draw_check
from jobs.stage import Counts, Folders, Stage
from jobs.stage_settings import cores_of, scan_settings
from jobs.trait_stages import SCAN
from jobs.traits.files import read_cohorts, read_packed_trait

NAME = "self-check"
NEEDED = ("load", "measure", "panel", "samples", "variants", "annotate", "gene store", "traits")
FOLDER = "self_check"
FILES = ("self_check.tsv", "recall.tsv", "self_check.png", "self_check.svg")
CODE = (*SCAN, "jobs.result_files", "jobs.self_check", "jobs.self_check_figure")

# Of a larger store, genes drawn at random say as much.
MOST_GENES = 300
NULL_EFFORT = Effort(10_000, 100_000, 50)
# Enough to show a p-value of 2.5e-6, the level of an exome.
PLANTED_EFFORT = Effort(10_000, 400_000, 50)
PLANTS_AT_ONCE = 5

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class CheckSize:
    """How much is simulated.

    Attributes
    ----------
    null_traits
        Traits of each kind that no gene acts on.
    planted
        Effects of each kind and size that are planted in genes of each class of carriers.
    """

    null_traits: int
    planted: int


@dataclass(frozen=True)
class CheckedGenes:
    """What a check found.

    Attributes
    ----------
    folder
        Where its files are.
    levels, recall
        Tables of `association.error_rates`.
    """

    folder: Place
    levels: pd.DataFrame
    recall: pd.DataFrame


def self_check(path: Place, size: CheckSize) -> CheckedGenes:
    """Make a study's gene store and traits current, and check the engine on them.

    Raises
    ------
    InputError, ExceptionGroup
        If an input can't be used as it is; what an earlier check wrote stays.
    """
    checked = check_study(path)
    target = checked.output / FOLDER
    with output_held(checked) as still_held:
        cores = cores_of(checked.study)
        pipeline = Pipeline(checked, cores)
        work = _Work(scan_settings(checked.study), [one.name for one in checked.study.traits], size, cores)
        stages = [stage for stage in pipeline.stages() if stage.name in NEEDED]
        study = checked.study.model_dump(mode="json")
        settings = {name: study[name] for name in ("masks", "tests", "condition_on")}
        settings |= {"seed": study["calibration"]["seed"], "size": asdict(size)}
        stages.append(Stage(NAME, settings, (), ("gene store", "traits"), FILES, CODE, work))
        tally = partial(_tally, work, pipeline)
        progress = Progress([stage.name for stage in stages])
        record = bring_current(stages, checked.output, progress, tally, still_held)[NAME]
        still_held()
        copy_whole(record.folder, target, leave_out=("manifest.json",))
    tables = [pd.read_csv(readable(target / name), sep="\t", dtype={"carriers": str}) for name in FILES[:2]]
    return CheckedGenes(target, *tables)


def _tally(work: _Work, pipeline: Pipeline) -> str:
    return "{:,} of {:,} traits".format(*work.progress) if work.progress[1] else pipeline.tally()


class _Work:
    """The work of the stage.

    Parameters
    ----------
    settings
        Of the study's scan.
    traits
        Names of its traits.
    size
        How much to simulate.
    cores
        Processes.
    """

    def __init__(self, settings: ScanSettings, traits: list[str], size: CheckSize, cores: int) -> None:
        self.settings = replace(settings, panel=frozenset(), panel_effort=None, family_permutations=0)
        self.traits, self.size, self.cores = traits, size, cores
        self.progress = (0, 0)

    def __call__(self, folder: Path, folders: Folders) -> Counts:
        genes, variants = read_genes(folders["gene store"] / "genes", self.settings.seed)
        packed = [read_packed_trait(folders["traits"] / "traits", name) for name in self.traits]
        like = max((unpack_trait(one) for one in packed), key=lambda trait: trait.strata.size)
        cohorts = read_cohorts(folders["traits"] / "traits", like.name)
        null, planted = self._simulate(genes, variants, like, cohorts)
        levels, recall = level_table(null), recall_table(planted)
        levels.to_csv(folder / FILES[0], sep="\t", index=False)
        recall.to_csv(folder / FILES[1], sep="\t", index=False)
        draw_check(levels, recall, folder / FILES[2], folder / FILES[3])
        return {"genes": genes.num_rows, "samples": like.strata.size, "p-values": len(null)}

    def _simulate(
        self, genes: pa.Table, variants: pa.Table, like: ScanTrait, cohorts: NDArray[np.int64] | None
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Scan null traits and planted effects, spread over processes."""
        for_null = replace(self.settings, effort=NULL_EFFORT)
        for_planted = replace(self.settings, effort=PLANTED_EFFORT)
        plants = choose_plants(genes, variants, like, for_planted, per_class=self.size.planted)
        if not plants:
            message = "no gene has a carrier under the masks; look at their ceilings, and at qc/attrition.json"
            raise InputError.single(NAME, "masks", message)
        shares = [plants[first : first + PLANTS_AT_ONCE] for first in range(0, len(plants), PLANTS_AT_ONCE)]
        tasks = [
            partial(scan_null, genes, variants, like, for_null, kind=kind, number=number, cohorts=cohorts)
            for number in range(self.size.null_traits)
            for kind in KINDS
        ]
        tasks += [
            partial(scan_planted, genes, variants, like, for_planted, share, cohorts=cohorts) for share in shares
        ]
        simulated = [1] * (len(tasks) - len(shares)) + [len(share) for share in shares]
        tables = self._in_processes(tasks, simulated)
        null = tables[: -len(shares)]
        return pd.concat(null, ignore_index=True), pd.concat(tables[-len(shares) :], ignore_index=True)

    def _in_processes(self, tasks: list[partial[pd.DataFrame]], simulated: list[int]) -> list[pd.DataFrame]:
        """Do tasks, each of so many simulated traits, and give their tables in order."""
        self.progress = (0, sum(simulated))
        with process_pool(min(self.cores, len(tasks))) as pool:
            futures = {pool.submit(task): place for place, task in enumerate(tasks)}
            try:
                for future in as_completed(futures):
                    future.result()
                    self.progress = (self.progress[0] + simulated[futures[future]], self.progress[1])
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return [future.result() for future in futures]


def read_genes(store: Place, seed: int) -> tuple[pa.Table, pa.Table]:
    """Read a store's genes and their variants, or of many genes some, drawn at random."""
    genes = pq.read_table(readable(store / "genes.parquet"), columns=["gene", "contig", "start"])
    if genes.num_rows > MOST_GENES:
        drawn = np.random.default_rng(seed).choice(genes.num_rows, MOST_GENES, replace=False)
        genes = genes.take(np.sort(drawn))
    names = genes["gene"].to_pylist()
    parts = [
        pq.read_table(readable(part), filters=[("gene", "in", names)]) for part in listed(store, "part-*.parquet")
    ]
    variants = pa.concat_tables(parts)
    return genes, variants.take(pc.sort_indices(variants["gene"]))
