"""Type I error over nominal at 300 patients of three sites, by carriers: what is reported, and the textbook.

Traits are those of `association.simulate.random_traits`, genes those of `benchmarks.null_genes`. At one or two
carriers ratios below 1 are discreteness: a p-value can't be below one over the number of arrangements. The textbook
p-value of SKAT-O is made where it is 0.05 or less; the omnibus has Cauchy's combination of the textbook p-values
there are.

    python -m benchmarks.calibration TABLE.csv ROUNDS     the long run: a round adds 1,000 genes of each kind and
                                                          number of carriers, and writes the table anew
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

from association.calibration.monte_carlo import Effort
from association.error_rates import LEVELS, error_rates
from association.scan_settings import ScanSettings
from association.self_check import scan_null
from association.simulate.random_traits import KINDS
from benchmarks.null_genes import MASKS, TESTS, draw_carriers, samples_like, store_tables

CARRIERS = (1, 2, 3, 5, 10, 20)
# Resolves a p-value of 1e-4 by ten exceedances.
EFFORT = Effort(20_000, 100_000, 100)


def measure() -> pd.DataFrame:
    """Compare one cohort per kind of trait and number of carriers, 300 genes each, at levels that these resolve."""
    wide = summary(pd.concat(null_p_values(rounds=1, genes=300)))
    return wide[[name for name in wide.columns if "0.0001" not in name]]


def null_p_values(*, rounds: int, genes: int) -> Iterator[pd.DataFrame]:
    """Scan random genes for null traits.

    Parameters
    ----------
    rounds
        Cohorts of each kind of trait and number of carriers.
    genes
        Of each cohort.

    Yields
    ------
    pd.DataFrame
        Of a round: kind, planned (carriers), test, p_value, p_asymptotic.
    """
    for number in range(rounds):
        tables = []
        for kind in KINDS:
            for carriers in CARRIERS:
                rng = np.random.default_rng((number, KINDS.index(kind), carriers))
                settings = ScanSettings(MASKS, TESTS, seed=int(rng.integers(2**62)), effort=EFFORT)
                batch = store_tables([draw_carriers(rng, carriers) for _ in range(genes)])
                rows = scan_null(*batch, samples_like(rng), settings, kind=kind, number=number)
                tables.append(rows[["kind", "test", "p_value", "p_asymptotic"]].assign(planned=str(carriers)))
        yield pd.concat(tables, ignore_index=True)


def tables(p_values: pd.DataFrame) -> pd.DataFrame:
    """Give error rates by kind, number of carriers and test, and over all numbers."""
    together = p_values.assign(planned="all")
    return error_rates(pd.concat([p_values, together]), ("kind", "planned", "test"))


def summary(p_values: pd.DataFrame) -> pd.DataFrame:
    """Put reported and textbook ratios of each level side by side."""
    rates = tables(p_values).rename(columns={"planned": "carriers"})
    by_level = rates.set_index(["kind", "carriers", "test", "level"])
    interval = [f"{lower:.2f}-{upper:.2f}" for lower, upper in zip(by_level["lower"], by_level["upper"], strict=True)]
    parts = {}
    for name, values in (("", by_level["ratio"].round(2)), ("interval ", pd.Series(interval, by_level.index))):
        parts |= {f"{name}{level:g}": values.xs(level, level="level") for level in LEVELS}
    parts |= {f"textbook {level:g}": by_level["textbook_ratio"].xs(level, level="level").round(2) for level in LEVELS}
    tests = by_level["tests"].xs(LEVELS[0], level="level")
    return pd.DataFrame({"genes": tests, **parts}).reset_index()


def main() -> None:
    """Make the long run."""
    target, rounds = sys.argv[1], int(sys.argv[2])
    found: list[pd.DataFrame] = []
    for p_values in null_p_values(rounds=rounds, genes=1_000):
        found.append(p_values)
        tables(pd.concat(found)).to_csv(target, index=False)


if __name__ == "__main__":
    main()
