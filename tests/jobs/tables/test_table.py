"""Clinical tables: what is read, and what is refused with which words."""

import gzip

import numpy as np
import pandas as pd
import pytest

from association.problems import InputError
from jobs.tables import read_participants, read_visits

COLUMNS = {"sample": "id", "onset_date": "onset", "event": "died"}


def write(folder, text, name="patients.tsv"):
    path = folder / name
    path.write_text(text)
    return path


def read(path, **more):
    options = {"dates": ["onset_date"], "numbers": ["event"], "as_is": ["sex"]} | more
    return read_participants(path, COLUMNS, **options)


def problems_of(path, **more):
    with pytest.raises(InputError) as caught:
        read(path, **more)
    return {problem.place: problem.message for problem in caught.value.problems}


def test_columns_are_mapped_and_rows_sorted_by_sample(tmp_path):
    table = read(write(tmp_path, "id\tonset\tdied\tsex\textra\nb\t2020-02-01\t1\tF\tx\na\tNA\t0\t\ty\n"))
    assert table["sample"].tolist() == ["a", "b"]
    assert table["onset_date"].tolist() == [pd.NaT, pd.Timestamp("2020-02-01")]
    assert table["event"].tolist() == [0, 1]
    assert table["sex"].isna().tolist() == [True, False]
    assert "extra" not in table


def test_optional_dates_are_read_where_there_are_any(tmp_path):
    path = write(tmp_path, "id\tonset\tdied\tsex\tdeath\na\t2020-01-01\t1\tF\t2021-01-01\n")
    columns = COLUMNS | {"death_date": "death", "dna_date": "dna"}
    table = read_participants(
        path, columns, dates=["onset_date"], optional_dates=["death_date", "dna_date"], numbers=[], as_is=[]
    )
    assert table["death_date"].tolist() == [pd.Timestamp("2021-01-01")]
    assert "dna_date" not in table


@pytest.mark.parametrize("name", ["patients.csv", "patients.tsv.gz", "patients.parquet"])
def test_csv_gzip_and_parquet_say_the_same_as_tsv(tmp_path, name):
    text = "id\tonset\tdied\tsex\n01\t2020-02-01\t1\tF\n"
    expected = read(write(tmp_path, text))
    path = tmp_path / name
    if name.endswith(".csv"):
        path.write_text(text.replace("\t", ","))
    elif name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        frame = pd.DataFrame({"id": ["01"], "onset": pd.to_datetime(["2020-02-01"]), "died": [1], "sex": ["F"]})
        frame.to_parquet(path)
    pd.testing.assert_frame_equal(read(path), expected)


def test_a_missing_column_is_named_with_what_there_is(tmp_path):
    found = problems_of(write(tmp_path, "id\tonest\tdied\tsex\na\t2020-01-01\t1\tF\n"))
    assert "no column 'onset' (did you mean 'onest'?); it has 'id', 'onest', 'died', 'sex'" in found["line 1"]


def test_every_unusable_value_is_named_with_its_line(tmp_path):
    found = problems_of(
        write(tmp_path, "id\tonset\tdied\tsex\na\t01/02/2020\t1\tF\n\t2020-01-01\t2\tF\na\t2020-13-01\tyes\tM\n")
    )
    assert found == {
        "line 3, column 'id'": "no sample id; every row needs one",
        "line 4, column 'id'": "this sample id stands in an earlier row too; keep one row per sample",
        "line 2, column 'onset'": "'01/02/2020' is not a date; write it as YYYY-MM-DD",
        "line 4, column 'onset'": "'2020-13-01' is not a date; write it as YYYY-MM-DD",
        "line 4, column 'died'": "'yes' is not a number",
        "line 3, column 'died'": "'2' is outside 0 to 1",
    }


def test_a_thousand_problems_are_shown_as_twenty_and_a_count(tmp_path):
    rows = "".join(f"s{number}\tbad\t0\tF\n" for number in range(1000))
    found = problems_of(write(tmp_path, "id\tonset\tdied\tsex\n" + rows))
    assert len(found) == 21
    assert found["..."] == "and 980 more like these"


@pytest.mark.parametrize(("text", "message"), [("", "can't be read"), ("id\tonset\tdied\tsex\n", "holds no rows")])
def test_an_empty_table_is_refused(tmp_path, text, message):
    assert message in problems_of(write(tmp_path, text))["file"]


def test_binary_rubbish_is_refused(tmp_path):
    path = tmp_path / "patients.tsv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\x00")
    assert "can't be read" in problems_of(path)["file"]


def test_items_sum_to_the_total_and_an_unscored_item_leaves_it_unknown(tmp_path):
    items = [f"q{number}" for number in range(1, 13)]
    header = "\t".join(["sample", "visit_date", "total", *items])
    rows = ["\t".join(["a", "2020-01-01", "9", *["3"] * 12]), "\t".join(["a", "2020-04-01", "9", *["3"] * 11, ""])]
    path = write(tmp_path, "\n".join([header, *rows]) + "\n", "visits.tsv")
    columns = {"sample": "sample", "visit_date": "visit_date", "total": "total"}
    totals = read_visits(path, columns, items)["total"].tolist()
    assert totals[0] == 36
    assert np.isnan(totals[1])
    assert read_visits(path, columns, None)["total"].tolist() == [9, 9]


def test_an_item_out_of_range_is_refused(tmp_path):
    items = [f"q{number}" for number in range(1, 13)]
    header = "\t".join(["sample", "visit_date", *items])
    path = write(tmp_path, f"{header}\n" + "\t".join(["a", "2020-01-01", "5", *["4"] * 11]) + "\n", "visits.tsv")
    with pytest.raises(InputError, match="line 2, column 'q1': '5' is outside 0 to 4"):
        read_visits(path, {"sample": "sample", "visit_date": "visit_date", "total": "total"}, items)
