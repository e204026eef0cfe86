"""A subdistribution hazard has no place for a polygenic offset; a cause-specific one has."""

import numpy as np
import pandas as pd

NIV = {
    "name": "niv",
    "type": "milestone",
    "milestone": "niv",
    "origin": "enrolment",
    "polygenic_offset": "fit_1.loco",
}


def test_an_offset_is_refused_for_fine_and_gray_and_taken_for_cause_specific_hazards(
    cohort, prepare, refusal, tmp_path
):
    enrolled = pd.to_datetime(cohort["enrolment_date"])
    cohort["niv_date"] = np.where(
        cohort.index % 3 == 0, (enrolled + pd.Timedelta("50D")).dt.strftime("%Y-%m-%d"), None
    )
    offsets = np.random.default_rng(2).normal(size=(22, len(cohort))).round(6)
    table = pd.DataFrame(offsets, index=range(1, 23), columns=cohort["sample"])
    table.rename_axis("FID_IID").to_csv(tmp_path / "fit_1.loco", sep=" ")
    found = refusal(cohort, NIV | {"model": "fine_gray"})
    assert found == {
        "trait 'niv', polygenic_offset": (
            "a trait of type milestone has no polygenic offset; take it out, or add ancestry covariates"
        )
    }
    (trait,) = prepare(cohort, NIV)
    assert list(trait.models.by_contig) == [str(number) for number in range(1, 23)]
    assert {fit.model.kind for fit in trait.models.by_contig.values()} == {"cox"}
