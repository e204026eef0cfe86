"""What is computed for one gene: which columns, which rows add them up, which rows each test reads.

Masks share the gene's variants, and tests share rows: a SKAT that is tested by itself and within SKAT-O is computed
once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.calibration.extremes import Reading, Readings, over_rho, rows_of, simple
from association.calibration.gene_statistics import GeneStatistics, Terms
from association.gene_tests.columns import Burden, append_columns, collapse, select_columns, squares
from association.score import Carriers

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Variants with fewer minor alleles are tested as one burden within ACAT-V (Liu et al. 2019).
ULTRA_RARE = 10


class GenePlan:
    """The columns and rows of one gene, as tests ask for them.

    Parameters
    ----------
    carriers
        The gene's variants (m).
    minor_allele_counts
        Of each variant among the trait's samples (m).
    cauchy_weights
        Of each variant in ACAT-V (m).
    """

    def __init__(self, carriers: Carriers, minor_allele_counts: Floats, cauchy_weights: Floats) -> None:
        self._carriers = carriers
        self._counts = minor_allele_counts
        self._cauchy_weights = cauchy_weights
        self._squares = squares(carriers)
        self._burdens: list[tuple[Integers, Floats]] = []
        self._known: dict[object, int] = {}
        self._parts: dict[bytes, tuple[Integers, Floats]] = {}
        self._terms: list[tuple[Integers, int, Floats, bool]] = []
        self._rows = 0
        self._joined: Carriers | None = None

    @property
    def columns(self) -> Carriers:
        """The gene's variants, and behind them its burdens."""
        if self._joined is None or self._joined.offsets.size <= self._carriers.offsets.size + len(self._burdens) - 1:
            self._joined = append_columns(self._carriers, self._burdens) if self._burdens else self._carriers
        return self._joined

    def burden_column(self, burden: Burden) -> int:
        """Give the number of a burden's column; it is made once."""
        key = (burden.coding, burden.weights.tobytes())
        if key not in self._known:
            self._burdens.append(collapse(self._carriers, burden))
            self._known[key] = self._carriers.offsets.size - 2 + len(self._burdens)
        return self._known[key]

    def weighted_sum(self, weights: Floats) -> int:
        """Give the number of the column that adds up weighted variants."""
        return self.burden_column(Burden("sum", weights))

    def burden_entries(self, burden: Burden) -> tuple[Integers, Floats]:
        """Give who carries a burden, and how much of it."""
        return self._burdens[self.burden_column(burden) - self._carriers.offsets.size + 1]

    def burden(self, burden: Burden) -> Readings:
        """Test a burden."""
        return simple(self._burden_row(burden, 1.0))

    def skat(self, weights: Floats) -> Readings:
        """Test variants in any direction."""
        return simple(self._skat_row(weights))

    def skat_o(self, weights: Floats) -> Readings:
        """Test both at once."""
        burden = Burden("sum", weights)
        scale = float((self.burden_entries(burden)[1] ** 2).sum())
        return over_rho(self._skat_row(weights), self._burden_row(burden, scale))

    def acat_v(self, weights: Floats) -> Readings:
        """Test the strongest variants, ultra-rare ones together.

        Parameters
        ----------
        weights
            Of the variants (m); zero leaves one out, and nothing else of them is used.
        """
        columns, shares = self.acat_v_parts(weights)
        row = self._row(("acat_v", weights.astype(bool).tobytes()), columns, shares, cauchy=True)
        return (Reading(row, row, cauchy_weight=float(shares.sum())),)

    def acat_v_parts(self, weights: Floats) -> tuple[Integers, Floats]:
        """Give the columns that ACAT-V combines, and the weight of each."""
        used = weights != 0
        key = used.tobytes()
        if key not in self._parts:
            self._parts[key] = self._acat_v_parts(used)
        return self._parts[key]

    def _acat_v_parts(self, used: Booleans) -> tuple[Integers, Floats]:
        own = used & (self._counts > ULTRA_RARE)
        together = used & ~own
        columns, shares = np.flatnonzero(own), self._cauchy_weights[own]
        if together.any():
            columns = np.append(columns, self.burden_column(Burden("sum", together.astype(np.float64))))
            shares = np.append(shares, self._cauchy_weights[together].mean())
        return columns, shares

    def skat_parts(self, weights: Floats) -> tuple[Integers, Floats]:
        """Give the columns that SKAT adds up where ultra-rare variants are collapsed, and the weight of each."""
        own = (weights != 0) & (self._counts > ULTRA_RARE)
        together = np.where(own, 0.0, weights)
        columns, shares = np.flatnonzero(own), weights[own]
        if together.any():
            columns, shares = np.append(columns, self.weighted_sum(together)), np.append(shares, 1.0)
        return columns, shares

    def statistics(self, family: int, readings: Sequence[Readings] | None = None) -> GeneStatistics:
        """Give everything that was asked for, ready to be computed.

        Parameters
        ----------
        family
            The trait's, of `evidence`.
        readings
            What will be read, where that is not everything; other rows stay empty, and their carriers are left out.
        """
        rows = range(self._rows) if readings is None else {row for own in readings for row in rows_of(own)}
        terms = [term for term in self._terms if term[1] in rows]
        column = np.concatenate([columns for columns, _, _, _ in terms])
        used, place = np.unique(column, return_inverse=True)
        made = Terms(
            column=place.astype(np.int64),
            row=np.repeat([row for _, row, _, _ in terms], [columns.size for columns, _, _, _ in terms]),
            weight=np.concatenate([weights for _, _, weights, _ in terms]),
            cauchy=np.repeat([cauchy for _, _, _, cauchy in terms], [columns.size for columns, _, _, _ in terms]),
        )
        return GeneStatistics(select_columns(self.columns, used), made, self._rows, family)

    def _burden_row(self, burden: Burden, scale: float) -> int:
        column = self.burden_column(burden)
        return self._row(("burden", column, scale), np.array([column]), np.array([scale]), cauchy=False)

    def _skat_row(self, weights: Floats) -> int:
        used = np.flatnonzero(weights)
        return self._row(("skat", weights.tobytes()), used, (weights**2 * self._squares)[used], cauchy=False)

    def _row(self, key: object, columns: Integers, weights: Floats, *, cauchy: bool) -> int:
        if key not in self._known:
            self._terms.append((columns, self._rows, weights, cauchy))
            self._known[key] = self._rows
            self._rows += 1
        return self._known[key]
