"""A simulated cohort has what it says was planted, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter

from association.simulate.calls import ARTEFACT_READ_SHARE, simulate_calls, simulate_sample_coverage
from association.simulate.cohort import simulate, truth_table
from association.simulate.effects import PLANTED_EFFECTS, Effect, extra_declines, log_hazards
from association.simulate.genotypes import draw_allele_counts, place_alleles
from association.simulate.progression import (
    BULBAR_LOG_DECLINE,
    BULBAR_LOG_HAZARD,
    DECLINE,
    LATENT_ON_LOG_DECLINE,
    LATENT_ON_LOG_HAZARD,
    LOG_HAZARD_PER_YEAR_OF_AGE,
    _draw_candidates,
    simulate_course,
)
from association.simulate.sites import DAMAGING_MISSENSE, GRCH38_LENGTHS, PLOF, SYNONYMOUS, lay_out_genes
from association.simulate.visits import ITEMS, simulate_visits


@pytest.fixture(scope="module")
def cohort():
    return simulate(300, 200, np.random.default_rng(20))


def dates(participants, column):
    return pd.to_datetime(participants[column].replace("", None))


def survival(participants):
    """Entry, exit and event of each patient, from the table's own dates."""
    event = pd.concat([dates(participants, "death_date"), dates(participants, "ventilation_date")], axis=1)
    event = event.min(axis=1)
    onset = dates(participants, "onset_date")
    return pd.DataFrame(
        {
            "entry": (dates(participants, "enrolment_date") - onset).dt.days,
            "exit": (event.fillna(dates(participants, "last_contact_date")) - onset).dt.days,
            "event": event.notna().astype(int),
        }
    )


def test_the_same_seed_gives_the_same_cohort():
    one, two = (simulate(40, 12, np.random.default_rng(3)) for _ in range(2))
    other = simulate(40, 12, np.random.default_rng(4))
    pd.testing.assert_frame_equal(one.participants, two.participants)
    pd.testing.assert_frame_equal(one.visits, two.visits)
    pd.testing.assert_frame_equal(one.exome.variants, two.exome.variants)
    assert (one.exome.dosages == two.exome.dosages).all()
    assert not one.participants.equals(other.participants)


def test_genes_lie_in_order_on_many_chromosomes():
    genes = lay_out_genes(200, PLANTED_EFFECTS, np.random.default_rng(1))
    assert genes["contig"].nunique() >= 8
    assert genes["gene"].is_unique
    assert genes["gene"].iloc[0] == "SIM001"
    assert genes.groupby("contig")["start"].apply(lambda start: start.is_monotonic_increasing).all()
    assert (genes["start"] < genes["contig"].map(GRCH38_LENGTHS)).all()
    assert set(genes["role"]) == {"none", "quiet", *(effect.role for effect in PLANTED_EFFECTS)}


def test_small_panels_still_spread_over_eight_chromosomes():
    assert lay_out_genes(10, PLANTED_EFFECTS, np.random.default_rng(1))["contig"].nunique() >= 8


def test_variants_are_minimal_and_in_genomic_order(cohort):
    variants = cohort.exome.variants
    real = variants[variants["alt"] != "*"]
    assert (real["ref"] != real["alt"]).all()
    assert ((real["ref"].str.len() == 1) | (real["alt"].str.len() == 1)).all()
    indel = real["ref"].str.len() != real["alt"].str.len()
    assert (real[indel]["ref"].str[0] == real[indel]["alt"].str[0]).all()
    assert not real.duplicated(["gene", "position", "ref", "alt"]).any()
    assert real.groupby("gene")["position"].apply(lambda position: position.is_monotonic_increasing).all()


def test_some_sites_hold_two_variants_and_some_lie_within_a_deletion(cohort):
    variants, dosages = cohort.exome.variants, cohort.exome.dosages
    assert variants["site"].value_counts().max() == 2
    together = variants[variants["site"].duplicated(keep=False)]
    assert len(together) > 20
    assert (together.groupby("site")["passes"].agg(set).str.len() == 1).all()
    per_site = pd.DataFrame(dosages[together.index]).groupby(together["site"].to_numpy()).sum()
    assert per_site.to_numpy().max() <= 2
    stars = variants[variants["alt"] == "*"]
    assert len(stars) == 2
    for star, deletion in zip(stars.index, stars["overlapping"], strict=True):
        above = variants.loc[deletion]
        assert above["position"] < variants.loc[star, "position"] < above["position"] + len(above["ref"])
        assert above["ref"][1] == variants.loc[star, "ref"]
        assert (dosages[star] == dosages[deletion]).all()
        assert dosages[star].sum() > 0


