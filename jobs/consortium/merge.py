"""Merge finished runs: one gene store, one study, whole or not at all.

First everything that speaks against it is told at once. Then samples are compared by their common genotypes, those
left out for another cohort's are taken out of their cohort's counts, and variants are joined.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from association.cohort.principal_components import structured_components
from association.problems import InputError
from hail_pipelines.merging.cohort import Cohort
from hail_pipelines.merging.merge import MergeCounts, merge_cohorts
from hail_pipelines.quality_control.verdicts import judge_variants
from infra.storage import Place, copy_whole, in_bucket
from jobs.check import check_study
from jobs.cloud_study import use_buckets
from jobs.consortium.capture_kits import genes_by_kit, missing_by_kit
from jobs.consortium.finished_run import FinishedRun, read_run, renamed
from jobs.consortium.merged_attrition import NOT_CHECKED, merged_attrition
from jobs.consortium.merged_genotypes import KINSHIP, MERGED, SAMPLES, STRUCTURE
from jobs.consortium.merged_samples import MergedSamples, Overlap, merge_samples
from jobs.consortium.merged_study import GENOTYPES, STUDY, left_aside, table_problems, write_study
from jobs.consortium.overlap import look_for_overlap
from jobs.consortium.refusals import clashes, misfits, other_builds
from jobs.progress import Progress
from jobs.quality_control.files import ATTRITION
from jobs.result_files import write_tsv
from jobs.stage_settings import genotype_thresholds, store_ceiling, variant_thresholds

STATES, KITS, KIT_GENES = "variants.tsv", "capture_kits.tsv", "capture_kit_genes.tsv"


@dataclass(frozen=True)
class Merged:
    """What was merged.

    Attributes
    ----------
    study
        The study file that a run goes on from.
    counts
        Of samples and variants.
    duplicates
        Samples left out for another cohort's; None where nobody looked for people in two cohorts.
    untold
        Which relatives in two cohorts can't be told; None where all can that may not both be in a trait.
    left_aside
        Settings of the cohorts that the merged study does not have, and why.
    """

    study: Place
    counts: MergeCounts
    duplicates: int | None
    untold: str | None
    left_aside: tuple[str, ...] = ()


def merge_runs(
    folders: Sequence[Place], out: Place, *, overlap: Overlap = "resolve", rename_samples: bool = False
) -> Merged:
    """Merge the runs in output folders.

    Parameters
    ----------
    folders
        Output folders in which `progex cohort` has been.
    out
        The folder to make.
    overlap
        Of people in two cohorts, whether one sample is left out, or they refuse the merge, or are not looked for.
    rename_samples
        Whether each cohort's name is put before its sample ids.

    Raises
    ------
    InputError, ExceptionGroup
        If they can't be merged; nothing is left half-written.
    """
    if len(folders) < 2:
        raise InputError.single("merge", "folders", "one alone is nothing to merge; name two or more")
    progress = Progress(["cohorts", "samples", "variants"])
    with progress.stage("cohorts", _working) as report:
        runs = _all_of([partial(read_run, folder) for folder in folders])
        runs = [renamed(run) for run in runs] if rename_samples else runs
        _use_buckets(runs, out)
        if out.exists():
            raise InputError.single(str(out), "--out", "is there already; name a folder that is not")
        _refuse(runs, overlap)
        report(f"{len(runs)} that fit together")
    with TemporaryDirectory(prefix="progex.") as name:
        folder, judged = Path(name) / "merged", Path(name) / "judged"
        (folder / GENOTYPES).mkdir(parents=True)
        judged.mkdir()
        with progress.stage("samples", _working) as report:
            samples = merge_samples(runs, overlap=overlap)
            cohorts = [_without(run, samples.dropped(run.name), judged / run.name) for run in runs]
            report(f"{int(samples.table['passes'].sum()):,} stay")
        with progress.stage("variants", _working) as report:
            counts = merge_cohorts(cohorts, folder / GENOTYPES, max_allele_frequency=store_ceiling(runs[0].study))
            report(f"{counts.variants:,}, {counts.stored:,} of them rare")
        untold = samples.untold(runs[0].study.qc.relatedness)
        _write_samples(samples, untold, folder / GENOTYPES)
        write_study(runs, folder)
        write_tsv(counts.states, folder / STATES)
        write_tsv(missing_by_kit(runs, counts), folder / KITS)
        write_tsv(genes_by_kit(runs, counts), folder / KIT_GENES)
        _write_records(runs, counts, samples, untold, folder / GENOTYPES)
        # What can't be run leaves nothing behind.
        check_study(folder / STUDY)
        copy_whole(folder, out)
    return Merged(out / STUDY, counts, samples.left_out, untold, left_aside(runs[0].study))


def _working() -> str:
    return "working"


def _use_buckets(runs: Sequence[FinishedRun], out: Place) -> None:
    """Use buckets as the first cohort's study says that says anything of them."""
    clouds = [run.study.cloud for run in runs if run.study.cloud is not None]
    if clouds and any(in_bucket(str(place)) for place in (out, *(run.folder for run in runs))):
        use_buckets(clouds[0])


