"""Write a simulated exome as joint-called VCFs: bgzipped, indexed, annotated as by VEP.

A line is a site. Where a site holds two variants they are padded to one reference allele, as callers write them, and
VEP's alleles follow VEP's rule: the first base goes only where every allele of the line begins with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pysam
from numpy.random import Generator
from numpy.typing import NDArray

from association.simulate.calls import Calls, simulate_calls, simulate_sample_coverage
from association.simulate.cohort import Cohort
from association.simulate.common_sites import CommonSites
from association.simulate.effects import Dosages, Integers
from association.simulate.genotypes import Exome
from association.simulate.sites import GRCH38_LENGTHS, PLOF

CSQ_FIELDS = (
    "Allele", "Consequence", "IMPACT", "SYMBOL", "Gene", "Feature", "BIOTYPE", "CANONICAL", "MANE_SELECT", "LoF",
    "REVEL", "gnomADe_AF",
)  # fmt: skip
# By the first, most severe term of a consequence; MODIFIER for the others.
IMPACTS = {
    "stop_gained": "HIGH",
    "frameshift_variant": "HIGH",
    "splice_donor_variant": "HIGH",
    "missense_variant": "MODERATE",
    "splice_region_variant": "LOW",
    "synonymous_variant": "LOW",
}
COMMON = "common.vcf.gz"
FAILED_FILTER = "VQSRTrancheSNP99.90to100.00"
# One gene in this many has a second transcript on which its variants are intronic.
GENES_PER_SECOND_TRANSCRIPT = 4
GENOTYPES = np.array(["./.", "0/0", "0/1", "1/1", "0/2", "1/2", "2/2"], dtype=object)
# First variant's dosage x second variant's dosage -> position in GENOTYPES.
GENOTYPE_OF_DOSAGES = np.array([[1, 4, 6], [2, 5, 5], [3, 3, 3]])


@dataclass(frozen=True)
class WrittenVcfs:
    """What was written.

    Attributes
    ----------
    paths
        A file per chromosome that has genes.
    sites
        Lines of genotypes in all of them.
    calls
        Alternate alleles as called (variants, samples), -1 where missing, in the order of the exome's variants.
    """

    paths: tuple[Path, ...]
    sites: int
    calls: Dosages


def write_vcfs(cohort: Cohort, folder: Path, generator: Generator) -> WrittenVcfs:
    """Call the cohort's genotypes and write them to `folder`, which exists, as chrN.vcf.gz with index.

    Parameters
    ----------
    cohort
        The simulated cohort.
    folder
        Where the files go.
    generator
        Source of randomness of the calls.
    """
    exome = cohort.exome
    coverage = simulate_sample_coverage(len(cohort.sample_ids), generator)
    header = _header(cohort.sample_ids)
    contig = exome.genes["contig"].to_numpy()[exome.variants["gene"].to_numpy()]
    called = np.zeros_like(exome.dosages)
    paths, sites = [], 0
    for name in dict.fromkeys(exome.genes["contig"]):
        first, second = _rows_of_sites(exome.variants, contig == name)
        passes = exome.variants["passes"].to_numpy()[first]
        calls = simulate_calls(exome.dosages[first], _dosages_of(exome, second), passes, coverage, generator)
        called[first] = calls.first
        called[second[second >= 0]] = calls.second[second >= 0]
        paths.append(folder / f"{name}.vcf.gz")
        _write_bgzipped(paths[-1], header, _lines(exome, name, first, second, calls))
        sites += len(first)
    return WrittenVcfs(tuple(paths), sites, called)


def write_common_sites(sites: CommonSites, sample_ids: list[str], folder: Path, generator: Generator) -> Path:
    """Call sites between genes and write them to `folder`, as common.vcf.gz with index.

    Parameters
    ----------
    sites
        Of these samples.
    sample_ids
        Their names.
    folder
        Where the file goes.
    generator
        Source of randomness of the calls.
    """
    none = np.zeros_like(sites.dosages)
    coverage = simulate_sample_coverage(len(sample_ids), generator)
    calls = simulate_calls(sites.dosages, none, np.ones(len(none), np.bool_), coverage, generator)
    cells, counts = _cells(calls, np.zeros(len(none), np.bool_)), calls.first.clip(0).sum(axis=1)
    called = 2 * (~calls.missing).sum(axis=1)
    lines = []
    for row, (contig, position, ref, alt) in enumerate(
        zip(sites.contig, sites.position, sites.ref, sites.alt, strict=True)
    ):
        info = f"AC={counts[row]};AF={counts[row] / max(called[row], 1):.4g};AN={called[row]}"
        fields = [contig, str(position), ".", ref, alt, str(30 + 14 * counts[row]), "PASS", info, "GT:AD:DP:GQ"]
        lines.append("\t".join([*fields, *cells[row]]) + "\n")
    path = folder / COMMON
    _write_bgzipped(path, _header(sample_ids), lines)
    return path


def _rows_of_sites(variants: pd.DataFrame, chosen: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Give each site's first and second variant, as rows of `variants`; -1 where there is no second."""
    site = variants["site"].to_numpy()[chosen]
    rows = np.flatnonzero(chosen)
    _, first = np.unique(site, return_index=True)
    second = np.full(len(first), -1)
    others = np.setdiff1d(np.arange(len(rows)), first)
    second[np.searchsorted(site[first], site[others])] = rows[others]
    return rows[first], second


def _dosages_of(exome: Exome, rows: Integers) -> Dosages:
    return np.where(rows[:, None] >= 0, exome.dosages[rows], 0).astype(np.int8)


