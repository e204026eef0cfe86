"""The page's scripts, inline, and the policy that lets these run and nothing else.

Our own are ES modules, one thing a file; within the page, where a file can't be imported, they are put behind each
other in one module. The table is DataTables, as the package `itables` carries it: a function that is read and run
only when a table is opened. The policy names each script by its hash and forbids every request.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from markupsafe import Markup

from jobs.report.browse.inline import script_text

# In order: each uses what comes before it.
MODULES = ("rows.js", "words.js", "columns.js", "address.js", "filters.js", "table.js", "main.js")
EARLY = "theme.js"
_IMPORT = re.compile(r'^import [^;]*? from "\./[a-z]+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class))", re.MULTILINE)
_LIBRARY_EXPORT = re.compile(r"export\s*\{[^}]*?(?P<table>[\w$]+) as default[^}]*\};?")
POLICY = (
    "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class PageScripts:
    """What the page needs for its scripts.

    Attributes
    ----------
    policy
        Content of the Content-Security-Policy.
    early
        Runs before the page is drawn.
    late
        Runs when the page is there.
    """

    policy: str
    early: Markup
    late: Markup


@cache
def page_scripts(*, with_tables: bool) -> PageScripts:
    """Put the page's scripts together.

    Parameters
    ----------
    with_tables
        Whether the page has tables to search.
    """
    early = script_text(_read(EARLY))
    late = script_text(_library() + "".join(map(_inlined, MODULES))) if with_tables else ""
    hashes = " ".join(map(_hash, filter(None, (early, late))))
    return PageScripts(
        policy=POLICY.format(hashes),
        early=Markup(f"<script>{early}</script>"),
        late=Markup(f'<script type="module">{late}</script>' if late else ""),
    )


def _read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _inlined(name: str) -> str:
    """Give a module's text without what joins it to the others."""
    return f"// {name}\n" + _EXPORT.sub("", _IMPORT.sub("", _read(name)))


def _library() -> str:
    """Give DataTables as a function that returns its constructor, so that a browser reads it when it is wanted."""
    bundle = resources.files("itables").joinpath("html", "dt_bundle.js").read_text(encoding="utf-8")
    body, found = _LIBRARY_EXPORT.subn(r"return \g<table>;", bundle)
    if found != 1:
        raise ValueError(f"itables: its bundle has {found} exports of a table, 1 was expected; see constraints.txt")
    return f"function loadDataTables() {{\n{body}\n}}\n"


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
