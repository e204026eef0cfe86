"""A trait's share as text that RAREMETAL reads: the score and covariance files of rvtests.

Only variants that are shared by themselves are in it: what is collapsed has no position. U and V are those of the
ALT allele; a variant of two genes is told of in the first. COV is V divided by the number of samples. Counts of
genotypes are NA, call rate and Hardy-Weinberg p-value 1: variants that fail quality control are not shared at all.

References
----------
Zhan X, Hu Y, Li B, Abecasis GR, Liu DJ (2016) RVTESTS. Bioinformatics 32:1423-1426. doi:10.1093/bioinformatics/btw079
Feng S, Liu D, Zhan X, Wing MK, Abecasis GR (2014) RAREMETAL. Bioinformatics 30:2828-2829.
doi:10.1093/bioinformatics/btu367
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from association.gene_tests.burden import burden_test
from association.gene_unit import power_of_ten
from association.meta.cohort_summary import GeneSummary, TraitSummary
from association.meta.share_tables import COLLAPSED, read_genes
from association.score import ScoreStatistics

SCORES, COVARIANCES = "MetaScore.assoc", "MetaCov.assoc"
SCORE_COLUMNS = (
    *("CHROM", "POS", "REF", "ALT", "N_INFORMATIVE", "AF", "INFORMATIVE_ALT_AC", "CALL_RATE", "HWE_PVALUE"),
    *("N_REF", "N_HET", "N_ALT", "U_STAT", "SQRT_V_STAT", "ALT_EFFSIZE", "PVALUE"),
)
COVARIANCE_COLUMNS = ("CHROM", "START_POS", "END_POS", "NUM_MARKER", "MARKER_POS", "COV")
NOT_TOLD = "NA"


@dataclass(frozen=True)
class _Marker:
    """A variant and its statistics, of its ALT allele, with those that follow it in its gene."""

    contig: str
    position: int
    ref: str
    alt: str
    alternates: float
    score: float
    variance: float
    others: tuple[tuple[int, float], ...]


def write_raremetal(tables: Mapping[str, pa.Table], trait: TraitSummary, folder: Path) -> None:
    """Write a trait's two files."""
    for name, text in raremetal_texts(tables, trait).items():
        (folder / name).write_text(text)


def raremetal_texts(tables: Mapping[str, pa.Table], trait: TraitSummary) -> dict[str, str]:
    """Give a trait's two texts, by the name of their files.

    Parameters
    ----------
    tables
        variants, patterns and covariances, of `share_schema`.
    trait
        Whose they are.
    """
    markers: dict[tuple[str, int, str, str], _Marker] = {}
    for gene in read_genes(trait, tables):
        for marker in _markers(gene, trait.samples):
            markers.setdefault((marker.contig, marker.position, marker.ref, marker.alt), marker)
    ordered = [markers[key] for key in sorted(markers)]
    scores = [_score_line(one, trait.samples) for one in ordered]
    covariances = [_covariance_line(one, trait.samples) for one in ordered]
    heading = [f"##ProgramName=progex\n##Samples={trait.samples}\n##AnalyzedSamples={trait.samples}\n"]
    return {
        f"{trait.trait}.{SCORES}": "".join([*heading, "\t".join(SCORE_COLUMNS) + "\n", *scores]),
        f"{trait.trait}.{COVARIANCES}": "".join([*heading, "\t".join(COVARIANCE_COLUMNS) + "\n", *covariances]),
    }


def _markers(gene: GeneSummary, samples: int) -> Iterator[_Marker]:
    """Give a gene's variants in order of position."""
    placed = []
    for at, name in enumerate(gene.variants):
        if not name.startswith(COLLAPSED):
            site, _, flipped = name.partition(":")
            chromosome, place, first, second = site.rsplit("-", 3)
            placed.append((int(place), chromosome, first, second, -1.0 if flipped else 1.0, at))
    placed.sort()
    covariance = gene.statistics.covariance
    for number, (position, contig, ref, alt, sign, at) in enumerate(placed):
        minor = float(gene.minor_allele_counts[at])
        yield _Marker(
            contig=contig.removeprefix("chr"),
            position=position,
            ref=ref,
            alt=alt,
            alternates=minor if sign > 0 else 2 * samples - minor,
            score=sign * float(gene.statistics.score[at]),
            variance=float(covariance[at, at]),
            others=tuple((other[0], sign * other[4] * float(covariance[at, other[5]])) for other in placed[number:]),
        )


def _score_line(one: _Marker, samples: int) -> str:
    """Write a line of the scores."""
    single = ScoreStatistics(np.array([one.score]), np.array([[one.variance]]))
    test = burden_test(single, np.ones(1))
    p_value = NOT_TOLD if math.isnan(test.log10_p) else f"{power_of_ten(test.log10_p):.6g}"
    effect = NOT_TOLD if math.isnan(test.effect) else f"{test.effect:.10g}"
    cells: list[Any] = [one.contig, one.position, one.ref, one.alt, samples, f"{one.alternates / (2 * samples):.6g}"]
    cells += [f"{one.alternates:g}", 1, 1, NOT_TOLD, NOT_TOLD, NOT_TOLD]
    cells += [f"{one.score:.10g}", f"{math.sqrt(max(one.variance, 0.0)):.10g}", effect, p_value]
    return "\t".join(map(str, cells)) + "\n"


def _covariance_line(one: _Marker, samples: int) -> str:
    """Write a line of the covariances."""
    positions = ",".join(str(position) for position, _ in one.others)
    values = ",".join(f"{value / samples:.10g}" for _, value in one.others)
    cells = [one.contig, one.position, one.others[-1][0], len(one.others), positions, values]
    return "\t".join(map(str, cells)) + "\n"
