"""Null models as plain arrays, to be stored and sent without pickling.

A model becomes a flat table of numeric and text arrays that `numpy.savez` writes and `numpy.load` reads with
`allow_pickle=False`; what a model lacks is a name that the table lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.null_models.null_model import NullModel
from association.null_models.shared_risk import CoxSharedRisk
from association.problems import InputError

REQUIRED = ("residuals", "information", "cross_information", "covariate_information")
OPTIONAL = ("events", "expected_events")
SHARED_RISK = ("risk", "first", "last", "died", "before", "one_dies", "both_die")


def to_arrays(model: NullModel) -> dict[str, NDArray[Any]]:
    """Lay a model out as arrays by name.

    Parameters
    ----------
    model
        Any null model whose shared risk, if it has one, is that of a Cox model.

    Raises
    ------
    TypeError
        If the shared risk is of another kind.
    """
    arrays: dict[str, NDArray[Any]] = {"kind": np.array(model.kind)}
    arrays |= {name: getattr(model, name) for name in REQUIRED}
    arrays |= {name: getattr(model, name) for name in OPTIONAL if getattr(model, name) is not None}
    if isinstance(model.shared_risk, CoxSharedRisk):
        arrays |= {f"shared_risk.{name}": getattr(model.shared_risk, name) for name in SHARED_RISK}
    elif model.shared_risk is not None:
        raise TypeError(f"can't lay out the shared risk of a {type(model.shared_risk).__name__} as arrays")
    return arrays


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> NullModel:
    """Rebuild a model from what `to_arrays` gave.

    Parameters
    ----------
    arrays
        Arrays by name, such as an open npz file.

    Raises
    ------
    InputError
        If an array is missing.
    """
    shared = [f"shared_risk.{name}" for name in SHARED_RISK]
    expected = ["kind", *REQUIRED, *(shared if any(name in arrays for name in shared) else [])]
    if missing := [name for name in expected if name not in arrays]:
        message = f"{', '.join(missing)} not found; fit and store the trait again"
        raise InputError.single("null model", "arrays", message)
    return NullModel(
        kind=str(arrays["kind"]),
        **{name: arrays[name] for name in REQUIRED},
        **{name: arrays[name] for name in OPTIONAL if name in arrays},
        shared_risk=CoxSharedRisk(*(arrays[name] for name in shared)) if shared[0] in arrays else None,
    )
