"""The visits table under the engine's names: layouts, units, ranges, and whose visits they are."""

import numpy as np
import pandas as pd
import pytest

from association.problems import InputError
from jobs.study.tables import VisitColumns, Visits, VisitUnits
from jobs.tables.visits import read_visits

ITEMS = [f"q{number}" for number in range(1, 13)]
SAMPLES = pd.Series(["01", "02", "03"])
ONSET = pd.Series(pd.to_datetime(["2019-01-01", "2019-06-01", None]))


@pytest.fixture
def read(tmp_path):
    """Give a function that reads visits from rows."""

    def reader(header, *rows, columns=None, units=None, onset=ONSET, samples=SAMPLES, times="dates", **options):
        path = tmp_path / "visits.tsv"
        path.write_text("\n".join("\t".join(map(str, row)) for row in (header.split(), *rows)) + "\n")
        settings = Visits(
            path=str(path), times=times, columns=VisitColumns(**(columns or {})), units=VisitUnits(**(units or {}))
        )
        return read_visits(path, settings, samples, onset, **options)

    return reader


def problems_of(read, *arguments, **options):
    with pytest.raises(InputError) as caught:
        read(*arguments, **options)
    return {problem.place: problem.message for problem in caught.value.problems}


def scored(*items, total=""):
    return [*items, *[4] * (12 - len(items)), total]


HEADER = " ".join(["sample", "visit_date", *ITEMS, "total"])


def test_items_sum_to_the_total_and_an_unscored_item_leaves_it_unknown(read):
    rows = [["01", "2020-01-01", *scored(3, 2)], ["01", "2020-04-01", *scored(3, "")]]
    visits = read(HEADER, *rows, columns={"items": ITEMS}).visits
    assert visits["total"].tolist()[0] == 45
    assert np.isnan(visits["total"][1])
    assert visits["item_2"].tolist()[0] == 2
    assert np.isnan(visits["item_2"][1])


def test_a_total_beside_items_is_kept_as_stated(read):
    visits = read(HEADER, ["01", "2020-01-01", *scored(3, total=40)], columns={"items": ITEMS}).visits
    assert (visits["total"][0], visits["stated_total"][0]) == (47, 40)


def test_without_items_the_total_is_the_tables(read):
    visits = read(HEADER, ["01", "2020-01-01", *scored(3, total=40)]).visits
    assert list(visits) == ["patient", "date", "total", "row"]
    assert visits["total"].tolist() == [40]


def test_a_trait_of_the_total_takes_what_items_add_up_to(read):
    row = ["01", "2020-01-01", *scored(3)[:12]]
    header = " ".join(["sample", "visit_date", *ITEMS])
    found = read(header, row, columns={"items": ITEMS}, measures=iter(["total", "item_1"]), scored=False)
    assert found.visits[["total", "item_1"]].to_numpy().tolist() == [[47, 3]]


def test_visits_are_sorted_by_patient_date_and_line(read):
    rows = [["02", "2020-02-01", 1], ["01", "2020-03-01", 2], ["02", "2020-01-01", 3], ["01", "", 4]]
    visits = read("sample visit_date total", *rows, ["02", "2020-01-01", 5]).visits
    assert visits["total"].tolist() == [2, 4, 3, 5, 1]
    assert visits["patient"].tolist() == [0, 0, 1, 1, 1]
    assert visits["row"].tolist() == [3, 5, 4, 6, 2]
    assert visits["patient"].dtype == visits["row"].dtype == np.int64
    assert visits["date"].dtype == "datetime64[ns]"
    assert visits.index.equals(pd.RangeIndex(5))


def test_impossible_scores_are_handed_on_and_missing(read):
    rows = [["02", "2020-01-01", *scored(5, 2.5, -1, 0, total=49)], ["09", "2020-01-01", *scored(9)]]
    found = read(HEADER, *rows, columns={"items": ITEMS})
    assert found.out_of_range.to_dict("list") == {
        "row": [2, 2, 2, 2],
        "patient": [1, 1, 1, 1],
        "column": ["q1", "q2", "q3", "total"],
        "value": [5, 2.5, -1, 49],
    }
    assert found.visits[["item_1", "item_2", "item_3", "stated_total", "total"]].isna().all(axis=None)
    assert found.visits["item_4"].tolist() == [0]


def test_visits_of_no_participant_are_set_apart(read):
    found = read("sample visit_date total", ["x1", "2020-01-01", 1], ["01", "2020-01-01", 2])
    assert found.visits["row"].tolist() == [3]
    assert found.unknown["row"].tolist() == [2]


def test_measures_are_in_the_engines_units(read):
    columns = {"fvc": "FVC", "cmap": "CMAP", "distal_latency": "DML", "munix": "MUNIX", "f_wave_frequency": "F"}
    units = {"fvc": "fraction_predicted", "cmap": "uV", "distal_latency": "s", "f_wave_frequency": "fraction"}
    row = ["01", "2020-01-01", 40, 0.57, 5200, 0.0041, 80, 0.29]
    visits = read("sample visit_date total FVC CMAP DML MUNIX F", row, columns=columns, units=units).visits
    measured = visits.loc[0, ["fvc", "cmap", "distal_latency", "munix", "f_wave_frequency"]].tolist()
    assert measured == [57, 5.2, 4.1, 80, 29]


def test_other_measures_keep_their_names_and_have_no_range(read):
    visits = read("sample visit_date weight", ["01", "2020-01-01", -70.5], measures=["weight"], scored=False).visits
    assert visits["weight"].tolist() == [-70.5]
    assert "total" not in visits


