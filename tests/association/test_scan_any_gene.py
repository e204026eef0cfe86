"""Whatever the genotypes, strata and trait: every row is complete, and no p-value is impossible."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.results import FLAGS, METHODS
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest
from association.simulate.random_traits import KINDS

SAMPLES = 50
MASKS = tuple(MaskChoice(Mask(name), 1.0) for name in ("missense", "plof", "synonymous"))
TESTS = (
    WeightedTest("burden", "flat"),
    WeightedTest("burden", "madsen_browning", "max"),
    WeightedTest("burden", "flat", "any"),
    WeightedTest("burden", "flat", "two_hits"),
    WeightedTest("skat", "score:REVEL"),
    WeightedTest("skat_o", "madsen_browning"),
    WeightedTest("acat_v", "flat"),
)
SETTINGS = ScanSettings(MASKS, TESTS, 1, Effort(200, 600, 10))
TERMS = ("missense_variant", "missense_variant", "stop_gained", "synonymous_variant")
REASONS = {
    "no qualifying variant",
    "no carrier among the samples with the trait",
    "genotypes do not vary within strata",
    "no sample carries this burden",
}


@pytest.fixture(scope="module")
def trait_of(make_trait):
    """Give a function from a kind and how strata are to a trait."""
    found = {}
    for kind in KINDS:
        for name, strata in {
            "halves": np.arange(SAMPLES) % 2,
            "alone": np.maximum(np.arange(SAMPLES) - 40, 0),
            "one": np.zeros(SAMPLES, np.int64),
        }.items():
            trait = make_trait(np.random.default_rng(17), kind, strata)
            male = np.arange(SAMPLES) % 3 == 0
            found[kind, name] = ScanTrait(kind, trait.model, strata, np.arange(SAMPLES), SAMPLES + 5, male=male)
    return lambda kind, name: found[kind, name]


def draw_gene(rng):
    """Draw minor alleles from none to all carried, doubled columns and missing calls among them."""
    variants = rng.integers(1, 6)
    frequency = rng.choice([0, 0.005, 0.02, 0.3, 1], size=variants, p=[0.1, 0.4, 0.3, 0.15, 0.05])
    rows = rng.binomial(2, frequency, (SAMPLES + 5, variants)).astype(float)
    rows = np.where(rows.mean(axis=0) > 1, np.minimum(2 - rows, 1) + (rows.min(axis=0) == 2), rows)
    if rng.random() < 0.2:
        rows[:, -1] = rows[:, 0]
    if rng.random() < 0.3:
        rows[rng.random(rows.shape) < 0.05] = np.nan
    # A gene store keeps variants that somebody carries.
    rows[-1, np.nansum(rows, axis=0) == 0] = 1
    return rows


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(KINDS),
    strata=st.sampled_from(["halves", "alone", "one"]),
    contig=st.sampled_from(["chr1", "chrX"]),
)
def test_every_row_has_a_p_value_or_a_reason(make_store, trait_of, seed, kind, strata, contig):
    rng = np.random.default_rng(seed)
    genotypes = {f"G{gene}": draw_gene(rng) for gene in range(3)}
    store = make_store(genotypes, TERMS, contig=contig, revel=(0.5, None, 0.9))
    table = scan(*store, [trait_of(kind, strata)], SETTINGS).to_pandas()
    assert len(table) == 3 * SETTINGS.rows_per_gene
    tested = table[table["reason"].isna()]
    assert set(table["reason"].dropna()) <= REASONS
    assert table.loc[table["reason"].notna(), ["p_value", "method", "min_attainable_p"]].isna().all(axis=None)
    assert set(tested["method"]) <= set(METHODS)
    assert ((tested["p_value"] > 0) & (tested["p_value"] <= 1)).all()
    assert tested["neg_log10_p"].to_numpy() == pytest.approx(-np.log10(tested["p_value"].to_numpy()), abs=1e-12)
    assert (tested["p_lower"] <= tested["p_value"]).all()
    assert (tested["p_value"] <= tested["p_upper"]).all()
    enumerated = tested[tested["method"] != "permutation"]
    assert (enumerated["p_value"] >= enumerated["min_attainable_p"] * (1 - 1e-9)).all()
    assert ((tested["p_asymptotic"] > 0) & (tested["p_asymptotic"] <= 1) | tested["p_asymptotic"].isna()).all()
    flags = {flag for row in tested["flags"] for flag in row.split(";") if flag}
    assert flags <= set(FLAGS)
