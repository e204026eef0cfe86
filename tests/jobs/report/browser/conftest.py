"""A browser without a screen or a network, and what it finds wrong with a page.

Playwright drives the system's Chromium and downloads none. Where there is no Chromium these tests are skipped:
`apt-get install chromium` on Debian, or a browser that is named in PROGEX_CHROMIUM.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

WIDE = 1280
# Milliseconds between looks, and looks.
PAUSE, TRIES = 50, 200
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What axe calls a fault that keeps a reader from the content.
GRAVE = ("serious", "critical")
OVERFLOWING = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const scrolls = element => ["auto", "scroll", "hidden"].includes(getComputedStyle(element).overflowX);
  const free = element => { for (let up = element.parentElement; up && up !== document.body; up = up.parentElement)
    if (scrolls(up)) return false; return true; };
  return [...document.body.querySelectorAll("*")]
    .filter(element => element.getBoundingClientRect().right > width + 1 && free(element))
    .map(element => element.outerHTML.slice(0, 160));
}"""
UNDRAWN = """() => {
  const empty = element => {
    const box = element.getBoundingClientRect();
    return !(box.width > 0 && box.height > 0);
  };
  const marks = "path, rect, circle, use, text, line, polyline, image";
  const blank = svg => ![...svg.querySelectorAll(marks)].some(mark => !empty(mark));
  const sections = [...document.querySelectorAll("main > section")].filter(empty);
  const shown = [...document.querySelectorAll("svg")].filter(svg => svg.checkVisibility());
  const drawings = shown.filter(svg => empty(svg) || blank(svg));
  return [...sections, ...drawings].map(element => element.outerHTML.slice(0, 120));
}"""


@dataclass
class Visit:
    """An open page, and what the browser complained of since it began to load.

    Attributes
    ----------
    page
        Playwright's page.
    errors
        What the console or a script reported.
    requests
        Addresses asked for other than the file's own.
    """

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def until(self, condition: str) -> None:
        """Wait until an expression holds; Playwright's own way needs what the page's policy forbids."""
        for _ in range(TRIES):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(PAUSE)
        raise AssertionError(f"never came true: {condition}")

    def overflowing(self) -> list[str]:
        """Give what makes the page scroll sideways."""
        found: list[str] = self.page.evaluate(OVERFLOWING)
        return found

    def undrawn(self) -> list[str]:
        """Give sections without a size, and drawings without a mark."""
        found: list[str] = self.page.evaluate(UNDRAWN)
        return found

    def grave_faults(self) -> list[str]:
        """Give the serious faults that axe finds: rule, place and what is wrong."""
        self.page.evaluate(axe())
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            f"{fault['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary'].splitlines()[-1].strip()}"
            for fault in found["violations"]
            if fault["impact"] in GRAVE
            for node in fault["nodes"]
        ]


Visiting = Callable[..., AbstractContextManager[Visit]]


@cache
def axe() -> str:
    """Give axe's script."""
    return (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")


def find_chromium() -> str | None:
    """Find a Chromium; the one that PROGEX_CHROMIUM names comes first."""
    return os.environ.get("PROGEX_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Start a browser for all tests."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium: install Debian's package `chromium`, or name a browser in PROGEX_CHROMIUM")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")
    with sync_api.sync_playwright() as playwright:
        # A container's root can't have Chromium's sandbox.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def visit(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Visiting:
    """Give a function that opens a page, given as HTML or as a file, without a network."""
    numbers = itertools.count()

    @contextmanager
    def opened(
        page: str | Path, *, width: int = WIDE, scheme: str = "light", anchor: str = "", **options: Any
    ) -> Iterator[Visit]:
        path = page if isinstance(page, Path) else tmp_path_factory.mktemp("page") / f"{next(numbers)}.html"
        if isinstance(page, str):
            path.write_text(page, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, **options
        )
        found = Visit(context.new_page())
        found.page.on("console", lambda said: found.errors.append(said.text) if said.type == "error" else None)
        found.page.on("pageerror", lambda error: found.errors.append(str(error)))
        own = path.as_uri()
        found.page.on("request", lambda asked: None if _is_own(asked.url, own) else found.requests.append(asked.url))
        found.page.goto(own + anchor)
        yield found
        context.close()

    return opened


def _is_own(address: str, own: str) -> bool:
    return address.partition("#")[0] == own or address.startswith(("data:", "blob:"))


@pytest.fixture(scope="session")
def report(page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of a report of two traits and 150 genes."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page, encoding="utf-8")
    return path
