"""Which release of which program annotated a VCF, as its header tells.

VEP writes `##VEP="v110" time="..." cache="/data/homo_sapiens/110_GRCh38" ensembl-variation=110...`, SnpEff
`##SnpEffVersion="5.1d (build ...)"` and its command line, of which the name of its database is taken. Of paths the
last part is kept, and times are left out: where and when a site annotated says nothing of the annotation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hail_pipelines.vcf.header import VcfHeader

_SETTING = re.compile(r'([\w.-]+)=("[^"]*"|\S+)')
_FOLDERS = re.compile(r"[^\s\"']*[/\\]")
# How SnpEff's databases of people are called.
_DATABASE = re.compile(r"(?:GRCh|hg)\d[\w.]*")


def annotation_release(headers: Iterable[VcfHeader], infos: Sequence[str]) -> dict[str, list[str]]:
    """Tell programs, releases and databases, by name; several texts where VCFs differ.

    Parameters
    ----------
    headers
        Of the VCFs of one cohort.
    infos
        INFO fields that are read as they are, whose descriptions tell of their source.
    """
    found: dict[str, set[str]] = {}
    for header in headers:
        named = [pair for line in header.annotators for pair in _of_line(line)]
        named += [(f"INFO {name}", header.infos[name].description) for name in infos if name in header.infos]
        for name, text in named:
            found.setdefault(name, set()).add(_FOLDERS.sub("", text))
    return {name: sorted(texts) for name, texts in sorted(found.items())}


def _of_line(line: str) -> list[tuple[str, str]]:
    """Read the settings of a line without its `##`."""
    key, _, text = line.partition("=")
    if key == "VEP":
        settings = [(name, value.strip('"')) for name, value in _SETTING.findall(line)]
        return [(name if name == key else f"{key} {name}", value) for name, value in settings if name != "time"]
    if key == "SnpEffCmd":
        return [(key, word) for word in text.strip('"').split() if _DATABASE.fullmatch(word)][:1]
    return [(key, text.strip('"'))]
