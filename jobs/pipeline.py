"""The stages of a run, in order, each with what it depends on and what it writes.

Those of the genotypes are in `jobs.genotype_stages`, those of each trait in `jobs.trait_stages`; what comes between
and after them is here. `jobs.run` does those that are not current.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from association.leave_one_out import flag_one_variant_driven
from association.results import COLUMNS
from hail_pipelines.gene_scan import in_order
from hail_pipelines.gene_store import read_cohorts
from hail_pipelines.places import readable
from infra.provenance import Fingerprint, fingerprint, versions
from jobs.check import CheckedStudy
from jobs.check_masks import MASKS_FILE, review_masks, write_masks
from jobs.clinical.files import read_checks, write_checks
from jobs.clinical.genetic_sex import with_genetic_sex
from jobs.clinical.read import Clinical
from jobs.conditioning import read_dosages
from jobs.follow_up import SINGLE_VARIANTS, TABLES, write_follow_up
from jobs.gene_lists import GENE_LISTS_FILE, match_gene_lists, write_gene_lists
from jobs.genotype_stages import GenotypeStages, attrition_of
from jobs.quality_control.files import KINSHIP, SAMPLES, read_structure
from jobs.result_files import COLUMNS_FILE, NULL_MODELS, file_names, write_columns, write_rows
from jobs.stage import Counts, Folders, Stage
from jobs.stage_folder import manifest_of
from jobs.stage_settings import scan_settings
from jobs.study.study import ClinicalStudy, resolve
from jobs.trait_stages import GENE_TESTS, TraitStages, follow_up_of, scan_of
from jobs.traits.files import read_summary, write_scan_traits, write_traits
from jobs.traits.genotyped import read_genotyped
from jobs.traits.prepare import prepare_traits
from jobs.traits.prepared import PreparedTrait
from jobs.traits_together import TogetherStage, read_together

# The code that decides a stage's outputs: when it changes, the stage is done again.
SETTINGS = ("jobs.pipeline", "jobs.stage_settings")
RESULTS = (
    *SETTINGS,
    "association",
    "hail_pipelines.gene_scan",
    "jobs.check_masks",
    "jobs.follow_up",
    "jobs.gene_lists",
    "jobs.result_files",
)
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


@dataclass(frozen=True)
class RunTraits:
    """The traits of a run.

    Attributes
    ----------
    clinical
        The clinical tables, sex from genotypes beside the stated one.
    traits
        With their null models.
    store
        The gene store's samples, in its order: sample, and the number of its cohort.
    """

    clinical: Clinical
    traits: list[PreparedTrait]
    store: pd.DataFrame


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
        self.genotypes = GenotypeStages(checked)
        self.traits = TraitStages(checked.study, self.genotypes, cores)
        self.together = TogetherStage(checked.study, self.genotypes, cores)
        self._settings = checked.study.model_dump(mode="json")

    def stages(self) -> list[Stage]:
        """Give the stages in the order in which they are done."""
        tables = self._table_fingerprints()
        settings = self._settings
        # Everything of the clinical part that decides who is in a trait, and its model.
        named = set(ClinicalStudy.model_fields) - {"name", "output"}
        clinical = {name: settings[name] for name in sorted({*named, "condition_on"})}
        clinical |= {name: settings["qc"][name] for name in ("relatedness", "ancestry")}
        trait_files = tuple(
            f"traits/{trait.name}.{kind}" for trait in self.study.traits for kind in ("npz", "json", "parquet")
        )
        clinical_files = ("checks/checks.tsv", "traits/excluded.tsv", *trait_files)
        by_trait = self.traits.stages()
        together = self.together.stages()
        shown = ("masks", "tests", "calibration", "condition_on", "gene_lists", "follow_up")
        lists = tuple(fingerprint(resolve(self.checked.path, one.path)) for one in self.study.gene_lists)
        results = tuple(
            f"results/{name}" for name in (*file_names(GENE_TESTS), COLUMNS_FILE, MASKS_FILE, GENE_LISTS_FILE)
        )
        looked_at = tuple(f"follow_up/{name}" for table in self._tables() for name in file_names(table))
        return [
            *self.genotypes.quality_control(),
            self.genotypes.gene_store(),
            Stage("traits", clinical, tables, ("gene store", "samples"), clinical_files, CLINICAL, self._traits),
            *by_trait,
            *together,
            Stage(
                "results",
                {name: settings[name] for name in shown},
                lists,
                ("gene store", *(stage.name for stage in by_trait)),
                (*results, *looked_at),
                RESULTS,
                self._results,
            ),
            Stage(
                "report",
                self._shown(),
                (),
                ("variants", "traits", "results", *(stage.name for stage in together)),
                ("report.html", NULL_MODELS),
                REPORT,
                self._report,
            ),
        ]

    def _shown(self) -> dict[str, Any]:
        """Give the settings that the report shows: not where the study is run, which changes no result."""
        return {name: value for name, value in self._settings.items() if name not in ("cloud", "compute")}

    def tally(self) -> str:
        """Say how far the stage at work is."""
        return self.traits.tally() or self.together.tally() or self.genotypes.tally()

    def _tables(self) -> list[str]:
        return [*TABLES, SINGLE_VARIANTS] if self.study.follow_up.single_variants else list(TABLES)

    def _table_fingerprints(self) -> tuple[Fingerprint, ...]:
        paths = [self.study.participants.path]
        if self.study.visits is not None:
            paths.append(self.study.visits.path)
        for trait in self.study.traits:
            paths += [path for path in (trait.polygenic_offset, trait.kinship) if path is not None]
        return tuple(fingerprint(resolve(self.checked.path, path)) for path in paths)

    def prepare_traits(self, folders: Folders) -> RunTraits:
        """Prepare the traits of those whose genotypes passed quality control.

        Parameters
        ----------
        folders
            Of the stages up to the gene store.
        """
        samples = pd.read_parquet(readable(folders["samples"] / SAMPLES))
        relatives = pd.read_parquet(readable(folders["samples"] / KINSHIP))
        genotyped = read_genotyped(samples, relatives, read_structure(folders["samples"])["structured"])
        genes = folders["gene store"] / "genes"
        store = pd.read_parquet(readable(genes / "samples.parquet"))
        store = store.assign(cohort=read_cohorts(genes, len(store)))
        known = read_dosages(genes, self.study.condition_on, store["sample"])
        by_x = samples["sex_from_genotypes"].map({"male": 1.0, "female": 0.0})
        male = pd.Series(by_x.to_numpy(np.float64), index=samples["sample"])
        clinical = with_genetic_sex(self.checked.clinical, self.study.checks, male)
        return RunTraits(clinical, prepare_traits(self.study, clinical, genotyped, known), store)

    def _traits(self, folder: Path, folders: Folders) -> Counts:
        prepared = self.prepare_traits(folders)
        clinical, traits = prepared.clinical, prepared.traits
        (folder / "traits").mkdir()
        write_traits(traits, folder / "traits")
        write_scan_traits(traits, prepared.store, folder / "traits")
        (folder / "checks").mkdir()
        outcomes = [*clinical.checks, *(one for trait in traits for one in trait.checks)]
        write_checks(outcomes, clinical.participants["sample"], folder / "checks")
        judged = pd.read_parquet(readable(folders["samples"] / SAMPLES), columns=["sample"])
        unknown = sorted(set(judged["sample"]) - set(clinical.participants["sample"]))
        (folder / "traits" / "not_in_participants.tsv").write_text("\n".join(["sample", *unknown]) + "\n")
        used = {f"samples in {trait.name}": len(trait.samples) for trait in traits}
        return used | {"samples without a participants row": len(unknown)}

    def _results(self, folder: Path, folders: Folders) -> Counts:
        """Bring the traits' tables together."""
        store = folders["gene store"] / "genes"
        scans = [
            pq.read_table(readable(folders[scan_of(trait)] / f"{GENE_TESTS}.parquet")) for trait in self.study.traits
        ]
        tables = {
            table: pa.concat_tables(
                pq.read_table(readable(folders[follow_up_of(trait)] / file_names(table)[0]))
                for trait in self.study.traits
            )
            for table in self._tables()
        }
        (folder / "results").mkdir()
        rows = flag_one_variant_driven(in_order(scans), tables["leave_one_out"])
        write_rows(rows, folder / "results", GENE_TESTS)
        write_columns(COLUMNS, folder / "results" / COLUMNS_FILE)
        review = review_masks(store, scan_settings(self.study))
        write_masks(review, self.study.masks, folder / "results")
        annotated = pq.read_table(readable(store / "genes.parquet"), columns=["gene"])["gene"].to_pylist()
        matches = match_gene_lists(self.checked.gene_lists, annotated)
        write_gene_lists(matches, folder / "results")
        (folder / "follow_up").mkdir()
        write_follow_up(tables, folder / "follow_up")
        unknown = sum(len(match.unknown) for match in matches)
        counts = {"rows": rows.num_rows, "masks without variants": review.empty}
        return counts | {"listed genes not in the cohort": unknown}

    def _report(self, folder: Path, folders: Folders) -> Counts:
        from jobs.report import write_report
        from jobs.report.null_models.page import write_null_models
        from jobs.traits.pages import read_page

        write_report(
            folder / "report.html",
            results=pd.read_parquet(readable(folders["results"] / "results" / file_names(GENE_TESTS)[0])),
            attrition=attrition_of(folders),
            traits=[read_summary(folders["traits"] / "traits", trait.name) for trait in self.study.traits],
            settings=self._shown(),
            run={"versions": versions(), "stages": _stage_times(folders)},
            relatives_untold=read_structure(folders["samples"]).get("relatives_untold"),
            together=read_together(folders),
            left_out=self.together.left_out(),
        )
        write_null_models(
            folder / NULL_MODELS,
            study=self.study.name,
            traits=[read_page(folders["traits"] / "traits", trait.name) for trait in self.study.traits],
            checks=read_checks(folders["traits"] / "checks"),
            versions=versions(),
        )
        return {}


def _stage_times(folders: Folders) -> list[dict[str, Any]]:
    """Say how long each stage took, whichever run did it."""
    manifests = [manifest_of(folder) for folder in folders.values()]
    return [{"name": manifest["stage"], "seconds": manifest["seconds"]} for manifest in manifests]
