"""The report of a meta-analysis: the numbers of its tables, its cohorts, and plainly what was not checked."""

import errno
import json
import math
import os
import re
import shutil
import sys
from html import unescape

import numpy as np
import pandas as pd
import pytest

from association.null_models.cox import fit_cox
from association.null_models.design import Design
from hail_pipelines.places import readable
from infra.storage import place, put
from jobs.consortium.meta import meta_analyse
from jobs.report.consortium import Consortium, about_cohorts
from tests.cloud.storage_fixture import storage_server
from tests.jobs.consortium.made_share import make_share

__all__ = ["storage_server"]

SIZES = {"north": 160, "south": 120, "west": 140}
# Carriers of three variants; the effect is in the north alone.
CARRIERS = {"north": (12, 9, 8), "south": (7, 10, 6), "west": (9, 8, 11)}


@pytest.fixture(scope="module")
def shares(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("shares"), np.random.default_rng(8)
    made = []
    for cohort, samples in SIZES.items():
        dosages, order = np.zeros((samples, 3)), rng.permutation(samples)
        for at, number in enumerate(CARRIERS[cohort]):
            dosages[order[:number], at] = 1
            order = order[number:]
        carrier = dosages.any(axis=1) & (cohort == "north")
        death, censored = rng.exponential(np.where(carrier, 6, 20)) + 1, rng.uniform(5, 40, samples)
        design = Design(("age",), rng.normal(size=(samples, 1)))
        model = fit_cox(np.zeros(samples), np.minimum(death, censored), (death <= censored) * 1.0, design).model
        strata = np.zeros(samples, np.int64)
        made.append(make_share(folder / cohort, cohort, dosages, model, positions=(10, 20, 30), strata=strata))
    return made


@pytest.fixture(scope="module")
def combined(shares, tmp_path_factory):
    out = tmp_path_factory.mktemp("meta") / "out"
    meta_analyse(shares, out, unchecked=True)
    return out


@pytest.fixture(scope="module")
def page(combined):
    return (combined / "report.html").read_text()


def text_of(page):
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def forest_texts(page):
    """Give the texts of the forest plot, in the order they are drawn."""
    (figure,) = re.findall(r"<svg[^>]*aria-label=\"Effects of the leading genes.*?</svg>", page, flags=re.DOTALL)
    return [unescape(one).strip() for one in re.findall(r"<text[^>]*>(.*?)</text>", figure, flags=re.DOTALL)]


def written(value):
    """Write an effect: two decimals, and two digits of what is below a tenth."""
    decimals = 2 if abs(value) >= 0.1 else 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{decimals}f}".replace("-", "\u2212")


def written_p(neg_log10_p):
    """Write a p-value by another route than the page's: from the p-value itself."""
    p = 10**-neg_log10_p
    if p >= 0.001:
        return f"{p:.{1 - math.floor(math.log10(p))}f}"
    mantissa, exponent = f"{p:.1e}".split("e-")
    return f"{mantissa}\u202f\u00d7\u202f10⁻{''.join('⁰¹²³⁴⁵⁶⁷⁸⁹'[int(one)] for one in str(int(exponent)))}"


def test_every_number_of_the_forest_plot_is_that_of_the_tables(combined, page):
    forest, whole = (pd.read_parquet(combined / f"{name}.parquet") for name in ("forest", "heterogeneity"))
    texts = forest_texts(page)
    rows = [*forest.to_dict("records"), whole.iloc[0].to_dict() | {"cohort": "all cohorts"}]
    assert len(rows) == 4
    for row in rows:
        lower, upper = (row["effect"] + sign * 1.959964 * row["standard_error"] for sign in (-1, 1))
        numbers = [written(one) for one in (row["effect"], lower, upper)]
        assert "{} ({} to {})".format(*numbers) in texts
        assert row["cohort"] in texts
        if row["cohort"] != "all cohorts":
            assert row["carriers"] == sum(CARRIERS[row["cohort"]])
            assert texts.count(str(row["carriers"])) == 1
            assert written_p(row["neg_log10_p_without"]) in texts
    (one,) = whole.to_dict("records")
    title = next(text for text in texts if text.startswith("GENE"))
    assert one["cohorts"] == 3
    assert f"Q {one['cochran_q']:.2f}, p of Q {written_p(one['neg_log10_p_q'])}" in title
    assert title.endswith(f"I² {100 * one['i_squared']:.0f}%")


def test_the_diamond_is_the_inverse_variance_mean_of_the_cohorts(combined):
    forest, whole = (pd.read_parquet(combined / f"{name}.parquet") for name in ("forest", "heterogeneity"))
    weight = 1 / forest["standard_error"] ** 2
    mean = (weight * forest["effect"]).sum() / weight.sum()
    assert whole.loc[0, "effect"] == pytest.approx(mean, rel=1e-12)
    assert whole.loc[0, "standard_error"] == pytest.approx(weight.sum() ** -0.5, rel=1e-12)
    q = (weight * (forest["effect"] - mean) ** 2).sum()
    assert whole.loc[0, "cochran_q"] == pytest.approx(q, rel=1e-9)
    burden = pd.read_parquet(combined / "gene_tests.parquet").query("test == 'burden' and weights == 'flat'")
    assert whole.loc[0, "neg_log10_p"] == pytest.approx(burden["neg_log10_p_asymptotic"].item(), rel=1e-12)


