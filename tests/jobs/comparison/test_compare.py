"""One thing is changed about a study, it is run again, and the comparison names it."""

from __future__ import annotations

import csv
import json
import math

import pandas as pd
import pytest

from association.comparison import causes
from infra.storage import place, put
from jobs.comparison.compare import compare_runs
from tests.cloud.storage_fixture import storage_server
from tests.jobs.comparison.conftest import GENE, MASK, RULES, carriers_of, end_follow_up, shares_of

__all__ = ["storage_server"]


def said(found, heading):
    """Give what a comparison prints under a heading, and before the next."""
    lines = list(found.lines())
    first = next(number for number, line in enumerate(lines) if line.startswith(heading))
    rest = [number for number in range(first + 1, len(lines)) if not lines[number].startswith(" ")]
    return "\n".join(lines[first : rest[0]])


@pytest.fixture(scope="module")
def since(first, died):
    return compare_runs(first.output, died.output)


def test_a_run_compared_with_its_copy_has_changed_in_nothing(first, copy_of, tmp_path, progex):
    twin = copy_of(first.path, tmp_path / "twin")
    done = progex("compare", first.output, twin.output, "--out", tmp_path / "changes")
    assert done.exit_code == 0, done.output
    changes = json.loads((tmp_path / "changes/changes.json").read_text())
    assert changes["rows"] == []
    assert (changes["settings"], changes["versions"]) == ({}, {})
    assert [changes["variants"][name] for name in ("gained", "lost", "reannotated", "remasked")] == [0, 0, 0, 0]
    assert [changes["samples"][name] for name in ("joined", "left")] == [0, 0]
    assert changes["traits"][0]["coefficients"] == []
    assert "cohorts   not a merged study" in done.output
    assert "0 moved by more than ten-fold" in done.output


def test_events_of_the_same_carriers_are_named_with_their_share(since, row_of):
    row = row_of(since)
    assert row["became"] == "moved"
    assert (row["observed_events_old"], row["observed_events_new"]) == (0, row["carriers_new"])
    carriers = row["carriers_new"]
    assert f"{carriers} carriers of both runs now with the event (100% of the burden's move)" in row["why"]
    assert "the p-value was made otherwise: permutation to exact" in row["why"]
    assert shares_of(row)[causes.EVENTS_GAINED] > 0.99
    assert "now with the event" in said(since, "traits")


def test_only_rows_that_moved_more_than_ten_fold_are_listed(since, first, died):
    old, new = (pd.read_parquet(run.output / "results/gene_tests.parquet") for run in (first, died))
    moved = (new["neg_log10_p"] - old["neg_log10_p"]).abs() > 1
    listed = {(row["gene"], row["mask"], row["test"]) for row in since.changes["rows"]}
    assert listed == set(new.loc[moved, ["gene", "mask", "test"]].itertuples(index=False, name=None))
    assert since.changes["results"][0]["moved"] == moved.sum()


def test_the_table_has_every_row_of_the_record_and_columns_that_are_explained(since):
    with (since.folder / "changes.tsv").open() as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert [row["why"] for row in rows] == ["; ".join(row["why"]) for row in since.changes["rows"]]
    explained = pd.read_csv(since.folder / "columns.tsv", sep="\t")
    assert explained["column"].tolist() == list(rows[0])


def test_carriers_that_are_left_out_by_hand_are_named_as_fewer_than_five(died, after, row_of):
    carriers = sorted(set(carriers_of(died.output, GENE).query("count == 1")["sample"]))[:4]

    def leave_out(folder):
        text = "sample\treason\n" + "".join(f"{name}\tmother of {name} withdrew her\n" for name in carriers)
        (folder.path / "left_out.tsv").write_text(text)
        folder.set(qc={"sample": {"exclude": "left_out.tsv"}})

    found = after(died, leave_out)
    row = row_of(found)
    assert shares_of(row)[causes.CARRIERS_LEFT] > 0.5
    assert any(one.startswith("<5 carriers among the samples that left (") for one in row["why"])
    assert found.changes["samples"]["left"] == 4
    assert "0 joined, <5 left" in said(found, "samples")
    assert "left: <5 " in said(found, "samples")
    assert "left: <5 left out by hand" in said(found, "samples")
    page = (found.folder / "changes.html").read_text()
    assert "&lt;5 carriers among the samples that left" in page
    texts = [page, (found.folder / "changes.json").read_text(), *found.lines()]
    assert not [name for name in carriers if any(name in text for text in texts)]


def test_a_variant_that_came_and_calls_that_went_are_told_apart(died, after, row_of):
    carried = carriers_of(died.output, GENE)
    others = sorted(set(pd.read_parquet(died.output / "genes/samples.parquet")["sample"]) - set(carried["sample"]))[
        :8
    ]
    lost = carried.query("count == 1").head(2)

    def call_anew(folder):
        name = f"{lost['contig'].iloc[0]}.vcf.gz"
        header, records = folder.read_vcf(name)
        at = {sample: place for place, sample in enumerate(header[-1].split("\t"))}
        one = next(record for record in records if int(record[1]) == lost["position"].iloc[0])
        reference = next(cell for cell in one[9:] if cell.startswith("0/0"))
        carrier = one[at[lost["sample"].iloc[0]]]
        added = [*one[:9], *(reference for _ in one[9:])]
        added[1] = str(int(one[1]) + 1)
        for sample in others:
            added[at[sample]] = carrier
        for row in lost.itertuples():
            record = next(record for record in records if int(record[1]) == row.position)
            record[at[row.sample]] = next(cell for cell in record[9:] if cell.startswith("0/0"))
            # Another sample carries it in its place, so that the variant stays.
            record[at[others[0]]] = carrier
        records.insert(records.index(one) + 1, added)
        folder.write_vcf(name, header, records)

    found = after(died, call_anew)
    row = row_of(found)
    shares = shares_of(row)
    assert any(one.startswith("1 variant came into the mask (") for one in row["why"])
    assert any(one.startswith("fewer alleles are called in <5 carriers of both runs") for one in row["why"])
    assert any(one.startswith("more alleles are called in <5 carriers of both runs") for one in row["why"])
    told = {causes.VARIANTS_GAINED, causes.CALLS_LOST, causes.CALLS_GAINED}
    assert told <= shares.keys()
    assert sum(share for share in shares.values() if not math.isnan(share)) == pytest.approx(1)
    assert found.changes["variants"]["gained_because"] == {"absent": 1}
    assert found.changes["variants"]["by_gene"]["gained"] == {GENE: 1}


