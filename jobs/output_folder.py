"""Where a study writes: whether it can, and whether what it replaces there is its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from association.problems import InputError, Problem
from infra.storage import Place
from jobs.annotation_settings import annotation_files
from jobs.genotype_inputs import quality_control_files
from jobs.study.study import ClinicalStudy, Study, resolve

# What the clinical part by itself replaces, and what marks it as made by it.
CLINICAL = "clinical"
# What a run replaces.
OF_A_RUN = (
    *("qc", "annotation", "genes", "traits", "checks", "results", "follow_up", "gene_sets", "known_genes"),
    "gene_profiles",
    *("traits_together", "interactions", "mechanism", "report", "stages"),
)
# What a cohort's manifest and what goes with it replace.
OF_A_COHORT = ("cohort", "pooling")


def check_output(study: ClinicalStudy, path: Place, replaced: Sequence[str]) -> None:
    """Check that the output folder is one, or can be made, and that no input lies in what is replaced there.

    Parameters
    ----------
    study, path
        The settings, and where they stand.
    replaced
        Folders within the output folder that are replaced whole.

    Raises
    ------
    InputError
        With everything that is in the way.
    """
    output = resolve(path, study.output)
    problems = [Problem("output", message)] if (message := _output_problem(output)) is not None else []
    for setting, name in input_settings(study):
        file = resolve(path, name)
        for folder in (output / one for one in replaced):
            if folder in file.parents:
                message = f"{file.name} lies in {folder}, which is replaced; name another output, or move the file"
                problems.append(Problem(setting, message))
    if problems:
        raise InputError(path.name, problems)


def _output_problem(output: Place) -> str | None:
    """Say why a folder can't be written to; whether the bucket may be, only writing tells."""
    if not isinstance(output, Path):
        return f"{output} is a file; name a folder" if output.is_file() else None
    nearest = next(folder for folder in (output, *output.parents) if folder.exists())
    if not nearest.is_dir():
        return f"{nearest} is a file; name a folder"
    if not os.access(nearest, os.W_OK | os.X_OK):
        return f"{nearest} can't be written to; name another folder"
    return None


def input_settings(study: ClinicalStudy) -> Iterator[tuple[str, str]]:
    """Give the files that a study reads, with the settings that name them."""
    yield "participants.path", study.participants.path
    if study.visits is not None:
        yield "visits.path", study.visits.path
    for number, trait in enumerate(study.traits):
        for setting in ("polygenic_offset", "kinship"):
            if (name := getattr(trait, setting)) is not None:
                yield f"traits[{number}].{setting}", name
    if isinstance(study, Study):
        for number, pattern in enumerate(study.genotypes.vcfs):
            yield f"genotypes.vcfs[{number}]", pattern
        if study.genotypes.merged is not None:
            yield "genotypes.merged", study.genotypes.merged
        else:
            yield from annotation_files(study)
        yield from quality_control_files(study)
        for setting in ("callable_regions", "salt"):
            if study.cohort is not None and (name := getattr(study.cohort, setting)) is not None:
                yield f"cohort.{setting}", name
        for number, one in enumerate(study.gene_lists):
            if one.path is not None:
                yield f"gene_lists[{number}].path", one.path
        if study.known_genes is not None and study.known_genes.variants is not None:
            yield "known_genes.variants", study.known_genes.variants
        if study.gene_symbols is not None:
            yield "gene_symbols", study.gene_symbols
