"""Samples left out by hand: what is read, and what is refused without an id being shown."""

from __future__ import annotations

import pandas as pd
import pytest

from association.problems import InputError
from jobs.quality_control.exclusions import read_exclusions

SAMPLES = ["ALS-1", "ALS-2", "ALS-3"]


@pytest.fixture
def read(tmp_path):
    """Give a function that reads a table of the given lines, fields between blanks."""

    def run(*lines, samples=SAMPLES, name="out.tsv"):
        path = tmp_path / name
        path.write_text("".join("\t".join(line.split(" ", 1)) + "\n" for line in lines))
        return read_exclusions(path, samples)

    return run


@pytest.fixture
def refusal(read):
    """Give a function that has a table refused, and returns its problems as text."""

    def refuse(*lines, **options):
        with pytest.raises(InputError) as caught:
            read(*lines, **options)
        said = [f"{problem.place}: {problem.message}" for problem in caught.value.problems]
        assert not any("ALS-" in line for line in said), said
        return said

    return refuse


def test_reasons_are_read_by_sample(read):
    found = read("sample reason", "ALS-3 consent withdrawn", "ALS-1 swapped with another")
    assert found.to_dict() == {"ALS-3": "consent withdrawn", "ALS-1": "swapped with another"}


def test_columns_may_stand_in_any_order_beside_others(tmp_path):
    path = tmp_path / "out.csv"
    pd.DataFrame({"reason": ["swap"], "who": ["me"], "sample": ["ALS-2"]}).to_csv(path, index=False)
    assert read_exclusions(path, SAMPLES).to_dict() == {"ALS-2": "swap"}


def test_a_table_without_rows_is_refused(refusal):
    (said,) = refusal("sample reason")
    assert "holds no rows" in said


def test_a_sample_that_the_vcfs_do_not_have_is_refused(refusal):
    (said,) = refusal("sample reason", "ALS-1 swap", "ALS-9 swap")
    assert said == "line 3, column 'sample': is not in the VCFs; write ids as they stand there"


def test_samples_are_not_looked_up_where_the_vcfs_are_not_known(read):
    assert read("sample reason", "ALS-9 swap", samples=None).to_dict() == {"ALS-9": "swap"}


@pytest.mark.parametrize("reason", ["", " ", "NA"])
def test_a_row_without_a_reason_is_refused(refusal, reason):
    (said,) = refusal("sample reason", f"ALS-1 {reason}")
    assert "line 2, column 'reason': (empty) is empty; say why the sample is left out" in said


def test_a_sample_that_stands_twice_is_refused(refusal):
    (said,) = refusal("sample reason", "ALS-1 swap", "ALS-2 swap", "ALS-1 consent")
    assert said.startswith("line 4, column 'sample': this sample id stands in an earlier row too")


def test_a_row_without_a_sample_is_refused(refusal):
    (said,) = refusal("sample reason", "NA swap")
    assert said.startswith("line 2, column 'sample': no sample id")


@pytest.mark.parametrize(("header", "missing"), [("sample why", "reason"), ("id reason", "sample")])
def test_a_missing_column_is_refused_with_those_there_are(refusal, header, missing):
    (said,) = refusal(header, "ALS-1 swap")
    assert f"no column '{missing}'" in said
    assert all(f"'{name}'" in said for name in header.split())


def test_all_problems_are_said_at_once(refusal):
    said = refusal("sample reason", "ALS-1 NA", "ALS-9 swap", "ALS-1 swap")
    assert len(said) == 3


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such"):
        read_exclusions(tmp_path / "nowhere.tsv", SAMPLES)
