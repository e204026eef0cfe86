"""What a rerun does again, and what it takes over."""

from __future__ import annotations

import pandas as pd
import yaml

from tests.jobs.run.finished_runs import FOLLOW_UPS, TESTED, TRAITS, followed, redone, results_of


def test_a_rerun_does_nothing_again_and_starts_no_java(again, finished, no_java):
    assert redone(again) == []
    pd.testing.assert_frame_equal(results_of(again), results_of(finished), check_exact=True)


def test_a_changed_alpha_redoes_the_report_alone(again, no_java):
    outdated = [
        again.output / "report" / name for name in ("report_site.html", "gene_SIM000.html", "null_models.html")
    ]
    for page in outdated:
        page.write_text("of earlier results")
    again.set(alpha=0.01)
    assert redone(again) == ["report"]
    assert not [page for page in outdated if page.exists()]


def test_a_changed_test_redoes_the_scan_and_what_follows_without_java(again, no_java):
    again.set(tests=[{"test": "burden", "weights": "beta_1_25"}])
    assert redone(again) == TESTED
    assert set(results_of(again)["test"]) == {"burden"}


def test_a_lower_ceiling_beside_the_highest_redoes_the_scan_and_what_follows(again, finished, no_java):
    again.set(masks=[{"name": "synonymous", "max_allele_frequency": [0.1, 0.2]}])
    assert redone(again) == TESTED
    kept, before = results_of(again), results_of(finished)
    pd.testing.assert_frame_equal(
        kept[kept["max_af"] == 0.2].reset_index(drop=True),
        before[before["mask"] == "synonymous"].reset_index(drop=True),
        rtol=1e-10,
    )


def test_a_changed_trait_redoes_traits_and_what_follows_without_java(again, no_java):
    again.set(traits=[{"name": "survival", "type": "survival", "origin": "diagnosis"}])
    assert redone(again) == ["traits", "scan survival", "follow up survival", "results", "gene profiles", "report"]
    assert set(results_of(again)["trait"]) == {"survival"}
    # One trait by itself: nothing is left of what two of an earlier run were together.
    assert not (again.output / "traits_together").exists()


def test_a_trait_that_is_added_is_scanned_alone_without_java(again, finished, no_java):
    settings = yaml.safe_load(again.study.read_text())
    again.set(traits=[{"name": "cmap", "type": "baseline", "measure": "cmap"}, *settings["traits"]])
    assert redone(again) == [
        "traits",
        "scan cmap",
        "follow up cmap",
        "traits together",
        "results",
        "gene profiles",
        "report",
    ]
    rows, before = results_of(again), results_of(finished)
    assert list(dict.fromkeys(rows["trait"])) == ["cmap", *TRAITS]
    pd.testing.assert_frame_equal(rows[rows["trait"] != "cmap"].reset_index(drop=True), before, check_exact=True)


def test_a_changed_table_redoes_traits_and_what_follows_without_java(again, no_java):
    def older(rows):
        age = rows[0].index("age_at_onset")
        return [*rows[:-1], [*rows[-1][:age], str(float(rows[-1][age]) + 1), *rows[-1][age + 1 :]]]

    again.edit_table("participants.tsv", older)
    assert redone(again) == ["traits", *TESTED]


def test_a_result_that_was_removed_is_made_again_and_nothing_else(again, finished, no_java):
    (removed,) = again.output.glob("stages/scan_survival-*/gene_tests.parquet")
    removed.unlink()
    assert redone(again) == ["scan survival"]
    pd.testing.assert_frame_equal(results_of(again), results_of(finished), check_exact=True)


def test_a_changed_highest_ceiling_redoes_the_carriers_and_what_follows(again):
    again.set(masks=[{"name": "synonymous", "max_allele_frequency": [0.1]}])
    assert redone(again) == ["variants", "qc page", "gene store", "traits", *TESTED]


def test_more_genes_to_follow_up_redo_the_follow_up_and_the_report(again, finished, no_java):
    again.set(follow_up={"genes": 1})
    assert redone(again) == [*FOLLOW_UPS, "results", "gene profiles", "report"]
    assert len(followed(again, "effects")) == 2 < len(followed(finished, "effects"))


def test_single_variants_are_tested_when_asked_for(again, finished, no_java):
    again.set(follow_up={"single_variants": True})
    assert redone(again) == [*FOLLOW_UPS, "results", "gene profiles", "report"]
    every, some = followed(again, "single_variants"), followed(finished, "variants")
    store = pd.concat(pd.read_parquet(path) for path in finished.output.glob("genes/part-*.parquet"))
    assert len(every) == 2 * len(store)
    merged = some.merge(every, on=["variant", "gene", "trait"], suffixes=("", "_every"))
    assert len(merged) == len(some)
    for name in ("p_value", "effect", "carriers", "method"):
        pd.testing.assert_series_equal(merged[name], merged[name + "_every"], check_names=False, check_exact=True)
