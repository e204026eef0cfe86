"""Write a simulated consortium to a folder: parts of one simulated cohort, each as if it were a site's own.

    OUT/consortium.secret    the salt of fingerprints, the same for all
    OUT/siteN/               as `jobs.simulate_cohort` writes, of the patients who were dealt to site N; its study
                             file has a section `cohort`, and vcf/common.vcf.gz common sites, which fingerprints need

Sites have the same variants, genes and traits, and no patient in common. The folder appears whole or not at all.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from association.problems import InputError
from association.simulate.cohort import Cohort, people_of, simulate
from association.simulate.common_sites import CommonSites, simulate_common_sites
from association.simulate.effects import Integers
from jobs.simulate_cohort import FEWEST_SAMPLES, check_room, example_study, whole_or_not, write_cohort
from jobs.simulated_vcf import write_common_sites

SECRET = "consortium.secret"
SECRET_BYTES = 32
SECTION = """
# ------------------------------------------------------------------------------------------------------ consortium

# What others need to know of this cohort, to merge with it or to combine what it shares: see docs/consortium.md.
cohort:
  name: {name}
  caller: simulated
  capture_kit: simulated exome
  salt: ../{secret}
"""


def simulate_consortium(
    output: Path, *, cohorts: int, samples: int = 300, genes: int = 200, seed: int = 1
) -> list[Path]:
    """Simulate a consortium and write it to the folder `output`; give its study files.

    Parameters
    ----------
    output
        A folder that does not exist or is empty.
    cohorts
        How many sites, two or more.
    samples
        Patients of all sites together.
    genes
        Genes with variants.
    seed
        The same seed gives the same files, byte for byte.

    Raises
    ------
    InputError
        If the folder holds something, or a site would be too small.
    """
    check_room(output, samples, genes)
    if samples < FEWEST_SAMPLES * cohorts:
        message = f"expected at least {FEWEST_SAMPLES} for each of {cohorts} cohorts, found {samples} in all"
        raise InputError.single(str(output), "samples", message)
    names = [f"site{number}" for number in range(1, cohorts + 1)]
    with whole_or_not(output) as partial:
        generator = np.random.default_rng(seed)
        whole = simulate(samples, genes, generator)
        common = simulate_common_sites(samples, _taken(whole), generator)
        (partial / SECRET).write_text(generator.bytes(SECRET_BYTES).hex() + "\n", encoding="utf-8")
        dealt = np.array_split(generator.permutation(samples), cohorts)
        for name, people in zip(names, dealt, strict=True):
            _write_site(whole, common, np.sort(people), partial / name, generator)
    return [output / name / "study.yaml" for name in names]


def _taken(cohort: Cohort) -> set[tuple[str, int]]:
    """Give contig and position of all variants."""
    variants = cohort.exome.variants
    contig = cohort.exome.genes["contig"].to_numpy()[variants["gene"].to_numpy()]
    return set(zip(contig.tolist(), variants["position"].tolist(), strict=True))


def _write_site(
    whole: Cohort, common: CommonSites, people: Integers, folder: Path, generator: np.random.Generator
) -> None:
    """Write the patients of one site."""
    folder.mkdir()
    own = people_of(whole, people)
    study = example_study().replace("Simulated ALS cohort", f"Simulated ALS cohort of {folder.name}", 1)
    write_cohort(own, folder, study + SECTION.format(name=folder.name, secret=SECRET), generator)
    sites = replace(common, dosages=common.dosages[:, people])
    write_common_sites(sites, own.sample_ids, folder / "vcf", generator)
