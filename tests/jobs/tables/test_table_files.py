"""What a file holds: the same table in every format, and files that are none."""

import datetime
import gzip
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest

from association.problems import InputError
from jobs.tables.table import Table
from jobs.tables.typed import value_text

ROWS = [["id", "onset", "items"], ["01", "2020-02-01", "4"], ["02", None, "3.5"]]


def write(path, rows, separator="\t"):
    path.write_text("".join(separator.join(value or "" for value in row) + "\n" for row in rows))
    return path


def excel(path, **sheets):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def told(path, **options):
    with pytest.raises(InputError) as caught:
        Table(path, **options).close()
    return str(caught.value)


def content(table):
    return {name: table.texts(name).tolist() for name in table.columns}


EXPECTED = {"id": ["01", "02"], "onset": ["2020-02-01", None], "items": ["4", "3.5"]}


@pytest.mark.parametrize(
    ("name", "separator"),
    [
        ("t.tsv", "\t"),
        ("t.csv", ","),
        ("t.csv", ";"),
        ("t.csv", "\t"),
        ("t.tsv", ","),
        ("t.txt", ";"),
        ("T.CSV", ","),
    ],
)
def test_the_separator_is_told_from_the_rows(tmp_path, name, separator):
    assert content(Table(write(tmp_path / name, ROWS, separator))) == EXPECTED


@pytest.mark.parametrize("name", ["t.tsv.gz", "t.tsv", "t"])
def test_a_gzipped_table_is_known_by_its_content(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(write(tmp_path / "plain.tsv", ROWS).read_bytes()))
    assert content(Table(path)) == EXPECTED


def test_excel_says_the_same_with_dates_of_its_own(tmp_path):
    rows = [ROWS[0], ["01", datetime.datetime(2020, 2, 1), 4], ["02", None, 3.5]]
    table = Table(excel(tmp_path / "t.xlsx", clinic=rows))
    assert content(table) == EXPECTED
    assert table.dates("onset").tolist() == [pd.Timestamp(2020, 2, 1), pd.NaT]
    assert table.lines.tolist() == [2, 3]


@pytest.mark.parametrize("onset", [pd.to_datetime(["2020-02-01", None]), [datetime.date(2020, 2, 1), None]])
def test_parquet_says_the_same_with_types_of_its_own(tmp_path, onset):
    frame = pd.DataFrame({"id": pd.Categorical(["01", "02"]), "onset": onset, "items": [4.0, 3.5]})
    frame.to_parquet(tmp_path / "t.parquet")
    assert content(Table(tmp_path / "t.parquet")) == EXPECTED


def test_parquet_of_numbers_has_no_decimals_for_whole_ones(tmp_path):
    frame = pd.DataFrame(
        {"id": [1, 2], "x": [1.0, np.nan], "y": pd.array([3, None], dtype="Int64"), "z": [True, False]}
    )
    frame.to_parquet(tmp_path / "t.parquet")
    expected = {"id": ["1", "2"], "x": ["1", None], "y": ["3", None], "z": ["true", "false"]}
    assert content(Table(tmp_path / "t.parquet")) == expected


def test_a_day_of_another_time_zone_stays_that_day(tmp_path):
    frame = pd.DataFrame({"id": ["a"], "onset": pd.to_datetime(["2020-02-01"]).tz_localize("Europe/Amsterdam")})
    frame.to_parquet(tmp_path / "t.parquet")
    assert Table(tmp_path / "t.parquet").texts("onset").tolist() == ["2020-02-01"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime.datetime(2020, 2, 1), "2020-02-01"),
        (datetime.datetime(2020, 2, 1, 13, 5), "2020-02-01 13:05:00"),
        (datetime.date(2020, 2, 1), "2020-02-01"),
        (62, "62"),
        (62.0, "62"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (True, "true"),
        (float("nan"), None),
        (None, None),
    ],
)
def test_a_typed_value_is_written_as_a_person_would(value, text):
    assert value_text(value) == text


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbfid,x\na,1\n")
    assert content(Table(path)) == {"id": ["a"], "x": ["1"]}


