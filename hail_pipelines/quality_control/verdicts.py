"""Quality control from calls to verdicts: which calls, variants and samples stay, and why others go.

Calls are judged first, then variants over the calls that are left, then samples over the variants that are
left. Two passes over `calls.mt` do it. Counts in the variant table are over all samples; the gene store
counts again over the samples that stay.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import hail as hl
import pandas as pd

from hail_pipelines.quality_control.genotypes import (
    GenotypeThresholds,
    drop_poor_calls,
    genotype_rules,
    skipped_rules,
)
from hail_pipelines.quality_control.samples import SampleThresholds, judge_samples, sample_failures, sample_metrics
from hail_pipelines.quality_control.variants import VariantThresholds, judge_variants, variant_rules
from hail_pipelines.session import write_parquet

log = logging.getLogger(__name__)

VARIANTS_TABLE = "variants.ht"


@dataclass(frozen=True)
class AttritionRow:
    """How many units one rule, or one step in all, took out.

    Attributes
    ----------
    step
        The rule's name, or "all" for a step's total.
    unit
        "genotype", "variant" or "sample".
    before, excluded, after
        Counts. A unit that several rules exclude is in `excluded` of each, and once in the total.
    reason
        Why units are excluded.
    skipped
        Why the rule was not applied; None if it was.
    """

    step: str
    unit: str
    before: int
    excluded: int
    after: int
    reason: str
    skipped: str | None = None


def quality_control(
    calls: Path,
    output_dir: Path,
    *,
    genotype: GenotypeThresholds,
    variant: VariantThresholds,
    sample: SampleThresholds,
) -> list[AttritionRow]:
    """Judge calls, variants and samples and write every metric and every reason.

    Writes `samples.parquet` (a row per sample in order of sample ids), `variants.parquet` (a row per
    variant), `variants.ht` (the same for Hail) and `attrition.json`.

    Parameters
    ----------
    calls
        `calls.mt`.
    output_dir
        The folder to write to; it must not hold these files yet.
    genotype, variant, sample
        Thresholds.
    """
    mt = hl.read_matrix_table(str(calls))
    output_dir.mkdir(parents=True, exist_ok=True)
    variants = judge_variants(mt, genotype=genotype, variant=variant, samples=mt.count_cols())
    variants = variants.checkpoint(str(output_dir / VARIANTS_TABLE))
    _write_variants(variants, output_dir / "variants.parquet")
    used = mt.annotate_rows(**variants[mt.row_key].select("passes", "allele_count", "allele_number"))
    samples = sample_metrics(drop_poor_calls(used.filter_rows(used.passes), genotype))
    samples = judge_samples(samples, sample)
    samples.to_parquet(output_dir / "samples.parquet", index=False)
    attrition = [
        *_genotype_attrition(variants, set(mt.entry), genotype),
        *_variant_attrition(variants, variant),
        *_sample_attrition(samples, sample),
    ]
    text = json.dumps([asdict(row) for row in attrition], indent=2)
    (output_dir / "attrition.json").write_text(text + "\n", encoding="utf-8")
    for row in attrition:
        log.info("%s %s: %d before, %d excluded, %d after", row.unit, row.step, row.before, row.excluded, row.after)
    return attrition


def _write_variants(variants: hl.Table, path: Path) -> None:
    """Write the table of variants as Parquet with plain columns."""
    flat = variants.key_by()
    flat = flat.select(
        contig=flat.locus.contig,
        position=flat.locus.position,
        ref=flat.alleles[0],
        alt=flat.alleles[1],
        rsid=flat.rsid,
        filters=hl.sorted(hl.array(flat.filters)),
        **{
            name: flat[name]
            for name in flat.row
            if name not in ("locus", "alleles", "rsid", "filters", "genotype_qc")
        },
    )
    write_parquet(flat, path, files=1)


def _genotype_attrition(
    variants: hl.Table, call_fields: set[str], thresholds: GenotypeThresholds
) -> list[AttritionRow]:
    """Tabulate how many calls each rule set to missing."""
    counts = variants.aggregate(
        hl.struct(**{name: hl.agg.sum(variants.genotype_qc[name]) for name in variants.genotype_qc})
    )
    skipped = dict(text.split(": ", 1) for text in skipped_rules(call_fields, thresholds))
    rules = genotype_rules(thresholds)
    excluded = {rule.name: counts.get(rule.name, 0) for rule in rules}
    reasons = {rule.name: rule.reason for rule in rules}
    return _attrition("genotype", counts["present"], counts["failed"], excluded, reasons, skipped)


def _variant_attrition(variants: hl.Table, thresholds: VariantThresholds) -> list[AttritionRow]:
    """Tabulate how many variants each rule excluded."""
    total, failed, by_reason = variants.aggregate(
        (
            hl.agg.count(),
            hl.agg.count_where(~variants.passes),
            hl.agg.explode(hl.agg.counter, variants.reasons),
        )
    )
    rules = variant_rules(thresholds)
    excluded = {step: by_reason.get(reason, 0) for reason, step in rules.items()}
    reasons = {step: reason for reason, step in rules.items()}
    return _attrition("variant", total, failed, excluded, reasons, {})


def _sample_attrition(samples: pd.DataFrame, thresholds: SampleThresholds) -> list[AttritionRow]:
    """Tabulate how many samples each rule excluded."""
    failures = sample_failures(samples, thresholds)
    excluded = {reason: int(fails.sum()) for reason, fails in failures.items()}
    failed = int((~samples["passes"]).sum())
    return _attrition("sample", len(samples), failed, excluded, {reason: reason for reason in excluded}, {})


def _attrition(
    unit: str,
    before: int,
    failed: int,
    excluded: Mapping[str, int],
    reasons: Mapping[str, str],
    skipped: Mapping[str, str],
) -> list[AttritionRow]:
    """Make the rows of one unit: one per rule, then the total."""
    rules: Iterable[AttritionRow] = (
        AttritionRow(step, unit, before, count, before - count, reasons[step], skipped.get(step))
        for step, count in excluded.items()
    )
    return [*rules, AttritionRow("all", unit, before, failed, before - failed, "any of the above")]
