"""What a comparison reads of a run: columns and keys that another version may have written otherwise.

All of it is looked at before anything is compared, so that a run that can't be is refused by what it lacks.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq
from pyarrow import ArrowInvalid

from association.comparison.paired_rows import KEY
from association.problems import InputError, Problem
from association.scan_trait_bytes import unpack_trait
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.traits.files import read_packed_trait, read_summary

# Of each row what either run says.
TOLD = (
    *("p_value", "neg_log10_p", "method", "p_lower", "p_upper", "samples", "variants", "carriers"),
    *("minor_allele_count", "observed_events", "expected_events", "reason"),
)
READ = (*KEY, "contig", "primary", *TOLD)
# Of a trait's summary.
COUNTS = ("samples", "events", "person_months", "visits", "strata")
SUMMARY = (*COUNTS, "type", "definition", "coefficients")
REMEDY = "another version of progex wrote it; run it anew with this one, and compare then"


def read_record(file: Place, needed: Sequence[str]) -> dict[str, Any]:
    """Read a record in JSON, with all keys that are needed.

    Raises
    ------
    InputError
        If it is none, or lacks some.
    """
    try:
        record = json.loads(file.read_text())
    except ValueError:
        raise InputError.single(str(file), "record", "is no JSON; run it again") from None
    missing = _lacking(needed, record if isinstance(record, dict) else {})
    if missing:
        raise InputError.single(str(file), "record", f"has no {missing}; {REMEDY}")
    return dict(record)


def columns_missing(file: Place, needed: Sequence[str]) -> Iterator[Problem]:
    """Say which columns a Parquet file lacks."""
    place = f"{file.parent.name}/{file.name}"
    try:
        names = pq.read_schema(readable(file)).names
    except ArrowInvalid:
        yield Problem(place, "is no Parquet file; run it again")
        return
    missing = _lacking(needed, names)
    if missing:
        yield Problem(place, f"has no column {missing}; {REMEDY}")


def trait_unreadable(folder: Place, name: str) -> Iterator[Problem]:
    """Say what of a trait's files can't be read: what a scan was given of it, and its summary."""
    try:
        unpack_trait(read_packed_trait(folder, name))
    except InputError as error:
        yield from (Problem(f"{folder.name}/{name}.npz", f"{one.message}; {REMEDY}") for one in error.problems)
    except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
        yield Problem(f"{folder.name}/{name}.npz", f"can't be read ({type(error).__name__}: {error}); {REMEDY}")
    try:
        missing = _lacking(SUMMARY, read_summary(folder, name))
    except ValueError:
        yield Problem(f"{folder.name}/{name}.json", "is no JSON; run it again")
        return
    if missing:
        yield Problem(f"{folder.name}/{name}.json", f"has no {missing}; {REMEDY}")


def _lacking(needed: Sequence[str], found: Mapping[str, Any] | Sequence[str]) -> str:
    return ", ".join(name for name in needed if name not in found)
