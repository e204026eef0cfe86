"""A cohort's table, a function that prepares a study's traits from it, and a gene store to scan for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.problems import InputError
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, WeightedTest
from hail_pipelines.store_files import store_schema
from jobs.clinical.read import read_clinical
from jobs.study.file import read_study
from jobs.traits.files import scan_trait
from jobs.traits.genotyped import Genotyped, all_genotyped
from jobs.traits.prepare import prepare_traits
from jobs.traits.prepared import PreparedTrait

SAMPLES = 150
SETTINGS: dict[str, Any] = {
    "name": "small",
    "output": "out",
    "genotypes": {"vcfs": ["a.vcf"], "reference_genome": "GRCh38"},
    "participants": {"path": "participants.tsv"},
    "annotation": {"source": "vep"},
    "masks": [{"name": "missense"}],
    "covariates": ["age"],
}
Prepare = Callable[..., list[PreparedTrait]]


@pytest.fixture
def cohort() -> pd.DataFrame:
    """Give the participants table; its traits do not depend on anything but age."""
    rng = np.random.default_rng(1)
    age = rng.normal(60, 10, SAMPLES).round(1)
    enrolled = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 900, SAMPLES), "D")
    last = enrolled + pd.to_timedelta(rng.integers(60, 900, SAMPLES), "D")
    died = rng.random(SAMPLES) < 0.5
    return pd.DataFrame(
        {
            "sample": [f"F{number:03d}_P{number:03d}" for number in rng.permutation(SAMPLES)],
            "onset_date": (enrolled - pd.to_timedelta(rng.integers(30, 400, SAMPLES), "D")).strftime("%Y-%m-%d"),
            "enrolment_date": enrolled.strftime("%Y-%m-%d"),
            "death_date": np.where(died, last.strftime("%Y-%m-%d"), None),
            "ventilation_date": None,
            "last_contact_date": last.strftime("%Y-%m-%d"),
            "sex": rng.choice(["M", "F"], SAMPLES),
            "site": rng.choice(["north", "south"], SAMPLES),
            "age": age,
            "height": (170 + 0.1 * age + rng.normal(0, 8, SAMPLES)).round(2),
            "bulbar": rng.integers(0, 2, SAMPLES),
            "falls": rng.negative_binomial(2, 0.4, SAMPLES),
            "stage": rng.integers(1, 5, SAMPLES),
        }
    )


@pytest.fixture
def prepare(tmp_path: Path) -> Prepare:
    """Give a function that writes a table and a study file, reads both, and prepares the traits."""

    def run(
        table: pd.DataFrame,
        *traits: dict[str, Any],
        known: pd.DataFrame | None = None,
        genotyped: Genotyped | None = None,
        **sections: Any,
    ) -> list[PreparedTrait]:
        table.to_csv(tmp_path / "participants.tsv", sep="\t", index=False)
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(SETTINGS | {"traits": list(traits)} | sections, sort_keys=False))
        study = read_study(path)
        known_of = genotyped or all_genotyped(tuple(table["sample"]))
        return prepare_traits(study, read_clinical(study, path), known_of, known)

    return run


@pytest.fixture
def refusal(prepare: Prepare) -> Callable[..., dict[str, str]]:
    """Give a function that has traits refused, and returns what was said by place."""

    def refuse(*arguments: Any, **options: Any) -> dict[str, str]:
        with pytest.raises(InputError) as caught:
            prepare(*arguments, **options)
        return {problem.place: problem.message for problem in caught.value.problems}

    return refuse


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes a gene store: {(gene, contig): (n, m) dosages, NaN where missing}, in two files."""

    def make(dosages: dict[tuple[str, str], np.ndarray]) -> Path:
        folder = tmp_path / "genes"
        folder.mkdir()
        parts: list[list[dict[str, Any]]] = [[], []]
        for number, ((gene, contig), columns) in enumerate(sorted(dosages.items())):
            for variant, column in enumerate(columns.T):
                carriers, missing = np.flatnonzero(column > 0), np.flatnonzero(np.isnan(column))
                parts[number % 2].append(
                    dict.fromkeys(store_schema([]).names)
                    | {
                        "gene": gene,
                        "contig": contig,
                        "position": 1_000 * (number + 1) + variant,
                        "ref": "A",
                        "alt": "C",
                        "minor_is_ref": False,
                        "consequence": "missense_variant",
                        "allele_count": int(np.nansum(column)),
                        "allele_number": 2 * int((~np.isnan(column)).sum()),
                        "carriers": carriers.tolist(),
                        "dosages": column[carriers].astype(int).tolist(),
                        "missing": missing.tolist(),
                    }
                )
        for file, rows in enumerate(parts):
            pq.write_table(pa.Table.from_pylist(rows, store_schema([])), folder / f"part-{file:05d}.parquet")
        return folder

    return make


@pytest.fixture
def scan_store() -> Callable[..., pd.DataFrame]:
    """Give a function that scans a store's genes for prepared traits by burden and SKAT."""

    def run(store: Path, traits: list[PreparedTrait], samples: pd.Series, **settings: Any) -> pd.DataFrame:
        variants = pa.concat_tables(pq.read_table(part) for part in sorted(store.glob("part-*"))).sort_by("gene")
        starts = variants.group_by(["gene", "contig"]).aggregate([("position", "min")]).sort_by("gene")
        asked = ScanSettings(
            masks=(MaskChoice(Mask("missense"), 0.5),),
            tests=(WeightedTest("burden", "flat"), WeightedTest("skat", "flat")),
            seed=1,
            effort=Effort(5_000, 50_000, 50),
            **settings,
        )
        genes = starts.rename_columns(["gene", "contig", "start"])
        placed = pd.DataFrame({"sample": samples.to_numpy(), "cohort": 0})
        return scan(genes, variants, [scan_trait(trait, placed) for trait in traits], asked).to_pandas()

    return run