def test_quoted_values_may_hold_separators_quotes_and_line_breaks(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('id,note,x\n"a","b, c",1\nd,"say ""e""\nand f",2\ng,,bad\n')
    table = Table(path)
    assert table.texts("note").tolist() == ["b, c", 'say "e"\nand f', None]
    table.numbers("x")
    assert table.lines.tolist() == [2, 3, 5]
    with pytest.raises(InputError, match="line 5, column 'x': 'bad'"):
        table.close()


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way_and_blank_ones_count(tmp_path, ending):
    path = tmp_path / "t.tsv"
    path.write_bytes(ending.join(["", "id\tx", "a\t1", "", "b\t2", "\t", "", "c\t3", ""]).encode())
    table = Table(path)
    assert table.texts("id").tolist() == ["a", "b", "c"]
    assert table.lines.tolist() == [3, 5, 8]


def test_spaces_around_names_and_values_do_not_count(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(" id , x\n a\u00a0, 1 \n")
    assert content(Table(path)) == {"id": ["a"], "x": ["1"]}


def test_a_column_without_a_name_is_left_alone_and_told_when_another_is_missing(tmp_path):
    table = Table(write(tmp_path / "t.csv", [["", "id"], ["0", "a"]], ","))
    assert content(table) == {"id": ["a"]}
    table.require(["sample"], "Map it")
    with pytest.raises(InputError, match=r"it has 'id', and no name over column 1\. Map it"):
        table.close()


def test_every_ragged_row_is_told_with_its_line_and_the_good_ones_keep_theirs(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("id\tx\na\n\nb\t1\nc\t1\t2\nd\tbad\n")
    table = Table(path)
    table.numbers("x")
    with pytest.raises(InputError) as caught:
        table.close()
    assert [problem.place for problem in caught.value.problems] == ["line 2", "line 5", "line 6, column 'x'"]
    assert "1 value where the header has 2" in str(caught.value)
    assert "3 values where the header has 2" in str(caught.value)


def test_row_names_without_a_name_are_told_once(tmp_path):
    rows = [["id", "x"], *([str(number), f"s{number}", "1"] for number in range(50))]
    assert "1 problem\n  line 1: every row has one value more than the header" in told(
        write(tmp_path / "t.tsv", rows)
    )


def test_a_header_that_comes_again_is_told(tmp_path):
    assert "line 3: repeats the header; remove it" in told(
        write(tmp_path / "t.tsv", [["id", "x"], ["a", "1"], ["id", "x"], ["b", "2"]])
    )


def test_a_table_whose_separator_cannot_be_told_is_refused(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("id;name, first\na;b, c\n")
    assert "may be separated by commas or semicolons; save it as .tsv with tabs" in told(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.tsv", b"", "is empty"),
        ("t.tsv", b"id\tx\n", "holds no rows; expected a header and a row per sample"),
        ("t.tsv", b"id\tx\n\t\n", "holds no rows"),
        (
            "t.csv",
            "id,x\n1,é\n".encode("utf-16"),
            "is written in UTF-16 (Excel's 'Unicode Text'); save it as 'CSV UTF-8'",
        ),
        ("t.csv", "id,x\n1,é\n".encode("utf-16-le"), "holds zero bytes; save it as CSV UTF-8"),
        ("t.csv", "id,x\n1,é\n".encode("latin-1"), "line 2: can't be read as a table: byte 0xE9 is not UTF-8"),
        ("t.tsv.gz", gzip.compress(bytes(range(1, 127)) * 1000)[:150], "is cut off or damaged"),
        (
            "t.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "is an old (.xls) or a password-protected Excel file; save it",
        ),
        ("t.xlsx", b"PK\x03\x04rubbish", "can't be read as an Excel file"),
        ("t.parquet", b"PAR1rubbish", "can't be read as Parquet"),
        ("t.tsv", b"\x89PNG\r\n\x1a\n\xff\xfe\x00", "can't be read as a table"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    text = told(path)
    assert text.startswith(f"{name}: 1 problem")
    assert words in text


def test_no_file_and_a_folder_are_refused(tmp_path):
    assert "no such table; check its path" in told(tmp_path / "gone.tsv")
    assert "is a folder; name the table in it" in told(tmp_path)


def test_the_only_sheet_that_is_not_empty_is_read(tmp_path):
    assert content(Table(excel(tmp_path / "t.xlsx", notes=[], clinic=ROWS))) == EXPECTED


def test_a_sheet_is_read_whole_whatever_size_the_file_states(tmp_path):
    path, other = excel(tmp_path / "t.xlsx", clinic=ROWS), tmp_path / "other.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'<dimension ref="A1:C3"', b'<dimension ref="A1:A1"'))
    assert content(Table(other)) == EXPECTED


def test_of_several_sheets_the_named_one_is_read(tmp_path):
    path = excel(tmp_path / "t.xlsx", notes=[["read me"], ["please"]], clinic=ROWS)
    assert content(Table(path, sheet="clinic")) == EXPECTED
    assert "has 2 sheets, 'notes', 'clinic'; name one of these as `sheet`" in told(path)
    assert "no sheet 'clinics'; it has 'notes', 'clinic'" in told(path, sheet="clinics")


def test_a_sheet_of_a_file_that_has_none_is_refused(tmp_path):
    assert "take `sheet` out of the study file" in told(write(tmp_path / "t.tsv", ROWS), sheet="clinic")


def test_rows_of_excel_keep_their_number_beyond_empty_ones(tmp_path):
    table = Table(excel(tmp_path / "t.xlsx", clinic=[[], ["id", "x"], [], ["a", "bad"]]))
    table.numbers("x")
    with pytest.raises(InputError, match="row 4, column 'x': 'bad'"):
        table.close()


def test_a_column_of_lists_is_told_when_it_is_needed(tmp_path):
    pd.DataFrame({"id": ["a"], "x": [[1, 2]]}).to_parquet(tmp_path / "t.parquet")
    table = Table(tmp_path / "t.parquet")
    table.close()
    table.numbers("x")
    with pytest.raises(
        InputError, match=r"column 'x': holds values of type list<.*; expected texts, numbers or dates"
    ):
        table.close()


def test_millions_of_values_are_kept_as_one_byte_each(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("id\titem\n" + "".join(f"{row}\t{row % 5}\n" for row in range(20_000)))
    found = Table(path).encoded("item")
    assert found.codes.dtype == np.int8
    assert found.texts.size == 5
