"""The stages of a run, in order, each with what it depends on and what it writes.

Those of the genotypes are in `jobs.genotype_stages`, those of each trait in `jobs.trait_stages`; what comes between
and after them is here. `jobs.run` does those that are not current.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from association.leave_one_out import flag_one_variant_driven
from association.results import COLUMNS
from hail_pipelines.gene_scan import in_order
from hail_pipelines.places import readable
from infra.provenance import Fingerprint, fingerprint, versions
from jobs.check import CheckedStudy
from jobs.check_masks import MASKS_FILE, review_masks, write_masks
from jobs.clinical.files import read_checks, write_checks
from jobs.follow_up import SINGLE_VARIANTS, TABLES, write_follow_up
from jobs.gene_list_matches import GENE_LISTS_FILE, tell_of_unknown, write_gene_lists
from jobs.gene_profiles.stage import PROFILES, profile_stage
from jobs.gene_set_stages import gene_set_files, gene_set_stages, match_lists, write_gene_sets
from jobs.gene_tally import GeneTally
from jobs.genotype_stages import GenotypeStages
from jobs.interaction_stage import interaction_stages
from jobs.known_gene_stages import known_gene_files, known_gene_stages, write_known_genes
from jobs.mechanism_stage import mechanism_stages
from jobs.report_names import CONSORTIUM, report_names
from jobs.result_files import COLUMNS_FILE, NULL_MODELS, file_names, write_columns, write_rows
from jobs.stage import Counts, Folders, Stage
from jobs.stage_folder import manifest_of
from jobs.stage_settings import scan_settings
from jobs.study.study import ClinicalStudy, resolve
from jobs.trait_stages import GENE_TESTS, TraitStages, follow_up_of, scan_of
from jobs.traits.files import write_scan_traits, write_traits
from jobs.traits.inputs import read_inputs
from jobs.traits.prepare import prepare_traits
from jobs.traits_together import TogetherStage

# The code that decides a stage's outputs: when it changes, the stage is done again.
SETTINGS = ("jobs.pipeline", "jobs.stage_settings")
RESULTS = (
    *SETTINGS,
    "association",
    "hail_pipelines.gene_scan",
    "jobs.check_masks",
    "jobs.follow_up",
    "jobs.gene_list_matches",
    "jobs.gene_lists",
    "jobs.gene_set_stages",
    "jobs.gene_symbols",
    "jobs.known_gene_stages",
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
    "jobs.report_inputs",
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
        self.genotypes = GenotypeStages(checked)
        self.traits = TraitStages(checked.study, self.genotypes, cores)
        self.together = TogetherStage(checked.study, self.genotypes, cores)
        self.genes = GeneTally()
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
        by_trait = [
            *self.traits.stages(),
            *gene_set_stages(self.checked),
            *known_gene_stages(self.checked, clinical, tables),
        ]
        asked_for = [
            *self.together.stages(),
            *interaction_stages(self.checked, self.genes),
            *mechanism_stages(self.checked, self.genes),
        ]
        shown = ("masks", "tests", "calibration", "condition_on", "gene_lists", "follow_up")
        results = tuple(
            f"results/{name}" for name in (*file_names(GENE_TESTS), COLUMNS_FILE, MASKS_FILE, GENE_LISTS_FILE)
        )
        looked_at = tuple(f"follow_up/{name}" for table in self._tables() for name in file_names(table))
        made = [
            *self.genotypes.quality_control(),
            self.genotypes.gene_store(),
            Stage("traits", clinical, tables, ("gene store", "samples"), clinical_files, CLINICAL, self._traits),
            *by_trait,
            *asked_for,
            Stage(
                "results",
                {name: settings[name] for name in shown},
                self._list_fingerprints(),
                ("gene store", "annotate", *(stage.name for stage in by_trait)),
                (*results, *looked_at, *gene_set_files(), *known_gene_files()),
                RESULTS,
                self._results,
            ),
        ]
        return [
            *made,
            profile_stage(self.checked, [stage.name for stage in made]),
            Stage(
                "report",
                self._shown(),
                (),
                ("variants", "traits", "results", PROFILES, *(stage.name for stage in asked_for)),
                (*report_names(CONSORTIUM).all(), NULL_MODELS),
                REPORT,
                self._report,
            ),
        ]

    def _shown(self) -> dict[str, Any]:
        """Give the settings that the report shows: not where the study is run, which changes no result."""
        return {name: value for name, value in self._settings.items() if name not in ("cloud", "compute")}

    def tally(self) -> str:
        """Say how far the stage at work is."""
        return self.traits.tally() or self.together.tally() or self.genes.told() or self.genotypes.tally()

    def _tables(self) -> list[str]:
        return [*TABLES, SINGLE_VARIANTS] if self.study.follow_up.single_variants else list(TABLES)

    def _table_fingerprints(self) -> tuple[Fingerprint, ...]:
        paths = [self.study.participants.path]
        if self.study.visits is not None:
            paths.append(self.study.visits.path)
        for trait in self.study.traits:
            paths += [path for path in (trait.polygenic_offset, trait.kinship) if path is not None]
        return tuple(fingerprint(resolve(self.checked.path, path)) for path in paths)

    def _list_fingerprints(self) -> tuple[Fingerprint, ...]:
        named = [one.path for one in self.study.gene_lists] + [self.study.gene_symbols]
        return tuple(fingerprint(resolve(self.checked.path, one)) for one in named if one is not None)

    def _traits(self, folder: Path, folders: Folders) -> Counts:
        inputs = read_inputs(self.checked, folders)
        clinical = inputs.clinical
        traits = prepare_traits(self.study, clinical, inputs.genotyped, inputs.known)
        (folder / "traits").mkdir()
        write_traits(traits, folder / "traits")
        write_scan_traits(traits, inputs.store, folder / "traits")
        (folder / "checks").mkdir()
        outcomes = [*clinical.checks, *(one for trait in traits for one in trait.checks)]
        write_checks(outcomes, clinical.participants["sample"], folder / "checks")
        unknown = sorted(set(inputs.samples) - set(clinical.participants["sample"]))
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
        matches = match_lists(self.checked, folders)
        tell_of_unknown(matches)
        write_gene_lists(matches, folder / "results")
        (folder / "gene_sets").mkdir()
        write_gene_sets(self.study.traits, folder / "gene_sets", folders)
        (folder / "known_genes").mkdir()
        write_known_genes(self.study.traits, folder / "known_genes", folders)
        (folder / "follow_up").mkdir()
        write_follow_up(tables, folder / "follow_up")
        unknown = sum(len(match.unknown) for match in matches)
        counts = {"rows": rows.num_rows, "masks without variants": review.empty}
        return counts | {"listed genes not in the cohort": unknown}

    def _report(self, folder: Path, folders: Folders) -> Counts:
        from jobs.report import write_report_files
        from jobs.report.audience import Audience
        from jobs.report.null_models.page import write_null_models
        from jobs.report_inputs import gather_inputs
        from jobs.traits.pages import read_page

        run = {"versions": versions(), "stages": _stage_times(folders)}
        given: dict[str, Any] = {"settings": self._settings, "run": run, "audience": Audience.CONSORTIUM}
        write_report_files(folder, gather_inputs(self.study, folders, **given))
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
