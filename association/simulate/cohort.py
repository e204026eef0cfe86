"""A whole simulated cohort: exome, clinical tables, truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.random import Generator

from association.simulate.effects import PLANTED_EFFECTS, Effect, Integers, PlantedGene, extra_declines, log_hazards
from association.simulate.genotypes import Exome, simulate_exome
from association.simulate.measures import simulate_measures, simulate_support
from association.simulate.progression import simulate_course
from association.simulate.visits import simulate_visits


@dataclass(frozen=True)
class Cohort:
    """A simulated cohort.

    Attributes
    ----------
    sample_ids
        The patients' names, in the order of the genotypes.
    exome
        Genes, variants and true genotypes.
    participants
        A row per patient.
    visits
        A row per visit.
    """

    sample_ids: list[str]
    exome: Exome
    participants: pd.DataFrame
    visits: pd.DataFrame

    @property
    def planted(self) -> tuple[PlantedGene, ...]:
        """Give the genes that act, with their carriers."""
        return self.exome.planted


def simulate(
    samples: int, genes: int, generator: Generator, *, effects: tuple[Effect, ...] = PLANTED_EFFECTS
) -> Cohort:
    """Draw a cohort of ALS patients with planted effects.

    Parameters
    ----------
    samples
        Patients enrolled.
    genes
        Genes with variants; more than the effects and the quiet genes together.
    generator
        Source of randomness; the same generator state gives the same cohort.
    effects
        What is planted, each in a gene of its own; none gives a cohort under the null.
    """
    exome = simulate_exome(samples, genes, effects, generator)
    width = max(4, len(str(samples)))
    sample_ids = [f"P{number:0{width}}" for number in range(1, samples + 1)]
    course = simulate_course(log_hazards(exome.planted, samples), extra_declines(exome.planted, samples), generator)
    visits = simulate_visits(course, sample_ids, generator)
    # A stream of their own, so that what else is drawn does not depend on them.
    (own,) = generator.spawn(1)
    participants = pd.concat([course.participants(sample_ids), simulate_support(course, own)], axis=1)
    visits = pd.concat([visits, simulate_measures(course, visits, sample_ids, own)], axis=1)
    return Cohort(sample_ids, exome, participants, visits)


def people_of(cohort: Cohort, people: Integers) -> Cohort:
    """Take some patients out of a cohort, with all of its variants.

    Parameters
    ----------
    cohort
        The cohort.
    people
        Their positions in it, ascending.
    """
    ids = [cohort.sample_ids[place] for place in people]
    planted = tuple(
        replace(gene, carriers=np.flatnonzero(np.isin(people, gene.carriers))) for gene in cohort.exome.planted
    )
    tables = (table[table["sample"].isin(ids)] for table in (cohort.participants, cohort.visits))
    participants, visits = (table.reset_index(drop=True) for table in tables)
    exome = replace(cohort.exome, dosages=cohort.exome.dosages[:, people], planted=planted)
    return Cohort(ids, exome, participants, visits)


def truth_table(cohort: Cohort) -> pd.DataFrame:
    """Say for each gene what was planted, and count the true carriers of its rare damaging variants.

    Returns
    -------
        Columns gene, contig, start, role, hazard_ratio, extra_decline_per_month, variants, damaging_variants,
        carriers.
    """
    exome = cohort.exome
    effects = {gene.gene: gene.effect for gene in cohort.planted}
    rows = exome.qualifying()
    rows = rows[exome.dosages[rows].any(axis=1)]
    gene = exome.variants["gene"].to_numpy()[rows]
    carried = np.zeros((len(exome.genes), exome.dosages.shape[1]), dtype=bool)
    np.logical_or.at(carried, gene, exome.dosages[rows] > 0)
    truth = exome.genes[["gene", "contig", "start", "role"]].copy()
    truth["hazard_ratio"] = [effects[name].hazard_ratio if name in effects else 1.0 for name in truth["gene"]]
    truth["extra_decline_per_month"] = [
        effects[name].extra_decline if name in effects else 0.0 for name in truth["gene"]
    ]
    truth["variants"] = exome.genes["variants"]
    truth["damaging_variants"] = np.bincount(gene, minlength=len(truth))
    truth["carriers"] = carried.sum(axis=1)
    return truth
