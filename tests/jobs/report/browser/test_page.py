"""The report in a browser: it needs nothing, all of it is drawn, and everyone can read it."""

import pytest


def test_the_page_opens_without_an_error_or_a_request(visit, report):
    with visit(report) as opened:
        assert opened.page.title() == "A study · gene results"
        assert not opened.errors
        assert not opened.requests


def test_the_browser_would_have_told_of_an_error_or_a_request(visit):
    broken = "<title>x</title><img src='https://example.invalid/a.png'><script>nothing()</script>"
    with visit(broken) as opened:
        opened.page.wait_for_load_state("networkidle")
        assert any("nothing is not defined" in error for error in opened.errors)
        assert opened.requests == ["https://example.invalid/a.png"]


@pytest.mark.parametrize("width", [1280, 390])
def test_every_section_is_drawn_and_none_is_wider_than_the_screen(width, visit, report):
    with visit(report, width=width) as opened:
        assert opened.page.locator("main > section").count() >= 6
        assert opened.page.locator("main svg").count() >= 5
        assert not opened.undrawn()
        assert not opened.overflowing()


def test_what_is_too_wide_or_empty_would_be_found(visit):
    page = "<main><section></section><section><svg></svg><p style='width: 3000px'>wide</p></section></main>"
    with visit(page) as opened:
        assert len(opened.undrawn()) == 2
        assert any("3000px" in one for one in opened.overflowing())


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_grave_fault(scheme, width, visit, report):
    with visit(report, scheme=scheme, width=width) as opened:
        assert not opened.grave_faults()


def test_axe_would_find_faint_text(visit):
    with visit("<html lang='en'><title>x</title><p style='color: #ddd; background: #fff'>faint</p>") as opened:
        assert any(fault.startswith("color-contrast") for fault in opened.grave_faults())


def test_the_dark_page_is_dark(visit, report):
    paper = "getComputedStyle(document.body).backgroundColor"
    shades = {}
    for scheme in ("light", "dark"):
        with visit(report, scheme=scheme) as opened:
            shades[scheme] = sum(int(part) for part in opened.page.evaluate(paper)[4:-1].split(","))
    assert shades["dark"] < 150 < 600 < shades["light"]


def test_every_link_leads_to_what_is_there(visit, report):
    with visit(report) as opened:
        links = opened.page.eval_on_selector_all("a[href^='#']", "links => links.map(one => one.hash.slice(1))")
        missing = [name for name in links if not opened.page.evaluate("id => !!document.getElementById(id)", name)]
        assert len(links) > 5
        assert not missing


def test_without_scripts_the_findings_are_there(visit, report):
    with visit(report, java_script_enabled=False) as opened:
        text = opened.page.locator("main").inner_text()
        assert "1 gene passes" in text
        assert "SIM00007" in text
        assert opened.page.locator("main svg").count() >= 5


def test_it_prints(visit, report):
    with visit(report) as opened:
        opened.page.emulate_media(media="print")
        assert not opened.page.locator("nav").is_visible()
        assert opened.page.locator("#overview").is_visible()
        assert len(opened.page.pdf(format="A4")) > 10_000
