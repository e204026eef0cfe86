"""Run the benchmarks; write their tables, with the machine they were measured on, and a picture.

python -m benchmarks               speed: VCF to gene store, gene tests, growth, cluster, stages
python -m benchmarks statistics    type I error, power, recovery, saddlepoints, permutations
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import (
    calibration,
    cluster,
    exome,
    gene_sets,
    gene_tests,
    growth,
    kernels,
    power,
    power_of_tests,
    recovery,
    saddlepoint,
    spine,
    stages,
    traits,
    traits_together,
)
from benchmarks.machine import describe
from benchmarks.picture import draw

GROUPS = {
    "speed": (spine, gene_tests, growth, cluster, stages, kernels),
    "statistics": (
        *(exome, saddlepoint, calibration, power_of_tests, power, gene_sets),
        *(traits, traits_together, recovery),
    ),
}


def main() -> None:
    """Run a group of benchmarks; each is written as soon as it is measured."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("group", nargs="?", choices=GROUPS, default="speed")
    arguments.add_argument("--out", type=Path, default=Path("build/bench"))
    given = arguments.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    machine = describe()
    (given.out / "machine.txt").write_text(machine + "\n")
    print(machine, end="\n\n")
    tables = {}
    for benchmark in GROUPS[given.group]:
        name = benchmark.__name__.rpartition(".")[2]
        print(benchmark.__doc__.strip().splitlines()[0], flush=True)
        tables[name] = benchmark.measure()
        tables[name].to_csv(given.out / f"{name}.tsv", sep="\t", index=False)
        print(tables[name].to_string(index=False), end="\n\n", flush=True)
    if given.group == "speed":
        draw(tables, machine, given.out / "speed.svg")
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
