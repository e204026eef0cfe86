"""Who carries the masks of genes whose p-values moved, in both runs; genes are read a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.asked_variants import choose_variants
from association.comparison.mask_change import MaskChange, MaskEntries, mask_change
from association.gene_batch import GeneBatch, TraitGenotypes, read_batch, restrict_to_trait
from association.scan import drop_variants
from association.scan_settings import ALL_MASKS, CONTROL_MASK, MaskChoice, ScanSettings, ScanTrait
from hail_pipelines.places import readable
from jobs.comparison.compared_run import ComparedRun
from jobs.comparison.compared_trait import ComparedTrait
from jobs.comparison.stored_variants import hash_sites

# A mask and its ceiling; of the omnibus over masks there is none.
MaskName = tuple[str, float | None]


@dataclass(frozen=True)
class AskedMask:
    """A gene's mask, as both runs name it.

    Attributes
    ----------
    genes
        The gene's name in the old run and in the new one.
    masks
        The mask and its ceiling in either.
    """

    genes: tuple[str, str]
    masks: tuple[MaskName, MaskName]


@dataclass(frozen=True)
class _Carried:
    """A gene's variants among the samples of a trait, in one run."""

    sites: NDArray[np.uint64]
    by_reference: NDArray[np.bool_]
    batch: GeneBatch
    genotypes: TraitGenotypes

    def entries(self, mask: MaskName, settings: ScanSettings) -> MaskEntries:
        """Give the carriers of a mask's variants."""
        chosen = np.zeros(self.sites.size, np.bool_)
        for choice in _choices(mask, settings):
            chosen |= choose_variants(self.batch, choice)
        used = np.flatnonzero(chosen)
        carriers, called = self.genotypes.select(used)
        variant = np.repeat(np.arange(used.size), np.diff(carriers.offsets))
        return MaskEntries(
            self.sites[used], self.by_reference[used], variant, carriers.samples, carriers.dosages, called
        )


def _choices(mask: MaskName, settings: ScanSettings) -> list[MaskChoice]:
    name, ceiling = mask
    if name == ALL_MASKS:
        return [choice for choice in settings.masks if choice.mask.name != CONTROL_MASK]
    return [choice for choice in settings.masks if choice.mask.name == name and choice.max_af == ceiling]


def mask_changes(
    old: ComparedRun, new: ComparedRun, trait: ComparedTrait, asked: Iterable[AskedMask]
) -> Iterator[tuple[AskedMask, MaskChange]]:
    """Say what changed about the carriers of genes' masks.

    Parameters
    ----------
    old, new
        The runs.
    trait
        The trait in both.
    asked
        Genes that both runs have, and masks.
    """
    wanted: dict[tuple[str, str], list[AskedMask]] = {}
    for one in asked:
        wanted.setdefault(one.genes, []).append(one)
    runs, scans = (old, new), (trait.old.scan, trait.new.scan)
    for files, pairs in _by_files(runs, wanted):
        tables = [_rows(run, files[side], [pair[side] for pair in pairs]) for side, run in enumerate(runs)]
        for pair in pairs:
            own = [table.filter(pc.equal(table["gene"], name)) for table, name in zip(tables, pair, strict=True)]
            contig = next((table["contig"][0].as_py() for table in own if table.num_rows), None)
            sides = (trait.old.side(contig), trait.new.side(contig))
            before, now = (_carried(table, scan, run.scan) for table, scan, run in zip(own, scans, runs, strict=True))
            for one in wanted[pair]:
                entries = (before.entries(one.masks[0], old.scan), now.entries(one.masks[1], new.scan))
                yield one, mask_change(*entries, sides, trait.fates)


def _by_files(
    runs: Sequence[ComparedRun], genes: Iterable[tuple[str, str]]
) -> list[tuple[tuple[int, int], list[tuple[str, str]]]]:
    """Put genes together that stand in the same file of either store."""
    placed = [dict(zip(run.genes["gene"], run.genes["file"], strict=True)) for run in runs]
    together: dict[tuple[int, int], list[tuple[str, str]]] = {}
    for old, new in genes:
        files = (int(placed[0][old]), int(placed[1][new]))
        together.setdefault(files, []).append((old, new))
    return sorted(together.items())


def _rows(run: ComparedRun, file: int, genes: Sequence[str]) -> pa.Table:
    """Read some genes' rows from a file of the store, carriers and all."""
    place = run.store / f"part-{file:05d}.parquet"
    return pq.read_table(readable(place), filters=[("gene", "in", list(genes))])


def _carried(rows: pa.Table, trait: ScanTrait, settings: ScanSettings) -> _Carried:
    rows = drop_variants(rows, settings.left_out)
    batch = read_batch(rows)
    return _Carried(
        hash_sites(rows), np.asarray(rows["minor_is_ref"], np.bool_), batch, restrict_to_trait(batch, trait)
    )
