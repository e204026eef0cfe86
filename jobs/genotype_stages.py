"""The stages that read genotypes, from VCF to gene store, with the page of quality control.

Who stays is decided in `samples` from small tables, so that a sample left out by hand costs one pass over the calls
(`variants`) and not three. What a stage alone needs is imported inside it, so that a run whose genotypes are current
waits for none of it; Hail is started only where a study asks for what it alone does.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from hail_pipelines.places import readable
from hail_pipelines.shares import Workers
from infra.provenance import fingerprint
from infra.storage import Place
from jobs.annotation_settings import annotation_inputs, annotation_outputs, annotation_source
from jobs.check import CheckedStudy
from jobs.consortium.merged_genotypes import merged_stages
from jobs.genotype_inputs import bed_files, exclusion_files, loaded_fields, panel_files, regions_of
from jobs.places import preparation
from jobs.progress import spark_tally
from jobs.quality_control.common_genotypes import read_common
from jobs.quality_control.facts import digest, sample_facts
from jobs.quality_control.files import (
    ATTRITION,
    KINSHIP,
    PAGE,
    SAMPLES,
    STRUCTURE,
    read_panel,
    read_sample_attrition,
    write_judged,
)
from jobs.stage import Counts, Folders, Stage
from jobs.stage_settings import (
    cores_of,
    genotype_thresholds,
    session_settings,
    store_ceiling,
    variant_thresholds,
)
from jobs.study.study import resolve

# The code that decides a stage's outputs: when it changes, the stage is done again.
SETTINGS = ("jobs.genotype_stages", "jobs.genotype_inputs", "jobs.stage_settings", "jobs.annotation_settings")
CALLS = (
    *SETTINGS,
    "hail_pipelines",
    "association.cohort.contamination",
    "association.gene_tests.consequence_terms",
    "association.genotypes",
    "association.problems",
)
SAMPLE_NUMBERS = (*SETTINGS, "association.cohort", "association.phenotypes.sex", "jobs.quality_control")
QC_PAGE = (*SETTINGS, "jobs.quality_control", "jobs.report")

# Below this much VCF a run is over before Java's optimising compiler has earned back what it costs.
SMALL_COHORT_BYTES = 100 << 20

# Enough for a scan to keep this many processes busy; a number that does not depend on the machine, so that a rerun
# elsewhere finds the store current.
STORE_FILES = 16


class GenotypeStages:
    """The stages of one study that read its genotypes.

    Parameters
    ----------
    checked
        The study and its inputs.
    """

    def __init__(self, checked: CheckedStudy) -> None:
        self.checked = checked
        self.study = checked.study
        self.facts = sample_facts(checked.study, checked.clinical, checked.summary.samples)
        self._settings = checked.study.model_dump(mode="json")
        self._parts = (0, 0)
        self._here: TemporaryDirectory[str] | None = None
        self.prepare = preparation([checked.output, *checked.vcfs, *checked.panel_vcfs])

    def tally(self) -> str:
        """Say how far the stage at work is: in parts of the calls, or in Spark's tasks."""
        return "{:,} of {:,} parts".format(*self._parts) if self._parts[1] else spark_tally()

    def quality_control(self) -> list[Stage]:
        """Give the stages up to the page that a person looks at, in order; cohorts that were merged have no page."""
        if self.study.genotypes.merged is not None:
            return merged_stages(resolve(self.checked.path, self.study.genotypes.merged))
        vcfs = tuple(fingerprint(path) for path in self.checked.vcfs)
        qc, genotypes = self._settings["qc"], self.study.genotypes
        loaded = [genotypes.reference_genome, genotypes.header_types, loaded_fields(self.checked)]
        later = ("max_batch_spread", "min_batch_p", "min_hwe_p")
        of_sites = {name: value for name, value in qc["variant"].items() if name not in later}
        measured = [qc["genotype"], of_sites, qc["common"]["min_allele_frequency"]]
        # Whom a trait leaves out for a relative, and its covariates, are decided later.
        ancestry = {name: value for name, value in qc["ancestry"].items() if name != "covariates"}
        judged = [qc["sample"], qc["common"], ancestry, qc["sex"], digest(self.facts)]
        annotation = self._settings["annotation"]
        annotation_files = tuple(fingerprint(file) for file in annotation_inputs(self.study, self.checked.path))
        beds = tuple(fingerprint(file) for file in bed_files(self.study, self.checked.path))
        by_hand = tuple(fingerprint(file) for file in exclusion_files(self.study, self.checked.path))
        panel = tuple(fingerprint(file) for file in panel_files(self.checked))
        after_panel = ("panel",) if panel else ()
        files = (SAMPLES, KINSHIP, STRUCTURE, ATTRITION)
        variants = ("carriers", "variants.parquet", ATTRITION)
        measures = ("sites.parquet", "samples.parquet", "common.parquet")
        made = annotation_outputs(self.study)
        seen, shown = [self.study.name, qc], ("load", "samples", "variants", "annotate")
        stages = [
            Stage("load", loaded, vcfs, (), ("calls",), CALLS, self._load, by_workers=True),
            Stage("measure", measured, beds, ("load",), measures, CALLS, self._measure, by_workers=True),
        ]
        if genotypes.matrix_table:
            stages.append(
                Stage("matrix table", [], (), ("load",), ("calls.mt",), CALLS, self._matrix_table, by_workers=True)
            )
        if panel:
            of_panel = [genotypes.reference_genome]
            stages.append(
                Stage(
                    "panel", of_panel, panel, ("measure",), ("common.parquet",), CALLS, self._panel, by_workers=True
                )
            )
        return [
            *stages,
            Stage("samples", judged, by_hand, ("measure", *after_panel), files, SAMPLE_NUMBERS, self._samples),
            Stage(
                "variants",
                [qc["genotype"], qc["variant"], store_ceiling(self.study)],
                (),
                ("load", "measure", "samples"),
                variants,
                CALLS,
                self._variants,
                by_workers=True,
            ),
            Stage("annotate", annotation, annotation_files, ("load",), made, CALLS, self._annotate, by_workers=True),
            Stage("qc page", seen, (), shown, (PAGE, "tables"), QC_PAGE, self._page),
        ]

    def gene_store(self) -> Stage:
        """Give the stage that writes the carriers gene by gene."""
        store = ("genes/genes.parquet", "genes/samples.parquet")
        after = ("samples", "variants", "annotate")
        return Stage("gene store", [STORE_FILES], (), after, store, CALLS, self._gene_store)

    def workers(self) -> Workers:
        """Give who works on the calls: this machine's cores, or a cluster's workers."""
        compute = self.study.compute
        if compute.master is not None:
            self.start_hail()
        return Workers(cores_of(self.study), compute.master is not None, self._report, self.prepare)

    def _report(self, finished: int, total: int) -> None:
        self._parts = (finished, total) if finished < total else (0, 0)

    def start_hail(self) -> None:
        """Start Hail, and Spark with it, if it is not running."""
        from hail_pipelines.session import start

        size = sum(path.stat().st_size for path in self.checked.vcfs)
        settings = session_settings(self.study, brief=size < SMALL_COHORT_BYTES)
        stages = self.checked.output / "stages"
        if isinstance(stages, Path):
            start(settings, stages)
        else:
            self._here = self._here or TemporaryDirectory(prefix="progex.", ignore_cleanup_errors=True)
            start(settings, Path(self._here.name), stages)

    def _load(self, folder: Place, _: Folders) -> Counts:
        from hail_pipelines.load_calls import load_calls

        genotypes = self.study.genotypes
        counts = load_calls(
            self.checked.vcfs,
            folder / "calls",
            reference_genome=genotypes.reference_genome,
            header_types=genotypes.header_types,
            info_fields=loaded_fields(self.checked),
            workers=self.workers(),
        )
        return asdict(counts)

    def _matrix_table(self, folder: Place, folders: Folders) -> Counts:
        from hail_pipelines.matrix_table import write_matrix_table

        self.start_hail()
        return write_matrix_table(
            folders["load"] / "calls",
            folder / "calls.mt",
            reference_genome=self.study.genotypes.reference_genome,
            floats=[name for name, of_type in self.checked.summary.format_types.items() if of_type == "Float"],
            workers=self.workers(),
        )

    def _measure(self, folder: Place, folders: Folders) -> Counts:
        from hail_pipelines.quality_control.measure import measure

        counts = measure(
            folders["load"] / "calls",
            folder,
            genotype=genotype_thresholds(self.study.qc),
            variant=variant_thresholds(self.study.qc),
            regions=regions_of(self.study, self.checked.path),
            min_allele_frequency=self.study.qc.common.min_allele_frequency,
            workers=self.workers(),
        )
        return asdict(counts)

    def _panel(self, folder: Place, folders: Folders) -> Counts:
        from hail_pipelines.quality_control.panel import measure_panel

        return measure_panel(
            self.checked.panel_vcfs,
            folders["measure"] / "common.parquet",
            folder,
            reference_genome=self.study.genotypes.reference_genome,
            workers=self.workers(),
        )

    def _samples(self, folder: Path, folders: Folders) -> Counts:
        from jobs.quality_control.samples import judge_samples

        counts = pd.read_parquet(readable(folders["measure"] / "samples.parquet"))
        judged = judge_samples(
            counts,
            self.facts,
            read_common(folders["measure"] / "common.parquet", len(counts)),
            settings=self.study.qc,
            reference_genome=self.study.genotypes.reference_genome,
            by_hand=self.checked.exclusions,
            panel=read_panel(folders.get("panel"), self.checked),
        )
        write_judged(judged, folder)
        passing = judged.table["passes"]
        return {
            "samples": int(passing.sum()),
            "excluded": int((~passing).sum()),
            "pairs of relatives": len(judged.structure.relatedness.pairs),
            "independent common variants": judged.structure.variants,
        }

    def _variants(self, folder: Place, folders: Folders) -> Counts:
        from hail_pipelines.quality_control.verdicts import judge_variants

        attrition = judge_variants(
            folders["load"] / "calls",
            folders["measure"],
            pd.read_parquet(readable(folders["samples"] / SAMPLES)),
            folder,
            genotype=genotype_thresholds(self.study.qc),
            variant=variant_thresholds(self.study.qc),
            max_allele_frequency=store_ceiling(self.study),
            sample_attrition=read_sample_attrition(folders["samples"]),
            workers=self.workers(),
        )
        return {f"{row.unit}s": row.after for row in attrition if row.step == "all"}

    def _annotate(self, folder: Place, folders: Folders) -> Counts:
        from hail_pipelines.annotation.annotate import annotate

        source = annotation_source(self.study, self.checked.path)
        if source.needs_hail:
            self.start_hail()
        counts = annotate(
            folders["load"] / "calls",
            folder / "genes.parquet",
            source,
            subfields=self.checked.summary.annotation_subfields,
            workers=self.workers(),
        )
        return counts.by_name()

    def _gene_store(self, folder: Path, folders: Folders) -> Counts:
        from hail_pipelines.gene_store import build_gene_store

        samples = pd.read_parquet(readable(folders["samples"] / SAMPLES), columns=["sample", "passes"])
        counts = build_gene_store(
            folders["variants"],
            samples.loc[samples["passes"], "sample"].tolist(),
            folders["annotate"] / "genes.parquet",
            folder / "genes",
            files=STORE_FILES,
        )
        return asdict(counts)

    def _page(self, folder: Path, folders: Folders) -> Counts:
        from jobs.quality_control.page import page_inputs
        from jobs.report.qc import write_qc_page
        from jobs.result_files import write_tsv

        tables = write_qc_page(folder / PAGE, page_inputs(self.study, folders))
        (folder / "tables").mkdir()
        for name, table in tables.items():
            write_tsv(table, folder / "tables" / f"{name}.tsv")
        return {}


def attrition_of(folders: Folders) -> list[dict[str, Any]]:
    """Read how many each rule of quality control took out."""
    rows: list[dict[str, Any]] = json.loads((folders["variants"] / ATTRITION).read_text())
    return rows
