"""Read the tables of shared folders, and refuse those that no site can have written: of all shares at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from association.meta.share_genes import mask_label
from association.meta.share_schema import TABLES
from association.meta.share_validity import SharedOf, wrong_tables
from association.problems import InputError, Problem
from hail_pipelines.places import readable
from jobs.consortium.callable_regions import FILE as REGIONS
from jobs.consortium.callable_regions import read_regions
from jobs.consortium.share import file_of
from jobs.consortium.share_contents import AGAIN
from jobs.consortium.share_misfits import Share


def refuse_wrong_files(shares: Sequence[Share]) -> None:
    """Look at every value of every trait's tables, and at callable regions.

    Parameters
    ----------
    shares
        The shared folders.

    Raises
    ------
    InputError
        With every table that is wrong: its file, column and value.
    """
    problems = [problem for share in shares for problem in wrong_files(share)]
    if problems:
        raise InputError("shares", problems)


def wrong_files(share: Share, *, sums: bool = True) -> Iterator[Problem]:
    """Say what is wrong with a shared folder's tables and regions.

    Parameters
    ----------
    share
        The folder.
    sums
        As for `wrong_tables`; and whether to read the regions, which no table is told by.
    """
    masks = share.manifest["definitions"]["masks"]["masks"]
    labels = frozenset(mask_label(mask["name"], one) for mask in masks for one in mask["max_allele_frequency"])
    for trait, told in share.traits.items():
        try:
            tables = read_tables(share, trait)
        except InputError as error:
            yield from error.problems
            continue
        known = SharedOf(told["samples"], told["residual_variance"], labels)
        for table, message in wrong_tables(tables, known, sums=sums):
            yield Problem(str(share.folder / file_of(trait, table)), f"{message}; {AGAIN}")
    if sums and (share.folder / REGIONS).is_file():
        try:
            read_regions(share.folder, share.manifest["reference_genome"])
        except InputError as error:
            for problem in error.problems:
                yield Problem(f"{share.folder / REGIONS}, {problem.place}", problem.message)


def read_tables(share: Share, trait: str) -> dict[str, pa.Table]:
    """Read a trait's tables.

    Raises
    ------
    InputError
        With those that are not there or can't be read.
    """
    tables, problems = {}, []
    for name in TABLES:
        file = share.folder / file_of(trait, name)
        try:
            tables[name] = pq.read_table(readable(file))
        except FileNotFoundError:
            problems.append(Problem(str(file), f"is not there; {AGAIN}"))
        except (pa.ArrowException, OSError) as error:
            problems.append(Problem(str(file), f"can't be read ({str(error).splitlines()[0]:.120}); {AGAIN}"))
    if problems:
        raise InputError("shares", problems)
    return tables
