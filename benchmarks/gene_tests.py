"""Gene tests, ours beside Hail's SKAT and loops of Cox models: seconds, and gene tests per core-second.

Burden, SKAT, SKAT-O and ACAT-V of every gene, with six covariates. Each program tests as many genes as it can in
reasonable time, on one core, and its seconds are scaled to 20,000 genes; JVM start and null models are not counted.
Two rows are ours: `asymptotic`, large-sample p-values alone, what the others compute too; and `calibrated`, what a
run reports, with up to 10,000 permutations. `hl.skat` gives SKAT alone, from a MatrixTable of the same calls, and
knows no times to event: it stands beside survival as what a linear SKAT takes. A Cox model with delayed entry takes
lifelines more than ten minutes at 300,000 samples, so loops end at 30,000.

    python -m benchmarks.gene_tests          300 and 3,000 samples
    python -m benchmarks.gene_tests --full   up to 300,000 samples, and 20,000 genes x 3 traits x 3 masks on two cores
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from association.calibration.monte_carlo import Effort
from association.gene_batch import read_batch
from association.results import result_table
from association.scan import prepare_units, scan
from association.scan_settings import ScanSettings, ScanTrait
from association.scan_trait_bytes import pack_trait
from association.textbook import add_textbook_p
from benchmarks.random_store import MASKS, TESTS, random_scan_trait, survival_times, write_random_store

GENES = 20_000
TESTS_PER_GENE = len(TESTS)
SETTINGS = ScanSettings(MASKS[:1], TESTS, seed=1, effort=Effort(10_000, 10_000, 200))
# Genes that each program tests, by samples.
OURS = {300: 2_000, 3_000: 1_000, 30_000: 400, 300_000: 100}
HAIL = {300: 400, 3_000: 60, 30_000: 8}
LOOPS = {300: 40, 3_000: 20, 30_000: 1}


def measure(*, full: bool = False) -> pd.DataFrame:
    """Time every program at every number of samples."""
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    sizes = (300, 3_000, 30_000, 300_000) if full else (300, 3_000)
    with tempfile.TemporaryDirectory() as folder:
        return pd.DataFrame([row for samples in sizes for row in _measure_at(samples, Path(folder))])


def _measure_at(samples: int, folder: Path) -> list[dict[str, object]]:
    """Time every program at one number of samples."""
    store = folder / f"genes-{samples}"
    write_random_store(store, samples=samples, genes=OURS[samples], files=1)
    genes, variants = pq.read_table(store / "genes.parquet"), pq.read_table(store / "part-00000.parquet")
    hail = _seconds_per_gene(lambda: _hail(folder, store, samples), HAIL.get(samples))
    rows = []
    for kind in ("survival", "quantitative"):
        trait = random_scan_trait(kind, samples)
        own = {
            "asymptotic": _best(partial(_asymptotic, genes, variants, trait)) / OURS[samples],
            "calibrated": _best(partial(scan, genes, variants, [trait], SETTINGS)) / OURS[samples],
        }
        loops = _cox_loops(variants, samples) if kind == "survival" and samples in LOOPS else {}
        rows += _rows(samples, kind, own, {"hl.skat": hail} | loops)
    return rows


def measure_exome(*, genes: int = GENES, workers: int = 2) -> pd.DataFrame:
    """Time an exome x 3 traits x 3 masks at 300 samples, 10,000 permutations each.

    Omnibus tests over each mask and over all are among the p-values. The second row adjusts for the family of genes
    too, on 1,000 permutations of all of them.
    """
    from hail_pipelines.gene_scan import scan_in_processes

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "genes"
        write_random_store(store, samples=300, genes=genes, files=16)
        traits = [pack_trait(random_scan_trait(kind, 300)) for kind in ("survival", "slope", "quantitative")]
        for family in (0, 1_000):
            settings = replace(SETTINGS, masks=MASKS, family_permutations=family)
            began = time.perf_counter()
            found = scan_in_processes(store, traits, settings, workers=workers, report=lambda *_: None)
            seconds = time.perf_counter() - began
            tests = found.num_rows - found["p_value"].null_count
            row = {"genes": genes, "traits": 3, "masks": 3, "family": family, "cores": workers, "seconds": seconds}
            rows.append(row | {"p-values": tests, "p-values per core-second": tests / seconds / workers})
    return pd.DataFrame(rows)


def _asymptotic(genes: pa.Table, variants: pa.Table, trait: ScanTrait) -> pa.Table:
    """Give large-sample p-values alone."""
    units = prepare_units(genes, read_batch(variants), trait, SETTINGS)
    add_textbook_p(units, trait, at_most=1.0)
    return result_table(row for unit in units for row in unit.rows)


def _hail(folder: Path, store: Path, samples: int) -> Callable[[int], float]:
    """Give a function that times hl.skat on so many genes of a store, as a MatrixTable on disk."""
    import hail as hl

    from hail_pipelines import session

    session.start(session.SessionSettings(cores=1, driver_memory_gib=6), folder / "hail")
    variants = pq.read_table(store / "part-00000.parquet", columns=["gene", "position", "carriers"])
    rng = np.random.default_rng(1)
    covariates = rng.normal(size=(samples, 6))
    values = covariates[:, 0] + rng.normal(size=samples)

    def seconds(genes: int) -> float:
        names = sorted(set(variants["gene"].to_pylist()))[:genes]
        own = variants.filter(pa.array([name in set(names) for name in variants["gene"].to_pylist()])).to_pylist()
        rows = [{"number": at, "gene": row["gene"], "carriers": row["carriers"]} for at, row in enumerate(own)]
        of_rows = hl.tstruct(number=hl.tint32, gene=hl.tstr, carriers=hl.tset(hl.tint32))
        rows = [row | {"carriers": set(row["carriers"])} for row in rows]
        table = hl.Table.parallelize(rows, of_rows, key="number", n_partitions=4)
        known = [{f"x{p}": float(value) for p, value in enumerate(row)} for row in covariates]
        people = [hl.Struct(sample=at, y=float(values[at]), **known[at]) for at in range(samples)]
        of_people = hl.tarray(hl.tstruct(sample=hl.tint32, y=hl.tfloat64, **dict.fromkeys(known[0], hl.tfloat64)))
        everyone = hl.range(samples).map(lambda at: hl.struct(n=hl.int32(table.carriers.contains(at))))
        table = (
            table.annotate(calls=everyone).drop("carriers").annotate_globals(samples=hl.literal(people, of_people))
        )
        calls = table._unlocalize_entries("calls", "samples", ["sample"])
        path = str(folder / f"calls-{samples}-{genes}.mt")
        calls.write(path, overwrite=True)
        calls = hl.read_matrix_table(path)
        beside = [1.0, *(calls[name] for name in known[0])]

        def test() -> object:
            return hl.skat(calls.gene, hl.float64(1), calls.y, calls.n, beside).collect()

        return _best(test, repeats=2)

    return seconds


def _seconds_per_gene(make: Callable[[], Callable[[int], float]], genes: int | None) -> tuple[float | None, int, str]:
    """Give the seconds of a gene beyond what any number of them takes, how many were tested, and what went wrong."""
    if genes is None:
        return None, 0, "dense calls of one gene do not fit"
    seconds = make()
    few = max(1, genes // 4)
    return (seconds(genes) - seconds(few)) / (genes - few), genes, ""


def _cox_loops(variants: pa.Table, samples: int) -> dict[str, tuple[float | None, int, str]]:
    """Time a Cox model of each gene's burden beside the covariates, by lifelines and by statsmodels."""
    from lifelines import CoxPHFitter
    from statsmodels.duration.hazard_regression import PHReg

    rng = np.random.default_rng((1, samples))
    covariates = rng.normal(size=(samples, 6))
    entry, leave, event = survival_times(rng, covariates[:, 0])
    count = LOOPS[samples]
    names = sorted(set(variants["gene"].to_pylist()))[:count]
    burdens = []
    for name in names:
        carriers = variants.filter(pa.array([one == name for one in variants["gene"].to_pylist()]))["carriers"]
        burdens.append(np.bincount(np.concatenate(carriers.to_pylist()), minlength=samples).astype(float))
    frame = pd.DataFrame(covariates, columns=[f"x{p}" for p in range(6)])
    frame = frame.assign(entry=entry, leave=leave, event=event)

    def by_lifelines() -> None:
        for burden in burdens:
            CoxPHFitter().fit(frame.assign(burden=burden), "leave", "event", entry_col="entry")

    def by_statsmodels() -> None:
        for burden in burdens:
            PHReg(leave, np.column_stack([covariates, burden]), status=event, entry=entry, ties="efron").fit(disp=0)

    found: dict[str, tuple[float | None, int, str]] = {}
    for name, work in (("lifelines", by_lifelines), ("statsmodels", by_statsmodels)):
        began = time.perf_counter()
        try:
            work()
        except (MemoryError, np.linalg.LinAlgError, ValueError) as error:
            found[name] = (None, count, type(error).__name__)
            continue
        found[name] = ((time.perf_counter() - began) / count, count, "")
    return found


def _rows(
    samples: int, kind: str, own: dict[str, float], others: dict[str, tuple[float | None, int, str]]
) -> list[dict[str, object]]:
    """Lay out the seconds of all programs, and how many times faster than each other one ours is."""
    start = {"samples": samples, "trait": kind}
    rows = []
    for name, seconds in own.items():
        row = start | {"program": name, "genes tested": OURS[samples], "20,000 genes, core-s": seconds * GENES}
        row |= {"gene tests per core-s": TESTS_PER_GENE / seconds}
        rows.append(row)
    for name, (per_gene, tested, problem) in others.items():
        row = start | {"program": name, "genes tested": tested}
        if per_gene is None:
            rows.append(row | {"note": problem})
            continue
        row |= {"20,000 genes, core-s": per_gene * GENES, "gene tests per core-s": 1 / per_gene}
        rows.append(row | {f"times {mine}": per_gene / seconds for mine, seconds in own.items()})
    return rows


def _best(work: Callable[[], object], repeats: int = 3) -> float:
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    """Print the tables."""
    full = "--full" in sys.argv
    print(f"load {os.getloadavg()[0]:.1f}")
    print(measure(full=full).to_string(index=False), flush=True)
    if full:
        print(measure_exome().to_string(index=False))
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
