"""Templates: YAML with places to fill, read into the client's own message types, which refuse others' fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from typing import Any, TypeVar

import yaml
from google.protobuf import json_format  # type: ignore[import-untyped]

Message = TypeVar("Message")

_PLACE = re.compile(r"\$\{(\w+)\}")


def read_template(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Read a template of `infra/templates` and fill its places.

    Parameters
    ----------
    name
        File name without its ending.
    values
        What to fill the places with. A place that is a whole value takes any value; None leaves its key out.

    Raises
    ------
    KeyError
        If a place has no value.
    """
    text = resources.files("infra.templates").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    filled: dict[str, Any] = _fill(yaml.safe_load(text), values)
    return filled


def message_from(kind: type[Message], content: Mapping[str, Any]) -> Message:
    """Build a message of the client from plain values: durations as "600s", enumerations by name.

    Raises
    ------
    ValueError
        If a field is unknown or its value does not fit.
    """
    message = kind()
    try:
        json_format.ParseDict(dict(content), type(message).pb(message))  # type: ignore[attr-defined]
    except json_format.ParseError as error:
        raise ValueError(f"{kind.__name__}: {error}") from None
    return message


def plain_values(message: Any) -> dict[str, Any]:
    """Give a message as plain values, for people to read."""
    values: dict[str, Any] = json_format.MessageToDict(type(message).pb(message), preserving_proto_field_name=True)
    return values


def _fill(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        filled = {key: _fill(value, values) for key, value in node.items()}
        return {key: value for key, value in filled.items() if value is not None and value not in ({}, [])}
    if isinstance(node, list):
        return [value for value in (_fill(one, values) for one in node) if value is not None]
    if not isinstance(node, str):
        return node
    if whole := _PLACE.fullmatch(node):
        return values[whole[1]]
    return _PLACE.sub(lambda place: str(values[place[1]]), node)
