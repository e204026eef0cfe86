"""Hail's own spelling of types, read without Hail: enough to check a Hail Table or a VEP configuration early.

>>> struct_fields("Struct{a:Array[Struct{b:Int32}],`c d`:+String}")
{'a': 'Array[Struct{b:Int32}]', 'c d': 'String'}
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass

from association.problems import InputError
from hail_pipelines.places import Place, readable

_NAME = re.compile(r"`((?:[^`\\]|\\.)*)`|([^:,{}\[\]`]+)")


@dataclass(frozen=True)
class HailTable:
    """What a Hail Table says of itself.

    Attributes
    ----------
    key
        The names of its key.
    fields
        The type of each field of a row, key included, by name.
    """

    key: tuple[str, ...]
    fields: dict[str, str]


def struct_fields(text: str) -> dict[str, str]:
    """Split a struct's type into its fields and their types; empty for a type that is no struct."""
    inner = re.fullmatch(r"\+?Struct\{(.*)\}", text, re.DOTALL)
    fields = {}
    for part in _split(inner[1]) if inner else []:
        name = _NAME.match(part)
        if name is not None:
            fields[name[1] or name[2]] = part[name.end() :].lstrip(":").lstrip("+")
    return fields


def element_type(text: str) -> str:
    """Give the type of an array's elements; the type itself where it is no array."""
    inner = re.fullmatch(r"\+?Array\[(.*)\]", text, re.DOTALL)
    return inner[1].lstrip("+") if inner else text


def read_table_type(path: Place) -> HailTable:
    """Read a Hail Table's type from its folder.

    Raises
    ------
    InputError
        If there is no such folder, or it holds no Hail Table.
    """
    metadata = path / "metadata.json.gz"
    if not metadata.is_file():
        what = "holds no Hail Table (metadata.json.gz is absent)" if path.exists() else "no such table"
        raise InputError.single(str(path), "folder", f"{what}; check its path in the study file")
    if not (path / "_SUCCESS").exists():
        raise InputError.single(
            str(path), "folder", "was not written to its end (_SUCCESS is absent); write it again"
        )
    try:
        with gzip.open(readable(metadata), "rt", encoding="utf-8") as stream:
            text = str(json.load(stream)["table_type"])
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise InputError.single(str(path), "folder", f"its metadata can't be read ({error}); copy it again") from None
    inner = re.fullmatch(r"Table\{(.*)\}", text, re.DOTALL)
    if inner is None:
        raise InputError.single(
            str(path), "folder", "is no Hail Table but of another kind; name the table of variants"
        )
    parts = dict(part.split(":", 1) for part in _split(inner[1]))
    key = tuple(name.strip("`") for name in _split(parts["key"].strip("[]")))
    return HailTable(key, struct_fields(parts["row"]))


def _split(text: str) -> list[str]:
    """Split at the commas that stand in no bracket or quoted name."""
    parts, start, depth, quoted = [], 0, 0, False
    for place, character in enumerate(text):
        if character == "`":
            quoted = not quoted
        elif not quoted:
            depth += (character in "{[(<") - (character in "}])>")
            if character == "," and depth == 0:
                parts.append(text[start:place])
                start = place + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]
