"""Who was left out, and what study files name, where few or single people could be found by it."""

from jobs.report.numbers import FEW
from jobs.report.withheld.cohort import withhold_cohort
from jobs.report.withheld.record import withhold_run, withhold_settings
from jobs.traits.genotyped import EXCLUDED

LEAST = 5


def rule(step, excluded, before=300, unit="sample"):
    return {"step": step, "unit": unit, "before": before, "excluded": excluded, "after": before - excluded}


def trait(name="survival", samples=280, events=100, **changes):
    return {"name": name, "samples": samples, "events": events, "exclusions": [], "details": {}, **changes}


def test_samples_before_and_after_go_with_few_that_were_excluded():
    rules, _ = withhold_cohort([rule("call rate", 3), rule("depth", 12), rule("all", 15)], [trait()], LEAST)
    assert [row["excluded"] for row in rules] == [FEW, 12, None]
    assert {row["before"] for row in rules} == {row["after"] for row in rules} == {None}


def test_rules_that_excluded_enough_are_told_whole():
    rules, _ = withhold_cohort([rule("depth", 12), rule("all", 12)], [trait()], LEAST)
    assert [(row["before"], row["excluded"], row["after"]) for row in rules] == [(300, 12, 288)] * 2


def test_calls_do_not_give_the_samples_that_they_are_of():
    calls = rule("depth", 26_042, before=1_883_022, unit="genotype")
    variants = rule("filter", 125, before=6_286, unit="variant")
    rules, _ = withhold_cohort([calls, variants], [], LEAST)
    assert [row["before"] for row in rules] == [1_900_000, 6_286]


def test_totals_are_rounded_where_their_difference_is_of_few():
    _, traits = withhold_cohort([], [trait(), trait("slope", samples=277)], LEAST)
    assert [row["samples"] for row in traits] == [280, 275]
    _, traits = withhold_cohort([], [trait(), trait("slope", samples=270)], LEAST)
    assert [row["samples"] for row in traits] == [280, 270]


def test_a_total_does_not_give_few_exclusions_by_those_that_are_told():
    exclusions = [{"reason": "no visit", "count": 9}, {"reason": "no onset", "count": 3}]
    rules, traits = withhold_cohort([rule("all", 0, before=292)], [trait(exclusions=exclusions)], LEAST)
    assert [one["count"] for one in traits[0]["exclusions"]] == [9, FEW]
    assert (rules[0]["before"], rules[0]["after"], traits[0]["samples"]) == (None, None, 280)


def test_exclusions_that_only_just_fill_a_total_are_not_settled_by_it():
    reasons = [{"reason": "no visit", "count": 4}, {"reason": "no onset", "count": 4}]
    _, traits = withhold_cohort([], [trait("a", samples=288), trait(exclusions=reasons)], LEAST)
    assert [row["samples"] for row in traits] == [290, 280]
    _, traits = withhold_cohort([], [trait("a", samples=287), trait(exclusions=reasons)], LEAST)
    assert [row["samples"] for row in traits] == [287, 280]


def test_whom_quality_control_excluded_is_told_of_traits_only_where_its_rules_tell_it():
    quality = [{"reason": EXCLUDED, "count": 8}]
    rules, traits = withhold_cohort([rule("depth", 6), rule("all", 8)], [trait(exclusions=quality)], LEAST)
    assert [row["excluded"] for row in rules] == [6, None]
    assert traits[0]["exclusions"] == []


def test_person_months_of_two_endpoints_do_not_differ_by_one_persons():
    _, traits = withhold_cohort([], [trait(person_months=6521.5), trait("death", person_months=6538.9)], LEAST)
    assert {row["person_months"] for row in traits} == {6500}


def test_events_are_not_told_where_few_have_them_or_have_them_not():
    _, traits = withhold_cohort([], [trait(events=3), trait("b", events=277), trait("c", events=100)], LEAST)
    assert [row["events"] for row in traits] == [None, None, 100]


def test_coefficients_go_with_a_level_that_few_have_even_the_one_that_is_not_named():
    names = ["age", "site=B", "site=C", "sex=female", "sex=female x months", "site=B x months"]
    coefficients = [{"name": name, "estimate": 0.1, "standard_error": 0.1} for name in names]

    def told(**levels):
        given = trait(coefficients=coefficients, levels={"age": 280, **levels})
        _, traits = withhold_cohort([], [given], LEAST)
        assert "levels" not in traits[0]
        return [one["name"] for one in traits[0]["coefficients"]]

    assert told(**{"site=B": 90, "site=C": 3, "sex=female": 120}) == ["age", "sex=female", "sex=female x months"]
    assert told(**{"site=B": 90, "site=C": 60, "sex=female": 277}) == [name for name in names if "sex" not in name]
    assert told(**{"site=B": 90, "site=C": 60, "sex=female": 120}) == names


def test_a_share_of_a_known_number_of_events_is_told_where_it_is_not_of_few():
    details = {"events": 100.0, "tied_fraction": 0.03, "families": 2.0, "categories": 3.0, "heritability": 0.4}
    _, traits = withhold_cohort([], [trait(details=details)], LEAST)
    assert traits[0]["details"] == {"categories": 3.0, "heritability": 0.4}
    _, traits = withhold_cohort([], [trait(details={"tied_fraction": 0.3})], LEAST)
    assert traits[0]["details"] == {"tied_fraction": 0.3}


def test_settings_name_no_file_no_folder_and_nobody():
    settings = {
        "name": "A study",
        "output": "/home/anna/out",
        "participants": {"path": "x.tsv", "codes": {"P17": "x"}},
        "traits": [{"name": "survival", "kinship": "kin", "polygenic_offset": "prs.tsv"}],
        "qc": {"sample": {"exclude": "P17", "min_call_rate": 0.9}, "ancestry": {"panel": "gs://lab/panel"}},
        "masks": [{"name": "own", "where": "REVEL / 2 > 0.2"}],
        "gene_lists": [{"name": "als", "path": "lists/als.txt"}],
        "annotation": {"files": ["C:\\data\\anna.vcf", "plain"]},
    }
    assert withhold_settings(settings) == {
        "name": "A study",
        "traits": [{"name": "survival"}],
        "qc": {"sample": {"min_call_rate": 0.9}, "ancestry": {}},
        "masks": [{"name": "own", "where": "REVEL / 2 > 0.2"}],
        "gene_lists": [{"name": "als"}],
        "annotation": {"files": ["plain"]},
    }


def test_a_record_tells_neither_inputs_nor_counts():
    stage = {"name": "samples", "seconds": 1.0, "reused": False}
    run = {"versions": {"progex": "1"}, "inputs": [{"name": "P17.vcf.gz"}]}
    run["stages"] = [stage | {"counts": {"excluded": 2}, "key": "ab"}]
    assert withhold_run(run) == {"versions": {"progex": "1"}, "stages": [stage]}
