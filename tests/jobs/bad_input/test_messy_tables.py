"""Clinical tables as they come from sites: each fault told by file, row, column and value, with what to do about it.

Every case is a study of four patients with a table that was spoilt in one way, given to the command. What is
unambiguous is read as if it had been written well.
"""

from __future__ import annotations

import datetime
import gzip
import io
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import pandas as pd
import pytest
import yaml

from association.problems import InputError
from jobs.study.tables import ParticipantColumns, Participants
from jobs.tables.participants import read_participants

PEOPLE = """\
sample	onset_date	enrolment_date	last_contact_date	death_date	sex
ALS01	2018-01-10	2019-02-01	2021-03-01		M
ALS02	2017-05-20	2018-01-15	2020-06-30	2020-06-30	F
ALS03	2018-09-01	2019-09-12	2022-01-01		F
ALS04	2019-03-15	2019-12-01	2021-11-11	2021-11-11	M
"""
VISITS = """\
sample	visit_date	total	FVC
ALS01	2019-02-01	40	88
ALS01	2019-08-01	36	80
ALS02	2018-01-15	44	95
ALS03	2019-09-12	31	70
ALS04	2019-12-01	28	61
"""
LONG = """\
sample	visit_date	measure	value
ALS01	2019-02-01	ALSFRS-R	40
ALS02	2018-01-15	ALSFRS-R	44
ALS03	2019-09-12	ALSFRS-R	31
ALS04	2019-12-01	ALSFRS-R	28
"""
LONG_COLUMNS = {"item": "measure", "score": "value", "total": "ALSFRS-R"}


def people(*changes: tuple[str, str]) -> str:
    """Spoil the participants, each text in place of the first it is found for."""
    return changed(PEOPLE, changes)


def visits(*changes: tuple[str, str]) -> str:
    """Spoil the visits."""
    return changed(VISITS, changes)


