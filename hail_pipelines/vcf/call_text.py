"""The calls of one record as text: whether each keeps to the record's FORMAT and to the declared types.

Four call fields are read and the others stepped over, so only these four are looked at: GT, an allele or two;
GQ and DP, one number; AD, numbers apart by commas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from hail_pipelines.vcf.header import CALL_FIELDS

_CALL = r"(?:\.|\d+)(?:[/|](?:\.|\d+))?"
_INTEGER = r"(?:\.|-?\d{1,10})"
_EXPONENT = r"(?:[eE][-+]?\d+)?"
_WORD = r"[nN][aA][nN]|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?"
# What is longer comes first: a list is not taken back, so that the first alternative that fits counts.
_FLOAT = rf"(?:[-+]?(?:\d*\.\d+{_EXPONENT}|\d+\.|\d+{_EXPONENT}|{_WORD})|\.)"
_NUMBER = {"Integer": _INTEGER, "Float": _FLOAT}
_MANY_ALLELES = re.compile(r"(?:\.|\d+)(?:[/|](?:\.|\d+)){2,}", re.ASCII)


def call_problems(columns: Sequence[bytes], types: Mapping[str, str]) -> dict[str, str]:
    """Find the call fields of one record that can't be read.

    Parameters
    ----------
    columns
        The record's nine fixed columns, then all its calls, still separated by tabs.
    types
        Types by FORMAT id.

    Returns
    -------
    What to tell the user, by FORMAT id.
    """
    names = tuple(columns[8].decode("utf-8", "replace").split(":"))
    patterns = tuple(_pattern(name, types.get(name, "Integer")) for name in names)
    if _record_pattern(patterns).fullmatch(columns[9]):
        return {}
    return _call_by_call(columns[9].decode("utf-8", "replace"), names, patterns, types)


def repeated_fields(columns: Sequence[bytes]) -> list[str]:
    """List the call fields that a record's FORMAT names twice."""
    names = columns[8].decode("utf-8", "replace").split(":")
    return [name for name in CALL_FIELDS if names.count(name) > 1]


def number_pattern(of_type: str) -> str:
    """Give the pattern of one number of a type, or of a missing one."""
    return _NUMBER[of_type]


def _pattern(name: str, of_type: str) -> str:
    """Give the pattern of a call field's value."""
    if name == "GT":
        return _CALL
    if name not in CALL_FIELDS or of_type not in _NUMBER:
        return r"[^:\t]*+"
    number = _NUMBER[of_type]
    return rf"{number}(?:,{number})*+" if name == "AD" else number


@lru_cache(maxsize=256)
def _record_pattern(patterns: tuple[str, ...]) -> re.Pattern[bytes]:
    """Compile the pattern of all calls of a record; the last fields of a call may be left off."""
    call = "".join(f"(?::{pattern}" for pattern in patterns[1:]) + ")?" * (len(patterns) - 1)
    whole = f"{patterns[0]}{call}"
    return re.compile(rf"(?:{whole}\t)*+{whole}".encode())


def _call_by_call(
    calls: str, names: tuple[str, ...], patterns: tuple[str, ...], types: Mapping[str, str]
) -> dict[str, str]:
    """Find the first bad value of each field."""
    problems: dict[str, str] = {}
    for call in calls.split("\t"):
        values = call.split(":")
        if len(values) > len(names):
            problems.setdefault(
                "", f"a call has {len(values)} values where FORMAT names {len(names)}; mend the record"
            )
        for name, pattern, value in zip(names, patterns, values, strict=False):
            if name not in problems and not re.fullmatch(pattern, value, re.ASCII):
                problems[name] = _message(name, types.get(name, "Integer"), value)
    return problems


def _message(name: str, declared: str, value: str) -> str:
    """Say what is wrong with a value, and what to do."""
    if name == "GT" and _MANY_ALLELES.fullmatch(value):
        return (
            f"found {value!r}: a call of more than two alleles can't be tested; set such calls to missing, or leave "
            "the record out"
        )
    if name == "GT":
        return f"found {value!r}, expected one or two alleles such as 0/1 or a dot; mend the file"
    if declared == "Integer" and re.fullmatch(_FLOAT, value, re.ASCII):
        remedy = f"set genotypes.header_types: {{{name}: Float}} in the study file"
    else:
        remedy = f"mend the file, or remove the field with: bcftools annotate -x FORMAT/{name}"
    return f"the header declares {declared}, found {value!r}; {remedy}"
