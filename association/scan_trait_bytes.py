"""A trait ready for a scan, as bytes that any worker can read: plain arrays, nothing executable.

Workers may run other versions of NumPy than the driver, so what travels is the `.npz` format, never a pickle.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.null_models.arrays import from_arrays, to_arrays
from association.null_models.null_model import NullModel
from association.scan_settings import ScanTrait

_MODEL = "model/"
_CONTIG = "contig/"


def pack_trait(trait: ScanTrait) -> bytes:
    """Write a trait as bytes."""
    models = {_MODEL: trait.model} | {f"{_CONTIG}{contig}/": model for contig, model in trait.by_contig.items()}
    arrays = {place + name: values for place, model in models.items() for name, values in to_arrays(model).items()}
    arrays |= {
        "name": np.array(trait.name),
        "strata": trait.strata,
        "store_positions": trait.store_positions,
        "store_samples": np.array(trait.store_samples),
        "male": trait.male,
        "cohorts": trait.cohorts,
        "flags": np.array(trait.flags, dtype=str),
    }
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def unpack_trait(content: bytes) -> ScanTrait:
    """Read what `pack_trait` wrote.

    Raises
    ------
    ValueError
        If the bytes hold anything but plain arrays.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    contigs = dict.fromkeys(name.split("/")[1] for name in arrays if name.startswith(_CONTIG))
    return ScanTrait(
        name=str(arrays["name"]),
        model=_model(arrays, _MODEL),
        by_contig={contig: _model(arrays, f"{_CONTIG}{contig}/") for contig in contigs},
        strata=arrays["strata"],
        store_positions=arrays["store_positions"],
        store_samples=int(arrays["store_samples"]),
        male=arrays["male"],
        # Earlier versions wrote none; they knew no calls that a whole cohort lacks.
        cohorts=arrays.get("cohorts", np.zeros(0, np.int64)),
        flags=tuple(str(flag) for flag in arrays["flags"]),
    )


def _model(arrays: Mapping[str, NDArray[Any]], place: str) -> NullModel:
    own = {name.removeprefix(place): values for name, values in arrays.items() if name.startswith(place)}
    return from_arrays(own)
