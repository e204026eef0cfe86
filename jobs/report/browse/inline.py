"""Text that goes into an element of the page as it is, and can't end it."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

# In JSON these are text like any other when written so; in a page they would begin or end an element.
_OPENING = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def json_block(name: str, value: Any) -> Markup:
    """Write a value as JSON in an element that a browser does not run.

    Parameters
    ----------
    name
        The element's id.
    value
        What `json` can write; NaN is refused.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for sign, code in _OPENING.items():
        text = text.replace(sign, code)
    return Markup('<script type="application/json" id="{}">').format(name) + Markup(text + "</script>")


def script_text(source: str) -> str:
    """Write a script so that nothing in it ends its element, nor begins a comment of the page.

    `<!--` and `</script` stand only within texts and patterns, where a backslash before `!` or `/` changes nothing.
    """
    return source.replace("<!--", "<\\!--").replace("</script", "<\\/script")