def changed(table: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        assert old in table, old
        table = table.replace(old, new, 1)
    return table


def cells(table: str) -> list[list[str]]:
    return [line.split("\t") for line in table.splitlines()]


def excel(**sheets: list[list[Any]]) -> bytes:
    workbook, stream = openpyxl.Workbook(), io.BytesIO()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    workbook.save(stream)
    return stream.getvalue()


def parquet(table: str, **columns: list[Any]) -> bytes:
    header, *rows = cells(table)
    stream = io.BytesIO()
    pd.DataFrame(rows, columns=header).assign(**columns).to_parquet(stream)
    return stream.getvalue()


@dataclass(frozen=True)
class Spoilt:
    """A table that can't be used, and what is said of it."""

    claim: str
    file: str
    content: str | bytes
    told: tuple[str, ...]
    problems: int = 1
    settings: dict[str, Any] = field(default_factory=dict)
    others: str = PEOPLE

    @property
    def section(self) -> str:
        return "visits" if self.file.startswith("visits") else "participants"


CASES = [
    Spoilt(
        "a wrong name of a column, with bad values of others",
        "people.tsv",
        people(
            ("onset_date", "date_of_onset"), ("2019-02-01", "2019-02-31"), ("2021-11-11\t2021", "2021-11-11\tx2021")
        ),
        (
            "line 1: no column 'onset_date' (did you mean 'date_of_onset'?); it has 'sample', 'date_of_onset',",
            "Map it in participants.columns",
            "line 2, column 'enrolment_date': '2019-02-31' is no day of the calendar; write the date as YYYY-MM-DD",
            "line 5, column 'death_date': 'x2021-11-11' is not a date; write it as YYYY-MM-DD",
        ),
        problems=3,
    ),
    Spoilt(
        "two formats of dates in a column",
        "people.tsv",
        people(("2018-01-10", "10/01/2018"), ("2018-09-01", "25/09/2018")),
        (
            "line 2, column 'onset_date': '10/01/2018' is written otherwise than YYYY-MM-DD: it looks like "
            "DD/MM/YYYY; state participants.date_format, and write all dates of the table alike",
            "line 4, column 'onset_date': '25/09/2018' is written",
        ),
        problems=2,
    ),
    Spoilt(
        "dates of another format than stated",
        "people.tsv",
        people(),
        ("line 2, column 'onset_date': '2018-01-10' is written otherwise than DD/MM/YYYY: it looks like YYYY-MM-DD",),
        problems=14,
        settings={"date_format": "DD/MM/YYYY"},
    ),
    Spoilt(
        "Excel's serial numbers in place of dates",
        "people.tsv",
        people(("2018-01-10", "43110")),
        (
            "line 2, column 'onset_date': '43110' is an Excel serial number for 2018-01-10; "
            "format the column as a date before saving",
        ),
    ),
    Spoilt(
        "a decimal comma",
        "visits.tsv",
        visits(("\t88", "\t88,5")),
        ("line 2, column 'FVC': '88,5' has a decimal comma; write 88.5",),
    ),
    Spoilt(
        "a unit behind a number",
        "visits.tsv",
        visits(("\t88", "\t88%"), ("\t36", "\t36 points")),
        (
            "line 2, column 'FVC': '88%' has a unit attached; write 88",
            "line 3, column 'total': '36 points' has a unit attached; write 36",
        ),
        problems=2,
    ),
    Spoilt(
        "a word in place of a number",
        "visits.tsv",
        visits(("\t88", "\tnot done")),
        ("line 2, column 'FVC': 'not done' is not a number; write one, or leave it empty",),
    ),
    Spoilt(
        "a patient in two rows",
        "people.tsv",
        PEOPLE + PEOPLE.splitlines()[1] + "\n",
        ("line 6, column 'sample': this sample id stands in an earlier row too; keep one row per sample",),
    ),
    Spoilt(
        "ids that differ in spaces around them alone",
        "people.csv",
        people(("ALS04", "ALS03 ")).replace("\t", ","),
        ("line 5, column 'sample': this sample id stands in an earlier row too, spaces around it aside; keep",),
    ),
    Spoilt(
        "a row without an id",
        "people.tsv",
        people(("ALS03", "  ")),
        ("line 4, column 'sample': no sample id; every row needs one",),
    ),
    Spoilt(
        "ids that lost their leading zeros",
        "visits.tsv",
        VISITS.replace("ALS0", ""),
        (
            "column 'sample': 4 of 4 sample ids match the participants' once leading zeros are taken off; "
            "write ids as text in both tables",
        ),
        others=PEOPLE.replace("ALS", ""),
    ),
    Spoilt(
        "ids in small letters",
        "visits.tsv",
        VISITS.replace("ALS", "als"),
        ("4 of 4 sample ids match the participants' once capitals count as small letters; write ids alike",),
    ),
    Spoilt(
        "visits of other people",
        "visits.tsv",
        VISITS.replace("ALS0", "MND9"),
        ("column 'sample': none of 4 sample ids is a participant's; write ids alike in both tables",),
    ),
    Spoilt("an empty file", "people.tsv", "", ("file: is empty; expected a header and a row per sample",)),
    Spoilt(
        "a header alone", "people.tsv", PEOPLE.splitlines()[0] + "\n", ("file: holds no rows; expected a header",)
    ),
    Spoilt(
        "rows with too many values and too few",
        "people.tsv",
        people(("\tM\n", "\tM\tlate onset\n"), ("2020-06-30\tF\n", "\n")),
        (
            "line 2: 7 values where the header has 6; fill up the row, and put values that hold the separator in",
            "line 3: 5 values where the header has 6",
        ),
        problems=2,
    ),
    Spoilt(
        "row names that the header doesn't name",
        "people.tsv",
        "".join(f"{number}\t{line}\n" for number, line in enumerate(PEOPLE.splitlines())).removeprefix("0\t"),
        ("line 1: every row has one value more than the header; write the table without row names",),
    ),
    Spoilt(
        "a separator that can't be told",
        "people.tsv",
        "sample;onset, date\nALS01;2018, January\n",
        ("line 1: may be separated by commas or semicolons; save it as .tsv with tabs, or as .csv with commas",),
    ),
    Spoilt(
        "a quoted value without its end",
        "people.tsv",
        people(("ALS03", '"ALS03')),
        ("line 4: 1 value where the header has 6; fill up the row, and put values that hold the separator in",),
    ),
    Spoilt(
        "UTF-16",
        "people.tsv",
        PEOPLE.encode("utf-16"),
        ("file: is written in UTF-16 (Excel's 'Unicode Text'); save it as 'CSV UTF-8'",),
    ),
    Spoilt(
        "Latin-1",
        "people.tsv",
        people(("\tF\n", "\tfémale\n")).encode("latin-1"),
        ("line 3: can't be read as a table: byte 0xE9 is not UTF-8; it may be 'é' in Latin-1: save the table as",),
    ),
    Spoilt(
        "a header again in the middle",
        "people.tsv",
        PEOPLE + PEOPLE.replace("ALS0", "ALS1"),
        ("line 6: repeats the header; remove it",),
    ),
    Spoilt(
        "no name over a column that is needed",
        "people.tsv",
        people(("onset_date", "")),
        (
            "line 1: no column 'onset_date'; it has 'sample', 'enrolment_date',",
            "and no name over column 2. Map it in",
        ),
    ),
    Spoilt(
        "a name over two columns",
        "people.tsv",
        people(("death_date", "onset_date")),
        ("line 1: 'onset_date' is the name of columns 2 and 5; rename one of them, or leave it out",),
        problems=2,
    ),
    Spoilt(
        "an unknown code",
        "people.tsv",
        PEOPLE.replace("\tM\n", "\t0\n").replace("\tF\n", "\t1\n").replace("\t1\n", "\t3\n", 1),
        ("line 3, column 'sex': '3' is none of its codes, '0' (male), '1' (female); add it to codes",),
        settings={"codes": {"sex": {"male": [0], "female": [1]}}},
    ),
    Spoilt(
        "codes of a column that isn't there",
        "people.tsv",
        PEOPLE,
        ("line 1: no column 'gender'; it has 'sample',", "'sex'. Correct it in participants.codes"),
        settings={"codes": {"gender": {"male": ["M"]}}},
    ),
    Spoilt(
        "an onset known to the year alone, and an enrolment to the month",
        "people.tsv",
        people(("2018-01-10", "2018"), ("2018-01-15", "2018-01")),
        (
            "line 2, column 'onset_date': '2018' is a year alone; find the month, or set participants.year_only:",
            "line 3, column 'enrolment_date': '2018-01' has no day; only dates of birth, onset and",
        ),
        problems=2,
    ),
    Spoilt(
        "days that no calendar has",
        "people.tsv",
        people(("2018-01-10", "2018-02-30"), ("2017-05-20", "2017-13-01")),
        (
            "line 2, column 'onset_date': '2018-02-30' is no day of the calendar",
            "line 3, column 'onset_date': '2017-13-01' is no day of the calendar",
        ),
        problems=2,
    ),
    Spoilt(
        "dates in the future and before anyone was born",
        "people.tsv",
        people(("2021-03-01", "9999-12-31"), ("2017-05-20", "0217-05-20"), ("2022-01-01", "2220-01-01")),
        (
            "line 2, column 'last_contact_date': '9999-12-31' lies in the future; check the year, or leave it empty",
            "line 3, column 'onset_date': '0217-05-20' lies before 1900; check the year, or leave it empty",
            "line 4, column 'last_contact_date': '2220-01-01' lies in the future",
        ),
        problems=3,
    ),
    Spoilt(
        "times before onset, in words and in another unit",
        "people.tsv",
        "sample\tenrolment_date\tlast_contact_date\tdeath_date\tsex\n"
        "ALS01\t12.9\t37.9\t\tM\nALS02\t-8\t37.5\tat home\tF\nALS03\t12\t1218\t\tF\n",
        (
            "line 3, column 'enrolment_date': '-8' lies before onset, from which months are counted; correct",
            "line 4, column 'last_contact_date': '1218' lies more than 100 years after onset; correct it, or",
            "line 3, column 'death_date': 'at home' is not a number; write one, or leave it empty",
        ),
        problems=3,
        settings={"times": "months"},
    ),
    Spoilt(
        "dates in a table of times",
        "people.tsv",
        people(),
        ("line 2, column 'enrolment_date': '2019-02-01' is a date where a number belongs",),
        problems=10,
        settings={"times": "days"},
    ),
    Spoilt(
        "FVC as a fraction",
        "visits.tsv",
        visits(("\t88", "\t.88"), ("\t80", "\t.80"), ("\t95", "\t.95"), ("\t70", "\t.70"), ("\t61", "\t.61")),
        (
            "column 'FVC': units.fvc says percent_predicted, but all its values lie at 2 or below; "
            "say fraction_predicted in visits.units",
        ),
    ),
    Spoilt(
        "FVC in two units",
        "visits.tsv",
        visits(("\t88", "\t.88")),
        ("line 2, column 'FVC': '.88' is in another unit than most values of 'FVC', percent_predicted, it seems;",),
    ),
    Spoilt(
        "a long table without the measure",
        "visits.tsv",
        LONG.replace("ALSFRS-R", "ALSFRSR"),
        ("column 'measure': no row says 'ALSFRS-R' (did you mean 'ALSFRSR'?); it says 'ALSFRSR'. Map it in visits",),
        settings={"columns": LONG_COLUMNS},
    ),
    Spoilt(
        "a long table without the column of values",
        "visits.tsv",
        LONG.replace("value", "result"),
        ("line 1: no column 'value'; it has 'sample', 'visit_date', 'measure', 'result'. Map it in visits.columns",),
        settings={"columns": LONG_COLUMNS},
    ),
    Spoilt(
        "a long table that contradicts itself",
        "visits.tsv",
        LONG + "ALS02\t2018-01-15\tALSFRS-R\t45\n",
        (
            "line 6, column 'value': '45' contradicts an earlier row, which has another 'ALSFRS-R' of the "
            "same sample and date; keep one of them",
        ),
        settings={"columns": LONG_COLUMNS},
    ),
    Spoilt(
        "a workbook of two sheets",
        "people.xlsx",
        excel(readme=[["as of March"]], patients=cells(PEOPLE)),
        ("file: has 2 sheets, 'readme', 'patients'; name one of these as `sheet` in the study file",),
    ),
    Spoilt(
        "a sheet that isn't there",
        "people.xlsx",
        excel(patients=cells(PEOPLE)),
        ("file: no sheet 'Patients'; it has 'patients': name one of these as `sheet`",),
        settings={"sheet": "Patients"},
    ),
    Spoilt(
        "dates that are texts, and numbers that are dates, in Excel",
        "people.xlsx",
        excel(
            patients=[
                ["sample", "onset_date", "enrolment_date", "last_contact_date", "death_date", "sex"],
                ["ALS01", "10.01.2018", datetime.datetime(2019, 2, 1), datetime.datetime(2021, 3, 1), None, "M"],
                ["ALS02", 42875, datetime.datetime(2018, 1, 15), datetime.datetime(2020, 6, 30), None, "F"],
            ]
        ),
        (
            "row 2, column 'onset_date': '10.01.2018' is written otherwise than YYYY-MM-DD: it looks like DD.MM.YYYY",
            "row 3, column 'onset_date': '42875' is an Excel serial number for 2017-05-20",
        ),
        problems=2,
    ),
    Spoilt(
        "an error of Excel in a cell",
        "visits.xlsx",
        excel(visits=[["sample", "visit_date", "total", "FVC"], ["ALS01", datetime.date(2019, 2, 1), 40, "#DIV/0!"]]),
        ("row 2, column 'FVC': '#DIV/0!' is not a number; write one, or leave it empty",),
    ),
    Spoilt(
        "an old Excel file",
        "people.xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
        ("file: is an old (.xls) or a password-protected Excel file; save it as .xlsx without a password, or",),
    ),
    Spoilt(
        "Parquet with values of another type",
        "visits.parquet",
        parquet(VISITS, total=[[40], [36], [44], [31], [28]], FVC=pd.to_datetime(["2019-02-01"] * 5).tolist()),
        (
            "column 'total': holds values of type list<",
            "expected texts, numbers or dates",
            "row 2, column 'FVC': '2019-02-01' is a date where a number belongs; format the column as numbers",
        ),
        problems=6,
    ),
    Spoilt(
        "a gzipped table that was cut off",
        "people.tsv.gz",
        gzip.compress(PEOPLE.encode())[:-40],
        ("file: is cut off or damaged: the gzipped data ends early; copy it again",),
    ),
]


@pytest.fixture
def study(tmp_path):
    """Give a function that writes a study with one of its tables spoilt."""

    def write(case: Spoilt):
        (tmp_path / "sound_people.tsv").write_text(case.others)
        (tmp_path / "sound_visits.tsv").write_text(VISITS)
        content = case.content.encode() if isinstance(case.content, str) else case.content
        (tmp_path / case.file).write_bytes(content)
        sections = {
            "participants": {"path": "sound_people.tsv", "columns": {"sex": "sex", "ventilation_date": "death_date"}},
            "visits": {"path": "sound_visits.tsv", "columns": {"fvc": "FVC"}},
        }
        settings = {"path": case.file} | case.settings
        study = {
            "name": "messy",
            "output": "out",
            **(sections | {case.section: sections[case.section] | settings}),
            "traits": [{"name": "survival", "type": "survival"}, {"name": "slope", "type": "alsfrs_slope"}],
            "covariates": ["sex"],
        }
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
        return tmp_path / "study.yaml"

    return write


@pytest.mark.parametrize("case", CASES, ids=[case.claim for case in CASES])
def test_a_spoilt_table_is_refused_with_file_row_column_value_and_remedy(case, study, progex):
    path = study(case)
    outcome = progex("traits", path)
    print(outcome.output)
    assert outcome.exit_code == 2
    assert "Traceback" not in outcome.output
    assert f"error: {case.file}: {case.problems} problem" in outcome.stderr
    for words in case.told:
        assert words in outcome.stderr
    assert "ALS0" not in outcome.output
    assert not (path.parent / "out").exists()


def sound() -> pd.DataFrame:
    table = pd.DataFrame(cells(PEOPLE)[1:], columns=cells(PEOPLE)[0])
    dates = [column for column in table if column.endswith("_date")]
    return table.assign(**{column: pd.to_datetime(table[column]) for column in dates})


UNUSUAL = {
    "a byte order mark": ("people.tsv", b"\xef\xbb\xbf" + PEOPLE.encode(), {}),
    "semicolons": ("people.csv", PEOPLE.replace("\t", ";").encode(), {}),
    "tabs in a .csv": ("people.csv", PEOPLE.encode(), {}),
    "commas in a .tsv": ("people.tsv", PEOPLE.replace("\t", ",").encode(), {}),
    "quotes around everything": (
        "people.csv",
        "\n".join(",".join(f'"{cell}"' for cell in row) for row in cells(PEOPLE)).encode(),
        {},
    ),
    "lines of Windows and blank ones": (
        "people.tsv",
        PEOPLE.replace("\n", "\r\n").encode() + b"\r\n\t\t\t\t\t\r\n",
        {},
    ),
    "spaces around values": ("people.csv", PEOPLE.replace("\t", " , ").encode(), {}),
    "NA for what is missing": ("people.tsv", PEOPLE.replace("\t\t", "\tNA\t").encode(), {}),
    "midnight behind dates": ("people.tsv", PEOPLE.replace("2018-01-10", "2018-01-10 00:00:00").encode(), {}),
    "a time behind a date": ("people.tsv", PEOPLE.replace("2018-01-10", "2018-01-10T14:30:00Z").encode(), {}),
    "a column without a name": (
        "people.csv",
        "\n".join(f"{'' if number == 0 else number},{line}" for number, line in enumerate(PEOPLE.splitlines()))
        .replace("\t", ",")
        .encode(),
        {},
    ),
    "gzip without saying so": ("people.tsv", gzip.compress(PEOPLE.encode()), {}),
    "Excel": ("people.xlsx", excel(patients=cells(PEOPLE)), {}),
    "Excel with an empty sheet": ("people.xlsx", excel(Sheet1=[], patients=cells(PEOPLE)), {}),
    "Parquet": ("people.parquet", parquet(PEOPLE), {}),
    "dates of another format": (
        "people.tsv",
        sound().to_csv(sep="\t", index=False, date_format="%d.%m.%Y").encode(),
        {"date_format": "DD.MM.YYYY"},
    ),
    "codes": (
        "people.tsv",
        PEOPLE.replace("\tM\n", "\t0\n").replace("\tF\n", "\t1\n").encode(),
        {"codes": {"sex": {"M": [0], "F": [1]}}},
    ),
}


@pytest.mark.parametrize("way", UNUSUAL)
def test_an_unusual_table_that_is_unambiguous_is_read_as_if_written_well(way, tmp_path):
    name, content, settings = UNUSUAL[way]
    (tmp_path / name).write_bytes(content)
    read = read_participants(
        tmp_path / name,
        Participants(path=name, columns=ParticipantColumns(sex="sex"), **settings),
        dates=["onset_date", "enrolment_date", "last_contact_date", "death_date"],
        as_is=["sex"],
    )
    pd.testing.assert_frame_equal(read.drop(columns="row"), sound())


def test_of_several_thousand_faults_twenty_are_shown_and_the_rest_counted(tmp_path):
    path = tmp_path / "people.tsv"
    path.write_text("sample\tonset_date\n" + "".join(f"s{number}\tsoon\n" for number in range(5000)))
    with pytest.raises(InputError) as caught:
        read_participants(path, Participants(path="people.tsv"), dates=["onset_date"])
    assert len(caught.value.problems) == 20
    assert "people.tsv: 5,000 problems, the first 20 of them" in str(caught.value)
