"""Effects that another simulator planted, recovered from its clinical tables; it lies beside the checkout.

Its hazard is

    h_i(t) = h0 rho (t + 1/4)^(rho - 1) exp(0.066 lost_i(t) + log_hazard_i),   lost_i(t) = min(rate_i t, 48),

log_hazard being age, bulbar onset, C9orf72, ancestry, a frailty of the centre, and planted genes. Points lost act
through time, so hazards are proportional among patients of one rate only: strata of thirty patients of nearly the
same true rate, with the rate itself for what is left, recover what was planted. Without them a gene's hazard ratio is
that of all paths, its slope included, and shrunk by the rates that it is averaged over.

Slopes are told from the true rates of those enrolled: whoever declines fast must outlive that to be enrolled.
"""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.planted import prepare
from benchmarks.recovery import coefficient, regression, two_stages

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SHARED = (Path(__file__).parents[4] / "shared").resolve()
PATIENTS_PER_STRATUM = 30
COVARIATES = {"age_onset": 0.022, "site_onset=bulbar": 0.30, "c9orf72": 0.35}
ANCESTRY = {"pop=AFR": -0.10, "pop=EAS": -0.35, "pop=FIN": 0.10, "pop=ADM": 0.0}
FEWEST_CARRIERS = 20
SEEDS = range(1, 6)
CARRIER_SHARE = 0.04


@pytest.fixture
def shared():
    if not SHARED.is_dir():
        pytest.skip("../shared is absent: the other simulator and its cohorts are not part of the checkout")
    return SHARED


@pytest.fixture
def simulate(shared, tmp_path, monkeypatch):
    """Give a function that makes the clinical tables of 3,000 patients and their truth, but no genotypes.

    Carriers are drawn at random, which spares the coalescent and needs nothing installed.
    """
    spec = importlib.util.spec_from_file_location("simcohort", shared / "tools" / "simcohort.py")
    simcohort = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(simcohort)
    monkeypatch.setattr(simcohort, "sim_segment", lambda *_: [])
    monkeypatch.setattr(simcohort, "burden", lambda *given: (given[6].random(given[5]) < CARRIER_SHARE).astype(float))
    monkeypatch.setattr(simcohort, "Caller", lambda _: None)
    monkeypatch.setattr(simcohort, "do_chrom", lambda chrom: (chrom, 0, 0, 0, 0.0, 0.0, 0))

    def make(seed):
        folder = tmp_path / f"cohort{seed}"
        given = ["--out", folder, "--n", 3_000, "--genes", 120, "--seed", seed, "--procs", 1, "--oversample", 1.4]
        monkeypatch.setattr("sys.argv", ["simcohort.py", *map(str, given)])
        simcohort.main()
        return folder

    return make


