"""X outside its pseudoautosomal regions: a male's one allele counts as two, however his call was written."""

import numpy as np
import pyarrow as pa
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SAMPLES = 50
MALE = np.arange(SAMPLES) % 2 == 0
SETTINGS = ScanSettings(
    (MaskChoice(Mask("missense"), 0.5),), (WeightedTest("burden", "flat"),), seed=1, effort=Effort(1_000, 1_000, 50)
)


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(1)
    return fit_linear(rng.normal(size=SAMPLES), Design(("age",), rng.normal(size=(SAMPLES, 1)))).model


@pytest.fixture(scope="module")
def dosages():
    """A variant of men and women, some homozygous."""
    return np.random.default_rng(2).choice([0.0, 1.0, 2.0], (SAMPLES, 1), p=[0.8, 0.15, 0.05])


def burden_row(make_store, model, dosages, *, contig, position, male=MALE):
    genes, variants = make_store({"G": dosages}, contig=contig)
    at = variants.column_names.index("position")
    variants = variants.set_column(at, "position", pa.array([position], pa.int32()))
    trait = ScanTrait("height", model, np.zeros(SAMPLES, np.int64), np.arange(SAMPLES), SAMPLES, male=male)
    return scan(genes, variants, [trait], SETTINGS).to_pylist()[0]


def one_step(model, dosage):
    cross = dosage @ model.cross_information
    information = dosage**2 @ model.information - cross @ np.linalg.solve(model.covariate_information, cross)
    return dosage @ model.residuals / information


@pytest.mark.parametrize(("contig", "position"), [("chrX", 2_781_480), ("chrX", 155_701_382), ("X", 2_699_521)])
def test_a_males_allele_counts_as_two(make_store, model, dosages, contig, position):
    row = burden_row(make_store, model, dosages, contig=contig, position=position)
    dosage = np.where(MALE & (dosages[:, 0] > 0), 2.0, dosages[:, 0])
    assert row["effect"] == pytest.approx(one_step(model, dosage), rel=1e-10)
    assert row["minor_allele_count"] == dosage.sum()
    assert row["carriers"] == (dosage > 0).sum()


@pytest.mark.parametrize(
    ("contig", "position"), [("chrX", 2_781_479), ("chrX", 155_701_383), ("X", 2_699_520), ("chr1", 5_000_000)]
)
def test_elsewhere_an_allele_is_an_allele(make_store, model, dosages, contig, position):
    row = burden_row(make_store, model, dosages, contig=contig, position=position)
    assert row["effect"] == pytest.approx(one_step(model, dosages[:, 0]), rel=1e-10)


def test_how_a_males_call_was_written_does_not_matter(make_store, model, dosages):
    diploid = np.where(MALE[:, None] & (dosages > 0), 2.0, dosages)
    haploid = np.where(MALE[:, None] & (dosages > 0), 1.0, dosages)
    one, other = (
        burden_row(make_store, model, written, contig="chrX", position=5_000_000) for written in (diploid, haploid)
    )
    assert one == other


def test_where_sex_is_not_known_nobody_is_male(make_store, model, dosages):
    row = burden_row(make_store, model, dosages, contig="chrX", position=5_000_000, male=np.zeros(0, bool))
    assert row["effect"] == pytest.approx(one_step(model, dosages[:, 0]), rel=1e-10)