def _all_of(steps: Sequence[Callable[[], FinishedRun]]) -> list[FinishedRun]:
    """Take all steps, and tell of all that fail."""
    done, errors = [], []
    for step in steps:
        try:
            done.append(step())
        except InputError as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("the cohorts can't be read", errors)
    return done


def _refuse(runs: Sequence[FinishedRun], overlap: Overlap) -> None:
    """Refuse cohorts that can't be merged, with everything that can be known before they are put together."""
    manifests = [run.manifest for run in runs]
    # Whatever the consortium's secret: nobody can go on unchecked on two builds.
    apart = [*misfits(manifests), *other_builds(manifests, [run.common_sites() for run in runs])]
    tables = [problem for run in runs for problem in table_problems(run)]
    problems = [*apart, *tables, *clashes([(run.name, run.ids()) for run in runs])]
    # Fingerprints of another build, or of another secret, tell nothing.
    if overlap == "refuse" and not apart:
        try:
            look_for_overlap(runs, unchecked=False)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError("the cohorts", problems)


def _without(run: FinishedRun, dropped: set[str], folder: Path) -> Cohort:
    """Give a cohort without some samples, its variants judged anew where there are any."""
    cohort = run.cohort()
    if not dropped:
        return cohort
    folder.mkdir()
    samples = run.samples.assign(passes=run.samples["passes"] & ~run.samples["sample"].isin(dropped))
    judge_variants(
        cohort.calls,
        run.stage("measure"),
        samples,
        folder,
        genotype=genotype_thresholds(run.study.qc),
        variant=variant_thresholds(run.study.qc),
        max_allele_frequency=store_ceiling(run.study),
    )
    return replace(cohort, judged=folder, samples=samples)


def _write_samples(samples: MergedSamples, untold: str | None, folder: Path) -> None:
    """Write the samples, relatives and what components could tell."""
    found = samples.structure
    samples.table.drop(columns="own_id").to_parquet(folder / SAMPLES, index=False)
    samples.relatives().to_parquet(folder / KINSHIP, index=False)
    structure = {
        "variants": found.variants,
        "structured": structured_components(found.components),
        "reason": found.components.reason,
        "kinship_reason": found.relatedness.reason,
        "relatives_untold": untold,
    }
    (folder / STRUCTURE).write_text(json.dumps(structure, indent=2) + "\n", encoding="utf-8")


def _write_records(
    runs: Sequence[FinishedRun], counts: MergeCounts, samples: MergedSamples, untold: str | None, folder: Path
) -> None:
    """Write how many each rule took out, and at last what was merged."""
    rows = [asdict(row) for row in merged_attrition(runs, counts, samples.left_out)]
    (folder / ATTRITION).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    record: dict[str, Any] = {
        # Made again from the same inputs, a cohort is the same.
        "cohorts": [{name: value for name, value in run.manifest.items() if name != "made"} for run in runs],
        "counts": {"samples": counts.samples, "variants": counts.variants, "stored": counts.stored},
        "samples": counts.calls["cohort"].value_counts(sort=False).to_dict(),
        "states": counts.states.to_dict("records"),
        "duplicates across cohorts": NOT_CHECKED if samples.left_out is None else samples.left_out,
        "relatives across cohorts": untold or samples.structure.relatedness.reason or "told",
    }
    (folder / MERGED).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
