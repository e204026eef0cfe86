"""The participants table under the engine's names: dates or times, codes, and what is refused."""

import datetime

import pandas as pd
import pytest

from association.problems import InputError
from jobs.study.tables import ParticipantColumns, Participants
from jobs.tables.participants import read_participants

HEADER = "id\tonset\tdied\tsex\textra\n"


@pytest.fixture
def read(tmp_path):
    """Give a function that reads participants from text."""

    def reader(text, *, columns=None, settings=None, **options):
        path = tmp_path / "patients.tsv"
        path.write_text(text)
        mapped = ParticipantColumns(**({"sample": "id", "onset_date": "onset", "event": "died"} | (columns or {})))
        wanted = {"dates": ["onset_date"], "numbers": ["event"], "as_is": ["sex"]} | options
        return read_participants(path, Participants(path=str(path), columns=mapped, **(settings or {})), **wanted)

    return reader


def problems_of(read, *arguments, **options):
    with pytest.raises(InputError) as caught:
        read(*arguments, **options)
    return {problem.place: problem.message for problem in caught.value.problems}


def test_columns_are_mapped_and_rows_sorted_by_sample_with_their_lines(read):
    table = read(HEADER + "b\t2020-02-01\t1\tF\tx\na\tNA\t0\t\ty\n")
    assert list(table) == ["sample", "onset_date", "event", "sex", "row"]
    assert table["sample"].tolist() == ["a", "b"]
    assert table["onset_date"].tolist() == [pd.NaT, pd.Timestamp("2020-02-01")]
    assert table["event"].tolist() == [0, 1]
    assert table["sex"].tolist() == [None, "F"]
    assert table["row"].tolist() == [3, 2]
    assert table.index.equals(pd.RangeIndex(2))


def test_optional_dates_and_age_are_read_where_there_are_any(read):
    text = "id\tdeath_date\tage\na\t2021-01-01\t61.5\n"
    options = {"dates": [], "as_is": [], "optional_dates": ["death_date", "dna_date"]}
    table = read(text, columns={"age_at_onset": "age"}, **options, numbers=["age_at_onset"])
    assert table["death_date"].tolist() == [pd.Timestamp("2021-01-01")]
    assert table["age_at_onset"].tolist() == [61.5]
    assert "dna_date" not in table
    assert "age_at_onset" not in read(text, **options, numbers=["age_at_onset"])


def test_onset_and_diagnosis_may_be_known_to_the_month_and_if_allowed_the_year(read):
    text = "id\tonset\tdiagnosis_date\tdeath_date\na\t2019\t2020-03\t2021-01-01\n"
    options = {"dates": ["onset_date", "diagnosis_date", "death_date"], "numbers": [], "as_is": []}
    table = read(text, settings={"year_only": "mid_year"}, **options)
    assert table.iloc[0, 1:4].tolist() == [
        pd.Timestamp(2019, 7, 1),
        pd.Timestamp(2020, 3, 15),
        pd.Timestamp(2021, 1, 1),
    ]
    found = problems_of(read, text.replace("2021-01-01", "2021-01"), **options)
    assert "is a year alone; find the month, or set participants.year_only" in found["line 2, column 'onset'"]
    assert "has no day" in found["line 2, column 'death_date'"]


@pytest.mark.parametrize(("unit", "days"), [("days", 1.5), ("months", 1.5 * 30.4375), ("years", 1.5 * 365.25)])
def test_numbers_since_onset_become_moments_after_1970(read, unit, days):
    text = "id\tbirth_date\tdeath_date\tdied\na\t-40\t1.5\t1\nb\t\t\t0\n"
    options = {"dates": ["onset_date", "birth_date", "death_date"], "as_is": []}
    table = read(text, settings={"times": unit}, **options)
    onset = pd.Timestamp(1970, 1, 1)
    assert table["onset_date"].tolist() == [onset, onset]
    assert table["death_date"].tolist() == [(onset + datetime.timedelta(days=days)).round("s"), pd.NaT]
    assert table["birth_date"][0] == (onset - datetime.timedelta(days=days / 1.5 * 40)).round("s")


