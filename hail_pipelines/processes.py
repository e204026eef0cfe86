"""Processes for linear algebra and Python's own work, each with one thread.

Spark tasks and scan processes already fill the cores; with more threads each, small matrices cost up to 80 times
more. It must be set before NumPy is loaded, so in the environment that workers inherit.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from hail_pipelines.shares import unprepared

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# What takes a second to import is imported once, by the server that workers are forked from.
PRELOADED = ["association.scan"]


def process_pool(workers: int, prepare: Callable[[], None] = unprepared) -> ProcessPoolExecutor:
    """Make a pool of processes.

    Workers are forked from a server that was started clean, not from this process, which may hold a JVM and its
    threads. The server stays, so that only the first pool of a run waits for it.

    Parameters
    ----------
    workers
        How many.
    prepare
        What each does first (`hail_pipelines.shares.Workers`).
    """
    os.environ.update(ONE_THREAD)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return ProcessPoolExecutor(workers, context, prepare)
