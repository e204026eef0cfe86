"""One run of several cohorts against the meta-analysis of what each of them shares, through the whole pipeline."""

import numpy as np
import pandas as pd
import pytest

from association.gene_batch import IMPUTED_FROM
from jobs.consortium.meta import meta_analyse
from jobs.consortium.share import share_study
from jobs.run import run_study
from jobs.simulate_cohort import simulate_cohort

HOSPITALS = ("lisbon", "utrecht")
SAMPLES = 120
TRAITS = [
    {"name": "survival", "type": "survival"},
    {"name": "height", "type": "quantitative", "column": "height"},
    {"name": "tall", "type": "binary", "column": "tall"},
    {"name": "slope", "type": "alsfrs_slope"},
]
# Rules that look at other samples may judge a part and the whole differently.
QC = {
    "variant": {
        name: None for name in ("min_het_balance", "min_call_rate", "max_batch_spread", "min_hwe_p", "min_inbreeding")
    },
    "sample": {"min_call_rate": None, "max_contamination": None, "max_deviations": {}},
    "relatedness": {"unrelated_above": None},
}
# ACAT-V weighs variants by frequencies, which a cohort that lists no carrier of a variant does not count in.
TESTS = ("burden", "skat", "skat_o")
KEY = ["gene", "trait", "mask", "max_af", "test", "weights"]


@pytest.fixture(scope="module")
def pooled(tmp_path_factory, copy_of):
    """A study of two hospitals that differ in their traits, run."""
    source = tmp_path_factory.mktemp("source") / "cohort"
    simulate_cohort(source, samples=SAMPLES, genes=12, seed=3)
    folder = copy_of(source, tmp_path_factory.mktemp("pooled") / "cohort")
    rng = np.random.default_rng(5)
    people = pd.read_csv(folder.path / "participants.tsv", sep="\t", dtype=str)
    hospital = rng.integers(0, 2, len(people))
    people["hospital"] = np.array(HOSPITALS)[hospital]
    spread = np.array([3.0, 9.0])[hospital]
    people["height"] = (170 + 5 * hospital + spread * rng.normal(size=len(people))).round(2)
    people["tall"] = (rng.random(len(people)) < 0.3 + 0.15 * hospital).astype(int)
    people.to_csv(folder.path / "participants.tsv", sep="\t", index=False)
    folder.set(calibration={"max_permutations": 1000, "family_permutations": 0}, compute={"cores": 1})
    folder.replace(
        name="all",
        qc=QC,
        traits=TRAITS,
        covariates=["sex", "age_at_onset"],
        strata=[],
        cohorts="hospital",
        masks=[
            {"name": "missense", "max_allele_frequency": [0.5]},
            {"name": "synonymous", "max_allele_frequency": [0.5]},
        ],
        tests=[{"test": test, "weights": "flat"} for test in TESTS],
        follow_up={"genes": 0},
    )
    run_study(folder.study)
    return folder


@pytest.fixture(scope="module")
def combined(pooled, tmp_path_factory, copy_of):
    """What the hospitals share, each of a study of its own, combined."""
    folder, shares = tmp_path_factory.mktemp("parts"), []
    for name in HOSPITALS:
        part = copy_of(pooled.path, folder / name)
        part.replace(name=name, output="own", cohorts=None)
        part.edit_table(
            "participants.tsv", lambda rows, name=name: [rows[0], *(row for row in rows[1:] if name in row)]
        )
        own = {row.split("\t")[0] for row in (part.path / "participants.tsv").read_text().splitlines()}
        part.edit_table("visits.tsv", lambda rows, own=own: [rows[0], *(row for row in rows[1:] if row[0] in own)])
        run_study(part.study)
        shares.append(share_study(part.study, at_least=1))
    meta_analyse(shares, folder / "meta", unchecked=True)
    return folder / "meta"


def imputed_genes(store):
    """Name the genes that have a variant so common that its missing calls get the mean, which is each study's own."""
    variants = pd.concat(pd.read_parquet(part) for part in sorted(store.glob("part-*.parquet")))
    frequent = variants["allele_count"] / variants["allele_number"] > IMPUTED_FROM / 3
    return set(variants.loc[frequent & (variants["missing"].map(len) > 0), "gene"])


# The same of arrays is in test_meta_of_parts.py.
@pytest.mark.slow
@pytest.mark.parametrize("trait", [one["name"] for one in TRAITS])
def test_the_run_of_all_cohorts_is_the_meta_analysis_of_the_parts(pooled, combined, trait):
    rows = [
        table[table["trait"] == trait].set_index(KEY).sort_index()
        for table in (
            pd.read_parquet(folder / "gene_tests.parquet") for folder in (pooled.output / "results", combined)
        )
    ]
    together, apart = (one[one["p_asymptotic"].notna()] for one in rows)
    compared = together.index.intersection(apart.index)
    genes, tests = (compared.get_level_values(name) for name in ("gene", "test"))
    compared = compared[~genes.isin(imputed_genes(pooled.output / "genes")) & tests.isin(TESTS)]
    assert {"burden", "skat"} <= set(compared.get_level_values("test"))
    assert len(compared) > 10
    together, apart = together.loc[compared], apart.loc[compared]
    np.testing.assert_allclose(apart["neg_log10_p_asymptotic"], together["neg_log10_p_asymptotic"], rtol=1e-8)
    burdens = together["effect"].notna()
    assert burdens.sum() > 5
    for column in ("effect", "standard_error"):
        np.testing.assert_allclose(apart.loc[burdens, column], together.loc[burdens, column], rtol=1e-8)
