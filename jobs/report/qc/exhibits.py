"""What a section of the page is made of: findings in words, figures with their tables, and what can't be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from jobs.report.figures import ReportFigure

LOOK, FINE, UNKNOWN = "look", "fine", "unknown"


@dataclass(frozen=True)
class Finding:
    """A sentence of the summary.

    Attributes
    ----------
    level
        `LOOK` where a person should decide, `FINE` where nothing was found, `UNKNOWN` where it could not be known.
    subject
        What it is about, in a word or two.
    text
        The sentence.
    """

    level: str
    subject: str
    text: str


@dataclass(frozen=True)
class Exhibit:
    """A table, mostly with the figure that shows it.

    Attributes
    ----------
    name
        Unique on the page; the table's file is named after it.
    title
        A few words.
    caption
        How to read it.
    table
        The numbers.
    figure
        None where the table stands for itself.
    folded
        Whether such a table is shown only when asked for.
    """

    name: str
    title: str
    caption: str
    table: pd.DataFrame
    figure: ReportFigure | None = None
    folded: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    key
        Its id.
    title
        Its heading.
    findings
        What the page's summary says of it.
    exhibits
        In the order they are shown.
    notes
        Sentences above the exhibits.
    absent
        What can't be shown, and why.
    """

    key: str
    title: str
    findings: Sequence[Finding] = ()
    exhibits: Sequence[Exhibit] = ()
    notes: Sequence[str] = ()
    absent: Sequence[str] = field(default=())


def sentence(words: str) -> str:
    """Begin with a capital and end with a full stop."""
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def some(count: int, one: str, more: str = "") -> str:
    """Write a count with its noun: "1 pair", "2 pairs"."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"
