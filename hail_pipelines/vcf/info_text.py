"""The INFO fields of one record as text: whether those that are asked for have the declared types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hail_pipelines.vcf.call_text import number_pattern
from hail_pipelines.vcf.findings import Fault
from hail_pipelines.vcf.header import Declaration

LARGEST_INTEGER = 2**31 - 1


def info_faults(info: bytes, declared: Mapping[str, Declaration]) -> Iterator[Fault]:
    """Find the INFO fields whose values contradict their declared type or count.

    Parameters
    ----------
    info
        The record's INFO column.
    declared
        The declarations of the fields that are asked for, by id.
    """
    if not declared:
        return
    parts = [part.partition("=") for part in info.decode("utf-8", "replace").split(";")]
    for spaced in [key for key, _, _ in parts if " " in key][:1]:
        yield Fault("INFO", f"a blank in the name {spaced!r}, expected none; mend the file", "INFO blank")
    values = {key: value for key, equals, value in parts if equals}
    for name, each in declared.items():
        if each.type not in ("Integer", "Float"):
            continue
        if name not in values:
            continue
        value = values[name].strip()
        if not re.fullmatch(info_pattern(each), value, re.ASCII):
            yield Fault(
                f"INFO {name}",
                f"the header declares Type={each.type}, Number={each.number}, found {values[name]!r}; mend the file, "
                "or correct the declaration with: bcftools reheader",
                f"INFO {name}",
            )
        elif each.type == "Integer" and not fits_integer(value):
            yield Fault(
                f"INFO {name}",
                f"the header declares Type=Integer, found {value!r}, expected {LARGEST_INTEGER:,} at most; declare "
                "it Type=Float with: bcftools reheader",
                f"INFO {name} too large",
            )


def info_pattern(declared: Declaration) -> str:
    """Give the pattern of a numeric INFO field's value.

    Parameters
    ----------
    declared
        Its declaration, of type Integer or Float.
    """
    number = number_pattern(declared.type)
    return number if declared.number == "1" else rf"{number}(?:,{number})*"


def fits_integer(value: str) -> bool:
    """Say whether no number of an Integer field's value is too large to be kept as one.

    Parameters
    ----------
    value
        Whole numbers or dots, apart by commas.
    """
    return all(abs(int(number)) <= LARGEST_INTEGER for number in value.split(",") if number != ".")
