"""A run of 300 patients: what its report for others holds, in every file, and that secrets change none of it."""

import random
import re
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from association.results import FEW_CARRIERS
from jobs.comparison.compared_run import read_compared
from jobs.rebuild_report import rebuild_report
from jobs.report import write_report_files
from jobs.report.audience import Audience
from jobs.report.numbers import FEW
from jobs.report.withheld import withhold
from jobs.report.withheld.p_values import neg_log10, rounded
from jobs.report_inputs import finished_folders, gather_inputs
from jobs.report_names import report_names
from jobs.run import run_study
from jobs.simulate_cohort import simulate_cohort

LEAST = 5
# Columns that count people, or alleles that one of them may have, in any table.
COUNTS = re.compile(
    r"(carriers|observed_events|events|events_carriers|events_others|carriers_with_event|others|at_risk|allele_count|"
    r"minor_allele_count|missing|count|left_out|samples_both|patients|carriers_of_levels|observed_of_levels)"
    r"(_main|_excluded|_adjusted)?"
)


@pytest.fixture(scope="module")
def finished(copy_of, tmp_path_factory):
    """Run a study of 300 patients and 16 genes that asks for everything."""
    source = tmp_path_factory.mktemp("simulated") / "cohort"
    simulate_cohort(source, samples=300, genes=16, seed=5)
    folder = copy_of(source, tmp_path_factory.mktemp("finished") / "cohort")
    draw = random.Random(1)
    folder.edit_table(
        "participants.tsv",
        lambda rows: [
            [*row, "c9" if not at else "yes" if draw.random() < 0.03 else "no"] for at, row in enumerate(rows)
        ],
    )
    (folder.path / "panel.txt").write_text("\n".join(f"SIM{number:03}" for number in range(1, 9)))
    traits = [
        {"name": "survival", "type": "survival"},
        {"name": "alsfrs_slope", "type": "alsfrs_slope"},
        {"name": "nerve", "type": "baseline", "measure": "cmap"},
    ]
    folder.set(
        traits=traits,
        masks=[
            {"name": "plof", "max_allele_frequency": [0.01]},
            {"name": "missense", "max_allele_frequency": [0.01, 0.001]},
            {"name": "synonymous", "max_allele_frequency": [0.01]},
        ],
        calibration={"max_permutations": 1000, "family_permutations": 200},
        follow_up={"genes": 3},
        gene_lists=[{"name": "own", "version": "1", "path": "panel.txt"}],
        known_genes={"columns": ["c9"]},
        interactions=[{"covariate": "sex"}],
        mechanism=[{"mediator": "nerve", "genes": ["list:own"]}],
        compute={"cores": 1},
    )
    run_study(folder.study)
    return folder


@pytest.fixture(scope="module")
def gathered(finished):
    run = read_compared(finished.output)
    given = {"settings": run.study.model_dump(mode="json"), "run": run.record, "audience": Audience.CONSORTIUM}
    return gather_inputs(run.study, finished_folders(finished.output), **given)


def texts_of(folder, names):
    """Give every file of a report as text, workbooks by their parts; pixels of points are no text."""
    found = {}
    for name in names.all():
        for path in [folder / name] if (folder / name).is_file() else sorted((folder / name).iterdir()):
            if path.suffix == ".xlsx":
                with zipfile.ZipFile(path) as book:
                    found |= {f"{path.name}/{part}": book.read(part).decode() for part in book.namelist()}
            elif path.suffix != ".png":
                found[path.name] = path.read_text(encoding="utf-8")
    return found


def small_counts(table):
    """Give the cells of a table that tell a count of 1 to 4 people."""
    for column in filter(COUNTS.fullmatch, map(str, table)):
        rows = table[table["unit"] == "sample"] if "unit" in table else table
        for cell in rows[column].dropna().astype(str):
            yield from ((column, part) for part in cell.split(";") if re.fullmatch(r"[1-4](\.0*)?", part))