def test_most_variants_are_rare_and_some_synonymous_ones_are_common(cohort):
    counts = cohort.exome.dosages.sum(axis=1)
    polymorphic = counts > 0
    assert 0.55 < (counts[polymorphic] <= 2).mean() < 0.8
    common = counts > 0.05 * 600
    assert common.any()
    kinds = cohort.exome.variants["kind"].to_numpy()[common]
    assert (kinds == SYNONYMOUS).mean() > 0.9


def test_alleles_fall_on_chromosomes_not_on_patients():
    dosages = place_alleles(np.array([0, 1, 5, 40]), 10, np.random.default_rng(0))
    assert dosages.max() == 2
    assert dosages.sum(axis=1)[:2].tolist() == [0, 1]
    assert dosages[2].sum() <= 5
    assert dosages[3].sum() <= 20


def test_planted_genes_have_the_planned_carriers_and_no_other_damaging_variant(cohort):
    exome = cohort.exome
    truth = truth_table(cohort).set_index("gene")
    for planted in cohort.planted:
        row = int(np.flatnonzero(exome.genes["gene"] == planted.gene)[0])
        kind = exome.variants["kind"].to_numpy()
        damaging = (exome.variants["gene"].to_numpy() == row) & np.isin(kind, [PLOF, DAMAGING_MISSENSE])
        carriers = np.flatnonzero((exome.dosages[damaging] > 0).any(axis=0))
        assert carriers.tolist() == planted.carriers.tolist()
        assert len(carriers) == round(planted.effect.carrier_share * 300)
        assert truth.loc[planted.gene, "carriers"] == len(carriers)
        assert (exome.dosages[damaging].sum(axis=1) / 600 <= 0.01).all()
        assert exome.variants["passes"].to_numpy()[damaging].all()


def test_quiet_genes_have_no_variant_that_a_mask_would_take(cohort):
    truth = truth_table(cohort)
    quiet = (truth["role"] == "quiet").to_numpy()[cohort.exome.variants["gene"]]
    consequences = set(cohort.exome.variants["consequence"][quiet])
    assert not any(term in consequence for consequence in consequences for term in ("missense", "synonymous"))
    assert (truth[truth["role"] == "quiet"]["carriers"] == 0).all()
    assert (truth["role"] == "quiet").sum() == 3


def test_effects_add_up_over_the_genes_a_patient_carries(cohort):
    log_hazard, extra = log_hazards(cohort.planted, 300), extra_declines(cohort.planted, 300)
    expected = sum(len(gene.carriers) * np.log(gene.effect.hazard_ratio) for gene in cohort.planted)
    assert log_hazard.sum() == pytest.approx(expected)
    assert extra.sum() == pytest.approx(
        sum(len(gene.carriers) * gene.effect.extra_decline for gene in cohort.planted)
    )


def test_everyone_is_alive_and_unventilated_at_enrolment(cohort):
    times = survival(cohort.participants)
    assert (times["exit"] > times["entry"]).all()
    assert times["entry"].between(90, 18 * 31).all()
    assert (dates(cohort.participants, "diagnosis_date") <= dates(cohort.participants, "enrolment_date")).all()
    assert (dates(cohort.participants, "diagnosis_date") >= dates(cohort.participants, "onset_date")).all()


def test_about_half_of_the_patients_have_an_event_and_some_are_ventilated_first(cohort):
    assert 0.45 < survival(cohort.participants)["event"].mean() < 0.7
    ventilated = dates(cohort.participants, "ventilation_date")
    death = dates(cohort.participants, "death_date")
    assert 0.03 < ventilated.notna().mean() < 0.2
    assert (ventilated.notna() & death.isna()).any()
    both = ventilated.notna() & death.notna()
    assert (ventilated[both] < death[both]).all()