def test_settings_that_changed_are_shown_and_named_as_causes(died, after, row_of):
    def ask_otherwise(folder):
        rules = [rule | {"max_allele_frequency": [0.012]} for rule in RULES]
        rules[0] = rules[0] | {"damaging": {"score": "REVEL", "at_least": 0.9}}
        rules.append({"name": "missense", "max_allele_frequency": [0.012]})
        folder.replace(
            masks=rules,
            tests=[{"test": "burden", "coding": "any"}, {"test": "skat", "weights": "flat"}],
            traits=[
                {"name": "survival", "type": "survival", "endpoint": "death"},
                {"name": "late", "type": "survival"},
            ],
            covariates=["age_at_onset", "sex"],
        )
        folder.set(calibration={"seed": 2})

    found = after(died, ask_otherwise)
    why = " | ".join(row_of(found)["why"])
    for words in (
        "the mask is defined otherwise",
        "the frequency ceiling changed from 0.2 to 0.012",
        "the weights or coding changed from sum to any",
        "the settings of calibration changed",
        "left the mask",
        "the trait is defined or read otherwise",
        "the null model has other covariates or strata",
    ):
        assert words in why
    assert "the omnibus is over other tests" in " | ".join(row_of(found, test="omnibus")["why"])
    settings = said(found, "settings")
    assert "- calibration.seed: 1" in settings
    assert "+ calibration.seed: 2" in settings
    assert "+ covariates" in settings
    trait = found.changes["traits"][0]
    assert {one["name"] for one in trait["coefficients"]} >= {"sex=male"}
    assert '+ definition.endpoint: "death"' in trait["definition"]
    assert set(found.changes["variants"]["lost_because"]) == {"common"}
    assert found.changes["traits_added"] == ["late"]
    rows = found.changes["rows"]
    assert {tuple(row["why"]) for row in rows if row["trait"] == "late"} == {
        ("the trait was not in the study before",)
    }
    asked = [row for row in rows if row["trait"] == "survival" and row["mask"] == "missense"]
    assert {(row["became"], *row["why"]) for row in asked} == {
        ("newly tested", "the other run did not ask for this mask, ceiling or test")
    }


def test_a_gene_under_another_name_is_the_same_gene(first, after):
    def rename(folder):
        for path in (folder.path / "vcf").glob("*.vcf.gz"):
            header, records = folder.read_vcf(path.name)
            folder.write_vcf(
                path.name, header, [[cell.replace(GENE, "RENAMED") for cell in record] for record in records]
            )
        end_follow_up(folder, set(carriers_of(first.output, GENE)["sample"]), days=90, dead=True)

    found = after(first, rename)
    assert found.changes["variants"]["genes_renamed"] == {GENE: "RENAMED"}
    assert found.changes["variants"]["gained"] == found.changes["variants"]["lost"] == 0
    assert f"gene {GENE} is RENAMED now" in said(found, "variants")
    own = [row for row in found.changes["rows"] if row["gene"] == "RENAMED" and row["mask"] == MASK]
    assert {row["became"] for row in own} == {"moved"}
    assert all(f"the gene was called {GENE} before" in row["why"] for row in own)
    assert shares_of(own[0])[causes.EVENTS_GAINED] > 0.99


def test_nothing_that_is_written_or_printed_holds_a_sample_id(since, died):
    ids = pd.read_parquet(died.output / "genes/samples.parquet")["sample"]
    texts = [path.read_text() for path in since.folder.iterdir()] + ["\n".join(since.lines())]
    assert len(texts) == 5
    assert not [name for name in ids if any(name in text for text in texts)]


def test_runs_in_a_bucket_compare_as_on_a_disk(since, first, died, storage_server):
    folders = [place(f"gs://lab/{name}/out") for name in ("first", "died")]
    for run, folder in zip((first, died), folders, strict=True):
        put(run.output, folder, leave_out=["stages", "comparison"])
    found = compare_runs(*folders)
    assert found.changes == since.changes
    assert (folders[1] / "comparison/changes.html").read_text() == (since.folder / "changes.html").read_text()


def test_what_can_not_be_compared_is_refused_all_at_once_and_leaves_nothing(first, tmp_path, progex):
    done = progex("compare", tmp_path / "nowhere", tmp_path / "neither", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert done.output.count("no run.json: no run was finished here") == 2
    same = progex("compare", first.output, first.output, "--out", tmp_path / "out")
    assert same.exit_code == 2
    assert "is both the old run and the new one" in same.output
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_else_is_not_written_over(first, died, tmp_path, progex):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("all of it")
    done = progex("compare", first.output, died.output, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "holds no comparison" in done.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]
