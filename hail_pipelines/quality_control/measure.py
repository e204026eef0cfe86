"""Measure variants and samples: what quality control decides by.

What is written depends on the calls and the thresholds of genotypes and variants; who stays is decided from it
without reading the calls again.

A sample is judged by the variants of sound sites that are called as well as is usual. How well that is, is known only
when every variant has been counted. But no more than all calls can be there, so a variant that is called well enough
beside that is used in any case: it is counted and summed while its calls are in memory, and only those between the
two are read again.

Memory holds one block of calls for each worker, which the reader has made small, and of all variants their alleles,
FILTER and a few numbers: workers give back `SITE_BYTES` per variant that they count, and those are held twice.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.genotypes.copies import any_copies, may_be_single
from association.genotypes.judged_calls import People
from association.genotypes.sample_sums import SampleSums
from association.problems import InputError
from hail_pipelines.call_files import SAMPLES, part_path
from hail_pipelines.places import Place, readable, temporary_folder
from hail_pipelines.quality_control.common_variants import CommonCodes, write_common
from hail_pipelines.quality_control.genotypes import FAILED, GenotypeRule, GenotypeThresholds, applied_rules
from hail_pipelines.quality_control.regions import Regions
from hail_pipelines.quality_control.samples import sample_table
from hail_pipelines.quality_control.site_counts import CountedShare, SiteCounts, SiteWork, add_sums, count_share
from hail_pipelines.quality_control.sites import (
    OF_THE_SITE,
    SITE_COLUMNS,
    Metrics,
    column,
    site_columns,
    site_metrics,
)
from hail_pipelines.quality_control.variant_rules import (
    VariantThresholds,
    failures,
    passing,
    reasons,
    site_thresholds,
    variant_rules,
)
from hail_pipelines.quality_control.variant_shares import (
    VariantShare,
    call_fields,
    read_variants,
    shares_of,
    variant_facts,
)
from hail_pipelines.shares import Workers, do_shares
from hail_pipelines.whole_file import whole_file

log = logging.getLogger(__name__)

SITES = "sites.parquet"
COUNTS = "samples.parquet"
COMMON = "common.parquet"


@dataclass(frozen=True)
class MeasureCounts:
    """What was measured.

    Attributes
    ----------
    samples, variants
        In the calls.
    used_variants
        Variants that samples are judged by.
    common_variants
        Those of them whose genotypes tell relatives and ancestry.
    """

    samples: int
    variants: int
    used_variants: int
    common_variants: int


def measure(
    calls: Place,
    output_dir: Place,
    *,
    genotype: GenotypeThresholds,
    variant: VariantThresholds,
    regions: Regions,
    min_allele_frequency: float,
    workers: Workers = Workers(),
) -> MeasureCounts:
    """Measure every variant and sample.

    Writes `sites.parquet` (a row per variant, by number: metrics over all samples, `reasons`, `passes`, and
    `genotype_qc`, how many calls were `present`, how many `failed`, and how many each rule), `samples.parquet` (a row
    per sample, in order of sample ids) and `common.parquet`.

    Parameters
    ----------
    calls
        The folder `calls/`.
    output_dir
        The folder to write to; it must not hold these files yet.
    genotype, variant
        Thresholds.
    regions
        BED files to look variants up in.
    min_allele_frequency
        Of the minor allele, from which on a variant is common.
    workers
        Who does it.

    Raises
    ------
    InputError
        If there is no variant, none passes the rules of its site, or a BED file holds what is no interval.
    """
    names = pq.read_table(readable(calls / SAMPLES))["sample"].to_numpy(zero_copy_only=False)
    in_order, samples = np.argsort(names, kind="stable"), len(names)
    people = People(np.ones(samples, np.bool_), may_be_single(samples), any_copies(samples))
    variants, limits = read_variants(calls, SITE_COLUMNS), site_thresholds(variant)
    if not variants.num_rows:
        raise _nothing_to_test()
    of_site = site_metrics(variants, regions)
    facts = variant_facts(variants, passing(failures(of_site, limits)))
    with temporary_folder(output_dir, "measure.") as folder:
        enough = variant.min_call_rate or 0.0
        work = SiteWork(people, genotype.limits, limits, enough, min_allele_frequency, folder)
        first = _count(shares_of(calls, variants, facts), work, workers)
        counts = SiteCounts.zero(variants.num_rows)
        for share, counted in first:
            counts.put(share.variants, counted.counts)
        metrics = of_site | counts.metrics(facts.places, samples)
        failed = failures(metrics, limits)
        if not passing(failed).any():
            raise _nothing_left(failed, limits)
        rules = applied_rules(call_fields(calls), genotype)
        with whole_file(output_dir / SITES) as path:
            pq.write_table(_site_table(metrics, counts, failed, limits, rules), path, compression="zstd")
        used = _used(metrics, passing(failed), enough)
        missed = shares_of(calls, variants, facts, used & ~counts.used, first_number=len(first))
        everything = [*first, *_count(missed, replace(work, least_call_rate=0.0), workers)]
        summed = SampleSums.zero(samples)
        for share, _ in everything:
            add_sums(summed, folder, share.number)
        table = sample_table(names[in_order].tolist(), summed.take(in_order), call_fields(calls))
        with whole_file(output_dir / COUNTS) as path:
            table.to_parquet(path, index=False)
        written = [(part_path(folder, share.number), one.common) for share, one in everything]
        codes = CommonCodes.gather(written)
        write_common(variants, codes, in_order, output_dir / COMMON)
    found = MeasureCounts(samples, variants.num_rows, int(used.sum()), len(codes.variants))
    log.info("%d of %d variants are used, %d are common", found.used_variants, found.variants, found.common_variants)
    return found


def _count(
    shares: Sequence[VariantShare], work: SiteWork, workers: Workers
) -> list[tuple[VariantShare, CountedShare]]:
    """Count shares, by the workers."""
    return list(zip(shares, do_shares(partial(count_share, work=work), shares, workers), strict=True))


def _used(metrics: Metrics, passes: NDArray[np.bool_], enough: float) -> NDArray[np.bool_]:
    """Say which variants samples are judged by (v).

    Samples without calls lower every variant's call rate: it is held against the median of those that pass, the
    upper of two. A rate that is not known is held against nothing.
    """
    rates = metrics["call_rate"]
    known = np.sort(rates[passes & ~np.isnan(rates)])
    typical = known[len(known) // 2] if len(known) else 1.0
    return np.asarray(passes & ~(rates < enough * typical))


def _site_table(
    metrics: Metrics,
    counts: SiteCounts,
    failed: Mapping[str, NDArray[np.bool_]],
    limits: VariantThresholds,
    rules: Sequence[GenotypeRule],
) -> pa.Table:
    """Make the table of sites."""
    of_calls = {"present": counts.present, "failed": counts.failed[:, FAILED]}
    of_calls |= {rule.name: counts.failed[:, rule.number] for rule in rules}
    named = [name for name in metrics if name != "filters" and name not in OF_THE_SITE]
    columns = {
        **site_columns(metrics, len(counts.present)),
        **{name: column(metrics[name]) for name in named},
        "genotype_qc": pa.StructArray.from_arrays(
            [pa.array(np.ascontiguousarray(values)) for values in of_calls.values()], list(of_calls)
        ),
        "reasons": reasons(failed, limits),
        "passes": passing(failed),
    }
    return pa.table(columns)


def _nothing_to_test() -> InputError:
    """Say that no record was a variant."""
    message = (
        "the VCFs hold no variant to test: each record lies on no chromosome from 1 to 22, X or Y, has a REF other "
        "than A, C, G, T and N, or no ALT with a sequence of its own (only '.', '*', such as <DEL>, or REF again); "
        "give VCFs that hold calls of SNVs or indels"
    )
    return InputError.single("quality control", "variants", message)


def _nothing_left(failed: Mapping[str, NDArray[np.bool_]], limits: VariantThresholds) -> InputError:
    """Say that samples can't be judged, since no variant is left to judge them by."""
    counts = {rule.reason: int(failed[rule.step].sum()) for rule in variant_rules(limits)}
    often = sorted(((reason, count) for reason, count in counts.items() if count), key=lambda one: -one[1])
    listed = "; ".join(f"{count:,} {reason}" for reason, count in often)
    total = len(next(iter(failed.values())))
    message = f"none of the {total:,} variants passes ({listed}): samples can't be judged; loosen qc.variant"
    return InputError.single("quality control", "variants", message)
