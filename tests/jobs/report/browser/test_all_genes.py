"""The table of all genes in a browser: it searches, sorts and filters, and its address keeps what is seen."""

import re

import pytest

READY = "section.browse[data-ready]"
ROWS = "#all-genes-table tbody tr"
COUNT = "#all-genes-table .dt-info"


@pytest.fixture
def table(visit, report):
    """Give the page at its table of all genes, drawn."""
    with visit(report, anchor="#all-genes") as opened:
        opened.page.wait_for_selector(READY)
        yield opened
        assert not opened.errors
        assert not opened.requests


def genes(page):
    """Give the symbols that are seen, from the top."""
    return page.eval_on_selector_all(ROWS, "rows => rows.map(row => row.cells[0].innerText.trim().split(/\\s/)[0])")


def shown(page):
    """Give how many rows the table says that it has."""
    return int(re.search(r"of ([\d,]+)", page.inner_text(COUNT))[1].replace(",", ""))


def test_all_genes_are_there_the_strongest_first(table):
    assert shown(table.page) == 150
    assert genes(table.page)[0] == "SIM00007"
    assert len(genes(table.page)) == 25


def test_a_search_finds_a_gene(table):
    table.page.fill("#all-genes-search", "SIM00042")
    table.until(f"document.querySelectorAll('{ROWS}').length === 1")
    assert genes(table.page) == ["SIM00042"]
    table.page.fill("#all-genes-search", "")
    table.until(f"document.querySelectorAll('{ROWS}').length === 25")


def test_a_header_sorts(table):
    header = table.page.locator("#all-genes-table thead th").first
    header.click()
    table.until(f"document.querySelector('{ROWS}').innerText.startsWith('SIM00000')")
    assert genes(table.page) == sorted(genes(table.page))
    header.get_by_role("button").focus()
    table.page.keyboard.press("Enter")
    table.until(f"document.querySelector('{ROWS}').innerText.startsWith('SIM00149')")


def test_filters_leave_what_they_say(table, inputs):
    table.page.fill("#all-genes-p", "0.1")
    table.page.fill("#all-genes-carriers", "10")
    table.until(f"document.querySelectorAll('{ROWS}').length < 25")
    rows = inputs.tested("survival")
    # As shown, with two digits.
    own = rows[rows["primary"] & (rows["p_value"].map("{:.1e}".format).astype(float) <= 0.1)]
    assert 0 < shown(table.page) <= len(own)
    assert set(genes(table.page)) <= set(own["gene"])


def test_the_state_survives_a_reload_and_a_copied_link(table, visit, report):
    table.page.fill("#all-genes-search", "SIM0004")
    table.page.select_option("#all-genes-trait", "alsfrs_slope")
    table.page.fill("#all-genes-p", "0.9")
    table.until("location.hash.includes('0.9') && location.hash.includes('alsfrs_slope')")
    seen, address = genes(table.page), table.page.evaluate("location.hash")
    table.page.reload()
    table.page.wait_for_selector(READY)
    assert table.page.input_value("#all-genes-search") == "SIM0004"
    assert table.page.input_value("#all-genes-trait") == "alsfrs_slope"
    assert genes(table.page) == seen
    with visit(report, anchor=address) as copied:
        copied.page.wait_for_selector(READY)
        assert genes(copied.page) == seen


def test_the_keyboard_is_enough(table):
    table.page.focus("#all-genes-search")
    table.page.keyboard.type("SIM00011")
    table.until(f"document.querySelectorAll('{ROWS}').length === 1")
    table.page.keyboard.press("Tab")
    assert table.page.evaluate("document.activeElement.id") == "all-genes-trait"


@pytest.mark.parametrize(("scheme", "rows"), [("light", "genes"), ("dark", "masks")])
def test_axe_finds_no_grave_fault_in_the_open_table(scheme, rows, visit, report):
    with visit(report, scheme=scheme, width=390, anchor=f"#all-genes?rows={rows}") as opened:
        opened.page.wait_for_selector(READY)
        assert not opened.grave_faults()
        assert not opened.overflowing()


def test_the_theme_that_a_reader_chooses_is_kept(visit, report):
    with visit(report, scheme="light") as opened:
        opened.page.select_option("#theme", "dark")
        paper = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert sum(int(part) for part in paper[4:-1].split(",")) < 150
        assert not opened.grave_faults()
        opened.page.reload()
        assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
