"""The report's sections on gene sets and on known carriers: what they show, and what they keep back."""

import pandas as pd
import pytest

from association.gene_sets.set_results import GENE_SCHEMA, SET_SCHEMA
from association.known_genes import MODELS
from association.known_genes import SCHEMA as KNOWN_SCHEMA
from jobs.report import report_html
from jobs.report.numbers import NOTHING


def set_row(test, **changes):
    p_value = changes.get("p_value", 0.031)
    return {
        "gene_set": "nerve",
        "version": "2026-06",
        "overlap": "with",
        "trait": "survival",
        "mask": "plof",
        "max_af": 0.01,
        "test": test,
        "genes": 65,
        "genes_with_carriers": 23,
        "samples": 300,
        "carriers": 47,
        "observed_events": 31.0,
        "expected_events": 20.0,
        "evidence": 1.8,
        "p_value": p_value,
        "neg_log10_p": None if p_value is None else 1.5,
        "p_lower": 0.02,
        "p_upper": 0.05,
        "method": "permutation",
    } | changes


def gene_row(gene, **changes):
    names = {name: set_row("gene_sum")[name] for name in ("gene_set", "version", "trait", "mask", "max_af")}
    p_values = {"p_panel_burden": 0.04, "p_gene_sum": 0.05, "p_competitive": 0.06}
    return names | {"gene": gene, "carriers": 9, "observed_events": 7.0, "expected_events": 3.0} | p_values | changes


def frame(rows, schema):
    return pd.DataFrame(rows, columns=schema.names)


def section(page, name, text_of):
    return text_of(page[page.index(f'id="{name}"') : page.index('id="masks"')])


@pytest.fixture
def with_sets(result_row, report_inputs):
    def make(sets, genes=()):
        tables = {"gene_sets": frame(sets, SET_SCHEMA), "set_genes": frame(list(genes), GENE_SCHEMA)}
        return report_html(report_inputs([result_row("SIM001")], **tables))

    return make


THREE = [
    set_row("panel_burden"),
    set_row("gene_sum", p_value=0.0021, neg_log10_p=2.7, p_lower=0.0019, p_upper=0.0024),
    set_row("competitive", evidence_of_matched=1.04),
]


def test_a_set_has_one_row_with_its_three_tests_and_what_it_was_compared_with(with_sets, text_of):
    text = section(with_sets(THREE), "gene-sets", text_of)
    assert "nerve 2026-06 loss of function ≤ 1% 23 of 65 47 1.55 1.05 to 2.20 1.80 1.04 0.031 0.020 to 0.050" in text
    assert "0.0021 0.0019 to 0.0024" in text
    assert "3 were made" in text


def test_the_genes_a_set_rests_on_come_first_and_small_cells_are_kept_back(with_sets, text_of):
    genes = [gene_row("PMP22"), gene_row("MFN2", carriers=3, evidence=4.321, p_gene_sum=0.77), gene_row("GJB1")]
    text = section(with_sets(THREE, genes), "gene-sets", text_of)
    assert f"sum of genes, p = 0.0021 MFN2 0.77 <5 {NOTHING} {NOTHING} PMP22 0.050 9 7 3.0" in text
    assert "4.32" not in text


def test_a_set_of_few_carriers_shows_no_number_of_them(with_sets, text_of):
    few = [row | {"carriers": 4, "observed_events": 3.0, "expected_events": 1.9} for row in THREE]
    text = section(with_sets(few), "gene-sets", text_of)
    assert f"23 of 65 <5 {NOTHING} 1.80" in text


def test_a_set_that_cannot_be_tested_says_why_and_the_control_comes_last(with_sets, text_of):
    untested = [
        set_row(test, p_value=None, reason="too few", mask="missense") for test in ("panel_burden", "gene_sum")
    ]
    untested.append(set_row("competitive", p_value=None, reason="too few", mask="missense"))
    control = [row | {"mask": "synonymous"} for row in THREE]
    text = section(with_sets([*control, *untested, *THREE]), "gene-sets", text_of)
    assert text.index("loss of function") < text.index("missense") < text.index("synonymous (control)")
    assert " ".join([f"{NOTHING} too few"] * 3) in text


def test_without_sets_and_known_carriers_there_are_no_such_sections(page):
    assert 'id="gene-sets"' not in page
    assert 'id="known-genes"' not in page


# ----------------------------------------------------------------------------------------------------- known carriers


def known_row(**changes):
    row = {"kind": "gene", "name": "SIM001", "trait": "survival", "mask": "plof", "max_af": 0.01, "test": "burden"}
    row |= {"weights": "flat", "coding": "sum"}
    for model, samples, carriers, p_value in zip(
        MODELS, (300, 281, 300), (14, 12, 14), (1e-4, 0.2, 0.3), strict=True
    ):
        row |= {f"samples_{model}": samples, f"carriers_{model}": carriers, f"p_value_{model}": p_value}
        row |= {f"firth_effect_{model}": 1.5, f"firth_lower_{model}": 0.5, f"firth_upper_{model}": 2.5}
    return row | changes


def test_known_carriers_section_has_the_three_models_side_by_side(result_row, report_inputs, text_of):
    rows = frame([known_row()], KNOWN_SCHEMA)
    text = section(report_html(report_inputs([result_row("SIM001")], known_genes=rows)), "known-genes", text_of)
    assert "Survival 19 patients fewer without known carriers" in text
    cells = "0.20 14 less 1 to 4 1.50 0.50 to 2.50 0.30 14"
    assert cells in text, "neither a small number nor a small difference is shown"


def test_a_model_that_could_not_be_fitted_says_so(result_row, report_inputs, text_of):
    gone = {"p_value_excluded": None, "reason_excluded": "nobody is left", "samples_excluded": None}
    rows = frame([known_row(**gone)], KNOWN_SCHEMA)
    text = section(report_html(report_inputs([result_row("SIM001")], known_genes=rows)), "known-genes", text_of)
    assert f"{NOTHING} nobody is left" in text
    assert "fewer without" not in text