def test_times_are_whole_seconds(read):
    table = read(
        "id\tdeath_date\na\t0.1234567\n", settings={"times": "months"}, dates=["death_date"], numbers=[], as_is=[]
    )
    assert table["death_date"][0].nanosecond == table["death_date"][0].microsecond == 0
    assert (
        abs((table["death_date"][0] - pd.Timestamp(1970, 1, 1)).total_seconds() - 0.1234567 * 30.4375 * 86_400) <= 0.5
    )


def test_times_before_onset_or_from_another_origin_or_in_another_unit_are_told(read):
    text = "id\tonset\tdeath_date\na\t0\t-3\nb\t-14\t1500\nc\t0\tsoon\n"
    found = problems_of(read, text, settings={"times": "months"}, dates=["death_date"], numbers=[], as_is=[])
    assert "'-3' lies before onset, from which months are counted" in found["line 2, column 'death_date'"]
    assert (
        "more than 100 years after onset; correct it, or participants.times" in found["line 3, column 'death_date'"]
    )
    assert "'soon' is not a number" in found["line 4, column 'death_date'"]
    assert "'-14' is not 0, while participants.times is months since onset" in found["line 3, column 'onset'"]


@pytest.mark.parametrize("number", ["1e9", "-1e9", "1e300"])
def test_a_time_beyond_all_calendars_is_told_like_any_other(read, number):
    text = f"id\tdeath_date\tbirth_date\na\t{number}\t{number}\n"
    options = {"dates": ["death_date", "birth_date"], "numbers": [], "as_is": []}
    found = problems_of(read, text, settings={"times": "years"}, **options)
    assert set(found) == {"line 2, column 'death_date'", "line 2, column 'birth_date'"}


def test_codes_are_translated_for_every_column_that_has_them(read):
    codes = {"sex": {"male": [0], "female": [1]}, "died": {"1": ["dead"], "0": ["alive"]}}
    table = read(HEADER + "a\t2020-01-01\tdead\t1\t\nb\t2020-01-01\talive\t0\t\n", settings={"codes": codes})
    assert table["sex"].tolist() == ["female", "male"]
    assert table["event"].tolist() == [1, 0]


def test_the_studys_own_dates_keep_their_names(read):
    table = read(HEADER + "a\t2020-01-01\t1\tF\t2020-05-01\n", own_dates=["extra"])
    assert table["extra"].tolist() == [pd.Timestamp(2020, 5, 1)]


def test_a_column_that_is_both_the_engines_and_the_studys_is_read_once(read):
    table = read(
        "id\tonset_date\na\t2020-01-01\n", columns={"onset_date": "onset_date"}, numbers=[], as_is=["onset_date"]
    )
    assert list(table) == ["sample", "onset_date", "row"]


def test_a_column_with_the_engines_name_of_another_is_refused(read):
    found = problems_of(read, "id\tonset\tdied\tevent\trow\na\t2020-01-01\t1\tstroke\t1\n", as_is=["event", "row"])
    assert found["column 'event'"] == "has the name that the engine gives to column 'died'; rename it in the table"
    assert "the line of the file" in found["column 'row'"]


def test_an_event_is_0_or_1(read):
    found = problems_of(read, HEADER + "a\t2020-01-01\t0.5\t\t\nb\t2020-01-01\t2\t\t\nc\t2020-01-01\tyes\t\t\n")
    assert found["line 2, column 'died'"] == "'0.5' is neither 0 (no event) nor 1 (event)"
    assert found["line 3, column 'died'"] == "'2' is outside 0 to 1"
    assert "'yes' is not a number" in found["line 4, column 'died'"]


