"""Read a study file: YAML without surprises, and every problem at once with its line.

YAML 1.1 takes `1e-3` for text, `no` for False and `2020-01-01` for a date. Here numbers are numbers, true and false
are the only truth values, and everything else is text.
"""

from __future__ import annotations

import difflib
import json
import re
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from association.problems import InputError, Problem
from infra.storage import Place
from jobs.study.study import ClinicalStudy, Study

# What pydantic calls the forms that a setting may have, and what they are in YAML.
FORMS: dict[str, type] = {"literal[": str, "list[": list, "str": str, "Covariate": dict}
Kind = TypeVar("Kind", bound=ClinicalStudy)
Location = tuple[str | int, ...]


class StudyLoader(yaml.SafeLoader):
    """A safe loader with YAML 1.2's idea of a number and a truth value."""


StudyLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^[-+]?[0-9][0-9_]*$", "-+0123456789"),
    (
        "float",
        r"^[-+]?(?:[0-9][0-9_]*\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$",
        "-+.0123456789",
    ),
    ("null", r"^(?:~|null|)$", "~n\0"),
):
    StudyLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first) + [""] * (_tag == "null")
    )


def read_study(path: Place) -> Study:
    """Read and check the study file at `path`.

    Raises
    ------
    InputError
        With every problem of the file: its line, the setting, and what to do.
    """
    return _validate(path, *_parse(path), Study)


def read_clinical_study(path: Place) -> ClinicalStudy:
    """Read a study file of which only tables and traits are needed; what it says of genotypes is checked too.

    Raises
    ------
    InputError
        As `read_study`.
    """
    root, settings = _parse(path)
    beyond = set(Study.model_fields) - set(ClinicalStudy.model_fields)
    return _validate(path, root, settings, Study if beyond & set(settings) else ClinicalStudy)


def place_of(path: Place, setting: str) -> str:
    """Give the place of a setting, such as `traits[0].name`, with its line in a study file that can be read."""
    place = _steps(setting)
    return _where(place, _node_at(_parse(path)[0], place))


def _parse(path: Place) -> tuple[yaml.MappingNode, dict[str, Any]]:
    text = _read_text(path)
    try:
        root = yaml.compose(text, Loader=StudyLoader)
        settings = yaml.load(text, Loader=StudyLoader)
    except yaml.YAMLError as error:
        raise InputError(path.name, [_syntax_problem(error)]) from None
    if not isinstance(root, yaml.MappingNode):
        raise InputError.single(path.name, "line 1", "expected settings such as 'name: ...', found none")
    return root, settings


def _validate(path: Place, root: yaml.MappingNode, settings: dict[str, Any], kind: type[Kind]) -> Kind:
    problems = _duplicate_keys(root, ())
    try:
        study = kind.model_validate_json(json.dumps(settings))
    except ValidationError as error:
        by_place: dict[str, Problem] = {}
        found = error.errors(include_url=False)
        fitting = [details for details in found if not _of_another_form(details["loc"], settings)]
        for details in fitting or found[:1]:
            for problem in _settings_problems(details, settings, root):
                # Where a setting may be of several forms, what is wrong with the first says enough.
                by_place.setdefault(problem.place, problem)
        problems += by_place.values()
    if problems:
        raise InputError(path.name, problems)
    return study


def _read_text(path: Place) -> str:
    if not path.is_file():
        raise InputError.single(str(path), "file", "no such study file; `progex simulate` writes an example")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError.single(path.name, f"byte {error.start}", "not UTF-8 text; save the file as UTF-8") from None


def _syntax_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "file"
    return Problem(place, f"not YAML: {getattr(error, 'problem', None) or error}")


def _duplicate_keys(node: yaml.Node, place: Location) -> list[Problem]:
    """Find settings given twice, which YAML would resolve silently to the last."""
    problems: list[Problem] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            here = (*place, key.value)
            if key.value in seen:
                problems.append(Problem(_where(here, key), "given twice; keep one"))
            seen.add(key.value)
            problems += _duplicate_keys(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            problems += _duplicate_keys(value, (*place, index))
    return problems


def _settings_problems(details: ErrorDetails, settings: object, root: yaml.Node) -> list[Problem]:
    """Turn one pydantic error into the words of the study file."""
    place = _without_tags(details["loc"], settings)
    node = _node_at(root, place)
    if details["type"] == "value_error" and not place:
        # A line that begins with a blank belongs to the message above it.
        return [_misfit(line, root) for line in re.split(r"\n(?! )", str(details["ctx"]["error"]))]
    return [Problem(_where(place, node), _message(details, place, settings))]


def _misfit(line: str, root: yaml.Node) -> Problem:
    setting, message = line.split(": ", 1)
    place = _steps(setting)
    return Problem(_where(place, _node_at(root, place)), message)


def _steps(setting: str) -> Location:
    """Take the name of a setting apart."""
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"\w+", setting))


