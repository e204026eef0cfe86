"""What a site makes for a consortium: a manifest that may be shared, and what pooling needs, which stays at the site.

`cohort/` holds the manifest and, where the study names a salt, fingerprints in an order that says nothing of who is
whom. `pooling/` holds what `progex merge` reads beside the stages: tables, settings, gene lists, and the callable
regions, which show where variants lie.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.cohort.common_variants import Dosages, outside_long_range_ld
from association.cohort.fingerprints import Fingerprints, common_enough, fingerprints, spaced_sites
from association.problems import InputError, Problem
from hail_pipelines.merging.pooled_counts import MONOMORPHIC, own_states
from hail_pipelines.places import readable
from hail_pipelines.quality_control.verdicts import VARIANTS
from infra.storage import Place, copy_whole
from jobs.check import CheckedStudy, check_study
from jobs.consortium.callable_regions import FILE as REGIONS
from jobs.consortium.callable_regions import callable_regions, write_regions
from jobs.consortium.made_from import new_id, take_back, write_made_from
from jobs.consortium.manifest import FILE, FOLDER, manifest_of
from jobs.pipeline import Pipeline
from jobs.progress import Progress
from jobs.quality_control.common_genotypes import read_common
from jobs.quality_control.files import SAMPLES
from jobs.run import bring_current, output_held, publish
from jobs.stage import StageRecord
from jobs.stage_settings import cores_of
from jobs.study.cohort import CohortFacts
from jobs.study.file import read_study
from jobs.study.study import Study, resolve
from jobs.tables.files import read_raw
from jobs.tables.raw_table import RawTable

POOLING = "pooling"
SETTINGS = "settings.json"
PARTICIPANTS, VISITS = "participants.parquet", "visits.parquet"
GENE_LISTS, GENE_SYMBOLS, KNOWN_VARIANTS = "gene_lists", "gene_symbols.tsv", "known_variants.txt"
FINGERPRINTS, SITES = "fingerprints.parquet", "fingerprint_sites.txt"
# A shorter secret could be found by trying.
SHORTEST_SALT = 16


@dataclass(frozen=True)
class CohortMade:
    """What a site has made.

    Attributes
    ----------
    folder
        What may be shared.
    manifest
        The manifest in it.
    fingerprint_sites
        Sites that the fingerprints were made from; None without fingerprints.
    silent
        Of traits in which this cohort has nothing to compare: it joins without them.
    """

    folder: Place
    manifest: dict[str, Any]
    fingerprint_sites: int | None
    silent: tuple[Problem, ...] = ()


def make_cohort(path: Place) -> CohortMade:
    """Make the manifest of the cohort of the study at `path`, its genotype stages first where they are not current.

    Raises
    ------
    InputError, ExceptionGroup
        If an input can't be used as it is; nothing is left half-written, and no manifest of before.
    """
    silent: list[Problem] = []
    take_back(path)
    checked = check_study(path, silent=silent)
    facts = _facts_of(checked)
    salt = read_salt(checked.path, facts)
    with output_held(checked) as still_held:
        pipeline = Pipeline(checked, cores_of(checked.study))
        every = pipeline.stages()
        stages = every[: 1 + [stage.name for stage in every].index("gene store")]
        progress = Progress([stage.name for stage in stages])
        records = bring_current(stages, checked.output, progress, pipeline.tally, still_held)
        still_held()
        for record in records.values():
            publish(record, checked.output)
        with TemporaryDirectory(prefix="progex.") as name:
            shared, pooling = Path(name) / FOLDER, Path(name) / POOLING
            shared.mkdir()
            pooling.mkdir()
            bases, made_id = _write_regions(checked, facts, records, pooling), new_id()
            manifest, sites = _write_shared(checked, facts, records, salt, bases, made_id, shared)
            _write_pooling(checked, pooling)
            inputs = [one for stage in every for one in stage.inputs]
            write_made_from(checked, inputs, manifest["gene_store"], made_id, pooling)
            copy_whole(pooling, checked.output / POOLING)
            copy_whole(shared, checked.output / FOLDER)
    return CohortMade(checked.output / FOLDER, manifest, sites, tuple(silent))


def _facts_of(checked: CheckedStudy) -> CohortFacts:
    if checked.study.genotypes.merged is not None:
        message = "cohorts that were merged are not merged again; merge all of them at once, from their own runs"
        raise InputError.single(checked.path.name, "genotypes.merged", message)
    if checked.study.cohort is None:
        message = "missing; name the cohort, its caller and its capture_kit there (docs/consortium.md)"
        raise InputError.single(checked.path.name, "cohort", message)
    return checked.study.cohort


def read_salt(study_path: Place, facts: CohortFacts) -> bytes | None:
    """Read the consortium's secret; None where the study names none.

    Raises
    ------
    InputError
        If there is no such file, or what it holds could be guessed.
    """
    if facts.salt is None:
        return None
    file = resolve(study_path, facts.salt)
    if not file.is_file():
        message = f"no such file: {file}; ask the consortium for the secret that all members use"
        raise InputError.single(study_path.name, "cohort.salt", message)
    salt: bytes = file.read_bytes().strip()
    if len(salt) < SHORTEST_SALT:
        message = f"holds {len(salt)} bytes, which can be guessed; use {SHORTEST_SALT} random ones or more"
        raise InputError.single(study_path.name, "cohort.salt", message)
    return salt


def _write_regions(checked: CheckedStudy, facts: CohortFacts, records: dict[str, StageRecord], folder: Path) -> int:
    """Write the callable regions; give how many bases they hold."""
    bed = resolve(checked.path, facts.callable_regions) if facts.callable_regions is not None else None
    judged = pq.read_table(
        readable(records["variants"].folder / VARIANTS),
        columns=["contig", "position", "call_rate", "passes", "reasons"],
    )
    variants = judged.select(["contig", "position", "call_rate"]).to_pandas()
    variants["sound"] = own_states(judged) <= MONOMORPHIC
    regions = callable_regions(facts, bed, variants, checked.study.genotypes.reference_genome)
    write_regions(regions, folder / REGIONS)
    return sum(int((found[:, 1] - found[:, 0] + 1).sum()) for found in regions.values())


def _write_shared(
    checked: CheckedStudy,
    facts: CohortFacts,
    records: dict[str, StageRecord],
    salt: bytes | None,
    bases: int,
    made_id: str,
    folder: Path,
) -> tuple[dict[str, Any], int | None]:
    """Write what may be shared; give the manifest and the number of the fingerprints' sites."""
    samples = pd.read_parquet(readable(records["samples"].folder / SAMPLES), columns=["sample", "passes"])
    stay = int(samples["passes"].sum())
    manifest = manifest_of(checked, facts, records, samples=stay, bases=bases, salt=salt, made=made_id)
    (folder / FILE).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    if salt is None:
        return manifest, None
    names, dosages = read_common(records["measure"].folder / "common.parquet", len(samples))
    kept = samples["passes"].to_numpy(np.bool_)
    made = fingerprints_of(names, dosages[:, kept], checked.study.genotypes.reference_genome, salt)
    write_fingerprints(made, folder)
    return manifest, len(made.sites)


