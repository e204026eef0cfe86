"""A trait ready for a scan, as bytes that any worker can read: plain arrays, nothing executable.

Workers may run other versions of NumPy than the driver, so what travels is the `.npz` format, never a pickle.
"""

from __future__ import annotations

import io

import numpy as np

from association.null_models.arrays import from_arrays, to_arrays
from association.scan_settings import ScanTrait

_MODEL = "model/"


def pack_trait(trait: ScanTrait) -> bytes:
    """Write a trait as bytes."""
    arrays = {_MODEL + name: values for name, values in to_arrays(trait.model).items()}
    arrays |= {
        "name": np.array(trait.name),
        "strata": trait.strata,
        "store_positions": trait.store_positions,
        "store_samples": np.array(trait.store_samples),
        "male": trait.male,
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
    model = {name.removeprefix(_MODEL): values for name, values in arrays.items() if name.startswith(_MODEL)}
    return ScanTrait(
        name=str(arrays["name"]),
        model=from_arrays(model),
        strata=arrays["strata"],
        store_positions=arrays["store_positions"],
        store_samples=int(arrays["store_samples"]),
        male=arrays["male"],
        flags=tuple(str(flag) for flag in arrays["flags"]),
    )