def tables_of(folder, names):
    for path in sorted((folder / names.tables).glob("*.tsv")):
        yield path.name, pd.read_csv(path, sep="\t", dtype=str)
    for sheet in load_workbook(folder / names.workbook):
        header, *rows = sheet.iter_rows(values_only=True)
        yield sheet.title, pd.DataFrame(rows, columns=header)


def test_a_run_leaves_a_report_for_others_with_its_figures_and_tables(finished):
    names, folder = report_names("consortium"), finished.output / "report"
    assert all((folder / name).exists() for name in names.all())
    figures = pd.read_csv(folder / names.figures / "figures.tsv", sep="\t")
    assert {"genome-survival.svg", "genome-survival.png", "attrition.svg"} <= set(figures["file"])
    assert not (folder / report_names("site").page).exists()
    tables = {name for name, _ in tables_of(folder, names)}
    assert {"gene_tests.tsv", "gene_sets", "known_genes", "interactions", "mechanism", "about"} <= tables


def test_no_file_for_others_names_a_patient_or_an_input(finished):
    patients = pd.read_csv(finished.path / "participants.tsv", sep="\t")["sample"].tolist()
    told = texts_of(finished.output / "report", report_names("consortium"))
    assert len(told) > 10
    for name, text in told.items():
        words = set(re.findall(r"[\w.-]+", text))
        assert not words & set(patients), name
        assert "participants.tsv" not in text, name
        assert str(finished.path) not in text, name


def test_no_table_for_others_counts_few_people_and_the_sites_tables_do(finished):
    folder = finished.output / "report"
    for name, table in tables_of(folder, report_names("consortium")):
        assert not list(small_counts(table)), name
    rebuild_report(finished.output, Audience.SITE)
    found = {name for name, table in tables_of(folder, report_names("site")) if list(small_counts(table))}
    assert {"gene_tests.tsv", "gene_tests", "exclusions", "follow_up_variants.tsv"} <= found


def test_a_report_made_anew_is_the_one_that_the_run_left(finished, tmp_path):
    page = rebuild_report(finished.output, Audience.CONSORTIUM, tmp_path / "anew")
    assert page == tmp_path / "anew" / "report.html"
    names = report_names("consortium")
    left, anew = (texts_of(folder, names) for folder in (finished.output / "report", tmp_path / "anew"))
    # The run's record is whole only after the report.
    record = re.compile(r'<section aria-labelledby="record">.*?</section>', re.DOTALL)
    assert set(anew) == set(left)
    assert [name for name in left if record.sub("", anew[name]) != record.sub("", left[name])] == []


@pytest.mark.parametrize("place", ["/proc/x", pytest.param("/sys/xx", marks=pytest.mark.slow)])
def test_a_place_that_nothing_can_be_written_to_is_the_users_error(finished, progex, place):
    done = progex("report", finished.output, "--out", place)
    assert done.exit_code == 2, done.output
    assert f"{place}: 1 problem" in done.output
    assert "--out: can't be written: " in done.output
    assert "name another folder" in done.output


def test_a_report_without_profiles_of_genes_says_so_on_the_terminal(finished, progex, tmp_path):
    output = tmp_path / "out"
    shutil.copytree(finished.output, output, ignore=shutil.ignore_patterns("gene_profiles", "stages"))
    done = progex("report", output)
    assert done.exit_code == 0, done.output
    assert "note: gene_profiles/ is missing" in done.output
    assert "progex run" in done.output
    whole = progex("report", finished.output, "--out", tmp_path / "whole")
    assert "note:" not in whole.output


