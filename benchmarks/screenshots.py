"""Take the pictures of the README: the overview of a report, and a gene's page, as a reader's browser shows them.

python -m benchmarks.screenshots demo/out/report/report_site.html --out docs

The browser is the system's Chromium, without a network. The gene is the first of the headline genes that has a page.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from PIL import Image

WIDTH, MARGIN = 1180, 10
# Pixels of a picture per one of the page: sharp, and light enough for a repository.
SCALE = 1.25
COLORS = 256


def main() -> None:
    """Take both pictures."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("report", type=Path)
    arguments.add_argument("--out", type=Path, default=Path("docs"))
    given = arguments.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("no Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        screen = {"width": WIDTH, "height": 900}
        page = browser.new_page(viewport=screen, device_scale_factor=SCALE, color_scheme="light")
        page.goto(given.report.resolve().as_uri())
        _take(page, given.out / "report.png", 0, _bottom(page.locator("#overview ~ .trait").first))
        address = page.locator("#overview ~ .scroll a[href^='#gene-']").first.get_attribute("href")
        gene = page.locator(f"[id='{address.removeprefix('#')}']")
        top = gene.bounding_box()["y"]
        _take(page, given.out / "gene_page.png", top, _bottom(gene.locator(".figures figure").nth(1)))
        browser.close()
    for name in ("report.png", "gene_page.png"):
        _lighten(given.out / name)
        print(f"wrote {given.out / name}")


def _bottom(element: Any) -> float:
    """Give where an element ends, from the top of the page."""
    box = element.bounding_box()
    return float(box["y"] + box["height"])


def _take(page: Any, path: Path, top: float, bottom: float) -> None:
    """Take a strip of the page as wide as the page."""
    clip = {"x": 0, "y": top, "width": WIDTH, "height": bottom - top + MARGIN}
    page.screenshot(path=path, clip=clip, full_page=True)


def _lighten(path: Path) -> None:
    """Write a picture with as many colours as a page has."""
    Image.open(path).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