def test_the_page_names_cohorts_and_counts_and_nothing_of_a_study_of_its_own(page):
    text = text_of(page)
    assert "Meta-analysis of north, south and west" in text
    assert "420 patients. Of 1 genes, 1 have at least 3 carriers" in text
    for cohort, samples in SIZES.items():
        assert f"Trait {cohort} {samples}" in text
    assert "Null models" not in text
    assert "null_models_site.html" not in page
    assert "80" in text, "carriers, each once"


def test_the_page_leads_nowhere_that_is_not_there_and_needs_no_network(page):
    shown = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    ids = re.findall(r'\bid="([^"]+)"', shown)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'href="#([^"]+)"', shown)
    assert {target.partition("?")[0] for target in targets} <= set(ids)
    assert "#cohorts" in shown
    assert not re.findall(r'(?:src|href)="(?!#)[^"]+"', shown)


def test_a_gene_with_a_small_p_value_passes_the_line(combined, page):
    rows = pd.read_parquet(combined / "gene_tests.parquet").query("primary")
    assert rows["p_value"].item() < 0.05
    assert "1 gene passes the family-wise 5% line" in re.sub(r" +", " ", text_of(page))


def test_what_was_not_checked_is_said_in_the_record_and_the_page(combined, page):
    pairs = json.loads((combined / "meta.json").read_text())["overlap"]
    assert [(pair["first"], pair["second"]) for pair in pairs] == [
        ("north", "south"),
        ("north", "west"),
        ("south", "west"),
    ]
    assert pairs[0]["unchecked"] == "there are no fingerprints of north and south"
    text = re.sub(r" +", " ", text_of(page))
    assert "It was not checked whether a person is in both north and south" in text
    assert "Nobody has checked whether a person is in both south and west" in text


def test_relatives_across_cohorts_are_a_caution_on_the_page():
    pair = {"first": "north", "second": "south", "unchecked": None, "relatives": "<5"}
    traits = [{"trait": "trait", "cohort": cohort, "samples": 9, "events": None} for cohort in ("north", "south")]
    empty = pd.DataFrame()
    said = list(about_cohorts(Consortium([], traits, [pair], {}, empty, empty), "trait"))
    assert next(unescape(one) for one in said).startswith("Pairs of close relatives across north and south: <5.")


def test_kit_caller_and_events_are_on_the_page_where_they_are_told(shares, tmp_path):
    for share in shares[:2]:
        told = json.loads((share / "share.json").read_text()) | {"capture_kit": "Kit <7>", "caller": "GATK 4.5"}
        told["traits"]["trait"]["events"] = 61
        shutil.copytree(share, tmp_path / share.name)
        (tmp_path / share.name / "share.json").write_text(json.dumps(told))
    meta_analyse([tmp_path / share.name for share in shares[:2]], tmp_path / "out", unchecked=True)
    page = (tmp_path / "out/report.html").read_text()
    assert page.count("<td>Kit &lt;7&gt;</td><td>GATK 4.5</td>") == 2
    assert page.count('<td class="n">61</td>') == 2
    assert "122" in text_of(page), "events of both together"


def test_the_order_of_sites_does_not_matter(shares, combined, tmp_path):
    meta_analyse([shares[at] for at in (2, 0, 1)], tmp_path / "out", unchecked=True)
    for name in ("gene_tests", "heterogeneity"):
        one, other = (pd.read_parquet(folder / f"{name}.parquet") for folder in (combined, tmp_path / "out"))
        pd.testing.assert_frame_equal(one, other, rtol=1e-9)


def test_the_command_refuses_what_can_not_be_compared_and_tells_where_the_report_is(shares, tmp_path, progex):
    refused = progex("meta", *shares, "--out", tmp_path / "out")
    assert refused.exit_code == 2
    assert "3 problems" in refused.stderr
    assert "--overlap unchecked" in refused.stderr
    assert not (tmp_path / "out").exists()
    done = progex("meta", *shares, "--out", tmp_path / "out", "--overlap", "unchecked")
    assert done.exit_code == 0
    assert f"report: {tmp_path / 'out' / 'report.html'}" in done.stdout
    assert "trait: 3 cohorts (north, south, west)" in done.stdout
    again = progex("meta", *shares, "--out", tmp_path / "out", "--overlap", "unchecked")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


def test_shares_in_a_bucket_give_the_same_and_the_folder_may_be_there_too(shares, combined, storage_server, progex):
    places = [place(f"gs://lab/{share.name}") for share in shares]
    for share, there in zip(shares, places, strict=True):
        put(share, there)
    done = progex("meta", *places, "--out", "gs://lab/meta", "--overlap", "unchecked")
    assert done.exit_code == 0
    assert "report: gs://lab/meta/report.html" in done.stdout
    found = pd.read_parquet(readable(place("gs://lab/meta/gene_tests.parquet")))
    pd.testing.assert_frame_equal(found, pd.read_parquet(combined / "gene_tests.parquet"))
    again = progex("meta", *places, "--out", "gs://lab/meta", "--overlap", "unchecked")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


def test_a_full_disk_is_told_and_nothing_is_left_on_it(shares, small_disk):
    disk, run = small_disk
    command = ("-c", "from jobs.cli import main; main()", "meta", *map(str, shares), "--overlap", "unchecked")
    done = run(16, sys.executable, *command, "--out", str(disk / "meta"))
    assert done.returncode == 2, done.stderr
    assert f"{os.strerror(errno.ENOSPC)}; make room there" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.split("\n")[-2] == str(disk)
