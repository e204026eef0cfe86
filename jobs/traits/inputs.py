"""What traits are prepared from, beside the study: tables with the genotypes' sex, whose genotypes can be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hail_pipelines.gene_store import read_cohorts
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.check import CheckedStudy
from jobs.clinical.genetic_sex import with_genetic_sex
from jobs.clinical.read import Clinical
from jobs.conditioning import read_dosages
from jobs.quality_control.files import KINSHIP, SAMPLES, read_structure
from jobs.traits.genotyped import Genotyped, read_genotyped


@dataclass(frozen=True)
class TraitInputs:
    """What traits are prepared from.

    Attributes
    ----------
    clinical
        The study's tables.
    genotyped
        Whose genotypes can be used, and who is related.
    known
        Dosages of the variants that every trait is adjusted for, by sample.
    samples
        The samples that quality control saw.
    store
        Those of the gene store, in its order: sample, and the number of its cohort.
    """

    clinical: Clinical
    genotyped: Genotyped
    known: pd.DataFrame
    samples: pd.Series
    store: pd.DataFrame


def read_inputs(checked: CheckedStudy, folders: Mapping[str, Place]) -> TraitInputs:
    """Read what earlier stages left for the traits."""
    samples = pd.read_parquet(readable(folders["samples"] / SAMPLES))
    relatives = pd.read_parquet(readable(folders["samples"] / KINSHIP))
    genotyped = read_genotyped(samples, relatives, read_structure(folders["samples"])["structured"])
    genes = folders["gene store"] / "genes"
    store = pd.read_parquet(readable(genes / "samples.parquet"))
    store = store.assign(cohort=read_cohorts(genes, len(store)))
    known = read_dosages(genes, checked.study.condition_on, store["sample"])
    by_x = samples["sex_from_genotypes"].map({"male": 1.0, "female": 0.0})
    male = pd.Series(by_x.to_numpy(np.float64), index=samples["sample"])
    clinical = with_genetic_sex(checked.clinical, checked.study.checks, male)
    return TraitInputs(clinical, genotyped, known, samples["sample"], store)
