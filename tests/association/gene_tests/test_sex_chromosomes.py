"""Sites where males have one copy, on both sides of each boundary."""

import numpy as np
import pytest

from association.gene_tests.sex_chromosomes import hemizygous_in_males


@pytest.mark.parametrize(
    ("contig", "position", "single"),
    [
        # GRCh38: chrX:10,001-2,781,479 and chrX:155,701,383-156,030,895.
        ("chrX", 10_000, True),
        ("chrX", 10_001, False),
        ("chrX", 2_781_479, False),
        ("chrX", 2_781_480, True),
        ("chrX", 155_701_382, True),
        ("chrX", 155_701_383, False),
        ("chrX", 156_030_895, False),
        ("chrX", 156_030_896, True),
        # GRCh37: X:60,001-2,699,520 and X:154,931,044-155,260,560.
        ("X", 60_000, True),
        ("X", 60_001, False),
        ("X", 2_699_520, False),
        ("X", 2_699_521, True),
        ("X", 154_931_043, True),
        ("X", 154_931_044, False),
        ("X", 155_260_560, False),
        ("X", 155_260_561, True),
        ("chr7", 50_000_000, False),
        ("7", 50_000_000, False),
        ("chrY", 50_000_000, False),
    ],
)
def test_males_have_one_copy_of_x_outside_the_pseudoautosomal_regions(contig, position, single):
    found = hemizygous_in_males(np.array([contig, "chr1"], object), np.array([position, 1], np.int32))
    assert found.tolist() == [single, False]
