"""Judge the variants over the samples that stay, and write every metric, every reason and the carriers."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import hail as hl
import pandas as pd

from hail_pipelines.quality_control.attrition import AttritionRow, genotype_attrition, variant_attrition
from hail_pipelines.quality_control.genotypes import GenotypeThresholds
from hail_pipelines.quality_control.measure import SITES
from hail_pipelines.quality_control.variant_rules import VariantThresholds
from hail_pipelines.quality_control.variants import judged_variants, plain_columns
from hail_pipelines.session import write_parquet

log = logging.getLogger(__name__)

VARIANTS_TABLE = "variants.ht"
VARIANTS = "variants.parquet"
ATTRITION = "attrition.json"


def judge_variants(
    calls: Path,
    measured: Path,
    samples: pd.DataFrame,
    output_dir: Path,
    *,
    genotype: GenotypeThresholds,
    variant: VariantThresholds,
    max_allele_frequency: float,
    sample_attrition: Sequence[AttritionRow] = (),
) -> list[AttritionRow]:
    """Write `variants.ht` (with carriers), `variants.parquet` (a row per variant) and `attrition.json`.

    Parameters
    ----------
    calls
        `calls.mt`.
    measured
        What `measure` wrote.
    samples
        A row per sample: sample, passes, batch, ancestry, unrelated, karyotype.
    output_dir
        The folder to write to; it must not hold these files yet.
    genotype, variant, max_allele_frequency
        As `judged_variants` takes them.
    sample_attrition
        How many samples each rule took out, to stand in one table with the rest.
    """
    mt = hl.read_matrix_table(str(calls))
    variants = judged_variants(
        mt,
        hl.read_table(str(measured / SITES)),
        samples,
        genotype=genotype,
        variant=variant,
        max_allele_frequency=max_allele_frequency,
    )
    variants = variants.checkpoint(str(output_dir / VARIANTS_TABLE))
    flat = variants.annotate(calls_present=variants.genotype_qc.present, calls_failed=variants.genotype_qc.failed)
    flat = plain_columns(flat, leave_out=("genotype_qc", "minor_is_ref", "carriers", "missing"))
    write_parquet(flat, output_dir / VARIANTS, files=1)
    attrition = [
        *genotype_attrition(variants, set(mt.entry), genotype),
        *variant_attrition(variants, variant),
        *sample_attrition,
    ]
    text = json.dumps([asdict(row) for row in attrition], indent=2)
    (output_dir / ATTRITION).write_text(text + "\n", encoding="utf-8")
    for row in attrition:
        log.info("%s %s: %d before, %d excluded, %d after", row.unit, row.step, row.before, row.excluded, row.after)
    return attrition
