"""The command `progex`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hail_pipelines.processes import ONE_THREAD
from jobs import cli_cloud, cli_comparison, cli_consortium, cli_gene, cli_power, cli_report, cli_sharing
from jobs.command_line import StudyPath, users_faults
from jobs.places import place_of

if TYPE_CHECKING:
    from jobs.clinical.checks import CheckOutcome
    from jobs.traits.prepared import PreparedTrait

app = typer.Typer(
    name="progex",
    help="Gene tests for ALS progression that are right at few carriers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def run(study: StudyPath) -> None:
    """Run a study: from joint-called VCFs and clinical tables to gene results and a report."""
    from jobs.run import run_study

    with users_faults():
        typer.echo(f"report: {run_study(place_of(study))}")


@app.command()
def qc(study: StudyPath) -> None:
    """Do a study's quality control and stop: look at its page, exclude by hand what you must, then run."""
    from jobs.run_qc import run_qc

    with users_faults():
        done = run_qc(place_of(study))
    typer.echo(f"{done.kept:,} of {done.samples:,} samples stay")
    for reason, count in done.reasons.items():
        typer.echo(f"  excluded   {count:,} {reason}")
    for finding, count in done.findings.items():
        if count:
            typer.echo(f"  look at    {count:,} {finding}")
    typer.echo(f"page: {done.page}")


@app.command()
def traits(study: StudyPath) -> None:
    """Derive a study's traits, check its tables and fit the null models; needs no genotypes and no Java."""
    from jobs.run_traits import run_traits

    with users_faults():
        done = run_traits(place_of(study))
    _describe_traits(done.traits, done.outcomes)
    typer.echo(f"page: {done.page}")


@app.command()
def validate(study: StudyPath) -> None:
    """Check a study and its inputs without reading genotypes; needs seconds and no Java."""
    from jobs.check import check_study
    from jobs.check_masks import mask_notes

    with users_faults():
        checked = check_study(place_of(study))
    typer.echo(f"{checked.path.name}: no problem found")
    typer.echo(f"  genotypes  {len(checked.vcfs)} VCFs, {len(checked.summary.samples):,} samples")
    typer.echo(f"  clinical   {len(checked.clinical.participants):,} participants")
    for one in checked.gene_lists:
        repeated = f", {one.repeated:,} rows repeat one" if one.repeated else ""
        typer.echo(f"  gene list  {one.name} ({one.version}): {len(one.genes):,} genes{repeated}")
    for note in mask_notes(checked.study.masks):
        typer.echo(f"  note       {note}")
    _describe_traits(checked.traits, [*checked.clinical.checks, *(c for t in checked.traits for c in t.checks)])


def _describe_traits(traits: Sequence[PreparedTrait], outcomes: Sequence[CheckOutcome]) -> None:
    """Say who is in each trait and who is not, what was warned of, and what the data checks found."""
    from jobs.clinical.files import check_summaries

    for trait in traits:
        summary = trait.summary()
        events = "" if summary["events"] is None else f", {summary['events']:,} events"
        left_out = len(trait.excluded)
        typer.echo(f"  trait      {trait.name}: {summary['samples']:,} samples{events}, {left_out:,} left out")
        for one in summary["exclusions"]:
            typer.echo(f"             {one['count']:,} {one['reason']}")
        for one in summary["covariates_missing"]:
            typer.echo(f"             {one['count']:,} without {one['column']} kept ({one['policy']})")
    for warning in dict.fromkeys(warning for trait in traits for warning in trait.warnings):
        named = [trait.name for trait in traits if warning in trait.warnings]
        whose = "all traits" if len(named) == len(traits) > 1 else ", ".join(named)
        typer.echo(f"  warning    {whose}: {warning}")
    for one in check_summaries(outcomes):
        if one["count"]:
            typer.echo(f"  data check {one['meaning']}: {one['count']:,} ({one['action']}; {one['name']}.tsv)")


@app.command()
def check(
    study: StudyPath,
    null_traits: Annotated[int, typer.Option(min=1, help="Null traits to simulate of each kind.")] = 5,
    planted: Annotated[
        int, typer.Option(min=1, help="Effects to plant of each kind, size and class of carriers.")
    ] = 6,
) -> None:
    """Check the engine on a study's own genotypes: type I error and recall on simulated traits."""
    from rich.console import Console

    from jobs.self_check import FILES, CheckSize, self_check
    from jobs.self_check_words import print_check

    with users_faults():
        done = self_check(place_of(study), CheckSize(null_traits, planted))
    print_check(done.levels, done.recall, Console(highlight=False, soft_wrap=True))
    for name in FILES:
        typer.echo(f"wrote {done.folder / name}")


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder to make; it must be new.")],
    samples: Annotated[int, typer.Option(min=20, help="Patients, of all cohorts together.")] = 300,
    genes: Annotated[int, typer.Option(min=10, help="Genes.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same cohort.")] = 1,
    cohorts: Annotated[int, typer.Option(min=1, help="From 2 on: sites of a consortium, site1, site2, ...")] = 1,
) -> None:
    """Simulate a cohort with planted effects: VCFs, tables, a study file, and the truth."""
    from jobs.simulate_cohort import simulate_cohort
    from jobs.simulate_consortium import simulate_consortium

    with users_faults():
        if cohorts == 1:
            studies = [simulate_cohort(out, samples=samples, genes=genes, seed=seed).study]
        else:
            studies = simulate_consortium(out, cohorts=cohorts, samples=samples, genes=genes, seed=seed)
    for study in studies:
        typer.echo(f"study: {study}")


@app.command()
def bgzip(
    source: Annotated[str, typer.Argument(metavar="FILE.vcf.gz", help="A VCF, plain or gzipped.")],
    target: Annotated[
        str | None, typer.Argument(metavar="[NEW.vcf.bgz]", help="The copy to write; by default beside it, as .bgz.")
    ] = None,
) -> None:
    """Write a VCF anew in blocks (bgzip), so that many cores can read it."""
    from hail_pipelines.vcf.bgzip import blocked_name, reblock

    with users_faults():
        read = place_of(source)
        written = blocked_name(read) if target is None else place_of(target)
        reblock(read, written)
    typer.echo(f"wrote {written}")


@app.command()
def schema() -> None:
    """Print the study file's JSON schema, for editors that complete and check YAML."""
    from jobs.study.study import Study

    typer.echo(json.dumps(Study.model_json_schema(), indent=2))


for part in (cli_power, cli_cloud, cli_sharing, cli_consortium, cli_comparison, cli_gene, cli_report):
    app.add_typer(part.app)


def main() -> None:
    """Run the command line; leave at once at the end, without waiting for Java's farewell."""
    os.environ.update(ONE_THREAD)
    try:
        app()
    except SystemExit as leaving:
        sys.stdout.flush()
        sys.stderr.flush()
        if "pyspark" in sys.modules:
            os._exit(leaving.code if isinstance(leaving.code, int) else 1)
        raise