def _without_tags(location: Location, settings: object) -> Location:
    """Drop the union tags that pydantic adds, keeping the steps that exist in the file."""
    place: list[str | int] = []
    value: Any = settings
    for position, step in enumerate(location):
        last = position == len(location) - 1 and not str(step).startswith(("literal[", "list["))
        if isinstance(value, dict) and (step in value or last):
            place.append(step)
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            place.append(step)
            value = value[step]
    return tuple(place)


def _of_another_form(location: Location, settings: object) -> bool:
    """Say whether an error is of a form that the setting does not have: a list's, where there is a word."""
    value: Any = settings
    for step in location:
        if isinstance(value, list) and isinstance(step, int):
            value = value[step] if step < len(value) else None
        elif isinstance(value, dict) and step in value:
            value = value[step]
        elif any(str(step).startswith(tag) and not isinstance(value, form) for tag, form in FORMS.items()):
            return True
    return False


def _node_at(root: yaml.Node, place: Location) -> yaml.Node:
    """Give the node of a setting, or the nearest one above it."""
    node = root
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if key.value == step]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = [node.value[step]]
        else:
            found = []
        if not found:
            break
        node = found[-1]
    return node


def _where(place: Location, node: yaml.Node) -> str:
    name = ""
    for step in place:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else str(step)
    return f"line {node.start_mark.line + 1}, {name}" if name else f"line {node.start_mark.line + 1}"


def _message(details: ErrorDetails, place: Location, settings: object) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return "unknown setting" + _suggestion(str(place[-1]), _known_settings(details["loc"]))
    if kind == "missing":
        return "missing, and it has no default"
    if kind in ("literal_error", "union_tag_invalid"):
        expected = str(context.get("expected", context.get("expected_tags")))
        found = (
            details["input"].get(str(context.get("discriminator", "")).strip("'"))
            if kind != "literal_error"
            else details["input"]
        )
        return f"expected {expected}, found {found!r}" + _suggestion(str(found), re.findall(r"'([^']+)'", expected))
    if kind == "union_tag_not_found":
        return f"'{str(context['discriminator']).strip(chr(39))}' is missing; it says which kind this is"
    if kind == "value_error":
        return str(context["error"])
    found = "nothing" if details["input"] is None else repr(details["input"])
    if kind == "string_pattern_mismatch" and (meaning := _meaning(details["loc"])):
        return f"expected {meaning}; found the text {found}"
    text = (
        details["msg"]
        .replace("Input should be", "expected")
        .replace("a valid integer", "an integer")
        .replace("a valid array", "a list")
        .replace("a valid dictionary or object to extract fields from", "settings")
        .replace("an object", "settings")
        .replace("valid ", "")
    )
    return f"{text}, found {'the text ' if isinstance(details['input'], str) else ''}{found}"


def _suggestion(found: str, known: list[str]) -> str:
    close = difflib.get_close_matches(found, known, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else f"; it can be {', '.join(known)}" if known else ""


def _known_settings(location: Location) -> list[str]:
    """List the settings that the section at `location` takes, by walking the published schema."""
    schema = Study.model_json_schema()
    section: dict[str, Any] = schema
    for step in location[:-1]:
        section = _step_into(section, step, schema["$defs"])
    return list(section.get("properties", {}))


def _meaning(location: Location) -> str:
    """Find what the published schema says of a setting; an item of a list is what the list is of."""
    section: dict[str, Any] = Study.model_json_schema()
    definitions, meaning = section["$defs"], ""
    for step in location:
        if isinstance(step, str):
            meaning = section.get("properties", {}).get(step, {}).get("description", "")
        section = _step_into(section, step, definitions)
    return meaning


def _step_into(section: dict[str, Any], step: str | int, definitions: dict[str, Any]) -> dict[str, Any]:
    if isinstance(step, int):
        section = section.get("items", {})
    elif step in section.get("properties", {}):
        section = section["properties"][step]
    elif "discriminator" in section:
        section = {"$ref": section["discriminator"]["mapping"].get(step, "")}
    return _follow(section, definitions)


def _follow(section: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    for choice in section.get("anyOf", []):
        if "$ref" in choice or choice.get("type") == "array":
            section = choice
            break
    reference = section.get("$ref")
    return definitions[reference.rsplit("/", 1)[-1]] if reference else section
