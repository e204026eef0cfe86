import hail as hl
import pytest

from hail_pipelines.quality_control.sex_chromosomes import (
    COPIES,
    fit_to_copies_expr,
    fit_to_sex,
    with_copies,
    with_sex_chromosomes,
)

pytestmark = pytest.mark.usefixtures("hail_session")

CALLS = ["0", "1", "0/0", "0/1", "1/1", "0|1", None]
# What each of these calls becomes with so many copies; with three they are called as with two.
NONE = [None] * 7
ONE = ["0", "1", "0", None, "1", None, None]
TWO = [None, None, "0/0", "0/1", "1/1", "0|1", None]
# X and Y.
FITTED = {
    "XX": (TWO, NONE), "XY": (ONE, ONE), "X0": (ONE, NONE), "XXY": (TWO, ONE), "XYY": (ONE, ONE), "XXX": (TWO, NONE),
    "unclear": (CALLS, CALLS),
}  # fmt: skip
PLACES = {
    "autosome": ("chr7", 50_000_000), "PAR1 of X": ("chrX", 2_781_479), "X": ("chrX", 2_781_480),
    "end of X": ("chrX", 155_701_382), "PAR2 of X": ("chrX", 155_701_383), "PAR1 of Y": ("chrY", 2_781_479),
    "Y": ("chrY", 2_781_480), "PAR2 of Y": ("chrY", 56_887_903),
}  # fmt: skip


def parsed(text):
    return hl.missing(hl.tcall) if text is None else hl.parse_call(text)


def test_a_call_is_made_to_fit_each_number_of_copies():
    copies = {0: NONE, 1: ONE, 2: TWO, 3: TWO, None: CALLS}
    cases = [
        hl.str(fit_to_copies_expr(parsed(call), hl.literal(number, hl.tint32))) for number in copies for call in CALLS
    ]
    expected = [call for fitted in copies.values() for call in fitted]
    assert list(hl.eval(hl.tuple(cases))) == expected


def test_every_karyotype_keeps_what_it_can_have_and_pseudoautosomal_calls_stay():
    assert set(FITTED) == {*COPIES, "unclear"}
    columns = [(karyotype, call) for karyotype in FITTED for call in range(len(CALLS))]
    mt = hl.utils.range_matrix_table(len(PLACES), len(columns), n_partitions=1)
    places = hl.literal([hl.Locus(*place, "GRCh38") for place in PLACES.values()])
    calls = hl.literal(CALLS, hl.tarray(hl.tstr))
    mt = mt.annotate_rows(locus=places[mt.row_idx])
    mt = mt.annotate_cols(s=hl.str(mt.col_idx))
    mt = mt.annotate_entries(GT=hl.parse_call(calls[mt.col_idx % len(CALLS)]))
    mt = fit_to_sex(
        with_copies(with_sex_chromosomes(mt), {str(number): name for number, (name, _) in enumerate(columns)})
    )
    rows = mt.annotate_rows(calls=hl.agg.collect(hl.str(mt.GT))).rows().select("on_x", "on_y", "calls").collect()
    for place, row in zip(PLACES, rows, strict=True):
        assert (row.on_x, row.on_y) == (place in ("X", "end of X"), place == "Y"), place
        chromosome = 0 if row.on_x else 1
        for number, karyotype in enumerate(FITTED):
            expected = FITTED[karyotype][chromosome] if row.on_x or row.on_y else CALLS
            assert row.calls[number * len(CALLS) :][: len(CALLS)] == expected, (place, karyotype)


def test_a_sample_without_a_karyotype_is_left_as_it_is():
    mt = hl.utils.range_matrix_table(1, 3, n_partitions=1)
    mt = with_copies(mt.annotate_cols(s=hl.str(mt.col_idx)), {"0": "XX", "1": "unclear"})
    columns = mt.cols().collect()
    assert [(column.x_copies, column.y_copies) for column in columns] == [(2, 0), (None, None), (None, None)]
