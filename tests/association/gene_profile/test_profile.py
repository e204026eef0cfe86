"""Profiles of genes for traits without times: values, cases, influence, against dense genotypes."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_profile.profile import ProfiledTrait, profile_genes
from association.gene_profile.profile_columns import CASES, VALUES, schema_of
from association.gene_tests.masks import Mask
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SAMPLES = 80
SETTINGS = ScanSettings(
    masks=(MaskChoice(Mask("plof"), 0.5), MaskChoice(Mask("missense"), 0.5)),
    tests=(WeightedTest("burden", "flat"),),
    seed=1,
    effort=Effort(1_000, 1_000, 100),
)


def hit(gene, mask):
    known = {"test": "burden", "weights": "flat", "coding": "sum", "p_value": 0.5, "neg_log10_p": 0.3}
    return known | {"gene": gene, "mask": mask, "max_af": 0.5, "method": "exact", "flags": None, "contig": "chr1"}


HITS = [hit("B", "missense"), hit("A", "plof")]


@pytest.fixture
def rng():
    return np.random.default_rng(4)


@pytest.fixture
def dosages(rng):
    return {gene: rng.binomial(2, 0.04, (SAMPLES, 4)).astype(float) for gene in ("A", "B")}


@pytest.fixture
def variants(dosages, make_store):
    _, variants = make_store(dosages)
    column = pa.array(["stop_gained", "stop_gained", "missense_variant", "missense_variant"] * 2)
    return variants.set_column(variants.column_names.index("consequence"), "consequence", column)


def burden_of(one, dosages):
    return dosages[one["gene"]][:, slice(0, 2) if one["mask"] == "plof" else slice(2, 4)].sum(axis=1)


def scan_trait(model):
    return ScanTrait("trait", model, np.zeros(SAMPLES, np.int64), np.arange(SAMPLES), SAMPLES)


@pytest.fixture
def values(rng, variants):
    """Give the profiles of a quantitative trait, its values and its null model."""
    value = rng.normal(size=SAMPLES)
    model = fit_linear(value, Design(("age",), rng.normal(size=(SAMPLES, 1)))).model
    return (
        profile_genes(HITS, variants, ProfiledTrait(scan_trait(model), VALUES, value=value), SETTINGS),
        value,
        model,
    )


def test_tables_have_their_schemas_and_genes_the_order_of_the_hits(values):
    for name, table in values[0].items():
        assert table.schema.equals(schema_of(name), check_metadata=True), name
    assert values[0]["groups"]["gene"].to_pylist() == ["B", "A"]


def test_values_are_the_carriers_and_quantiles_the_others(values, dosages):
    tables, value, _ = values
    groups, own = tables["groups"].to_pandas(), tables["values"].to_pandas()
    for one, row in zip(HITS, groups.to_dict("records"), strict=True):
        carriers = burden_of(one, dosages) > 0
        assert (row["carriers"], row["others"]) == (carriers.sum(), (~carriers).sum())
        assert sorted(own.loc[own["gene"] == one["gene"], "value"]) == sorted(value[carriers])
        assert row["median_carriers"] == np.median(value[carriers])
        assert row["others_low"] == pytest.approx(np.quantile(value[~carriers], 0.1))
        assert row["others_high"] == pytest.approx(np.quantile(value[~carriers], 0.9))
        assert pd.isna(row["events_carriers"])
    assert tables["curves"].num_rows == tables["course"].num_rows == 0


def test_lines_are_numbered_by_residual_and_not_by_sample(values, dosages):
    tables, value, model = values
    for one in HITS:
        rows = tables["influence"].to_pandas().query("gene == @one['gene']")
        carriers = np.flatnonzero(burden_of(one, dosages) > 0)
        order = carriers[np.argsort(-model.residuals[carriers])]
        assert rows["line"].tolist() == list(range(1, carriers.size + 1))
        np.testing.assert_allclose(rows["residual"], model.residuals[order])
        np.testing.assert_array_equal(rows["alleles"], burden_of(one, dosages)[order])
        drawn = tables["values"].to_pandas().query("gene == @one['gene']")
        np.testing.assert_array_equal(drawn["value"], value[order])


def test_cases_are_counted_and_have_no_values(rng, variants, dosages):
    case = (rng.random(SAMPLES) < 0.4).astype(float)
    model = fit_logistic(case, Design(("age",), rng.normal(size=(SAMPLES, 1)))).model
    tables = profile_genes(HITS, variants, ProfiledTrait(scan_trait(model), CASES, value=case), SETTINGS)
    for one, row in zip(HITS, tables["groups"].to_pylist(), strict=True):
        carriers = burden_of(one, dosages) > 0
        assert row["events_carriers"] == case[carriers].sum()
        assert row["events_others"] == case[~carriers].sum()
        assert row["expected_carriers"] == pytest.approx((case - model.residuals)[carriers].sum())
    assert tables["values"].num_rows == 0
    assert set(tables["influence"]["event"].to_pylist()) == {0, 1}


def test_a_variant_that_is_left_out_makes_nobody_a_carrier(values, variants, dosages):
    _, value, model = values
    rows = variants.to_pylist()
    first = next(row for row in rows if row["gene"] == "A" and row["consequence"] == "stop_gained")
    name = f"{first['contig']}-{first['position']}-{first['ref']}-{first['alt']}"
    trait = ProfiledTrait(scan_trait(model), VALUES, value=value)
    settings = ScanSettings(SETTINGS.masks, SETTINGS.tests, 1, SETTINGS.effort, left_out=frozenset({name}))
    found = profile_genes([hit("A", "plof")], variants, trait, settings)["groups"].to_pylist()[0]
    assert found["carriers"] == (dosages["A"][:, 1] > 0).sum()


def test_a_gene_that_nobody_carries_has_an_empty_profile(values, variants):
    _, value, model = values
    none = SETTINGS.masks[0].mask
    settings = ScanSettings((MaskChoice(none, 1e-9),), SETTINGS.tests, 1, SETTINGS.effort)
    trait = ProfiledTrait(scan_trait(model), VALUES, value=value)
    tables = profile_genes([hit("A", "plof") | {"max_af": 1e-9}], variants, trait, settings)
    (row,) = tables["groups"].to_pylist()
    assert (row["carriers"], row["others"], row["median_carriers"]) == (0, SAMPLES, None)
    assert tables["influence"].num_rows == tables["values"].num_rows == 0
