"""The stages of a run: those of the genotypes (`jobs.genotype_stages`), then traits, scan, follow up, report.

Each says what it depends on and what it writes; `jobs.run` does those that are not current.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from association.results import COLUMNS
from hail_pipelines.gene_scan import scan_in_processes, scan_on_spark
from hail_pipelines.variant_scan import scan_all_variants
from infra.local_files import remove
from infra.provenance import Fingerprint, fingerprint, versions
from jobs.check import CheckedStudy
from jobs.check_masks import MASKS_FILE, review_masks, write_masks
from jobs.clinical.files import read_checks, write_checks
from jobs.clinical.genetic_sex import with_genetic_sex
from jobs.conditioning import read_dosages
from jobs.follow_up import SINGLE_VARIANTS, TABLES, follow_up, write_follow_up
from jobs.gene_lists import GENE_LISTS_FILE, match_gene_lists, write_gene_lists
from jobs.genotype_stages import GenotypeStages, attrition_of
from jobs.quality_control.files import KINSHIP, SAMPLES, read_structure
from jobs.result_files import COLUMNS_FILE, NULL_MODELS, file_names, write_columns, write_rows
from jobs.stage import MANIFEST, Counts, Folders, Stage
from jobs.stage_settings import scan_settings
from jobs.study.study import ClinicalStudy, Study, resolve
from jobs.traits.files import read_packed_trait, read_summary, write_scan_traits, write_traits
from jobs.traits.genotyped import read_genotyped
from jobs.traits.prepare import prepare_traits

# The code that decides a stage's outputs: when it changes, the stage is done again.
SETTINGS = ("jobs.pipeline", "jobs.stage_settings")
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
        self.genotypes = GenotypeStages(checked)
        self.genes_scanned = (0, 0)
        self._settings = checked.study.model_dump(mode="json")

    def stages(self) -> list[Stage]:
        """Give the stages in the order in which they are done."""
        tables = self._table_fingerprints()
        settings = self._settings
        # Everything of the clinical part that decides who is in a trait, and its model.
        named = set(ClinicalStudy.model_fields) - {"name", "output"}
        clinical = {name: settings[name] for name in sorted({*named, "condition_on"})}
        clinical |= {name: settings["qc"][name] for name in ("relatedness", "ancestry")}
        tested = {name: settings[name] for name in ("masks", "tests", "calibration", "condition_on")}
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
        return [
            *self.genotypes.quality_control(),
            self.genotypes.gene_store(),
            Stage(
                "traits",
                clinical,
                tables,
                ("gene store", "samples"),
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
                ("variants", "traits", "follow up"),
                ("report.html", NULL_MODELS),
                REPORT,
                self._report,
            ),
        ]

    def tally(self) -> str:
        """Say how far the stage at work is: in genes of a scan here, else as the stages of the genotypes say."""
        if self.genes_scanned[1]:
            return "{:,} of {:,} genes".format(*self.genes_scanned)
        return self.genotypes.tally()

    def _table_fingerprints(self) -> tuple[Fingerprint, ...]:
        paths = [self.study.participants.path]
        if self.study.visits is not None:
            paths.append(self.study.visits.path)
        for trait in self.study.traits:
            paths += [path for path in (trait.polygenic_offset, trait.kinship) if path is not None]
        return tuple(fingerprint(resolve(self.checked.path, path)) for path in paths)

    def _traits(self, folder: Path, folders: Folders) -> Counts:
        samples = pd.read_parquet(folders["samples"] / SAMPLES)
        relatives = pd.read_parquet(folders["samples"] / KINSHIP)
        genotyped = read_genotyped(samples, relatives, read_structure(folders["samples"])["structured"])
        store = pd.read_parquet(folders["gene store"] / "genes" / "samples.parquet")
        known = read_dosages(folders["gene store"] / "genes", self.study.condition_on, store["sample"])
        by_x = samples["sex_from_genotypes"].map({"male": 1.0, "female": 0.0})
        male = pd.Series(by_x.to_numpy(np.float64), index=samples["sample"])
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
        self.genotypes.start_hail()
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
            attrition=attrition_of(folders),
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
