"""Put the page of power together: one HTML file, a section per trait, that needs no network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from association.power.power_tables import FEWEST_TOLD
from jobs.report import numbers
from jobs.report.environment import page_environment
from jobs.report.power.curve_figure import curve_figure
from jobs.report.power.depletion_figure import depletion_figure
from jobs.report.power.detectable_figure import detectable_figure
from jobs.report.power.panels import FAMILIES


def write_power_page(path: Path, *, record: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the page to a file.

    Parameters
    ----------
    path
        The file, which is replaced.
    record
        As in power.json.
    tables
        Of `association.power.power_columns.TABLES`, as far as there are any.
    """
    path.write_text(power_html(record, tables), encoding="utf-8")


def power_html(record: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> str:
    """Put the page together; see `write_power_page`. No sample's id is in it."""
    traits = [_section(trait, tables) for trait in record["traits"]]
    return page_environment().get_template("power/power.html.jinja").render(record=record, traits=traits)


def _section(trait: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Gather what the page says of one trait."""
    own = {name: table[table["trait"] == trait["name"]] for name, table in tables.items()}
    classes = own["detectable"][own["detectable"]["panel"] == ""]
    depletion = own.get("depletion")
    return {
        **trait,
        "tiles": _tiles(trait),
        "curves": curve_figure(str(trait["name"]), own["power"]),
        "detectable_figure": detectable_figure(str(trait["name"]), classes),
        "rows": [_cells(row) for row in classes.to_dict("records")],
        "panel_rows": [_panel_cells(name, panel) for name, panel in trait["panels"].items()],
        "depletion": None
        if depletion is None or depletion.empty
        else depletion_figure(str(trait["name"]), depletion),
    }


def _tiles(trait: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Give the numbers that head a trait: name, number, remark."""
    tiles = [("Samples", numbers.count(trait["samples"]), "with the trait")]
    if trait["events"] is not None:
        tiles.append(("Events", numbers.count(trait["events"]), "or cases, or counts"))
    if trait["person_months"] is not None:
        tiles.append(("Follow-up", numbers.count(round(trait["person_months"])), "person-months"))
    if trait["genes_from_store"]:
        tiles.append(
            ("Genes in reach", numbers.count(trait["genes_testable"]), f"of {numbers.count(trait['genes'])}")
        )
    level = Markup("p \u2264 {}").format(numbers.p_value(trait["level"]))
    tiles.append(("Tests that count", numbers.count(trait["effective_tests"]), level))
    if trait["median_carriers"] is not None:
        found = trait["detectable_at_median"]
        size = numbers.NOTHING if found is None else numbers.number(found, 2)
        tiles.append(("Detectable", size, f"{trait['unit']}, at {trait['median_carriers']} carriers (median)"))
    return tiles


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    found = [row["detectable"], row["detectable_formula"], row["detectable_small_effects"]]
    return {
        **row,
        "family_words": FAMILIES[row["family"]],
        "sizes": [numbers.number(size, 2) if numbers.present(size) else numbers.NOTHING for size in found],
        "genes_words": numbers.count(row["genes"]) if row["family"] == "genes" else "",
    }


def _panel_cells(name: str, panel: Mapping[str, Any]) -> dict[str, str]:
    carriers, found = panel["carriers"], panel["detectable"]
    return {
        "name": name,
        "carriers": f"fewer than {FEWEST_TOLD}" if carriers is None else numbers.count(carriers),
        "size": numbers.NOTHING if found is None else numbers.number(found, 2),
    }
