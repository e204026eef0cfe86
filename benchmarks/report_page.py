"""The report of 20,000 genes x 3 traits x 3 masks: built, its size, opened, filtered and sorted in Chromium.

    python -m benchmarks.report_page                  prints the measures beside their targets
    python -m benchmarks.report_page TABLE.tsv 5000   into a table as well; of fewer genes

Results are made up: every gene has carriers in every mask, which no cohort has, so that the page is as large as it
gets. Chromium is the system's, driven by playwright; waits include what it takes to ask the browser.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from association.results import COLUMNS
from jobs.report import ReportInputs, report_html

GENES, SAMPLES, EVENTS = 20_000, 3_000, 0.55
TRAITS = {"survival": "survival", "gastrostomy": "milestone", "alsfrs_slope": "alsfrs_slope"}
MASKS = {"plof": 6, "missense": 24, "synonymous": 18}
TESTS = (("burden", "flat", "sum"), ("skat", "beta_1_25", None), ("acat_v", "flat", None), ("omnibus", None, None))
PERMUTATIONS = 1_000_000
TARGETS = {"built in": "30 s", "size": "8 MB", "opened in": "2 s", "filtered in": "100 ms"}
ROUNDS = 7


def made_up_results(genes: int, generator: np.random.Generator) -> pd.DataFrame:
    """Make result rows of genes without effect, in every trait, mask and test."""
    start = np.sort(generator.integers(10_000, 150_000_000, genes))
    place = {
        "gene": [f"GENE{number:05}" for number in range(genes)],
        "contig": [f"chr{1 + number * 22 // genes}" for number in range(genes)],
        "start": start,
    }
    parts = []
    for trait in TRAITS:
        carriers = {mask: 1 + generator.poisson(mean, genes) for mask, mean in MASKS.items()}
        carriers["all"] = carriers["plof"] + carriers["missense"]
        for mask in carriers:
            tests = TESTS if mask != "all" else TESTS[-1:]
            parts += [_rows(place, trait, mask, test, carriers[mask], generator) for test in tests]
    rows = pd.concat(parts, ignore_index=True)
    return rows.reindex(columns=[column.name for column in COLUMNS])


def _rows(
    place: dict[str, Any],
    trait: str,
    mask: str,
    test: tuple[str, str | None, str | None],
    carriers: np.ndarray,
    generator: np.random.Generator,
) -> pd.DataFrame:
    genes = len(carriers)
    p = generator.uniform(size=genes)
    timed = TRAITS[trait] != "alsfrs_slope"
    standard_error = 1 / np.sqrt(carriers)
    burden = test[0] == "burden"
    primary = mask == "all"
    return pd.DataFrame(place).assign(
        trait=trait,
        mask=mask,
        max_af=np.nan if primary else 0.01,
        test=test[0],
        weights=test[1],
        coding=test[2],
        samples=SAMPLES,
        variants=1 + generator.binomial(carriers, 0.6),
        carriers=carriers,
        minor_allele_count=carriers,
        observed_events=generator.binomial(carriers, EVENTS) if timed else np.nan,
        expected_events=generator.gamma(carriers, EVENTS) if timed else np.nan,
        effect=generator.normal(0, standard_error) if burden else np.nan,
        standard_error=standard_error if burden else np.nan,
        p_value=p,
        neg_log10_p=-np.log10(p),
        p_lower=p * 0.9,
        p_upper=np.minimum(1, p * 1.1),
        method="permutation",
        permutations=PERMUTATIONS,
        exceedances=np.round(p * PERMUTATIONS),
        p_asymptotic=p,
        neg_log10_p_asymptotic=-np.log10(p),
        primary=primary,
        q_value=np.minimum(1, p * 3) if primary else np.nan,
        p_family=np.minimum(1, p * 1_000) if primary else np.nan,
        min_attainable_p=1e-12,
        flags=np.where(carriers < 3, "few_carriers", ""),
    )


def made_up_inputs(genes: int = GENES) -> ReportInputs:
    """Make a report's inputs."""
    summary = {"samples": SAMPLES, "strata": 3, "coefficients": [], "exclusions": [], "details": {}}
    timed = {"events": int(SAMPLES * EVENTS), "person_months": 70_000.0}
    return ReportInputs(
        results=made_up_results(genes, np.random.default_rng(10)),
        attrition=(),
        traits=[
            summary | {"name": name, "type": kind} | (timed if kind != "alsfrs_slope" else {})
            for name, kind in TRAITS.items()
        ],
        settings={"name": "Made up", "alpha": 0.05, "calibration": {"max_permutations": PERMUTATIONS // 10}},
        run={},
    )


def measure(genes: int = GENES) -> pd.DataFrame:
    """Build the page, open it, and use it."""
    inputs = made_up_inputs(genes)
    begun, busy = time.perf_counter(), time.process_time()
    page = report_html(inputs)
    found = {
        "built in": f"{time.perf_counter() - begun:.1f} s",
        "processor's share of it": f"{time.process_time() - busy:.1f} s",
        "size": f"{len(page.encode()) / 1e6:.2f} MB",
    }
    section = page[page.index('<section aria-labelledby="all-genes"') :].partition("</section>")[0]
    library = page[page.index('<script type="module">') :]
    found["of this, all genes and the library"] = f"{(len(section.encode()) + len(library.encode())) / 1e6:.2f} MB"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.html")
        path.write_text(page, encoding="utf-8")
        found |= _used(path)
    return pd.DataFrame(
        [{"measure": name, "found": value, "target": TARGETS.get(name, "")} for name, value in found.items()]
    )


def _used(path: Path) -> dict[str, str]:
    """Measure what a reader waits for."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        found = {
            "opened in": _seconds(lambda: _open(browser, path, "")),
            "opened at all genes in": _seconds(lambda: _open(browser, path, "#all-genes")),
        }
        page = browser.new_page()
        page.goto(f"{path.as_uri()}#all-genes")
        page.wait_for_selector("section[data-ready] tbody tr")
        found |= _waits(page, "")
        found["genes and masks opened in"] = f"{_wait(page, *_choice('rows', 'masks')):.0f} ms"
        found |= _waits(page, ", genes and masks")
        browser.close()
    return found


def _open(browser: Any, path: Path, part: str) -> None:
    page = browser.new_page()
    page.goto(path.as_uri() + part, wait_until="load")
    page.wait_for_selector("section[data-ready] tbody tr" if part else "main table tbody tr")
    page.close()


def _seconds(action: Callable[[], None]) -> str:
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
    return f"{np.median(times):.2f} s"


def _waits(page: Any, of: str) -> dict[str, str]:
    """Measure filters and sorts, each from the reader's act to the next frame drawn."""
    searches = [_wait(page, *_choice("search", f"GENE{number:02}")) for number in range(ROUNDS)]
    cleared = _wait(page, *_choice("search", ""))
    p_filters = [_wait(page, *_choice("p", f"0.{number}")) for number in range(1, ROUNDS)]
    _wait(page, *_choice("p", ""))
    header = "document.querySelectorAll('#all-genes-table thead th')[{}].querySelector('.dt-column-order').click()"
    sorts = [_wait(page, header.format(column)) for column in (0, 2, 2, 5, 5, 0)]
    return {
        f"filtered in{of}": f"{np.median([*searches, *p_filters]):.0f} ms",
        f"slowest filter{of}": f"{max([*searches, *p_filters, cleared]):.0f} ms",
        f"sorted in{of}": f"{np.median(sorts):.0f} ms",
        f"slowest sort{of}": f"{max(sorts):.0f} ms",
    }


def _choice(name: str, value: str) -> tuple[str, str]:
    act = (
        f"const box = document.getElementById('all-genes-{name}'); box.value = {value!r};"
        "box.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    return act, "masks" if name == "rows" else ""


def _wait(page: Any, act: str, until: str = "") -> float:
    """Give the milliseconds from an act until the frame that shows it, within the browser."""
    shown = "document.querySelector('#all-genes-table thead').textContent.includes('Mask')" if until else "true"
    waited: float = page.evaluate(
        f"""() => new Promise((resolve) => {{
          const begun = performance.now();
          {act};
          const tell = () => setTimeout(() => resolve(performance.now() - begun));
          const look = () => ({shown}) ? requestAnimationFrame(tell) : setTimeout(look, 5);
          look();
        }})"""
    )
    return waited


def main() -> None:
    """Measure, and print."""
    table = measure(int(sys.argv[2]) if len(sys.argv) > 2 else GENES)
    if len(sys.argv) > 1:
        table.to_csv(sys.argv[1], sep="\t", index=False)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
