"""regenie's step-1 predictions: what is read, and what is refused with which words."""

import gzip

import numpy as np
import pytest

from association.problems import InputError
from jobs.polygenic_offset import read_loco, read_prediction_list

IDS = ["F1_a", "0_b", "c_c", "F_2_d"]
ROWS = {str(row): [row + column / 10 for column in range(4)] for row in range(1, 24)}


def loco_text(ids=IDS, rows=ROWS):
    lines = [" ".join(["FID_IID", *ids])]
    lines += [" ".join([name, *map(str, values)]) for name, values in rows.items()]
    return "\n".join(lines) + "\n"


def write(folder, text, name="fit_1.loco"):
    path = folder / name
    path.write_text(text)
    return path


def problems_of(path, samples, read=read_loco):
    with pytest.raises(InputError) as caught:
        read(path, samples) if read is read_loco else read(path)
    assert caught.value.source == path.name
    return {problem.place: problem.message for problem in caught.value.problems}


def test_predictions_come_by_chromosome_in_the_order_of_the_samples(tmp_path):
    predictions = read_loco(write(tmp_path, loco_text()), ["c", "a"])
    assert list(predictions) == [*map(str, range(1, 23)), "X"]
    np.testing.assert_array_equal(predictions["7"], [7.2, 7.0])
    np.testing.assert_array_equal(predictions["X"], [23.2, 23.0])


def test_a_gzipped_file_says_the_same(tmp_path):
    plain = read_loco(write(tmp_path, loco_text()), ["a", "b"])
    path = tmp_path / "fit_1.loco.gz"
    path.write_bytes(gzip.compress(loco_text().encode()))
    zipped = read_loco(path, ["a", "b"])
    assert zipped.keys() == plain.keys()
    assert all(np.array_equal(zipped[chromosome], plain[chromosome]) for chromosome in plain)


def test_samples_are_found_by_whole_id_or_by_iid_underscores_included(tmp_path):
    path = write(tmp_path, loco_text())
    for samples in (["F1_a", "0_b", "c_c", "F_2_d"], ["a", "b", "c", "d"], ["a", "b", "c_c", "2_d"]):
        np.testing.assert_array_equal(read_loco(path, samples)["1"], ROWS["1"])


def test_a_whole_id_goes_before_an_iid(tmp_path):
    path = write(tmp_path, loco_text(ids=["x", "F_x", "y", "z"]))
    np.testing.assert_array_equal(read_loco(path, ["x"])["1"], [1.0])


def test_the_x_row_may_be_missing_and_others_samples_may_have_no_prediction(tmp_path):
    rows = {name: ["NA", *values[1:]] for name, values in ROWS.items() if name != "23"}
    predictions = read_loco(write(tmp_path, loco_text(rows=rows)), ["b"])
    assert "X" not in predictions
    assert len(predictions) == 22


def test_samples_that_cannot_be_told_are_counted_and_not_guessed(tmp_path):
    path = write(tmp_path, loco_text(ids=["F1_a", "F2_a", "F_2_d", "0_b"]))
    found = problems_of(path, ["a", "d", "2_d", "b", "e"])
    assert "line 1" in found
    with pytest.raises(InputError) as caught:
        read_loco(path, ["a", "d", "2_d", "b", "e"])
    text = str(caught.value)
    assert "1 of 5 samples have no column, as FID_IID or as IID; run step 1 on them too" in text
    assert "1 of 5 samples fit the IID of several columns" in text
    assert "2 of 5 samples fit the column of another sample" in text


def test_every_problem_is_named_with_its_line_column_and_value(tmp_path):
    rows = dict(ROWS)
    rows["2"] = [1, "NA", 3, 4]
    rows["3"] = [1, 2, "1.5e", "inf"]
    rows["4"] = [1, 2, 3]
    rows["chr5"] = rows.pop("5")
    path = write(tmp_path, loco_text(rows=rows) + "6 1 2 3 4\n")
    found = problems_of(path, ["a", "b", "c"])
    assert found == {
        "line 3, column 3": "'NA' is no number; leave the sample out of the trait, or run step 1 on it",
        "line 4, column 4": "'1.5e' is no number; leave the sample out of the trait, or run step 1 on it",
        "line 5": "3 predictions for 4 ids; the file was cut off or edited: copy it again",
        "line 24, column 1": "'chr5' is no chromosome; expected 1 to 22, and 23 for X",
        "line 25": "chromosome 6 has an earlier row too; keep one",
        "rows": "no row for chromosome 5; run step 1 on all autosomes, and copy the whole file",
    }


def test_an_id_in_two_columns_is_named_by_its_column_and_not_shown(tmp_path):
    found = problems_of(write(tmp_path, loco_text(ids=["F1_a", "0_b", "F1_a", "c_c"])), ["a"])
    assert found == {"line 1, column 4": "this id stands in an earlier column too; keep one column per sample"}


def test_more_problems_than_a_person_can_take_in_are_counted(tmp_path):
    rows = {name: ["NA"] * 4 for name in ROWS}
    with pytest.raises(InputError, match="92 problems, the first 20 of them"):
        read_loco(write(tmp_path, loco_text(rows=rows)), ["a", "b", "c", "d"])


@pytest.mark.parametrize(
    ("text", "words"), [("", "starts with nothing"), ("IID a b\n1 2 3\n", "starts with 'IID', expected 'FID_IID'")]
)
def test_another_kind_of_file_is_refused(tmp_path, text, words):
    assert words in problems_of(write(tmp_path, text), ["a"])["line 1"]


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_loco(tmp_path / "absent.loco", ["a"])
    for name, content in (("a.loco.gz", loco_text().encode()), ("b.loco.gz", gzip.compress(b"FID_IID" * 99)[:-20])):
        (tmp_path / name).write_bytes(content)
        assert "can't be read" in problems_of(tmp_path / name, ["a"])["file"]
    (tmp_path / "c.loco").write_bytes(b"FID_IID \xff\xfe")
    assert "can't be read" in problems_of(tmp_path / "c.loco", ["a"])["file"]


def test_the_list_gives_each_phenotypes_file_also_relative_to_itself(tmp_path):
    one, two = write(tmp_path, "", "fit_1.loco"), write(tmp_path, "", "fit 2.loco")
    path = write(tmp_path, f"height {one}\nslope fit 2.loco\n\n", "fit_pred.list")
    assert read_prediction_list(path) == {"height": one, "slope": two}


def test_every_wrong_line_of_the_list_is_named(tmp_path):
    write(tmp_path, "", "fit_1.loco")
    path = write(tmp_path, "height fit_1.loco\nslope\nheight fit_1.loco\nweight /gone/fit_3.loco\n", "fit_pred.list")
    assert problems_of(path, None, read_prediction_list) == {
        "line 2": "'slope' has no file; expected a name and a path",
        "line 3": "'height' stands in an earlier line too; keep one",
        "line 4": "no file '/gone/fit_3.loco'; put it next to the list and write its name alone",
    }
    assert "holds no phenotype" in problems_of(write(tmp_path, "\n", "x.list"), None, read_prediction_list)["file"]
