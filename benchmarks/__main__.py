"""Print every benchmark's table, with the machine it was measured on."""

from __future__ import annotations

import os
import platform

from benchmarks import calibration, exome, kernels, power, recovery, saddlepoint, stages, traits


def main() -> None:
    """Run them all."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    for benchmark in (kernels, exome, saddlepoint, calibration, power, stages, traits, recovery):
        print(benchmark.__doc__.strip().splitlines()[0])
        print(benchmark.measure().to_string(index=False), end="\n\n")


if __name__ == "__main__":
    main()