def fingerprints_of(variants: pd.DataFrame, dosages: Dosages, genome: str, salt: bytes) -> Fingerprints:
    """Make the samples' fingerprints from autosomal sites that tell of many samples and are far apart."""
    contig = variants["contig"].str.removeprefix("chr").to_numpy(object)
    position = variants["position"].to_numpy(np.int64)
    usable = np.flatnonzero(outside_long_range_ld(contig, position, genome) & common_enough(dosages))
    sites = site_names(variants)
    chosen = usable[spaced_sites(contig[usable], position[usable], sites[usable].tolist())]
    return fingerprints(dosages[chosen], sites[chosen].tolist(), salt)


def site_names(variants: pd.DataFrame) -> NDArray[np.object_]:
    """Name sites contig-position-ref-alt, whether or not contigs are called chr."""
    contig = variants["contig"].str.removeprefix("chr")
    names = contig + "-" + variants["position"].astype(str) + "-" + variants["ref"] + "-" + variants["alt"]
    return np.asarray(names, object)


def write_fingerprints(made: Fingerprints, folder: Path) -> None:
    """Write fingerprints in the order of their bits, which no other order can be told from."""
    rows = sorted(row.tobytes() for row in made.bits)
    pq.write_table(pa.table({"fingerprint": pa.array(rows, pa.binary())}), folder / FINGERPRINTS)
    (folder / SITES).write_text("".join(f"{site}\n" for site in made.sites), encoding="utf-8")


def read_fingerprints(folder: Place) -> Fingerprints | None:
    """Read the fingerprints of a cohort's folder; None where it has none."""
    if not (folder / FINGERPRINTS).is_file():
        return None
    rows = pq.read_table(readable(folder / FINGERPRINTS))["fingerprint"].to_pylist()
    sites = tuple((folder / SITES).read_text(encoding="utf-8").splitlines())
    bits = np.frombuffer(b"".join(rows), np.uint8)
    return Fingerprints(sites, bits.reshape(len(rows), -1))


def _write_pooling(checked: CheckedStudy, folder: Path) -> None:
    """Write the settings that the study file has, the tables as texts under their own columns, and gene lists."""
    study = checked.study
    # Without defaults: a column that is named must be there, one that is named by default need not.
    settings = read_study(checked.path).model_dump(mode="json", exclude_unset=True)
    if study.cloud is not None:
        settings["cloud"] = study.cloud.model_dump(mode="json", exclude_unset=True)
    (folder / SETTINGS).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    for section, name in ((study.participants, PARTICIPANTS), (study.visits, VISITS)):
        if section is not None:
            raw = read_raw(resolve(checked.path, section.path), sheet=section.sheet)
            pq.write_table(_table_of(raw), folder / name)
    if checked.gene_lists:
        (folder / GENE_LISTS).mkdir()
    for one in checked.gene_lists:
        text = "".join(f"{gene}\n" for gene in one.genes)
        (folder / GENE_LISTS / f"{one.name}.txt").write_text(text, encoding="utf-8")
    for name, path in files_of(study).items():
        copy_whole(resolve(checked.path, path), folder / name)


def files_of(study: Study) -> dict[str, str]:
    """Give the files that settings of the analysis name beside gene lists: their names in a pool, and their paths."""
    named = {GENE_SYMBOLS: study.gene_symbols}
    named[KNOWN_VARIANTS] = study.known_genes.variants if study.known_genes is not None else None
    return {name: path for name, path in named.items() if path is not None}


def _table_of(raw: RawTable) -> pa.Table:
    """Give the columns of a table that have a name and hold texts."""
    columns = {
        name: column.dictionary_decode()
        for name, column in zip(raw.names, raw.columns, strict=True)
        if name and not isinstance(column, str)
    }
    return pa.table(columns)
