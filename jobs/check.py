"""Everything that can be known before any genotype is read: in seconds, without a JVM, all problems at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pandas as pd

from association.problems import InputError, Problem
from hail_pipelines.vcf.files import VcfSummary, inspect_vcfs, read_header
from infra.storage import Place
from jobs.annotation_settings import info_fields
from jobs.check_annotation import check_annotation, check_annotation_files
from jobs.check_interactions import check_interactions
from jobs.clinical.read import Clinical, read_clinical
from jobs.cloud_study import use_buckets_of
from jobs.consortium.merged_genotypes import merged_summary
from jobs.gene_lists import ReadList, read_gene_lists, with_panel
from jobs.gene_symbols import GeneSymbols, symbols_of
from jobs.genotype_inputs import check_bed_files, quality_fields, read_panel_labels
from jobs.known_carriers import read_known_variants
from jobs.output_folder import OF_A_RUN, check_output
from jobs.quality_control.exclusions import read_exclusions
from jobs.study.file import read_study
from jobs.study.study import Study, resolve
from jobs.traits.genotyped import all_genotyped
from jobs.traits.prepare import prepare_traits
from jobs.traits.prepared import PreparedTrait

Found = TypeVar("Found")


@dataclass(frozen=True)
class CheckedStudy:
    """A study whose inputs have been looked at.

    Attributes
    ----------
    study, path
        Its settings and where they stand; genes of lists that the panel names stand in the panel too.
    vcfs
        The VCFs that its patterns name.
    summary
        What their headers and first records say.
    clinical
        Its tables.
    traits
        Its traits, as they would be if every sample passed quality control.
    gene_lists
        Its gene lists.
    gene_symbols
        Names that genes have and had.
    quality_fields
        INFO fields on a site's quality that all VCFs have.
    exclusions
        Reasons to leave samples out by hand, by sample id.
    panel_vcfs, panel_labels
        Of the panel of known ancestry: its VCFs, and the ancestry of its samples by id.
    """

    study: Study
    path: Place
    vcfs: tuple[Place, ...]
    summary: VcfSummary
    clinical: Clinical
    traits: tuple[PreparedTrait, ...]
    gene_lists: tuple[ReadList, ...] = ()
    gene_symbols: GeneSymbols = field(default_factory=GeneSymbols)
    quality_fields: tuple[str, ...] = ()
    exclusions: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))
    panel_vcfs: tuple[Place, ...] = ()
    panel_labels: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))

    @property
    def output(self) -> Place:
        """The folder that the run writes to."""
        return resolve(self.path, self.study.output)


def check_study(path: Place, *, silent: list[Problem] | None = None) -> CheckedStudy:
    """Check a study file and all that it names.

    Parameters
    ----------
    path
        The study file.
    silent
        Where given, it gets the problems of traits in which there is nothing to compare, and these are left out.

    Raises
    ------
    InputError
        If the study file itself can't be used.
    ExceptionGroup
        Of the InputErrors of its VCFs, tables, gene lists and traits.
    """
    study = read_study(path)
    use_buckets_of(study, path)
    errors: list[InputError] = []
    _attempt(lambda: check_output(study, path, OF_A_RUN), errors)
    merged = study.genotypes.merged
    if merged is not None:
        vcfs: list[Place] | None = []
        summary = _attempt(lambda: merged_summary(resolve(path, merged)), errors)
    else:
        vcfs = _attempt(lambda: find_vcfs(study.genotypes.vcfs, path, "genotypes.vcfs"), errors)
        summary = _attempt(lambda: _inspect(study, vcfs), errors) if vcfs else None
    clinical = _attempt(lambda: read_clinical(study, path), errors)
    lists = _attempt(lambda: read_gene_lists(study.gene_lists, path), errors) or ()
    _attempt(lambda: _known_variants(study, path), errors)
    symbols = _attempt(lambda: symbols_of(study, path), errors) or GeneSymbols()
    # Merged cohorts have been annotated.
    if merged is None:
        infos = summary.info_descriptions if summary is not None else ()
        _attempt(lambda: check_annotation_files(study, path, infos), errors)
        if summary is not None:
            _attempt(lambda: check_annotation(study, path, summary), errors)
    _attempt(lambda: check_bed_files(study, path), errors)
    if clinical is not None:
        # Columns that can't be read have been told.
        _attempt(lambda: check_interactions(study, path), errors)
    exclusions = _attempt(lambda: _read_exclusions(study, path, summary), errors)
    panel = _read_panel(study, path, errors)
    traits = None
    if summary is not None and clinical is not None:
        genotyped = all_genotyped(summary.samples)
        traits = _attempt(lambda: prepare_traits(study, clinical, genotyped, silent=silent), errors)
    if errors or not (
        vcfs is not None and summary and clinical and traits is not None and exclusions is not None and panel
    ):
        raise ExceptionGroup(f"{path.name} can't be run", errors)
    return CheckedStudy(
        with_panel(study, lists),
        path,
        tuple(vcfs),
        summary,
        clinical,
        tuple(traits),
        lists,
        symbols,
        quality_fields([read_header(vcf).infos for vcf in vcfs]),
        exclusions,
        *panel,
    )


def _read_exclusions(study: Study, path: Place, summary: VcfSummary | None) -> pd.Series:
    """Read who is left out by hand; nobody where the study names no file."""
    if study.qc.sample.exclude is None:
        return pd.Series(dtype=object)
    return read_exclusions(resolve(path, study.qc.sample.exclude), None if summary is None else summary.samples)


def _known_variants(study: Study, path: Place) -> None:
    """See that the list of known variants can be read; the run reads it again."""
    if study.known_genes is not None and study.known_genes.variants is not None:
        read_known_variants(resolve(path, study.known_genes.variants))


def _read_panel(study: Study, path: Place, errors: list[InputError]) -> tuple[tuple[Place, ...], pd.Series] | None:
    """Find the VCFs and labels of a panel of known ancestry; nothing where there is no panel, None on errors."""
    panel = study.qc.ancestry.panel
    if panel is None:
        return (), pd.Series(dtype=object)
    genome = study.genotypes.reference_genome
    vcfs = _attempt(lambda: find_vcfs(panel.vcfs, path, "qc.ancestry.panel.vcfs"), errors)
    summary = _attempt(lambda: inspect_vcfs(vcfs or [], reference_genome=genome), errors) if vcfs else None
    samples = None if summary is None else summary.samples
    labels = _attempt(lambda: read_panel_labels(study, path, samples), errors)
    return (tuple(vcfs), labels) if vcfs and summary is not None and labels is not None else None


def find_vcfs(patterns: Sequence[str], path: Place, setting: str) -> list[Place]:
    """List the VCFs that patterns name, chromosomes in natural order.

    Parameters
    ----------
    patterns
        Paths or globs.
    path
        The study file, which they are relative to.
    setting
        Where they stand in it.

    Raises
    ------
    InputError
        Naming every pattern that matches no file, or whose folder may not be looked into.
    """
    found: dict[Place, None] = {}
    problems = []
    for number, pattern in enumerate(patterns):
        full, place = resolve(path, pattern), f"{setting}[{number}]"
        try:
            matches = [full] if full.is_file() else sorted(full.parent.glob(full.name), key=_natural)
            files = [match for match in matches if match.is_file()]
        except PermissionError:
            message = f"{full.parent} can't be read: permission denied; ask its owner for access"
            problems.append(Problem(place, message))
            continue
        found |= dict.fromkeys(files)
        if not files:
            problems.append(Problem(place, f"no file matches '{pattern}' (looked in {full.parent})"))
    if problems:
        raise InputError(path.name, problems)
    return list(found)


def _inspect(study: Study, vcfs: list[Place] | None) -> VcfSummary:
    """Look at the VCFs; a second time where annotation reads INFO fields that only their headers name."""

    def inspect(fields: tuple[str, ...]) -> VcfSummary:
        genotypes = study.genotypes
        return inspect_vcfs(
            vcfs or [],
            reference_genome=genotypes.reference_genome,
            header_types=genotypes.header_types,
            info_fields=fields,
        )

    summary = inspect(info_fields(study))
    named = info_fields(study, summary)
    return summary if named == info_fields(study) else inspect(named)


def _attempt(step: Callable[[], Found], errors: list[InputError]) -> Found | None:
    try:
        return step()
    except InputError as error:
        errors.append(error)
    except ExceptionGroup as group:
        errors += [error for error in group.exceptions if isinstance(error, InputError)]
    return None


def _natural(path: Place) -> list[tuple[int, str]]:
    """Sort chr2 before chr10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", path.name)]
