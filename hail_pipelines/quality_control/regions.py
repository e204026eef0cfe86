"""Whether a variant lies in regions that short reads cover badly, or within the capture kits' targets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import hail as hl

from hail_pipelines.reference_genome import contig_recoding

# Comments, what genome browsers are told, and empty lines.
HEADER_LINE = r"^(#|track\b|browser\b|$)"


@dataclass(frozen=True)
class Regions:
    """BED files that variants are looked up in; None or empty where there are none.

    Attributes
    ----------
    low_complexity
        Regions of low complexity.
    segmental_duplications
        Segmental duplications.
    targets
        Targets of each capture kit; a variant must lie within those of all.
    padding
        Bases by which targets are widened on either side.
    """

    low_complexity: Path | None = None
    segmental_duplications: Path | None = None
    targets: tuple[Path, ...] = ()
    padding: int = 50


def region_exprs(locus: hl.LocusExpression, regions: Regions) -> dict[str, hl.BooleanExpression]:
    """Say of a variant's locus where it lies; missing where there is no file that tells.

    Parameters
    ----------
    locus
        Of a table's or matrix's rows.
    regions
        The files.
    """
    unknown = hl.missing(hl.tbool)

    def within(path: Path | None, padding: int = 0) -> hl.BooleanExpression:
        return unknown if path is None else hl.is_defined(_read_bed(path, locus, padding)[locus])

    inside = [within(path, regions.padding) for path in regions.targets]
    return {
        "low_complexity": within(regions.low_complexity),
        "segmental_duplication": within(regions.segmental_duplications),
        "in_targets": hl.all(*inside) if inside else unknown,
    }


def _read_bed(path: Path, locus: hl.LocusExpression, padding: int) -> hl.Table:
    """Read a BED file as intervals of a locus's genome, widened on both sides.

    Header lines and other contigs are left out, and what ends beyond its chromosome is cut there.
    """
    genome = locus.dtype.reference_genome
    lines = hl.import_lines(str(path), force=True, min_partitions=1)
    lines = lines.annotate(text=lines.text.strip())
    lines = lines.filter(~lines.text.matches(HEADER_LINE))
    lines = lines.annotate(parts=lines.text.split(r"\s+"))
    recoding = hl.literal(contig_recoding(genome.name))
    lines = lines.annotate(contig=recoding.get(lines.parts[0], lines.parts[0]))
    lengths = hl.literal({name: genome.lengths[name] for name in genome.contigs})
    lines = lines.filter(lengths.contains(lines.contig))
    lines = lines.annotate(
        start=hl.max(hl.int32(lines.parts[1]) + 1 - padding, 1),
        end=hl.min(hl.int32(lines.parts[2]) + padding, lengths[lines.contig]),
    )
    # A place between two bases, as insertions are written, holds none.
    lines = lines.filter(lines.start <= lines.end)
    interval = hl.locus_interval(
        lines.contig, lines.start, lines.end, includes_start=True, includes_end=True, reference_genome=genome
    )
    return lines.select(interval=interval).key_by("interval").select()