def test_cox_with_delayed_entry_recovers_every_planted_effect():
    carrier = np.arange(10_000) % 10 == 0
    course = simulate_course(np.log(3.0) * carrier, np.zeros(10_000), np.random.default_rng(5))
    participants = course.participants([f"P{number}" for number in range(10_000)])
    table = survival(participants).assign(
        carrier=carrier.astype(int),
        bulbar=course.bulbar.astype(int),
        age=participants["age_at_onset"],
        centre=participants["centre"],
        latent=(np.log(course.decline / DECLINE) - BULBAR_LOG_DECLINE * course.bulbar) / LATENT_ON_LOG_DECLINE,
    )
    fit = CoxPHFitter().fit(table, "exit", "event", entry_col="entry", strata=["centre"])
    planted = {
        "carrier": np.log(3.0),
        "bulbar": BULBAR_LOG_HAZARD,
        "age": LOG_HAZARD_PER_YEAR_OF_AGE,
        "latent": LATENT_ON_LOG_HAZARD,
    }
    for name, effect in planted.items():
        assert abs(fit.params_[name] - effect) < 3 * fit.standard_errors_[name]
        assert fit.standard_errors_[name] < 0.2 * abs(effect)


def test_left_truncation_is_real_and_delayed_entry_undoes_it():
    """Survival of everyone who fell ill is seen with the entry times, and looks better without them."""
    nothing = np.zeros(20_000)
    everyone = _draw_candidates(nothing, nothing, np.random.default_rng(10))
    truth = ((everyone.event - everyone.onset) > 24 * 30.4375).mean()
    enrolled = simulate_course(nothing, nothing, np.random.default_rng(11))
    times = survival(enrolled.participants([f"P{number}" for number in range(20_000)]))
    with_entry = KaplanMeierFitter().fit(times["exit"], times["event"], entry=times["entry"])
    without = KaplanMeierFitter().fit(times["exit"], times["event"])
    assert with_entry.predict(24 * 30.4375) == pytest.approx(truth, abs=0.02)
    assert without.predict(24 * 30.4375) > truth + 0.04


def test_the_strong_survival_gene_is_recovered_at_300(cohort):
    planted = next(gene for gene in cohort.planted if gene.effect.role == "survival, strong")
    table = survival(cohort.participants).assign(carrier=0, centre=cohort.participants["centre"])
    table.loc[planted.carriers, "carrier"] = 1
    fit = CoxPHFitter().fit(table, "exit", "event", entry_col="entry", strata=["centre"])
    assert fit.confidence_intervals_.loc["carrier"].iloc[0] > np.log(2)
    assert fit.summary.loc["carrier", "p"] < 1e-6


def test_slope_carriers_lose_points_faster_and_do_not_die_sooner():
    carrier = np.arange(4_000) % 4 == 0
    generator = np.random.default_rng(6)
    course = simulate_course(np.zeros(4_000), 0.5 * carrier, generator)
    names = [f"P{number:05}" for number in range(4_000)]
    visits = simulate_visits(course, names, generator)
    months = (pd.to_datetime(visits["visit_date"]).to_numpy() - np.datetime64("1970-01-01")).astype(
        "timedelta64[D]"
    ).astype(int) / 30.4375
    table = pd.DataFrame({"sample": visits["sample"], "months": months, "total": visits["total"]})
    # Away from the scale's ends, where it cannot fall further.
    table = table[table["total"].between(8, 46)]
    often = table.groupby("sample").filter(lambda visits: len(visits) >= 4)
    fits = {sample: np.polyfit(rows["months"], rows["total"], 1) for sample, rows in often.groupby("sample")}
    slope = pd.Series({sample: fit[0] for sample, fit in fits.items()})
    carries = carrier[slope.index.str[1:].astype(int)]
    assert slope[carries].mean() - slope[~carries].mean() == pytest.approx(-0.5, abs=0.08)
    times = survival(course.participants(names)).assign(carrier=carrier.astype(int))
    fit = CoxPHFitter().fit(times, "exit", "event", entry_col="entry")
    assert abs(fit.params_["carrier"]) < 3 * fit.standard_errors_["carrier"]


