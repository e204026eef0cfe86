"""A null model for each chromosome: which genes meet which, and those for whom there is none."""

import numpy as np
import pyarrow as pa
import pytest

from association.calibration.monte_carlo import Effort
from association.family import adjust_for_family
from association.gene_tests.masks import Mask
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.scan import NO_PREDICTION, scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest
from association.scan_trait_bytes import pack_trait, unpack_trait

SAMPLES = 60
STRATA = np.arange(SAMPLES) % 2
SETTINGS = ScanSettings(
    masks=(MaskChoice(Mask("missense"), 0.5), MaskChoice(Mask("synonymous"), 0.5)),
    tests=(WeightedTest("burden", "flat"), WeightedTest("skat", "beta_1_25")),
    seed=1,
    effort=Effort(1_000, 1_000, 50),
    family_permutations=50,
)


def linear(rng):
    return fit_linear(rng.normal(size=SAMPLES), Design((), np.empty((SAMPLES, 0)))).model


def survival(rng):
    entry = rng.uniform(0, 5, SAMPLES)
    event = (rng.random(SAMPLES) < 0.6).astype(float)
    design, offset = Design(("age",), rng.normal(size=(SAMPLES, 1))), rng.normal(size=SAMPLES)
    return fit_cox(entry, entry + rng.exponential(9, SAMPLES), event, design, strata=STRATA, offset=offset).model


def trait_of(models):
    return ScanTrait(
        name="survival",
        model=next(iter(models.values())),
        strata=STRATA,
        store_positions=np.arange(SAMPLES)[::-1].copy(),
        store_samples=SAMPLES,
        flags=("many_ties",),
        male=STRATA == 1,
        by_contig=models,
    )


@pytest.fixture(scope="module", params=["", "chr"])
def store(request, make_store):
    """Two genes on each of four chromosomes, mingled in the order of names."""
    rng, parts = np.random.default_rng(2), []
    for number, contig in enumerate(("1", "2", "10", "X")):
        dosages = {f"G{gene}{number}": rng.binomial(1, 0.08, (SAMPLES, 4)).astype(float) for gene in range(2)}
        parts.append(make_store(dosages, contig=request.param + contig))
    genes, variants = (pa.concat_tables(tables).sort_by("gene") for tables in zip(*parts, strict=True))
    return request.param, genes, variants


def of_contig(table, contig):
    return table.filter(pa.array([name == contig for name in table["contig"].to_pylist()]))


def test_each_gene_meets_the_model_of_its_own_chromosome(store):
    prefix, genes, variants = store
    rng = np.random.default_rng(3)
    models = {contig: survival(rng) for contig in ("1", "2", "10", "X")}
    together = scan(genes, variants, [trait_of(models)], SETTINGS)
    for contig, model in models.items():
        own = trait_of({contig: model})
        plain = ScanTrait(own.name, model, STRATA, own.store_positions, SAMPLES, own.flags, own.male)
        name = prefix + contig
        apart = scan(of_contig(genes, name), of_contig(variants, name), [plain], SETTINGS)
        assert apart["p_value"].null_count < apart.num_rows
        assert of_contig(together, name).equals(apart)
    assert together["gene"].to_pylist() == sorted(together["gene"].to_pylist())


def test_a_chromosome_without_a_model_has_rows_that_say_so(store):
    prefix, genes, variants = store
    rng = np.random.default_rng(4)
    models = {contig: linear(rng) for contig in ("1", "2", "10")}
    scanned = scan(genes, variants, [trait_of(models)], SETTINGS)
    rows = scanned.to_pandas()
    without = rows["contig"] == f"{prefix}X"
    assert (rows.loc[without, "reason"] == NO_PREDICTION).all()
    assert rows.loc[without, ["p_value", "method", "min_attainable_p"]].isna().all(axis=None)
    assert not (rows.loc[~without, "reason"] == NO_PREDICTION).any()
    assert (rows.groupby("gene").size() == SETTINGS.rows_per_gene).all()
    assert (rows.groupby("gene")["primary"].sum() == 1).all()
    primary = adjust_for_family(scanned).to_pandas()[rows["primary"]]
    assert primary["p_family"].notna().equals(primary["p_value"].notna())


def test_a_packed_trait_keeps_every_chromosomes_model(share_each, store):
    _, genes, variants = store
    rng = np.random.default_rng(5)
    trait = trait_of({"1": survival(rng), "X": survival(rng)})
    again = unpack_trait(pack_trait(trait))
    assert list(again.by_contig) == ["1", "X"]
    assert again.flags == trait.flags
    np.testing.assert_array_equal(again.male, trait.male)
    for contig, model in trait.by_contig.items():
        assert again.by_contig[contig].kind == "cox"
        np.testing.assert_array_equal(again.by_contig[contig].residuals, model.residuals)
        shared = (share_each(one.shared_risk, np.arange(9)) for one in (again.by_contig[contig], model))
        np.testing.assert_array_equal(*shared)
    assert scan(genes, variants, [again], SETTINGS).equals(scan(genes, variants, [trait], SETTINGS))


def test_a_trait_with_one_model_packs_to_one():
    trait = ScanTrait("height", linear(np.random.default_rng(6)), STRATA, np.arange(SAMPLES), SAMPLES)
    again = unpack_trait(pack_trait(trait))
    assert again.by_contig == {}
    assert again.flags == ()
    assert again.male.size == 0
