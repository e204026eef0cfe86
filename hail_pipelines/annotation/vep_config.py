"""The configuration by which Hail runs VEP, checked without Hail."""

from __future__ import annotations

import json

from association.problems import InputError, Problem
from hail_pipelines.annotation.hail_types import element_type, struct_fields
from hail_pipelines.places import Place

KEYS = ("command", "env", "vep_json_schema")
TRANSCRIPTS = "transcript_consequences"
# What VEP's JSON calls the marks of transcripts; of each group one is needed.
JSON_MARKS: dict[str, tuple[str, ...]] = {
    "all": (),
    "canonical": ("canonical",),
    "mane": ("mane_select",),
    "mane_or_canonical": ("mane_select", "canonical"),
    "pick": ("pick",),
}


def read_transcript_fields(config: Place) -> tuple[str, ...]:
    """Name the fields that the configuration says VEP gives of each transcript.

    Parameters
    ----------
    config
        The JSON file, as the documentation of `hl.vep` describes it.

    Raises
    ------
    InputError
        If there is no such file, or it can't configure VEP.
    """
    if not config.is_file():
        raise InputError.single(str(config), "file", "no such file; check its path in the study file")
    try:
        settings = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError.single(str(config), "file", f"is no JSON ({error}); write it as for hl.vep") from None
    if not isinstance(settings, dict) or (absent := [key for key in KEYS if key not in settings]):
        message = f"needs {', '.join(KEYS)}; {', '.join(absent) if isinstance(settings, dict) else 'all'} absent"
        raise InputError.single(str(config), "file", message)
    transcripts = struct_fields(element_type(struct_fields(str(settings["vep_json_schema"])).get(TRANSCRIPTS, "")))
    problems = [
        Problem("vep_json_schema", f"{TRANSCRIPTS} has no {' or '.join(names)}; add it to the schema")
        for names in (("consequence_terms",), ("gene_symbol", "gene_id"))
        if not set(names) & set(transcripts)
    ]
    if problems:
        raise InputError(str(config), problems)
    return tuple(transcripts)
