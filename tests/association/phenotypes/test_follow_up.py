"""Entry and death from the dates that a table has."""

import pandas as pd
import pytest

from association.phenotypes.follow_up import end_of_life, observation_start, origin_dates


def dates(*texts):
    return pd.to_datetime(list(texts))


def test_observation_starts_at_the_later_of_enrolment_and_dna():
    table = pd.DataFrame(
        {
            "enrolment_date": dates("2020-06-01", "2020-06-01", "2020-06-01", None),
            "dna_date": dates("2020-09-01", "2020-01-01", None, "2020-09-01"),
        }
    )
    assert observation_start(table).tolist()[:3] == list(dates("2020-09-01", "2020-06-01", "2020-06-01"))
    assert observation_start(table).isna().tolist() == [False, False, False, True]
    assert observation_start(table[["enrolment_date"]]).tolist()[0] == dates("2020-06-01")[0]


def test_entry_is_an_origin_too():
    table = pd.DataFrame({"enrolment_date": dates("2020-06-01"), "dna_date": dates("2020-09-01")})
    assert origin_dates(table, "entry").equals(observation_start(table))
    assert origin_dates(table, "onset").isna().all()


@pytest.mark.parametrize("told", [{"event": [1.0, 0.0]}, {"death_date": dates("2021-01-01", None)}])
def test_death_comes_from_its_date_or_from_the_event(told):
    table = pd.DataFrame({"last_contact_date": dates("2021-01-01", "2021-02-01"), **told})
    assert end_of_life(table)[0] == pd.Timestamp("2021-01-01")
    assert end_of_life(table).isna()[1]


def test_dates_of_death_outrank_the_event():
    table = pd.DataFrame(
        {"event": [1.0], "death_date": dates("2022-01-01"), "last_contact_date": dates("2021-01-01")}
    )
    assert end_of_life(table)[0] == pd.Timestamp("2022-01-01")
