"""The page of any gene of a finished run: in the report, if the gene has a page there, or made for it alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq

from association.leave_one_out import leave_one_out
from hail_pipelines.places import readable
from hail_pipelines.variant_scan import read_genes
from infra.storage import Place, write_whole
from jobs.gene_profiles.chosen_genes import profiled_row, rows_of
from jobs.gene_profiles.observed_trait import read_observed
from jobs.gene_profiles.profiles import ProfileSources, make_profiles
from jobs.gene_profiles.second_look import SCHEMAS, read_followed
from jobs.report_names import report_names
from jobs.stage_settings import scan_settings

if TYPE_CHECKING:
    from jobs.comparison.compared_run import ComparedRun
    from jobs.report.audience import Audience
    from jobs.report.inputs import ReportInputs


@dataclass(frozen=True)
class GenePlace:
    """Where a gene's page is: the file, and the place within it; none where the file is of this gene alone."""

    file: Place
    anchor: str | None = None


def gene_page(run: ComparedRun, gene: str, audience: Audience) -> GenePlace:
    """Find a gene's page in the report, or make one of its own.

    Parameters
    ----------
    run
        A finished run.
    gene
        A gene of its results.
    audience
        Who is to read it.
    """
    from jobs.report.figures import slug
    from jobs.report.gene.material import anchor
    from jobs.report.gene.page import gene_page_html
    from jobs.report.withheld.withhold import withhold

    report = run.folder / "report" / report_names(audience).page
    if report.is_file() and f'id="{anchor(gene)}"' in report.read_text(encoding="utf-8"):
        return GenePlace(report, anchor(gene))
    inputs = withhold(_inputs(run, gene, audience))
    suffix = report_names(audience).page.removeprefix("report")
    file = report.parent / f"gene_{slug(gene)}{suffix}"
    write_whole(file, gene_page_html(inputs, gene).encode())
    return GenePlace(file)


def _inputs(run: ComparedRun, gene: str, audience: Audience) -> ReportInputs:
    """Read a report's inputs, with the profile of one gene made anew."""
    from jobs.report_inputs import finished_inputs

    inputs = finished_inputs(run, audience)
    variants = run.folder / "qc" / "variants.parquet"
    sources = ProfileSources(
        results=pq.read_table(readable(run.results)),
        store=run.store,
        traits=run.folder / "traits",
        study=run.study,
        variants=variants if variants.is_file() else None,
        followed=read_followed(run.folder / "follow_up"),
    )
    tables = {name: table.to_pandas() for name, table in make_profiles([gene], sources).items()}
    looked_at = {name: tables.pop(name) for name in SCHEMAS}
    return replace(inputs, profiles=tables, leave_one_out=without_each(gene, sources), **looked_at)


def without_each(gene: str, sources: ProfileSources) -> pd.DataFrame:
    """Test a gene without each of its variants, for every trait in which it has a p-value."""
    settings, variants = scan_settings(sources.study), read_genes(sources.store, [gene])
    rows = rows_of(sources.results, [gene])
    tables = []
    for trait in sources.study.traits:
        hit = profiled_row(rows.get((gene, trait.name), ()))
        asked = [hit] if hit is not None and hit["p_value"] is not None else []
        scan = read_observed(sources.traits, trait).scan
        tables.append(leave_one_out(asked, variants, scan, settings).to_pandas())
    return pd.concat(tables, ignore_index=True)
