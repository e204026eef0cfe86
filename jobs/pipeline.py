"""The eight stages of a run: load, qc, annotate, gene store, traits, scan, follow up, report.

Each says what it depends on and what it writes; `jobs.run` does those that are not current. Hail is imported inside
the stages that need it, so that a run whose genotypes are current never waits for a JVM.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from association.phenotypes.sex import sex_from_x
from association.results import COLUMNS
from hail_pipelines.gene_scan import scan_in_processes, scan_on_spark
from hail_pipelines.variant_scan import scan_all_variants
from infra.local_files import remove
from infra.provenance import Fingerprint, fingerprint, versions
from jobs.annotation_settings import annotation_inputs, annotation_outputs, annotation_source, info_fields
from jobs.check import CheckedStudy
from jobs.check_masks import MASKS_FILE, review_masks, write_masks
from jobs.clinical.files import read_checks, write_checks
from jobs.clinical.genetic_sex import with_genetic_sex
from jobs.conditioning import read_dosages
from jobs.follow_up import SINGLE_VARIANTS, TABLES, follow_up, write_follow_up
from jobs.gene_lists import GENE_LISTS_FILE, match_gene_lists, write_gene_lists
from jobs.result_files import COLUMNS_FILE, NULL_MODELS, file_names, write_columns, write_rows
from jobs.stage import MANIFEST, Counts, Folders, Stage
from jobs.stage_settings import (
    genotype_thresholds,
    sample_thresholds,
    scan_settings,
    store_ceiling,
    variant_thresholds,
)
from jobs.study.study import ClinicalStudy, Study, resolve
from jobs.traits.files import read_packed_trait, read_summary, write_scan_traits, write_traits
from jobs.traits.prepare import prepare_traits

# The code that decides a stage's outputs: when it changes, the stage is done again.
SETTINGS = ("jobs.pipeline", "jobs.stage_settings", "jobs.annotation_settings")
NUMBERS = (*SETTINGS, "association", "hail_pipelines.gene_scan", "jobs.check_masks", "jobs.result_files")
FOLLOW_UP = (*NUMBERS, "hail_pipelines.variant_scan", "jobs.follow_up", "jobs.gene_lists", "jobs.traits.files")
CLINICAL = (
    *SETTINGS,
    "association",
    "jobs.clinical",
    "jobs.conditioning",
    "jobs.polygenic_offset",
    "jobs.result_files",
    "jobs.tables",
    "jobs.traits",
)
REPORT = (
    *SETTINGS,
    "jobs.report",
    "jobs.traits.pages",
    "association.calibration.multiplicity",
    "association.diagnostics",
    "association.results",
)
CALLS = (*SETTINGS, "hail_pipelines", "association.problems")

# Below this much VCF a run is over before Java's optimising compiler has earned back what it costs.
SMALL_COHORT_BYTES = 100 << 20

# Enough for a scan to keep this many processes busy; a number that does not depend on the machine, so that a rerun
# elsewhere finds the store current.
STORE_FILES = 16


class Pipeline:
    """The stages of one study.

    Parameters
    ----------
    checked
        The study and its inputs.
    cores
        Processes of the scan; Spark takes as many.
    """

    def __init__(self, checked: CheckedStudy, cores: int) -> None:
        self.checked = checked
        self.study = checked.study
        self.cores = cores
        self.genes_scanned = (0, 0)
        self._settings = checked.study.model_dump(mode="json")

    def stages(self) -> list[Stage]:
        """Give the stages in the order in which they are done."""
        vcfs = tuple(fingerprint(path) for path in self.checked.vcfs)
        tables = self._table_fingerprints()
        qc, settings = self._settings["qc"], self._settings
        annotation = settings["annotation"]
        # Everything of the clinical part that decides who is in a trait, and its model.
        named = set(ClinicalStudy.model_fields) - {"name", "output"}
        clinical = {name: settings[name] for name in sorted({*named, "condition_on"})}
        tested = {name: settings[name] for name in ("masks", "tests", "calibration", "condition_on")}
        genotypes = self.study.genotypes
        loaded = [genotypes.reference_genome, genotypes.header_types, info_fields(self.study, self.checked.summary)]
        stored = [qc["genotype"], store_ceiling(self.study), STORE_FILES]
        qc_files = ("samples.parquet", "variants.parquet", "variants.ht", "attrition.json")
        trait_files = tuple(
            f"traits/{trait.name}.{kind}" for trait in self.study.traits for kind in ("npz", "json", "parquet")
        )
        clinical_files = ("checks/checks.tsv", "traits/excluded.tsv", *trait_files)
        scanned = ("gene_tests.parquet", COLUMNS_FILE, MASKS_FILE)
        looked_at = [*TABLES, SINGLE_VARIANTS] if self.study.follow_up.single_variants else list(TABLES)
        followed = (
            *(f"results/{name}" for name in (*file_names("gene_tests"), GENE_LISTS_FILE)),
            *(f"follow_up/{name}" for table in looked_at for name in file_names(table)),
        )
        store = ("genes/genes.parquet", "genes/samples.parquet")
        annotated = annotation_outputs(self.study)
        return [
            Stage("load", loaded, vcfs, (), ("calls.mt",), CALLS, self._load),
            Stage("qc", qc, (), ("load",), qc_files, CALLS, self._qc),
            Stage("annotate", annotation, self._annotation_files(), ("load",), annotated, CALLS, self._annotate),
            Stage("gene store", stored, (), ("load", "qc", "annotate"), store, CALLS, self._gene_store),
            Stage(
                "traits",
                clinical,
                tables,
                ("gene store", "qc"),
                clinical_files,
                CLINICAL,
                self._traits,
            ),
            Stage("scan", tested, (), ("gene store", "traits"), scanned, NUMBERS, self._scan),
            Stage(
                "follow up",
                [tested, settings["follow_up"], settings["gene_lists"]],
                tuple(fingerprint(resolve(self.checked.path, one.path)) for one in self.study.gene_lists),
                ("gene store", "traits", "scan"),
                followed,
                FOLLOW_UP,
                self._follow_up,
            ),
            Stage(
                "report",
                settings,
                (),
                ("qc", "traits", "follow up"),
                ("report.html", NULL_MODELS),
                REPORT,
                self._report,
            ),
        ]

    def tally(self) -> str:
        """Say how far the stage at work is: in genes of a scan here, else in Spark's tasks."""
        if self.genes_scanned[1]:
            return "{:,} of {:,} genes".format(*self.genes_scanned)
        session = sys.modules.get("hail_pipelines.session")
        finished, total = session.spark_progress() if session is not None else (0, 0)
        return f"{finished:,} of {total:,} tasks" if total else "working"

    def _table_fingerprints(self) -> tuple[Fingerprint, ...]:
        paths = [self.study.participants.path]
        if self.study.visits is not None:
            paths.append(self.study.visits.path)
        for trait in self.study.traits:
            paths += [path for path in (trait.polygenic_offset, trait.kinship) if path is not None]
        return tuple(fingerprint(resolve(self.checked.path, path)) for path in paths)

    def _annotation_files(self) -> tuple[Fingerprint, ...]:
        return tuple(fingerprint(file) for file in annotation_inputs(self.study, self.checked.path))

    def _start_hail(self) -> None:
        from hail_pipelines.session import SessionSettings, start

        compute = self.study.compute
        size = sum(path.stat().st_size for path in self.checked.vcfs)
        settings = SessionSettings(
            compute.cores, compute.driver_memory_gib, compute.master, brief=size < SMALL_COHORT_BYTES
        )
        start(settings, self.checked.output / "stages")

    def _load(self, folder: Path, _: Folders) -> Counts:
        from hail_pipelines.load_calls import load_calls

        self._start_hail()
        genotypes = self.study.genotypes
        counts = load_calls(
            self.checked.vcfs,
            folder / "calls.mt",
            reference_genome=genotypes.reference_genome,
            header_types=genotypes.header_types,
            info_fields=info_fields(self.study, self.checked.summary),
        )
        return asdict(counts)

    def _qc(self, folder: Path, folders: Folders) -> Counts:
        from hail_pipelines.quality_control.verdicts import quality_control

        self._start_hail()
        attrition = quality_control(
            folders["load"] / "calls.mt",
            folder,
            genotype=genotype_thresholds(self.study.qc),
            variant=variant_thresholds(self.study.qc),
            sample=sample_thresholds(self.study.qc),
        )
        return {f"{row.unit}s": row.after for row in attrition if row.step == "all"}

    def _annotate(self, folder: Path, folders: Folders) -> Counts:
        from hail_pipelines.annotation.annotate import annotate

        self._start_hail()
        counts = annotate(
            folders["load"] / "calls.mt",
            folder / "genes.ht",
            annotation_source(self.study, self.checked.path),
            subfields=self.checked.summary.annotation_subfields,
        )
        return counts.by_name()

    def _gene_store(self, folder: Path, folders: Folders) -> Counts:
        from hail_pipelines.gene_store import build_gene_store

        self._start_hail()
        counts = build_gene_store(
            folders["load"] / "calls.mt",
            folders["qc"],
            folders["annotate"] / "genes.ht",
            folder / "genes",
            genotype=genotype_thresholds(self.study.qc),
            max_allele_frequency=store_ceiling(self.study),
            files=STORE_FILES,
        )
        return asdict(counts)

    def _traits(self, folder: Path, folders: Folders) -> Counts:
        samples = pd.read_parquet(folders["qc"] / "samples.parquet")
        verdict = samples["passes"].map({True: None, False: "excluded by sample quality control"})
        genotyped = pd.Series(verdict.to_numpy(object), index=samples["sample"])
        store = pd.read_parquet(folders["gene store"] / "genes" / "samples.parquet")
        known = read_dosages(folders["gene store"] / "genes", self.study.condition_on, store["sample"])
        by_x = sex_from_x(samples["x_heterozygous"], samples["x_expected_heterozygous"])
        male = pd.Series(by_x.to_numpy(), index=samples["sample"])
        clinical = with_genetic_sex(self.checked.clinical, self.study.checks, male)
        traits = prepare_traits(self.study, clinical, genotyped, known)
        (folder / "traits").mkdir()
        write_traits(traits, folder / "traits")
        write_scan_traits(traits, store["sample"], folder / "traits")
        (folder / "checks").mkdir()
        outcomes = [*clinical.checks, *(one for trait in traits for one in trait.checks)]
        write_checks(outcomes, clinical.participants["sample"], folder / "checks")
        unknown = sorted(set(samples["sample"]) - set(clinical.participants["sample"]))
        (folder / "traits" / "not_in_participants.tsv").write_text("\n".join(["sample", *unknown]) + "\n")
        used = {f"samples in {trait.name}": len(trait.samples) for trait in traits}
        return used | {"samples without a participants row": len(unknown)}

    def _scan(self, folder: Path, folders: Folders) -> Counts:
        store = folders["gene store"] / "genes"
        traits = [read_packed_trait(folders["traits"] / "traits", trait.name) for trait in self.study.traits]
        results = self._scan_store(store, traits, folder / "spark")
        _check_complete(results, pq.read_metadata(store / "genes.parquet").num_rows, self.study)
        pq.write_table(results, folder / "gene_tests.parquet")
        write_columns(COLUMNS, folder / COLUMNS_FILE)
        review = review_masks(store, scan_settings(self.study))
        write_masks(review, self.study.masks, folder)
        tested = results.num_rows - results["p_value"].null_count
        genes = len(results["gene"].unique())
        counts = {"genes": genes, "rows": results.num_rows, "tested": tested}
        return counts | {"masks without variants": review.empty}

    def _scan_store(self, store: Path, traits: list[bytes], scratch: Path) -> pa.Table:
        settings = scan_settings(self.study)
        if self.study.compute.master is None:
            return scan_in_processes(store, traits, settings, workers=self.cores, report=self._genes_scanned)
        self._start_hail()
        results = scan_on_spark(store, traits, settings, scratch)
        remove(scratch)
        return results

    def _follow_up(self, folder: Path, folders: Folders) -> Counts:
        self.genes_scanned = (0, 0)
        store, traits = folders["gene store"] / "genes", folders["traits"] / "traits"
        found = follow_up(pq.read_table(folders["scan"] / "gene_tests.parquet"), store, traits, self.study)
        (folder / "results").mkdir()
        write_rows(found.results, folder / "results", "gene_tests")
        annotated = pq.read_table(store / "genes.parquet", columns=["gene"])["gene"].to_pylist()
        matches = match_gene_lists(self.checked.gene_lists, annotated)
        write_gene_lists(matches, folder / "results")
        (folder / "follow_up").mkdir()
        write_follow_up(found, folder / "follow_up", self._every_variant(store, traits))
        unknown = sum(len(match.unknown) for match in matches)
        counts = {"genes": found.genes, "variants": found.tables["variants"].num_rows}
        return counts | {"listed genes not in the cohort": unknown}

    def _every_variant(self, store: Path, traits: Path) -> pa.Table | None:
        if not self.study.follow_up.single_variants:
            return None
        packed = [read_packed_trait(traits, trait.name) for trait in self.study.traits]
        settings = scan_settings(self.study)
        return scan_all_variants(store, packed, settings, workers=self.cores, report=self._genes_scanned)

    def _genes_scanned(self, finished: int, total: int) -> None:
        self.genes_scanned = (finished, total)

    def _report(self, folder: Path, folders: Folders) -> Counts:
        from jobs.report import write_report
        from jobs.report.null_models.page import write_null_models
        from jobs.traits.pages import read_page

        write_report(
            folder / "report.html",
            results=pd.read_parquet(folders["follow up"] / "results" / "gene_tests.parquet"),
            attrition=json.loads((folders["qc"] / "attrition.json").read_text()),
            traits=[read_summary(folders["traits"] / "traits", trait.name) for trait in self.study.traits],
            settings=self._settings,
            run={"versions": versions(), "stages": _stage_times(folders)},
        )
        write_null_models(
            folder / NULL_MODELS,
            study=self.study.name,
            traits=[read_page(folders["traits"] / "traits", trait.name) for trait in self.study.traits],
            checks=read_checks(folders["traits"] / "checks"),
            versions=versions(),
        )
        return {}


def _check_complete(results: pa.Table, genes: int, study: Study) -> None:
    """Make sure that every gene has its rows, whoever scanned it."""
    expected = genes * len(study.traits) * scan_settings(study).rows_per_gene
    if results.num_rows != expected:
        raise RuntimeError(f"the scan gave {results.num_rows} rows where {expected} were expected")


def _stage_times(folders: Folders) -> list[dict[str, Any]]:
    """Say how long each stage took, whichever run did it."""
    manifests = [json.loads((folder / MANIFEST).read_text()) for folder in folders.values()]
    return [{"name": manifest["stage"], "seconds": manifest["seconds"]} for manifest in manifests]
