"""Do the numbers of a trait's shared tables belong together: residuals, counts, products, covariances and scores.

Patterns say how many carry each column and each two: carriers, alleles and products follow from them. Of residuals M
the table keeps the sum of squares, so that by Cauchy and Schwarz a column's score is bounded,

    U_j^2 <= (G'G)_jj sum_i M_i^2,

and a typical variance of U_j is (G'G)_jj times their mean square. Phi is G'VG less what covariates explain, hence
positive semi-definite, and at most G'G / s2 of a linear model.

Axes: g genes, m columns of all genes, q patterns, S strata, t pairs of columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.meta.share_layout import Layout, begins_of, leaves, triangle

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Tables = Mapping[str, pa.Table]
Wrong = Iterator[tuple[str, str]]

ROUNDING = 1e-6
# By more than this, variances are not those of the residuals; of all columns, and of one, whose carriers may be odd.
FAR = 100.0
VERY_FAR = 1e5
# Standard deviations of residuals, that their mean may be from zero.
OFF_CENTRE = 0.25
# Entries of covariances whose eigenvalues are found at once.
AT_ONCE = 2_000_000


def wrong_residuals(residuals: pa.Table, samples: int, residual_variance: float | None) -> Wrong:
    """Say what can't be in a table of residuals.

    Parameters
    ----------
    residuals
        The table, values in range.
    samples
        n, as the manifest has it.
    residual_variance
        s2, as the manifest has it.
    """
    stratum, value, count = (residuals[name].to_numpy() for name in ("stratum", "residual", "samples"))
    if stratum[0] != 0 or not np.isin(np.diff(stratum), (0, 1)).all():
        yield "residuals", "stratum: not numbered from 0, one by one"
        return
    if (np.diff(value)[np.diff(stratum) == 0] < 0).any():
        yield "residuals", "residual: not ascending within its stratum"
    sizes = np.bincount(stratum, count)
    if (np.abs(sizes - np.rint(sizes)) > ROUNDING * np.maximum(sizes, 1.0)).any() or (np.rint(sizes) < 1).any():
        yield "residuals", "samples: do not add up to a number of samples in each stratum"
    elif round(float(sizes.sum())) != samples:
        yield "residuals", f"samples: add up to {sizes.sum():,.0f}, where share.json has {samples:,}"
    with np.errstate(over="ignore"):
        squares = float(count @ value**2) / samples
    mean = float(count @ value) / samples
    if not np.isfinite(squares) or abs(mean) > OFF_CENTRE * np.sqrt(squares) + ROUNDING:
        yield "residuals", f"residual: their mean is {mean:.3g}, where score residuals are centred on 0"
    elif residual_variance is not None:
        least = 0.0 if _lossy(residuals) else 0.1
        if not least <= squares * residual_variance <= 1 + 1e-3:
            implied = f"{1 / residual_variance:.3g}, one over the residual variance of share.json"
            yield "residuals", f"residual: their mean square is {squares:.3g}, expected about {implied}"


def _lossy(residuals: pa.Table) -> bool:
    """Say whether a stratum has one value, which does not tell how far its residuals are apart."""
    return bool((np.bincount(residuals["stratum"].to_numpy()) == 1).any())


def wrong_sums(tables: Tables, layout: Layout, residual_variance: float | None) -> Wrong:
    """Say which sums are not those of the patterns, or can't be of such residuals.

    Parameters
    ----------
    tables, layout
        In order, with sound residuals.
    residual_variance
        s2, as the manifest has it.
    """
    found = [*_wrong_counts(tables, layout), *_wrong_strata(tables, layout), *_wrong_products(tables, layout)]
    yield from found
    if not found and tables["variants"].num_rows:
        yield from _wrong_statistics(tables, layout, residual_variance)


def _entries(tables: Tables, layout: Layout) -> tuple[Integers, Integers, Integers, Integers]:
    """Give, of each dosage of each pattern, the pattern, its column among all, the dosage, and how many have it."""
    patterns = tables["patterns"]
    columns, dosages = (leaves(patterns[name]).to_numpy().astype(np.int64) for name in ("columns", "dosages"))
    sizes = np.array(patterns["columns"].combine_chunks().value_lengths().to_numpy(), np.int64)
    own = np.repeat(np.arange(sizes.size), sizes)
    place = begins_of(layout.columns)[layout.genes["patterns"]][own] + columns
    return own, place, dosages, patterns["carriers"].to_numpy().astype(np.int64)[own]


def _wrong_counts(tables: Tables, layout: Layout) -> Wrong:
    """Compare carriers, alleles and events of columns with the patterns."""
    variants, (_, place, dosages, carriers) = tables["variants"], _entries(tables, layout)
    for name, weights in (("carriers", carriers), ("minor_allele_count", carriers * dosages)):
        told, counted = variants[name].to_numpy(), np.bincount(place, weights, variants.num_rows)
        odd = np.flatnonzero(told != counted)
        if odd.size:
            at = int(odd[0])
            yield (
                "variants",
                f"{name}: {told[at]} of {_column(tables, at)} ({odd.size:,} such), {counted[at]:.0f} by patterns",
            )
    observed, expected = (
        variants[name].to_numpy(zero_copy_only=False) for name in ("observed_events", "expected_events")
    )
    if (np.isnan(observed) != np.isnan(expected)).any():
        yield "variants", "expected_events: null where observed_events are not, or the other way round"
    odd = np.flatnonzero(observed > variants["minor_allele_count"].to_numpy())
    if odd.size:
        yield (
            "variants",
            f"observed_events: {observed[odd[0]]:g} of {_column(tables, int(odd[0]))}, more than alleles",
        )


def _column(tables: Tables, at: int) -> str:
    """Name a column."""
    gene, variant = (tables["variants"][name][at].as_py() for name in ("gene", "variant"))
    return f"{variant} of {gene}"


def _wrong_strata(tables: Tables, layout: Layout) -> Wrong:
    """Ask whether carriers of patterns are no more than there are samples, in each stratum too."""
    patterns, residuals = tables["patterns"], tables["residuals"]
    sizes = np.rint(np.bincount(residuals["stratum"].to_numpy(), residuals["samples"].to_numpy()))
    genes, carriers = layout.genes["patterns"], patterns["carriers"].to_numpy()
    many = np.flatnonzero(np.bincount(genes, carriers, layout.columns.size) > sizes.sum())
    if many.size:
        yield "patterns", f"carriers: more of {layout.names[many[0]]} than samples"
    told = patterns["carriers_by_stratum"].is_valid().to_numpy()
    cells = leaves(patterns["carriers_by_stratum"]).to_numpy().reshape(-1, sizes.size)
    odd = np.flatnonzero(cells.sum(axis=1) != carriers[told])
    if odd.size:
        gene = layout.names[int(genes[told][odd[0]])]
        yield "patterns", f"carriers_by_stratum: {cells[odd[0]].tolist()} in {gene}, which are not its carriers"
    for stratum, size in enumerate(sizes.tolist()):
        if (np.bincount(genes[told], cells[:, stratum], layout.columns.size) > size).any():
            yield "patterns", f"carriers_by_stratum: more in stratum {stratum} than its {size:,.0f} samples"


def _wrong_products(tables: Tables, layout: Layout) -> Wrong:
    """Compare products with the patterns; weighed ones by where they are zero only."""
    own, place, dosages, carriers = _entries(tables, layout)
    first, second = triangle(np.bincount(own, minlength=tables["patterns"].num_rows))
    # A column's pairs begin where those of the columns before it end.
    left = np.repeat(layout.columns, layout.columns) - (
        np.arange(tables["variants"].num_rows) - np.repeat(begins_of(layout.columns), layout.columns)
    )
    pair = begins_of(left)[place[first]] + place[second] - place[first]
    counted = np.bincount(pair, carriers[first] * dosages[first] * dosages[second], int(left.sum()))
    told = np.nan_to_num(tables["covariances"]["gram"].to_numpy(zero_copy_only=False))
    if (np.abs(told - np.rint(told)) > ROUNDING).any():
        odd = (told > 0) != (counted > 0)
    else:
        odd = np.abs(told - counted) > ROUNDING * np.maximum(counted, 1.0)
    if odd.any():
        at = int(np.argmax(odd))
        yield (
            "covariances",
            f"gram: {told[at]:g} in {layout.gene('covariances', at)} ({odd.sum():,} such), "
            f"{counted[at]:g} by patterns",
        )


def _wrong_statistics(tables: Tables, layout: Layout, residual_variance: float | None) -> Wrong:
    """Ask whether covariances and scores can be of such carriers and residuals."""
    pairs, residuals = tables["covariances"], tables["residuals"]
    diagonal = np.flatnonzero(pairs["row"].to_numpy() == pairs["column"].to_numpy())
    variance = pairs["covariance"].to_numpy()[diagonal]
    gram = np.nan_to_num(pairs["gram"].to_numpy(zero_copy_only=False)[diagonal])
    score, count = tables["variants"]["score"].to_numpy(), residuals["samples"].to_numpy()
    carried = gram > 0
    squares = float(count @ residuals["residual"].to_numpy() ** 2)
    usual = float(np.median(variance[carried] / gram[carried])) if carried.any() else 0.0
    typical = squares / float(count.sum())
    if _lossy(residuals):
        typical = max(typical, usual)
        squares = FAR * typical * float(count.sum())
    largest = gram * (VERY_FAR * typical if residual_variance is None else (1 + ROUNDING) / residual_variance)
    for at in np.flatnonzero(variance > largest + ROUNDING * typical)[:1].tolist():
        yield "covariances", f"covariance: {variance[at]:.4g} of {_column(tables, at)}, at most {largest[at]:.4g}"
    if typical > 0 and carried.any() and not 1 / FAR <= usual / typical <= FAR:
        yield (
            "covariances",
            f"covariance: a median of {usual:.3g} by squared allele, about {typical:.3g} by the residuals",
        )
    with np.errstate(over="ignore"):
        beyond = score**2 > (1 + ROUNDING) * gram * squares + ROUNDING * typical
    for at in np.flatnonzero(beyond)[:1].tolist():
        most = np.sqrt(gram[at] * squares)
        yield "variants", f"score: {score[at]:.4g} of {_column(tables, at)}, at most {most:.4g} of its carriers"
    yield from _negative(pairs["covariance"].to_numpy(), layout, np.maximum(np.abs(variance), gram * typical))


def _negative(covariance: Floats, layout: Layout, scale: Floats) -> Wrong:
    """Find genes whose covariances have a negative eigenvalue, by more than rounding of columns' scale (m)."""
    begins, columns = begins_of(layout.columns * (layout.columns + 1) // 2), begins_of(layout.columns)
    worst, number = 0.0, -1
    for size in np.unique(layout.columns[layout.columns > 0]).tolist():
        row, column = np.triu_indices(size)
        genes = np.flatnonzero(layout.columns == size)
        for own in np.array_split(genes, -(-genes.size * size**2 // AT_ONCE)):
            full = np.zeros((own.size, size, size))
            full[:, row, column] = covariance[begins[own][:, None] + np.arange(row.size)]
            full[:, column, row] = full[:, row, column]
            most = scale[columns[own][:, None] + np.arange(size)].max(axis=1)
            least = np.linalg.eigvalsh(full)[:, 0] / np.where(most > 0, most, 1.0)
            if least.min() < worst:
                worst, number = float(least.min()), int(own[least.argmin()])
    if worst < -ROUNDING:
        yield (
            "covariances",
            f"covariance: those of {layout.names[number]} are of no scores: an eigenvalue is negative",
        )
