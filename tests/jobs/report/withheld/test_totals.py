"""A total that is rounded in one table is exact in no other."""

from dataclasses import replace

import pandas as pd
import pytest

from jobs.report.audience import Audience
from jobs.report.withheld import withhold


@pytest.fixture
def shown(inputs, report_inputs):
    """Give what is told where two traits have almost the same patients, 296 and 298."""
    one, two = ("survival", "alsfrs_slope")
    summaries = [
        {**dict(inputs.traits[0]), "name": name, "samples": count, "exclusions": []}
        for name, count in ((one, 298), (two, 296))
    ]
    results = inputs.results[inputs.results["trait"] == inputs.traits[0]["name"]]
    results = pd.concat([results.assign(trait=name, samples=n) for name, n in ((one, 298), (two, 296))])
    groups = pd.DataFrame(
        [
            {"gene": "A", "trait": name, "mask": "plof", "max_af": 0.01, "kind": "visits", "carriers": 21.0}
            | {"others": total - 21.0, "events_carriers": None, "events_others": None}
            for name, total in ((one, 298), (two, 296))
        ]
    )
    numbers = ("variants", "expected_carriers", "median_carriers", "median_others")
    quantiles = ("others_low", "others_lower_quartile", "others_upper_quartile", "others_high")
    groups = groups.assign(**dict.fromkeys((*numbers, *quantiles), 1.0))
    effects = pd.DataFrame(
        [
            {"gene": "A", "trait": two, "mask": "plof", "max_af": 0.01, "samples": 296, "carriers": 21.0}
            | {"observed_events": None, "p_value": 0.5}
        ]
    )
    results = results.reset_index(drop=True)
    row = results[results["trait"] == two].index[0]
    results.loc[row, ["gene", "mask", "max_af", "carriers"]] = ["A", "plof", 0.01, 21]
    told = report_inputs(results, summaries=summaries, audience=Audience.CONSORTIUM)
    band = pd.DataFrame([{"trait": two, "time": 1.5, "lower": 35.0, "middle": 41.0, "upper": 45.0, "patients": 296}])
    return withhold(replace(told, profiles={"groups": groups, "course_band": band}, effects=effects))


def test_every_table_tells_the_rounded_total(shown):
    assert [one["samples"] for one in shown.traits] == [300, 295]
    assert set(shown.results["samples"]) == {300, 295}
    assert shown.effects["samples"].tolist() == [295]
    assert shown.profiles["course_band"]["patients"].tolist() == [295]
    groups = shown.profiles["groups"]
    told = (groups["carriers"] + groups["others"]).dropna()
    assert set(told) <= {300, 295}
    assert len(told)
