"""Whether one variant makes a gene's result, in words."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from association.results import FLAGS, ONE_VARIANT_DRIVEN
from jobs.report import numbers, wording
from jobs.report.gene.material import GeneTrait
from jobs.report.gene.shown import known
from jobs.report.gene.without import told_without, variant_labels

NOTABLE_P = 0.05


def one_variant_words(one: GeneTrait, sites: pd.DataFrame) -> Iterator[Markup]:
    """Say whether one variant makes the result, by name where it may be named."""
    flags = wording.flag_names(one.driver.get("flags")) if one.driver else []
    left_out = told_without(one)
    if left_out.empty:
        if ONE_VARIANT_DRIVEN in flags:
            yield Markup("<strong>One variant drives it</strong>: {}.").format(FLAGS[ONE_VARIANT_DRIVEN])
        return
    rests = left_out[left_out["rests_on_it"].fillna(False).astype(bool)]
    if len(rests):
        yield from _driven(one, rests, sites)
    elif len(left_out) == len(one.table("leave_one_out")) > 1 and known(one.driver["p_value"]) <= NOTABLE_P:
        largest = left_out["p_value"].max()
        yield Markup("No single variant makes it: whichever of the {} is left out, p stays at most {}.").format(
            len(left_out), numbers.p_value(largest)
        )


def _driven(one: GeneTrait, rests: pd.DataFrame, sites: pd.DataFrame) -> Iterator[Markup]:
    labels = variant_labels(rests["left_out"], sites)
    lead = "One variant drives it" if len(rests) == 1 else f"It rests on any one of {len(rests)} variants"
    told = [
        Markup("without {}, p\u00a0=\u00a0{}").format(label, numbers.p_value(row["p_value"]))
        if numbers.present(row["p_value"])
        else Markup("without {} nothing is left to test").format(label)
        for label, row in zip(labels, rests.to_dict("records"), strict=True)
    ]
    yield Markup("<strong>{}</strong>: {}, instead of {}.").format(
        lead, Markup("; ").join(told[:3]), numbers.p_value(one.driver["p_value"])
    )
