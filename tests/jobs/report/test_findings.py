"""Who counts in the family, who passes, and who is not shown."""

import numpy as np

from jobs.report import report_html
from jobs.report.findings import find


def found(inputs):
    return find(inputs, inputs.traits[0])


def test_only_the_primary_row_of_a_gene_counts(result_row, report_inputs):
    rows = [result_row(f"G{i}", "all", "omnibus") for i in range(1, 30)]
    rows += [result_row("LOUD", test="skat", exceedances=0, primary=False), result_row("LOUD", "all", "omnibus")]
    findings = found(report_inputs(rows))
    assert findings.family.tests == findings.family.counted == 30
    assert findings.significant.empty
    assert len(findings.genes) == 30


def test_a_gene_passes_by_its_primary_row(result_row, report_inputs):
    rows = [result_row(f"G{i}", "all", "omnibus") for i in range(1, 30)]
    rows += [result_row("LOUD", primary=False), result_row("LOUD", "all", "omnibus", exceedances=0)]
    assert found(report_inputs(rows)).significant["gene"].tolist() == ["LOUD"]


def test_without_primary_rows_each_test_counts_and_a_gene_has_its_strongest(result_row, report_inputs):
    rows = [result_row(f"G{i}", mask, primary=None) for i in range(10) for mask in ("plof", "missense", "synonymous")]
    rows += [result_row("LOUD", "missense", exceedances=0, primary=None), result_row("LOUD", primary=None)]
    findings = found(report_inputs(rows))
    assert findings.family.tests == 22
    assert findings.significant[["gene", "mask"]].to_numpy().tolist() == [["LOUD", "missense"]]


def test_genes_of_one_or_two_carriers_are_counted_and_not_shown(result_row, report_inputs, text_of):
    rows = [
        result_row("LONELY", carriers=1, exceedances=30),
        result_row("PAIR", carriers=2, exceedances=0),
        result_row("CROWD", carriers=12),
    ]
    page = report_html(report_inputs(rows))
    assert "LONELY" not in page
    assert "PAIR" not in page
    assert "CROWD" in page
    assert "2 genes have fewer than 3 carriers and are not shown" in text_of(page)
    assert "No gene passes" in page


def test_a_masks_row_of_one_or_two_carriers_is_not_shown(result_row, report_inputs, text_of):
    rows = [
        result_row("GENE", carriers=2, exceedances=100, primary=False),
        result_row("GENE", "missense", carriers=5, exceedances=40_000, primary=False),
        result_row("GENE", "all", "omnibus", carriers=7, exceedances=200),
    ]
    findings = found(report_inputs(rows))
    assert findings.drivers[["mask", "carriers"]].to_numpy().tolist() == [["missense", 5]]


def test_the_control_is_no_hypothesis(result_row, report_inputs):
    rows = [result_row("LOUD", "synonymous", exceedances=0)]
    rows += [result_row(f"G{i}") for i in range(30)]
    inputs = report_inputs(rows)
    findings = found(inputs)
    assert findings.family.tests == 30
    assert findings.significant.empty
    assert "The negative control is not quiet" in report_html(inputs)


def test_a_gene_outside_the_family_cannot_pass(result_row, report_inputs):
    rows = [result_row(f"G{i}") for i in range(30)]
    sparse = result_row("SPARSE", exceedances=0, min_attainable_p=0.04)
    sound = result_row("SOUND", exceedances=1)
    findings = found(report_inputs([*rows, sparse, sound]))
    assert findings.family.tests == 32
    assert findings.family.counted == 31
    assert findings.family.threshold < 0.04
    assert findings.significant["gene"].tolist() == ["SOUND"]
    assert findings.genes_testable == 31


def test_a_gene_is_unsettled_where_its_interval_holds_the_line(result_row, report_inputs, text_of):
    rows = [result_row(f"G{i}") for i in range(49)]
    close = result_row("CLOSE", p_value=0.00099, p_lower=0.0008, p_upper=0.0012)
    inputs = report_inputs([*rows, close])
    assert found(inputs).genes["unsettled"].sum() == 1
    assert "1 gene lies so close to the line" in text_of(report_html(inputs))


def test_too_few_permutations_are_said_and_a_number_is_proposed(result_row, report_inputs, text_of):
    calibration = {"calibration": {"max_permutations": 10_000}}
    rows = [result_row(f"G{i:05}") for i in range(9_000)]
    text = text_of(report_html(report_inputs(rows, settings=calibration)))
    assert "no gene could pass" in text
    assert "calibration.escalate_to to at least 10,000,000" in text
    exact = result_row("EXACT", method="exact", exceedances=0)
    text = text_of(report_html(report_inputs([*rows, exact], settings=calibration)))
    assert "no gene whose p was counted could pass" in text


def test_tests_that_stopped_early_do_not_raise_the_floor(result_row, report_inputs, text_of):
    inputs = report_inputs([result_row(f"G{i}", permutations=256) for i in range(60)])
    findings = found(inputs)
    assert findings.family.threshold < 1 / 257
    assert findings.floor == 1 / (1 + 1_000_000)
    assert "no gene could pass" not in text_of(report_html(inputs))


def test_the_floor_is_where_an_unresolved_test_stops(result_row, report_inputs):
    def floor(**calibration):
        return found(report_inputs([result_row("ONE")], settings={"calibration": calibration})).floor

    assert floor(max_permutations=1_000) == 1 / 10_001
    assert floor(max_permutations=1_000, escalate_to=None) == 1 / 10_001
    assert floor(max_permutations=1_000, escalate_to=70_000) == 1 / 70_001
    assert np.isnan(found(report_inputs([result_row("ONE", method="enumeration")])).floor)
