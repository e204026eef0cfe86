"""Work done share by share: by threads on this machine, or by the workers of a Spark cluster.

What is done with a share must depend on the share alone, so that the results are the same whoever does it, and a
share that was lost with its worker can be done again. NumPy, Numba, Arrow and decompression all let go of Python's
lock, so threads fill the cores; nothing is started for them and nothing copied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TypeVar

Share = TypeVar("Share")
Result = TypeVar("Result")
Report = Callable[[int, int], None]


def silent(finished: int, total: int) -> None:
    """Report to nobody."""


def unprepared() -> None:
    """Make nothing ready."""


@dataclass(frozen=True)
class Workers:
    """Who does the work.

    Attributes
    ----------
    threads
        How many threads on this machine.
    cluster
        Whether the workers of the running Spark session do it instead.
    report
        Told, on this machine, how many shares are finished and how many there are.
    prepare
        What a process of a cluster, or one that this one starts, does before it opens a file; a function of a
        module, or a `functools.partial` of one, that costs nothing when it is called again.
    """

    threads: int = 1
    cluster: bool = False
    report: Report = silent
    prepare: Callable[[], None] = unprepared


def do_shares(work: Callable[[Share], Result], shares: Sequence[Share], workers: Workers) -> list[Result]:
    """Do the work of every share; give the results in the order of the shares.

    Parameters
    ----------
    work
        Takes a share; on a cluster it must be a function of a module, or a `functools.partial` of one. Its result
        goes back to the driver, which holds those of all shares: no more than a few numbers per variant, or per
        sample for few shares. What is larger it writes to a file that every worker can reach.
    shares
        What to work on.
    workers
        Who does it.
    """
    return _on_cluster(work, shares, workers.prepare) if workers.cluster else _in_threads(work, shares, workers)


def _in_threads(work: Callable[[Share], Result], shares: Sequence[Share], workers: Workers) -> list[Result]:
    results: dict[int, Result] = {}
    workers.report(0, len(shares))
    with ThreadPoolExecutor(max(1, workers.threads)) as pool:
        futures = {pool.submit(work, share): number for number, share in enumerate(shares)}
        try:
            for future in as_completed(futures):
                results[futures[future]] = future.result()
                workers.report(len(results), len(shares))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [results[number] for number in range(len(shares))]


def _on_cluster(
    work: Callable[[Share], Result], shares: Sequence[Share], prepare: Callable[[], None]
) -> list[Result]:
    from pyspark import SparkContext

    if not shares:
        return []

    def do(one: tuple[int, Share]) -> tuple[int, Result]:
        prepare()
        return one[0], work(one[1])

    numbered = SparkContext.getOrCreate().parallelize(list(enumerate(shares)), len(shares))
    return [result for _, result in sorted(numbered.map(do).collect(), key=_number)]


def _number(numbered: tuple[int, Result]) -> int:
    return numbered[0]
