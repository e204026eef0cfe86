"""Files beside the VCFs that the genotype stages read: BED files, exclusions by hand, a panel of known ancestry."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import pandas as pd

from association.cohort.ancestry import MAIN, OTHER, UNASSIGNED
from association.problems import InputError, Problem
from hail_pipelines.places import readable
from hail_pipelines.reference_genome import ReferenceGenome, contig_recoding, last_position
from hail_pipelines.vcf.header import Declaration
from infra.storage import Place
from jobs.annotation_settings import info_fields
from jobs.study.study import Study, resolve
from jobs.tables.table import Table

if TYPE_CHECKING:
    from hail_pipelines.quality_control.regions import Regions
    from jobs.check import CheckedStudy

# INFO fields that say how good a site is, in the order of preference.
QUALITY_FIELDS = ("AS_QD", "QD", "AS_VQSLOD", "VQSLOD")
INTERVALS_LOOKED_AT = 1_000


def quality_fields(headers: Sequence[Mapping[str, Declaration]]) -> tuple[str, ...]:
    """Name the INFO fields on a site's quality that every VCF declares in the same way, as numbers.

    Parameters
    ----------
    headers
        INFO declarations of each VCF.
    """
    named = []
    for name in QUALITY_FIELDS:
        found = {(one[name].number, one[name].type) if name in one else None for one in headers}
        if len(found) == 1 and (only := found.pop()) is not None and only in _NUMERIC:
            named.append(name)
    return tuple(named)


_NUMERIC = {(number, kind) for number in ("1", "A", ".") for kind in ("Float", "Integer")}


def loaded_fields(checked: CheckedStudy) -> tuple[str, ...]:
    """Name the INFO fields that are loaded with the calls."""
    annotated = info_fields(checked.study, checked.summary)
    return tuple(dict.fromkeys((*annotated, *checked.quality_fields)))


def exclusion_files(study: Study, path: Place) -> list[Place]:
    """List the table of samples that are left out by hand, if there is one."""
    named = study.qc.sample.exclude
    return [] if named is None else [resolve(path, named)]


def panel_files(checked: CheckedStudy) -> list[Place]:
    """List the files of the panel of known ancestry."""
    panel = checked.study.qc.ancestry.panel
    return [] if panel is None else [*checked.panel_vcfs, resolve(checked.path, panel.labels)]


def region_files(study: Study) -> Iterator[tuple[str, str]]:
    """Give the BED files that a study names, with their settings."""
    variant = study.qc.variant
    for setting in ("low_complexity", "segmental_duplications"):
        if (name := getattr(variant, setting)) is not None:
            yield f"qc.variant.{setting}", name
    for number, name in enumerate(variant.targets):
        yield f"qc.variant.targets[{number}]", name


def quality_control_files(study: Study) -> Iterator[tuple[str, str]]:
    """Give every file that quality control reads beside the VCFs, with its setting."""
    yield from region_files(study)
    if study.qc.sample.exclude is not None:
        yield "qc.sample.exclude", study.qc.sample.exclude
    if (panel := study.qc.ancestry.panel) is not None:
        for number, pattern in enumerate(panel.vcfs):
            yield f"qc.ancestry.panel.vcfs[{number}]", pattern
        yield "qc.ancestry.panel.labels", panel.labels


def bed_files(study: Study, path: Place) -> list[Place]:
    """List the BED files that a study names."""
    return [resolve(path, name) for _, name in region_files(study)]


def regions_of(study: Study, path: Place) -> Regions:
    """Give where variants are looked up."""
    from hail_pipelines.quality_control.regions import Regions

    variant = study.qc.variant

    def file(name: str | None) -> Place | None:
        return None if name is None else resolve(path, name)

    targets = tuple(resolve(path, name) for name in variant.targets)
    return Regions(
        file(variant.low_complexity), file(variant.segmental_duplications), targets, variant.target_padding
    )


def read_panel_labels(study: Study, path: Place, samples: Collection[str] | None) -> pd.Series:
    """Read the ancestry of a panel's samples, by id.

    Parameters
    ----------
    study, path
        The settings, and where they stand.
    samples
        Ids in the panel's VCFs; None where these can't be used.

    Raises
    ------
    InputError
        With every column that is missing and every row that can't be used, or where no sample is in the VCFs.
    """
    assert study.qc.ancestry.panel is not None
    table = Table(resolve(path, study.qc.ancestry.panel.labels), ids="sample")
    table.require(["sample", "ancestry"], "Name the columns so")
    ids, labels = table.identifiers("sample"), table.texts("ancestry")
    table.unique("sample")
    table.note("ancestry", labels.isin([MAIN, OTHER, UNASSIGNED]), "is a name that the engine gives; choose another")
    if samples is not None and ids.notna().any() and not ids.isin(set(samples)).any():
        table.add("column 'sample'", "none of these is in the panel's VCFs; write ids as they stand there")
    table.close()
    return pd.Series(labels.to_numpy(object), index=ids.to_numpy(object)).dropna()


def check_bed_files(study: Study, path: Place) -> None:
    """Check that BED files are there, and that their first lines are intervals on the study's genome.

    Raises
    ------
    InputError
        With what is wrong with each.
    """
    problems = []
    for setting, name in region_files(study):
        file = resolve(path, name)
        message = _bed_problem(file, study.genotypes.reference_genome) if file.is_file() else "there is no such file"
        if message is not None:
            problems.append(Problem(f"{setting}: {name}", message))
    if problems:
        raise InputError(path.name, problems)


def _bed_problem(file: Place, genome: ReferenceGenome) -> str | None:
    """Say what is wrong with the first intervals of a BED file; None if nothing is."""
    try:
        intervals = list(islice(_bed_fields(file), INTERVALS_LOOKED_AT))
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        return f"can't be read ({error}); expected lines of chromosome, start and end"
    if not intervals:
        return "has no interval; expected lines of chromosome, start and end"
    recoding, known = contig_recoding(genome), 0
    for number, fields in intervals:
        if len(fields) < 3 or not (fields[1].isdecimal() and fields[2].isdecimal()):
            return f"line {number}: expected chromosome, start and end, separated by tabs"
        last = last_position(recoding.get(fields[0], fields[0]), genome)
        if last is not None and int(fields[2]) > last:
            place = f"line {number}: {fields[0]}:{fields[1]}-{fields[2]}"
            return f"{place} lies beyond the end of the chromosome in {genome}; use the file on its build"
        known += last is not None
    return None if known else f"none of its first intervals lies on a chromosome of {genome}"


def _bed_fields(file: Place) -> Iterator[tuple[int, list[str]]]:
    """Give the fields of each interval, with the number of its line; headers of genome browsers are passed over."""
    compressed = file.suffix in (".gz", ".bgz")
    with gzip.open(readable(file), "rt") if compressed else file.open() as lines:
        for number, line in enumerate(lines, start=1):
            fields = line.split()
            if fields and not fields[0].startswith("#") and fields[0] not in ("track", "browser"):
                yield number, fields