def _write_bgzipped(path: Path, header: str, lines: list[str]) -> None:
    with pysam.BGZFile(str(path), "wb") as vcf:
        vcf.write(header.encode())
        vcf.write("".join(lines).encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)


def _header(sample_ids: list[str]) -> str:
    contigs = "".join(
        f"##contig=<ID={name},length={length},assembly=GRCh38>\n" for name, length in GRCH38_LENGTHS.items()
    )
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *sample_ids]
    return (
        "##fileformat=VCFv4.2\n"
        "##source=progex simulate\n"
        '##FILTER=<ID=PASS,Description="All filters passed">\n'
        f'##FILTER=<ID={FAILED_FILTER},Description="Truth sensitivity tranche from 99.90 to 100.00">\n'
        '##INFO=<ID=AC,Number=A,Type=Integer,Description="Alternate allele count in called genotypes">\n'
        '##INFO=<ID=AF,Number=A,Type=Float,Description="Alternate allele frequency in called genotypes">\n'
        '##INFO=<ID=AN,Number=1,Type=Integer,Description="Alleles in called genotypes">\n'
        '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. '
        f'Format: {"|".join(CSQ_FIELDS)}">\n'
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads per allele">\n'
        '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Reads">\n'
        '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality">\n'
        f"{contigs}" + "\t".join(columns) + "\n"
    )


def _lines(exome: Exome, contig: str, first: Integers, second: Integers, calls: Calls) -> list[str]:
    """Write the sites of a contig, a line each."""
    variants = list(exome.variants.itertuples(index=False))
    symbols = exome.genes["gene"].to_numpy()
    cells = _cells(calls, second >= 0)
    alleles_called = 2 * (~calls.missing).sum(axis=1)
    first_count, second_count = (dosages.clip(0).sum(axis=1) for dosages in (calls.first, calls.second))
    lines = []
    for line, row in enumerate(first):
        here = [variants[row]] + ([variants[second[line]]] if second[line] >= 0 else [])
        ref = max((variant.ref for variant in here), key=len)
        alts = [variant.alt if variant.alt == "*" else variant.alt + ref[len(variant.ref) :] for variant in here]
        counts = [int(first_count[line]), int(second_count[line])][: len(here)]
        called = int(alleles_called[line])
        info = (
            f"AC={','.join(map(str, counts))};AF={','.join(f'{count / max(called, 1):.4g}' for count in counts)};"
            f"AN={called};CSQ={_consequences(here, ref, alts, symbols[here[0].gene])}"
        )
        quality = 30 + 14 * sum(counts)
        status = "PASS" if here[0].passes else FAILED_FILTER
        fields = [contig, str(here[0].position), ".", ref, ",".join(alts), str(quality), status, info]
        lines.append("\t".join([*fields, "GT:AD:DP:GQ", *cells[line]]) + "\n")
    return lines


def _cells(calls: Calls, two_variants: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Write GT:AD:DP:GQ of every call (sites, samples): each distinct cell once, then by its number."""
    genotype = np.where(calls.missing, 0, GENOTYPE_OF_DOSAGES[calls.first, calls.second])
    wide = [part.astype(np.int64) for part in (genotype, *calls.reads, calls.quality)]
    code = np.broadcast_to(two_variants[:, None], genotype.shape).astype(np.int64)
    for part in wide:
        code = code << 10 | part
    number, codes = pd.factorize(code.ravel())
    cells: NDArray[np.object_] = np.array([_cell(int(code)) for code in codes], dtype=object)[number]
    return cells.reshape(code.shape)


def _cell(code: int) -> str:
    quality, second, first, reference, genotype, two_variants = (code >> 10 * step & 1023 for step in range(6))
    reads = f"{reference},{first},{second}" if two_variants else f"{reference},{first}"
    return f"{GENOTYPES[genotype]}:{reads}:{reference + first + second}:{quality}"


def _consequences(here: list[Any], ref: str, alts: list[str], symbol: str) -> str:
    """Write VEP's entry of every variant on every transcript of its gene."""
    bases = [ref, *(alt for alt in alts if alt != "*")]
    trimmed = any(len(allele) != len(ref) for allele in bases) and len({allele[0] for allele in bases}) == 1
    entries = []
    for variant, alt in zip(here, alts, strict=True):
        if alt != "*":
            allele = (alt[1:] or "-") if trimmed else alt
            entries += _transcripts(variant, allele, symbol)
    return ",".join(entries)


def _transcripts(variant: Any, allele: str, symbol: str) -> list[str]:
    number = variant.gene + 1
    gene = f"ENSG{number:011}"
    shared = {
        "Allele": allele,
        "SYMBOL": symbol,
        "Gene": gene,
        "BIOTYPE": "protein_coding",
        "gnomADe_AF": "" if np.isnan(variant.external_af) else f"{variant.external_af:.4g}",
    }
    canonical = shared | {
        "Consequence": variant.consequence,
        "IMPACT": IMPACTS.get(variant.consequence.split("&")[0], "MODIFIER"),
        "Feature": f"ENST{2 * number:011}",
        "CANONICAL": "YES",
        "MANE_SELECT": f"NM_{number:06}.1",
        "LoF": "HC" if variant.kind == PLOF else "",
        "REVEL": "" if np.isnan(variant.revel) else f"{variant.revel:.3f}",
    }
    transcripts = [canonical]
    if number % GENES_PER_SECOND_TRANSCRIPT == 0:
        intronic = {"Consequence": "intron_variant", "IMPACT": "MODIFIER", "Feature": f"ENST{2 * number + 1:011}"}
        transcripts.append(shared | intronic)
    return ["|".join(entry.get(field, "") for field in CSQ_FIELDS) for entry in transcripts]