class Cohort:
    """A cohort's tables with the truth of each clinical row, and what is recovered of it."""

    def __init__(self, folder):
        truth = pd.read_csv(folder / "truth" / "samples.tsv", sep="\t").set_index("sample")
        genes = pd.read_csv(folder / "truth" / "genes.tsv", sep="\t", keep_default_na=False)
        scores = np.load(folder / "truth" / "scores.npz")
        carried = pd.DataFrame({name: scores[name] for name in scores if name != "samples"}, scores["samples"])
        table = pd.read_csv(folder / "pheno.tsv", sep="\t").set_index("sample")
        # Some clinical rows were swapped, and some patients are in twice.
        row = truth.loc[table.index, "clinical_row_of"]
        once = ~truth.loc[row, "individual"].duplicated().to_numpy()
        table = pd.concat(
            [
                table,
                *(part.loc[row].set_axis(table.index) for part in (truth[["pop", "rate", "log_hazard"]], carried)),
            ],
            axis=1,
        )[once]
        strata = max(1, len(table) // PATIENTS_PER_STRATUM)
        self.people = table.assign(rate_stratum=pd.qcut(table["rate"], strata, labels=False)).reset_index()
        visits = pd.read_csv(folder / "alsfrs.tsv", sep="\t")
        self.visits = visits[visits["sample"].isin(self.people["sample"])].drop(columns="months_from_onset")
        planted = genes[genes["kind"] != "null"].set_index("gene")[["kind", "log_hr", "slope_per_month"]]
        self.planted = planted.astype({"log_hr": float, "slope_per_month": float})
        # A regression on very few carriers says nothing of a normal law.
        carriers = (self.people[self.planted.index] != 0).sum()
        self.genes = [gene for gene in self.planted.index if carriers[gene] >= FEWEST_CARRIERS]

    def prepare(self, folder, trait, *covariates, visits=None, strata=()):
        (prepared,) = prepare(
            folder,
            self.people,
            visits,
            [{"name": "trait"} | trait | {"covariates": list(covariates)}],
            columns={"enrolment_date": "enrol_date", "last_contact_date": "end_date", "event": "event"},
            items=[f"q{item}" for item in range(1, 13)],
            strata=list(strata),
            missing_covariates="indicator",
        )
        return prepared

    def hazard_ratios(self, folder, *, strata=("rate_stratum",)):
        """Compare log hazard ratios with those planted, within strata of the true rate or without them."""
        columns = ["age_onset", "site_onset", "c9orf72", "pop", "centre", *(["rate"] if strata else []), *self.genes]
        prepared = self.prepare(folder, {"type": "survival"}, *columns, strata=strata)
        truth = COVARIATES | ANCESTRY | self.planted["log_hr"][self.genes].to_dict()
        return compare([(name, planted, *coefficient(prepared, name)) for name, planted in truth.items()])

    def slopes(self, folder):
        """Compare carriers' slopes with the difference of their true rates, and give those of two stages beside."""
        prepared = self.prepare(folder, {"type": "alsfrs_slope"}, *self.genes, visits=self.visits)
        enrolled = regression(-self.people["rate"].to_numpy(), self.people[self.genes].to_numpy(float))[0][1:]
        table = compare(
            [
                (gene, truth, *coefficient(prepared, f"{gene} x months"))
                for gene, truth in zip(self.genes, enrolled, strict=True)
            ]
        )
        two = two_stages(prepared.visits, prepared.models.design)
        return table.assign(
            planted=-self.planted["slope_per_month"][self.genes],
            two_stages=two[0][1:],
            two_stages_standard_error=two[1][1:],
        )


def compare(rows):
    table = pd.DataFrame(rows, columns=["name", "truth", "estimate", "standard_error"]).set_index("name")
    return table.assign(z=(table["estimate"] - table["truth"]) / table["standard_error"])


def tell(title, table):
    """Print what was found, for `pytest -rP`."""
    print(title, table.round(3).to_string(), sep="\n", end="\n\n")


def test_three_hundred_patients_have_the_hazards_and_rates_that_were_planted(shared, tmp_path):
    """With so few patients each gene has next to no carriers, so all that was planted is asked for at once."""
    cohort = Cohort(shared / "data" / "cohort300")
    hazard = cohort.prepare(tmp_path, {"type": "survival"}, "log_hazard", "rate", strata=["rate_stratum"])
    slope = cohort.prepare(tmp_path, {"type": "alsfrs_slope"}, "rate", visits=cohort.visits)
    table = compare(
        [
            ("log_hazard", 1.0, *coefficient(hazard, "log_hazard")),
            ("rate", -1.0, *coefficient(slope, "rate x months")),
        ]
    )
    tell("cohort300", table)
    assert (table["z"].abs() <= 2).all()


def test_three_thousand_patients_give_back_every_planted_effect(simulate, tmp_path):
    """Five cohorts, since one of twenty sound estimates lies further off than two standard errors."""
    parts = {"within strata of rate": [], "rate left out": [], "slopes": []}
    for seed in SEEDS:
        cohort = Cohort(simulate(seed))
        for part, table in (
            ("within strata of rate", cohort.hazard_ratios(tmp_path)),
            ("rate left out", cohort.hazard_ratios(tmp_path, strata=())),
            ("slopes", cohort.slopes(tmp_path)),
        ):
            kinds = [cohort.planted["kind"].get(name, name) for name in table.index]
            parts[part].append(table.set_axis(pd.Index(kinds, name="name")))
    found = {part: pd.concat(tables) for part, tables in parts.items()}
    for part, table in found.items():
        tell(part, over_cohorts(table))
    hazards, slopes, left_out = (found[part] for part in ("within strata of rate", "slopes", "rate left out"))
    assert {"surv_lof", "slope_lof", "both", "protective", "age_onset"} <= set(hazards.index)
    for table in (hazards, slopes):
        assert (table["z"].abs() <= 2).mean() >= 0.9
        assert abs(table["z"].mean()) <= 3 / math.sqrt(len(table))
    assert 0.8 <= hazards["z"].std() <= 1.25
    # Where rates are not held fixed, a gene of slope kills, and one of survival looks weaker than it is.
    assert (left_out.loc[["slope_lof", "slope_mis"], "z"] > 3).all()
    assert left_out.loc["surv_lof", "z"].mean() < -1.5


def over_cohorts(table):
    """Average each effect over cohorts."""
    spread = table.groupby(level=0, sort=False)["z"].agg(["mean", "std"])
    return table.groupby(level=0, sort=False).mean().drop(columns="z").join(spread.add_prefix("z_"))
