"""The files of the data checks: every finding, of every trait, with the sample it is of."""

import pandas as pd

from jobs.clinical.checks import CheckOutcome
from jobs.clinical.files import read_checks, write_checks
from jobs.tables.notes import MOST_PROBLEMS_SHOWN

MANY = 3 * MOST_PROBLEMS_SHOWN
SAMPLES = pd.Series([f"P{number:03d}" for number in range(MANY)])


def outcome(name, findings, action="warn"):
    return CheckOutcome(name, f"meaning of {name}", action, findings)


def of_patients(patients):
    rows = range(2, 2 + len(patients))
    found = [f"what {row}" for row in rows]
    return pd.DataFrame({"patient": patients, "visit": -1, "row": rows, "found": found})


def of_trait(trait, *found):
    return pd.DataFrame({"trait": trait, "found": found}, index=range(len(found)))


def test_a_file_holds_every_finding_with_its_sample(tmp_path):
    # More than a message shows, two of the last patient, and one of nobody.
    patients = [*range(MANY), MANY - 1, -1]
    write_checks([outcome("age_impossible", of_patients(patients), "exclude")], SAMPLES, tmp_path)
    listed = pd.read_csv(tmp_path / "age_impossible.tsv", sep="\t")
    assert listed["sample"].fillna("nobody").tolist() == [*SAMPLES, SAMPLES.iloc[-1], "nobody"]
    assert listed["row"].tolist() == list(range(2, MANY + 4))
    assert listed["found"].tolist() == [f"what {row}" for row in range(2, MANY + 4)]
    (summary,) = read_checks(tmp_path)
    assert summary == {
        "name": "age_impossible",
        "meaning": "meaning of age_impossible",
        "action": "exclude",
        "count": MANY + 2,
        "patients": MANY,
    }


def test_findings_of_all_traits_stand_in_one_file(tmp_path):
    outcomes = [
        outcome("many_ties", of_trait("death", "40% shared")),
        outcome("scores_after_death", of_patients([])),
        outcome("many_ties", of_trait("niv")),
        outcome("many_ties", of_trait("peg", "50% shared", "and more")),
    ]
    write_checks(outcomes, SAMPLES, tmp_path)
    listed = pd.read_csv(tmp_path / "many_ties.tsv", sep="\t")
    assert listed.to_numpy().tolist() == [["death", "40% shared"], ["peg", "50% shared"], ["peg", "and more"]]
    assert {one["name"]: one["count"] for one in read_checks(tmp_path)} == {"many_ties": 3, "scores_after_death": 0}
    assert (tmp_path / "scores_after_death.tsv").read_text() == "sample\trow\tfound\n"