@pytest.mark.parametrize(
    ("name", "units", "values", "words"),
    [
        (
            "fvc",
            {},
            [0.8, 0.9],
            "units.fvc says percent_predicted, but all its values lie at 2 or below; say fraction_pred",
        ),
        ("fvc", {"fvc": "fraction_predicted"}, [80, 90, 1], "but 2 of 3 values lie above 2; say percent_predicted"),
        ("cmap", {}, [5200, 0, ""], "units.cmap says mV, but all its values lie above 50; say uV"),
        ("cmap", {"cmap": "uV"}, [5.2, 4], "say mV in visits.units"),
        (
            "distal_latency",
            {},
            [0.004, 0.005],
            "units.distal_latency says ms, but all its values lie at 0.05 or below",
        ),
        ("distal_latency", {"distal_latency": "s"}, [4.1], "say ms in visits.units"),
        ("f_wave_frequency", {}, [0.2, 0.9], "say fraction in visits.units"),
        ("f_wave_frequency", {"f_wave_frequency": "fraction"}, [20, 90], "say percent in visits.units"),
    ],
)
def test_values_of_another_unit_than_stated_are_refused(read, name, units, values, words):
    rows = [["01", f"2020-01-{day:02}", 40, value] for day, value in enumerate(values, start=1)]
    found = problems_of(read, "sample visit_date total m", *rows, columns={name: "m"}, units=units)
    assert words in found["column 'm'"]


def test_two_units_in_a_column_are_refused_with_the_rows_and_a_slip_is_handed_on(read):
    rows = [["01", f"2020-01-{day:02}", 40, 80] for day in range(1, 29)]
    slip = ["02", "2020-01-01", 40, 0.8]
    found = problems_of(read, "sample visit_date total m", *rows, slip, columns={"fvc": "m"})
    assert "'0.8' is in another unit than most values of 'm', percent_predicted" in found["line 30, column 'm'"]
    many = [["01", f"{2000 + day // 28}-01-{1 + day % 28:02}", 40, 80] for day in range(112)]
    assert read("sample visit_date total m", *many, slip, columns={"fvc": "m"}).out_of_range["value"].tolist() == [
        0.8
    ]


def test_times_are_counted_from_each_patients_onset(read):
    rows = [["02", 2, 40], ["03", 2, 40], ["01", 0, 40]]
    visits = read("sample visit_date total", *rows, times="days").visits
    assert visits["date"].tolist() == [pd.Timestamp(2019, 1, 1), pd.Timestamp(2019, 6, 3), pd.NaT]


def test_times_without_onset_and_dates_beside_times_are_refused(read):
    row = ["01", 2, 40]
    nowhere = pd.Series(pd.NaT, index=range(3))
    for onset in (None, nowhere):
        found = problems_of(read, "sample visit_date total", row, times="days", onset=onset)
        assert "map onset_date in participants.columns" in found["column 'visit_date'"]
    counted = pd.Series(pd.Timestamp(1970, 1, 1), index=range(3))
    found = problems_of(read, "sample visit_date total", ["01", "2020-01-01", 40], onset=counted)
    assert "give both tables alike" in found["column 'visit_date'"]


@pytest.mark.parametrize(
    ("samples", "ids", "words"),
    [
        (["001", "002"], ["1", "2"], "2 of 2 sample ids match the participants' once leading zeros are taken off"),
        (["1", "2"], ["001", "2"], "1 of 1 sample ids that no participant has match the participants' once leading"),
        (["p1", "p2"], ["P1", "x"], "1 of 2 sample ids match the participants' once capitals count as small letters"),
        (["1", "2"], ["1.0", "2.0"], "once a '.0' is taken off; write ids as text in both tables"),
        (["p1", "p2"], ["p 1"], "once spaces within are taken off"),
        (["a", "b"], ["c", "d"], "none of 2 sample ids is a participant's; write ids alike in both tables"),
    ],
)
def test_ids_that_a_program_changed_are_told_without_an_id(read, samples, ids, words):
    rows = [[one, "2020-01-01", 40] for one in ids]
    found = problems_of(read, "sample visit_date total", *rows, samples=pd.Series(samples))
    assert words in found["column 'sample'"]


def test_an_id_that_could_be_two_participants_is_not_taken_for_either(read):
    found = read(
        "sample visit_date total",
        ["007", "2020-01-01", 40],
        ["8", "2020-01-01", 40],
        samples=pd.Series(["07", "7", "8"]),
    )
    assert found.unknown["row"].tolist() == [2]


def test_a_missing_total_and_measure_are_told_with_their_settings(read):
    found = problems_of(
        read, "sample visit_date FVCC", ["01", "2020-01-01", 3], columns={"fvc": "FVC"}, measures=["w"]
    )
    assert len(found) == 1
    with pytest.raises(InputError) as caught:
        read("sample visit_date FVCC", ["01", "2020-01-01", 3], columns={"fvc": "FVC"}, measures=["w"])
    text = str(caught.value)
    assert (
        "no column 'FVC' (did you mean 'FVCC'?); it has 'sample', 'visit_date', 'FVCC'. Map it in visits.col" in text
    )
    assert "no column 'total'; it has" in text
    assert "or name the 12 items in visits.columns.items" in text
    assert "no column 'w'; it has" in text
    assert "Name one of these in the trait" in text


def test_an_item_named_twice_is_told(read):
    found = problems_of(
        read, HEADER, ["01", "2020-01-01", *scored()], columns={"items": [*ITEMS[:11], "q1"]}, samples=SAMPLES
    )
    assert found["visits.columns.items"] == "'q1' is named twice; name 12 different columns"
