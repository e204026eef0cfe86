"""What a study defines, in parts that cohorts must share to be put together.

Where a site keeps its files, and what it calls them, is its own affair: paths are left out, and what a result depends
on stands for them by its content. A merged study's annotation is that of the cohorts in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from association.problems import InputError
from hail_pipelines.vcf.annotation_release import annotation_release
from hail_pipelines.vcf.files import read_header
from infra.provenance import canonical_json, fingerprint
from infra.storage import Place
from jobs.annotation_settings import annotation_files, annotation_inputs, asked_values, info_fields
from jobs.check import find_vcfs
from jobs.consortium.merged_genotypes import MERGED
from jobs.gene_lists import ReadList, read_gene_lists, with_panel
from jobs.known_carriers import read_known_variants
from jobs.study.study import Study, resolve

# Settings that define each part.
PARTS = {
    "traits": ("traits", "covariates", "missing_covariates", "checks"),
    "masks": ("masks", "tests", "condition_on"),
    "annotation": ("annotation",),
    "tables": ("participants", "visits"),
    "strata": ("strata",),
    "qc": ("qc",),
    "analysis": (
        *("follow_up", "alpha", "calibration", "gene_lists"),
        *("gene_symbols", "together", "interactions", "mechanism", "known_genes"),
    ),
}
# Sources of annotation that stand in the VCFs, whose headers tell the release.
IN_VCFS = ("vep", "snpeff", "info")


def definitions_of(study: Study, study_path: Place) -> dict[str, Any]:
    """Give what a study defines, by part; nothing in it says where a file is.

    Parameters
    ----------
    study
        Its settings, as the study file has them or with the genes of lists put into the panel.
    study_path
        Of the study file, which its paths are relative to.

    Raises
    ------
    InputError, ExceptionGroup
        If a file whose content is part of a definition can't be read.
    """
    lists = read_gene_lists(study.gene_lists, study_path)
    settings = with_panel(study, lists).model_dump(mode="json")
    defined = {part: {name: settings[name] for name in names} for part, names in PARTS.items()}
    # Which cohort a patient is of makes strata whenever several are put together.
    defined["strata"] = {"strata": [column for column in study.strata_columns if column != study.cohorts]}
    _put_contents(defined["analysis"], study, study_path, lists)
    for section, names in _own_affairs(defined):
        for name in names:
            section.pop(name, None)
    if study.genotypes.merged is not None:
        defined["annotation"] = _merged_annotation(resolve(study_path, study.genotypes.merged))
    else:
        defined["annotation"] = _annotation(study, study_path, settings["annotation"])
    return defined


def _put_contents(analysis: dict[str, Any], study: Study, study_path: Place, lists: Sequence[ReadList]) -> None:
    """Put what lists hold in place of their files: hashes of genes and of variants, the checksum of symbols."""
    analysis["gene_lists"] = [
        {"name": one.name, "version": one.version, "genes": definition_hash(sorted(one.genes))} for one in lists
    ]
    if study.gene_symbols is not None:
        analysis["gene_symbols"] = fingerprint(resolve(study_path, study.gene_symbols)).crc32c
    if study.known_genes is not None and study.known_genes.variants is not None:
        variants = read_known_variants(resolve(study_path, study.known_genes.variants))
        analysis["known_genes"]["variants"] = definition_hash(sorted(variants))


def _own_affairs(defined: dict[str, Any]) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Give the sections that name files or samples of a site alone, with these settings."""
    for table in defined["tables"].values():
        if table is not None:
            yield table, ("path", "sheet")
    for trait in defined["traits"]["traits"]:
        yield trait, ("polygenic_offset", "kinship")
    qc = defined["qc"]["qc"]
    yield qc["sample"], ("exclude",)
    yield qc["variant"], ("low_complexity", "segmental_duplications", "targets")
    yield qc["ancestry"], ("panel",)


def _annotation(study: Study, path: Place, settings: dict[str, Any]) -> dict[str, Any]:
    """Give the settings of annotation, sizes and checksums of its files in place of paths, and the VCFs' release."""
    for setting, _ in annotation_files(study):
        _leave_out({"annotation": settings}, setting)
    files = [fingerprint(file) for file in annotation_inputs(study, path)]
    release = {}
    if study.annotation.source in IN_VCFS:
        headers = [read_header(vcf) for vcf in find_vcfs(study.genotypes.vcfs, path, "genotypes.vcfs")]
        own = getattr(study.annotation, "field", None)
        infos = {name for header in headers for name in header.infos if name != own}
        read = [name for name in (*info_fields(study), *asked_values(study.annotation)) if name in infos]
        release = annotation_release(headers, read)
    return {"annotation": settings, "files": [[file.size, file.crc32c] for file in files], "release": release}


def _leave_out(sections: dict[str, Any], setting: str) -> None:
    """Take a setting out, by its place in the study file."""
    *outer, name = setting.split(".")
    for section in outer:
        sections = sections[section]
    sections.pop(name)


def _merged_annotation(genotypes: Place) -> dict[str, Any]:
    """Read how the cohorts in merged genotypes were annotated, which is the same for all."""
    try:
        record = json.loads((genotypes / MERGED).read_text())
    except FileNotFoundError:
        message = f"{genotypes} holds no {MERGED}; name the folder 'genotypes' that `progex merge` wrote"
        raise InputError.single("study file", "genotypes.merged", message) from None
    annotation: dict[str, Any] = record["cohorts"][0]["definitions"]["annotation"]
    return annotation


def definition_hash(value: Any) -> str:
    """Give the SHA-256 of a definition; equal definitions have equal ones."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
