import numpy as np

from association.genotypes.copies import UNKNOWN
from hail_pipelines.quality_control.sex_chromosomes import COPIES, copies_of


def test_every_karyotype_has_its_copies_and_any_other_is_unknown():
    x_copies, y_copies = copies_of([*COPIES, "unclear", "", None])
    assert list(zip(x_copies.tolist(), y_copies.tolist(), strict=True)) == [
        (2, 0), (1, 1), (1, 0), (2, 1), (1, 2), (3, 0), *[(UNKNOWN, UNKNOWN)] * 3,
    ]  # fmt: skip


def test_nobody_has_no_copies():
    assert [copies.shape for copies in copies_of([])] == [(0,), (0,)]
    assert copies_of([])[0].dtype == np.int8
