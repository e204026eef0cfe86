"""What is followed up in a run."""

from __future__ import annotations

import pandas as pd
import pytest

from association.effects.firth import firth_cox
from tests.jobs.run.finished_runs import followed, results_of


@pytest.mark.parametrize("name", ["variants", "leave_one_out", "effects"])
def test_both_forms_of_a_follow_up_table_hold_the_same_rows(finished, name):
    table, text = followed(finished, name), pd.read_csv(finished.output / "follow_up" / f"{name}.tsv", sep="\t")
    meanings = pd.read_csv(finished.output / "follow_up" / "columns.tsv", sep="\t").set_index("table")
    assert list(table) == list(text) == list(meanings.loc[name, "column"])
    assert len(table) == len(text) > 0
    pd.testing.assert_series_equal(text["p_value"], table["p_value"], rtol=1e-12)


def test_followed_genes_are_the_strongest_with_three_carriers(finished):
    results, effects = results_of(finished), followed(finished, "effects")
    for trait, rows in results[results["primary"] & (results["carriers"] >= 3)].groupby("trait"):
        strongest = rows.dropna(subset="p_value").nsmallest(10, "p_value")["p_value"]
        genes = effects.loc[effects["trait"] == trait, "gene"]
        assert rows.loc[rows["gene"].isin(genes), "p_value"].sort_values().tolist() == strongest.tolist()
        own = followed(finished, "variants").query("trait == @trait")
        assert set(own["gene"]) == set(genes)


def test_hits_of_a_time_to_event_alone_have_firth_effects(finished):
    effects = followed(finished, "effects").set_index("trait")
    survival, slope = effects.loc["survival"], effects.loc["alsfrs_slope"]
    assert (survival["firth_lower"] < survival["firth_effect"]).all()
    assert (survival["firth_effect"] < survival["firth_upper"]).all()
    assert slope["firth_effect"].isna().all()
    assert slope["effect"].notna().all()


def test_firth_effects_are_those_of_the_written_samples_and_genotypes(finished):
    effects = followed(finished, "effects").query("trait == 'survival'")
    samples = pd.read_parquet(finished.output / "traits" / "survival.parquet")
    ids = pd.read_parquet(finished.output / "genes" / "samples.parquet")["sample"]
    store = pd.concat(pd.read_parquet(path) for path in finished.output.glob("genes/part-*.parquet"))
    store = store[(store["allele_count"] / store["allele_number"] <= 0.2) & ~(store["external_af"] > 0.2)]
    lost = {"stop_gained", "frameshift_variant", "splice_acceptor_variant", "splice_donor_variant"}
    damaging = store["consequence"].isin(lost) | (
        (store["consequence"] == "missense_variant") & (store["score_REVEL"] >= 0.5)
    )
    covariates = samples.filter(like="covariate:").to_numpy()
    assert covariates.shape[1] > 0
    for hit in effects.to_dict("records"):
        alleles = pd.Series(0.0, ids)
        for row in store[damaging & (store["gene"] == hit["gene"])].to_dict("records"):
            assert len(row["missing"]) < 0.1 * len(ids)
            alleles.iloc[row["carriers"]] += row["dosages"]
        times = (samples[name].to_numpy(float) for name in ("entry", "exit", "event"))
        burden = alleles[samples["sample"]].to_numpy()
        direct = firth_cox(*times, burden, covariates, strata=samples["stratum"].to_numpy(str))
        found = (hit["firth_effect"], hit["firth_lower"], hit["firth_upper"])
        assert found == pytest.approx((direct.estimate, direct.lower, direct.upper), rel=1e-6)


def test_rows_that_rest_on_one_variant_are_flagged_in_the_results(finished):
    left_out, results = followed(finished, "leave_one_out"), results_of(finished)
    keys = ["gene", "trait", "mask", "max_af", "test", "weights", "coding"]
    resting = left_out[left_out["rests_on_it"]][keys].drop_duplicates()
    flagged = results[results["flags"].fillna("").str.split(";").map(lambda flags: "one_variant_driven" in flags)]
    assert len(flagged.merge(resting, on=keys)) == len(resting)
    primary = flagged[flagged["primary"]]
    assert set(primary["gene"] + primary["trait"]) == set(resting["gene"] + resting["trait"])
    assert len(flagged[~flagged["primary"]]) == len(resting)


def test_the_report_shows_no_single_variant(finished):
    html = (finished.output / "report" / "report.html").read_text()
    variants = followed(finished, "variants")
    assert not any(name in html for name in variants["variant"])
    assert not any(
        f"{contig}:{at}" in html for contig, at in zip(variants["contig"], variants["position"], strict=True)
    )
