"""The negative control is judged by its own null, one p-value per gene."""

import numpy as np
import pandas as pd
import pytest

from jobs.report import report_html
from jobs.report.control import judge_control


@pytest.fixture
def control_page(result_row, report_inputs, text_of):
    """Give a function: text of a page whose control has these p-values for burden, and for SKAT far-off ones."""

    def make(p_values):
        rows = [result_row("G0")]
        for number, p in enumerate(p_values):
            rows.append(result_row(f"G{number}", "synonymous", exceedances=int(1_000_000 * p)))
            rows.append(result_row(f"G{number}", "synonymous", "skat", exceedances=900_000))
        return text_of(report_html(report_inputs(rows)))

    return make


# Of 99 uniform p-values the median's central 99% is 0.373 to 0.627 (Beta(50, 50)).
@pytest.mark.parametrize(("median", "quiet"), [(0.36, False), (0.39, True), (0.5, True), (0.61, True), (0.64, False)])
def test_the_controls_median_is_judged_by_its_own_null(median, quiet, control_page):
    page = control_page(np.interp(np.linspace(0.02, 0.98, 99), [0, 0.5, 1], [0, median, 1]))
    assert ("The negative control is quiet" in page) == quiet
    assert ("The negative control is not quiet" in page) != quiet
    assert "of 99 burden tests of synonymous variants" in page
    assert f"and the median {median:.2f}, where chance gives 0.37 to 0.63" in page


def test_a_control_of_one_tiny_p_value_is_not_quiet(control_page):
    uniform = np.linspace(0.02, 0.98, 99)
    assert "The negative control is quiet" in control_page(uniform)
    assert "The negative control is not quiet" in control_page([*uniform[:-1], 1e-5])


def test_one_null_control_in_a_hundred_has_a_median_outside(result_row):
    generator = np.random.default_rng(7)
    rows = pd.DataFrame([result_row(f"G{i}", "synonymous") for i in range(100)])
    control = judge_control(rows)
    medians = np.median(generator.random((3_000, control.genes)), axis=1)
    outside = int(((medians < control.lower) | (medians > control.upper)).sum())
    # 30 expected; four standard deviations of the count.
    assert abs(outside - 30) < 4 * np.sqrt(30)


def test_each_gene_counts_once_in_the_control(result_row):
    kinds = [
        {"test": "skat"},
        {"test": "burden", "weights": "beta_1_25"},
        {"test": "burden", "coding": "any"},
        {"test": "burden", "max_af": 0.001},
        {"test": "burden"},
    ]
    rows = [result_row(f"G{i}", "synonymous", **kind) for kind in kinds for i in range(9)]
    plain = judge_control(pd.DataFrame(rows))
    assert (plain.test, plain.weights, plain.coding, plain.genes) == ("burden", "flat", "sum", 9)
    rows += [result_row(f"G{i}", "synonymous", "omnibus") for i in range(8)]
    combined = judge_control(pd.DataFrame(rows))
    assert (combined.test, combined.genes) == ("omnibus", 8)


def test_a_missing_control_is_said(result_row, report_inputs):
    assert "There is no synonymous mask" in report_html(report_inputs([result_row(f"G{i}") for i in range(3)]))