def test_items_sum_to_the_total_and_visits_lie_between_enrolment_and_the_end(cohort):
    visits = cohort.visits.merge(cohort.participants, on="sample")
    items = visits[list(ITEMS)]
    assert items.min().min() >= 0
    assert items.max().max() == 4
    assert (items.sum(axis=1) == visits["total"]).all()
    assert (visits["visit_date"] >= visits["enrolment_date"]).all()
    assert (visits["visit_date"] <= visits["last_contact_date"]).all()
    alive = visits["ventilation_date"].eq("") | (visits["visit_date"] < visits["ventilation_date"])
    assert alive.all()
    assert set(cohort.visits["sample"]) == set(cohort.sample_ids)


def test_bulbar_onset_shows_in_the_bulbar_items(cohort):
    visits = cohort.visits.merge(cohort.participants, on="sample")
    bulbar = visits[["item_1", "item_2", "item_3"]].sum(axis=1) / 12 - visits["total"] / 48
    assert bulbar[visits["onset_region"] == "bulbar"].mean() < bulbar[visits["onset_region"] == "spinal"].mean()


def test_calls_are_mostly_good_and_poor_where_coverage_is():
    generator = np.random.default_rng(7)
    coverage = simulate_sample_coverage(300, generator)
    counts = generator.integers(0, 30, 2_000)
    truth = place_alleles(counts, 300, generator)
    calls = simulate_calls(truth, np.zeros_like(truth), np.ones(2_000, dtype=bool), coverage, generator)
    depth = calls.reads.sum(axis=0)
    good = ~calls.missing & (calls.quality >= 20) & (depth >= 10)
    poor = coverage < 0.2
    assert poor.sum() == 2
    assert good[:, ~poor].mean() > 0.97
    assert good[:, poor].mean() < 0.7
    assert (calls.first[~calls.missing] == truth[~calls.missing]).all()
    assert 0.0005 < calls.missing[:, ~poor].mean() < 0.01
    balance = (calls.reads[1] / depth)[(truth == 1) & good]
    assert balance.mean() == pytest.approx(0.48, abs=0.01)


def test_filtered_sites_have_too_few_alternate_reads():
    generator = np.random.default_rng(8)
    truth = np.ones((200, 50), dtype=np.int8)
    calls = simulate_calls(truth, np.zeros_like(truth), np.zeros(200, dtype=bool), np.ones(50), generator)
    assert (calls.reads[1] / calls.reads.sum(axis=0)).mean() == pytest.approx(ARTEFACT_READ_SHARE, abs=0.01)


def test_two_variants_of_a_site_share_its_reads():
    generator = np.random.default_rng(9)
    one = np.ones((100, 20), dtype=np.int8)
    calls = simulate_calls(one, one, np.ones(100, dtype=bool), np.ones(20), generator)
    called = ~calls.missing
    assert (calls.reads[1][called] > 0).all()
    assert (calls.reads[2][called] > 0).all()
    assert calls.reads[0].sum() < 0.01 * calls.reads.sum()


def test_a_cohort_without_effects_is_a_null_cohort():
    cohort = simulate(60, 20, np.random.default_rng(1), effects=())
    assert cohort.planted == ()
    assert set(truth_table(cohort)["hazard_ratio"]) == {1.0}


def test_an_effect_that_lets_nobody_live_is_refused():
    with pytest.raises(ValueError, match="never lived to be enrolled"):
        simulate_course(np.full(5, 60.0), np.zeros(5), np.random.default_rng(1))


@pytest.mark.parametrize("samples", [20, 60, 300, 3_000, 20_000])
def test_planted_variants_stay_below_one_percent_where_patients_allow(samples):
    for effect in PLANTED_EFFECTS:
        per_site = np.ceil(effect.carriers(samples) / effect.damaging_sites(samples))
        assert per_site / (2 * samples) <= max(0.01, 1 / (2 * samples))


def test_allele_counts_of_spanning_deletions_are_never_zero():
    variants = pd.DataFrame({"kind": [PLOF, SYNONYMOUS, -1], "overlapping": [-1, -1, 0], "alt": ["A", "C", "*"]})
    for seed in range(50):
        counts = draw_allele_counts(variants, 30, np.random.default_rng(seed))
        assert counts[0] >= 2
        assert counts[2] == 0


def test_an_effect_keeps_its_own_carriers_in_a_small_cohort():
    effect = Effect("tiny", hazard_ratio=2.0, extra_decline=0.0, carrier_share=0.01)
    cohort = simulate(50, 12, np.random.default_rng(2), effects=(effect,))
    assert len(cohort.planted[0].carriers) == 6
