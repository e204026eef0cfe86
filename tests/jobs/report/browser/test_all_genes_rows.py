"""What the rows of the table of all genes show, in a browser."""

import pytest

from jobs.report import report_html
from jobs.report.numbers import FEW

READY = "section[data-ready] tbody tr"
ROWS = "#all-genes-table tbody tr"
AWKWARD = "<img src=x onerror=alert(1)>"


@pytest.fixture
def opened_with(visit, report_inputs, trait_summary):
    """Give a function that opens the table of the rows given."""

    def opened(rows, anchor="#all-genes", **changes):
        page = report_html(report_inputs(rows, summaries=[trait_summary("survival")], **changes))
        return visit(page, anchor=anchor)

    return opened


def test_rows_show_the_numbers_of_the_static_table(visit, report_inputs, result_row, opened_with):
    with opened_with([result_row("ONE", exceedances=41, carriers=120), result_row("TWO")]) as table:
        table.page.wait_for_selector(READY)
        first = [cell.inner_text().split("\n") for cell in table.page.locator(ROWS).first.locator("th, td").all()]
        static = table.page.locator("#trait-1").locator("xpath=..").locator("tbody tr").first
        still = [cell.inner_text().split("\n") for cell in static.locator("th, td").all()]
    # Gene; p and interval; carriers and variants; events and expected; ratio; effect and interval.
    assert first[0][0] == still[0][0].split()[0] == "ONE"
    for place, other in ((2, 1), (-4, -5), (-3, -4), (-1, -2)):
        assert first[place] == still[other]
    assert first[-2][0] == still[-3][0]


def test_a_withheld_count_is_said_to_be_few_and_counts_as_no_more(result_row, opened_with):
    told = {"carriers": FEW, "observed_events": FEW, "expected_events": None, "effect": None, "standard_error": None}
    with opened_with([result_row("FEW", **told), result_row("MANY", carriers=9)]) as table:
        table.page.wait_for_selector(READY)
        assert "<5" in table.page.locator(ROWS, has_text="FEW").inner_text()
        table.page.fill("#all-genes-carriers", "5")
        table.until(f"document.querySelectorAll('{ROWS}').length === 1")
        assert table.page.locator(ROWS).locator("th").inner_text() == "MANY"


def test_markup_in_a_symbol_or_a_mask_is_text(result_row, opened_with):
    with opened_with([result_row(AWKWARD, mask=AWKWARD), result_row("TWO")], "#all-genes?rows=masks") as table:
        table.page.wait_for_selector(READY)
        assert AWKWARD in table.page.locator(ROWS, has_text="onerror").locator("th").inner_text()
        assert not table.page.locator("img").count()
        assert not table.errors


def test_a_search_takes_several_genes_or_a_place(result_row, opened_with):
    rows = [result_row(gene, start=start) for gene, start in (("NEK1", 1_000), ("TBK1", 2_000), ("SOD1", 3_000))]
    with opened_with(rows, "#all-genes?search=nek1%2C+tbk1") as table:
        table.page.wait_for_selector(READY)
        assert table.page.locator(ROWS).count() == 2
        table.page.fill("#all-genes-search", "chr1:3,0")
        table.until(f"document.querySelectorAll('{ROWS}').length === 1")
        assert table.page.locator(ROWS).locator("th").inner_text() == "SOD1"


def test_the_table_is_opened_only_when_it_is_near_and_is_not_printed(inputs, visit, page):
    with visit(page) as opened:
        assert not opened.page.locator("section[data-ready]").count()
        opened.page.locator("#all-genes").scroll_into_view_if_needed()
        opened.page.wait_for_selector(READY)
        opened.page.emulate_media(media="print", color_scheme="dark")
        assert not opened.page.locator("#all-genes").is_visible()
        assert opened.page.locator("#trait-1").is_visible()
        assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_gene_links_to_its_own_section_and_no_other(visit, report_inputs, result_row, trait_summary):
    rows = [result_row("A&B"), result_row("A-B"), result_row("ONE")]
    page = report_html(report_inputs(rows, summaries=[trait_summary("survival")]))
    page = page.replace("<footer>", "<section id='gene-A-B'><h3><em>A-B</em></h3></section><footer>")
    with visit(page, anchor="#all-genes") as opened:
        opened.page.wait_for_selector(READY)
        links = opened.page.locator(f"{ROWS} a")
        assert links.all_inner_texts() == ["A-B"]
        links.first.click()
        assert opened.page.evaluate("location.hash") == "#gene-A-B"
