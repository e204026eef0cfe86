"""Null models as plain arrays, to be stored and sent without pickling.

A model becomes a flat table of numeric and text arrays that `numpy.savez` writes and `numpy.load` reads with
`allow_pickle=False`; what a model lacks is a name that the table lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.null_models.family_risk import FamilySharedRisk
from association.null_models.null_model import NullModel, SharedRisk
from association.null_models.shared_risk import CoxSharedRisk
from association.null_models.subdistribution_risk import SubdistributionSharedRisk
from association.problems import InputError

REQUIRED = ("residuals", "information", "cross_information", "covariate_information")
OPTIONAL = ("events", "expected_events")
# By the name under which a model's kind of shared risk is stored: dataclasses whose fields are all arrays.
SHARED_RISKS: dict[str, type[CoxSharedRisk] | type[SubdistributionSharedRisk] | type[FamilySharedRisk]] = {
    "cox": CoxSharedRisk,
    "kinship": FamilySharedRisk,
    "subdistribution": SubdistributionSharedRisk,
}


def to_arrays(model: NullModel) -> dict[str, NDArray[Any]]:
    """Lay a model out as arrays by name.

    Parameters
    ----------
    model
        Any null model whose shared risk, if it has one, is of a kind in `SHARED_RISKS`.

    Raises
    ------
    TypeError
        If the shared risk is of another kind.
    """
    arrays: dict[str, NDArray[Any]] = {"kind": np.array(model.kind)}
    arrays |= {name: getattr(model, name) for name in REQUIRED}
    arrays |= {name: getattr(model, name) for name in OPTIONAL if getattr(model, name) is not None}
    return arrays if model.shared_risk is None else arrays | _lay_out(model.shared_risk)


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> NullModel:
    """Rebuild a model from what `to_arrays` gave.

    Parameters
    ----------
    arrays
        Arrays by name, such as an open npz file.

    Raises
    ------
    InputError
        If an array is missing, or the shared risk is of a kind not in `SHARED_RISKS`.
    """
    _check_present(arrays, ("kind", *REQUIRED))
    return NullModel(
        kind=str(arrays["kind"]),
        **{name: arrays[name] for name in REQUIRED},
        **{name: arrays[name] for name in OPTIONAL if name in arrays},
        shared_risk=_rebuild(arrays) if any(name.startswith("shared_risk") for name in arrays) else None,
    )


def _lay_out(risk: SharedRisk) -> dict[str, NDArray[Any]]:
    for name, known in SHARED_RISKS.items():
        if type(risk) is known:
            parts = {f"shared_risk.{field.name}": getattr(risk, field.name) for field in fields(known)}
            return {"shared_risk": np.array(name), **parts}
    raise TypeError(f"can't lay out the shared risk of a {type(risk).__name__} as arrays")


def _rebuild(arrays: Mapping[str, NDArray[Any]]) -> SharedRisk:
    _check_present(arrays, ("shared_risk",))
    known = SHARED_RISKS.get(str(arrays["shared_risk"]))
    if known is None:
        message = f"'{arrays['shared_risk']}' is of a kind not known here; fit and store the trait again"
        raise InputError.single("null model", "shared_risk", message)
    names = [f"shared_risk.{field.name}" for field in fields(known)]
    _check_present(arrays, names)
    return known(*(arrays[name] for name in names))


def _check_present(arrays: Mapping[str, NDArray[Any]], expected: Iterable[str]) -> None:
    if missing := [name for name in expected if name not in arrays]:
        message = f"{', '.join(missing)} not found; fit and store the trait again"
        raise InputError.single("null model", "arrays", message)