def test_tables_that_are_damaged_are_told_together_and_no_page_is_left(finished, progex, tmp_path):
    output = tmp_path / "out"
    shutil.copytree(finished.output, output, ignore=shutil.ignore_patterns("report", "stages"))
    for name in ("gene_profiles/curves.parquet", "follow_up/effects.parquet"):
        (output / name).write_bytes(b"")
    for command in (("report", output), ("gene", "SIM001", output, "--no-open")):
        done = progex(*command)
        assert done.exit_code == 2, done.output
        assert "follow_up/effects.parquet: can't be read: it is damaged; run the study again" in done.output
        assert "gene_profiles/curves.parquet: can't be read" in done.output
    assert not (output / "report").exists()


def changed_in_secret(inputs, seed):
    """Change everything that is withheld to something else that would be withheld."""
    draw = np.random.default_rng(seed)
    shown, rows = withhold(inputs).results, inputs.results.copy()
    few = shown["carriers"] == FEW
    described = rows["flags"].fillna("").str.contains(FEW_CARRIERS)
    other = np.where(described, draw.integers(1, 3, len(rows)), draw.integers(3, 5, len(rows)))
    rows["carriers"] = rows["carriers"].mask(few, other)
    silent = few | (shown["observed_events"].isna() & rows["observed_events"].notna())
    few_events = shown["observed_events"] == FEW
    enough = rows["carriers"] - rows["observed_events"] >= LEAST
    events = draw.integers(1, LEAST, len(rows)).astype(float)
    safe = few_events & enough & (rows["carriers"] >= 2 * LEAST)
    rows["observed_events"] = (
        rows["observed_events"].mask(safe, events).mask(few, np.minimum(events, rows["carriers"]))
    )
    for name in ("variants", "minor_allele_count", "permutations", "exceedances"):
        rows[name] = rows[name].astype(float).mask(few & rows[name].notna(), draw.integers(1, 500, len(rows)))
    for name in ("expected_events", "effect", "standard_error", "p_asymptotic", "neg_log10_p_asymptotic"):
        noise = draw.uniform(0.01, 0.9, len(rows))
        rows[name] = rows[name].astype(float).mask((silent | few_events) & rows[name].notna(), noise)
    p_value = rounded(rows["p_value"])
    exact = (rows["p_lower"] == rows["p_value"]) & few
    rows["neg_log10_p"] = rows["neg_log10_p"].mask(few, neg_log10(p_value, rows["neg_log10_p"]))
    rows["p_lower"], rows["p_upper"] = (rows[name].mask(exact, p_value) for name in ("p_lower", "p_upper"))
    rows["p_value"] = rows["p_value"].mask(few, p_value)
    attrition = [dict(row) for row in inputs.attrition]
    for row in attrition:
        if row["unit"] == "sample" and 0 < row["excluded"] < LEAST:
            row["excluded"] = int(draw.integers(1, LEAST))
        if row["unit"] == "sample":
            row["before"] = 300 + seed
            row["after"] = row["before"] - row["excluded"]
    traits = [
        summary
        | {
            "exclusions": [
                {**one, "count": int(draw.integers(1, LEAST)) if one["count"] < LEAST else one["count"]}
                for one in summary["exclusions"]
            ]
        }
        for summary in inputs.traits
    ]
    known = inputs.known_genes.copy()
    hidden = known["carriers_main"].between(1, LEAST - 1)
    known["effect_main"] = known["effect_main"].mask(hidden, 0.123)
    run = dict(inputs.run) | {"inputs": [{"name": f"PATIENT{seed}.vcf.gz"}]}
    return replace(inputs, results=rows, attrition=attrition, traits=traits, known_genes=known, run=run)


@pytest.mark.parametrize("seed", [1])
def test_files_for_others_are_the_same_whatever_is_withheld(gathered, tmp_path, seed):
    secret = changed_in_secret(gathered, seed)
    assert not secret.results.equals(gathered.results)
    written = []
    for name, inputs in (("one", gathered), ("other", secret)):
        folder = tmp_path / name
        folder.mkdir()
        write_report_files(folder, inputs)
        written.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    one, other = written
    assert set(one) == set(other)
    assert [str(name) for name in one if one[name] != other[name]] == []