def test_all_that_is_wrong_with_a_table_is_told_at_once(read):
    text = "id\tonest\tdied\tsex\na\t1\t3\tM\na\t2\t1\tX\n\t3\t1\tM\n"
    with pytest.raises(InputError) as caught:
        read(text, settings={"codes": {"sex": {"male": ["M"]}, "gender": {}}}, as_is=["sex", "site"])
    assert caught.value.source == "patients.tsv"
    assert [problem.place for problem in caught.value.problems] == [
        "line 1",
        "line 3, column 'sex'",
        "line 4, column 'id'",
        "line 3, column 'id'",
        "line 1",
        "line 2, column 'died'",
        "line 1",
    ]
    text = str(caught.value)
    assert "no column 'gender'" in text
    assert "Correct it in participants.codes" in text
    assert "no column 'onset' (did you mean 'onest'?); it has 'id', 'onest', 'died', 'sex'. Map it in part" in text
    assert "no column 'site'" in text


def test_sample_ids_are_shown_by_no_message(tmp_path):
    """Whatever else their column is named for by mistake."""
    path = tmp_path / "p.tsv"
    path.write_text("id\tonset\nALS1\t2020-01-01\nALS2\t2020-01-01\n")
    for columns, codes in (({"death_date": "id"}, {}), ({"event": "id"}, {}), ({}, {"id": {"x": ["y"]}})):
        settings = Participants(
            path="p.tsv", columns=ParticipantColumns(sample="id", onset_date="onset", **columns), codes=codes
        )
        with pytest.raises(InputError) as caught:
            read_participants(
                path,
                settings,
                dates=["onset_date", *(["death_date"] if "death_date" in columns else [])],
                numbers=["event"] if "event" in columns else [],
            )
        assert "ALS" not in str(caught.value)
        assert "holds sample ids" in str(caught.value)


def test_a_table_without_a_header_is_told_so_without_its_values(tmp_path):
    path = tmp_path / "p.tsv"
    path.write_text("ALS1\t2020-01-01\t62.3\tM\nALS2\t2020-01-01\t55\tF\n")
    with pytest.raises(InputError) as caught:
        read_participants(path, Participants(path="p.tsv"), dates=["onset_date", "death_date"])
    assert "line 1: looks like data: the table has no header" in str(caught.value)
    assert "ALS" not in str(caught.value)


def test_a_word_for_no_date_is_a_code_of_a_missing_value(tmp_path):
    path = tmp_path / "p.tsv"
    path.write_text("sample\tdeath_date\na\talive\nb\t2020-01-01\nc\tN/A\n")
    plain = Participants(path="p.tsv")
    with pytest.raises(InputError, match="'alive' is not a date; leave the cell empty where there was none"):
        read_participants(path, plain, dates=["death_date"])
    coded = Participants(path="p.tsv", codes={"death_date": {"NA": ["alive"]}})
    read = read_participants(path, coded, dates=["death_date"])
    assert read["death_date"].isna().tolist() == [True, False, True]


def test_birth_may_be_known_by_the_year(tmp_path):
    path = tmp_path / "p.tsv"
    path.write_text("sample\tbirth_date\na\t1950\nb\t1950-03\nc\t1950-03-02\n")
    read = read_participants(path, Participants(path="p.tsv"), dates=[], optional_dates=["birth_date"])
    assert read["birth_date"].dt.strftime("%Y-%m-%d").tolist() == ["1950-07-01", "1950-03-15", "1950-03-02"]


@pytest.mark.parametrize(("years", "told"), [(-120, False), (-121, True)])
def test_birth_lies_at_most_120_years_before_onset(tmp_path, years, told):
    path = tmp_path / "p.tsv"
    path.write_text(f"sample\tbirth_date\na\t{years}\n")
    settings = Participants(path="p.tsv", times="years")
    if told:
        with pytest.raises(InputError, match="more than 120 years before onset"):
            read_participants(path, settings, dates=[], optional_dates=["birth_date"])
    else:
        assert read_participants(path, settings, dates=[], optional_dates=["birth_date"])["birth_date"].notna().all()
