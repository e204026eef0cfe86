"""Read regenie's step-1 predictions: each sample's polygenic score, without the chromosome that is tested.

`PREFIX_pred.list` has a line per phenotype, its name and the path of a file. That file (`PREFIX_1.loco`, plain or
gzipped) has a header, FID_IID and then a column per sample, and a row per chromosome: 1 to 22 and, for all that is
not autosomal, 23. The file's ids are FID and IID joined by an underscore.

A sample of the study is the column whose id is the sample's, whole; else the column whose id ends in an underscore
and the sample's id, so with the sample as its IID. Where that fits two columns, or one column two samples, nothing is
guessed.

References
----------
Mbatchou J, Barnard L, Backman J, et al. (2021) Computationally efficient whole-genome regression for quantitative and
binary traits. Nat Genet 53:1097-1103. doi:10.1038/s41588-021-00870-7
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

import numpy as np
from numpy.typing import NDArray

from association.problems import InputError, Problem
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.tables.notes import MOST_PROBLEMS_SHOWN

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HEADER = "FID_IID"
AUTOSOMES = tuple(str(number) for number in range(1, 23))
# regenie's row for everything that is not autosomal.
X_ROW = "23"


def read_prediction_list(path: Place) -> dict[str, Place]:
    """Read which file holds which phenotype's predictions.

    Parameters
    ----------
    path
        regenie's `PREFIX_pred.list`; its relative paths are taken from its own folder.

    Raises
    ------
    InputError
        With every line that names no file, a file that isn't there, or a phenotype a second time.
    """
    files: dict[str, Place] = {}
    problems: list[Problem] = []
    with _open_text(path) as lines:
        for number, line in enumerate(lines, start=1):
            fields = line.split(maxsplit=1)
            if not fields:
                continue
            if len(fields) == 1:
                problems.append(Problem(f"line {number}", f"'{fields[0]}' has no file; expected a name and a path"))
                continue
            phenotype, file = fields[0], path.parent / fields[1].strip()
            if phenotype in files:
                problems.append(Problem(f"line {number}", f"'{phenotype}' stands in an earlier line too; keep one"))
            elif not file.is_file():
                message = f"no file '{fields[1].strip()}'; put it next to the list and write its name alone"
                problems.append(Problem(f"line {number}", message))
            files[phenotype] = file
    if not files and not problems:
        problems.append(Problem("file", "holds no phenotype; expected a line with a name and a path for each"))
    _raise(path, problems)
    return files


def read_loco(path: Place, samples: Sequence[str]) -> dict[str, Floats]:
    """Read a phenotype's predictions.

    Parameters
    ----------
    path
        A `.loco` or `.loco.gz` file.
    samples
        The trait's samples; others in the file are left out.

    Returns
    -------
    dict
        By chromosome, "1" to "22" and, where the file has row 23, "X": the predictions without that chromosome
        (samples), on the scale of the phenotype that regenie was given.

    Raises
    ------
    InputError
        With every problem: a wrong header, an id in two columns, samples without a column, rows of the wrong length,
        chromosomes that are unknown, missing or there twice, and predictions of these samples that are no numbers.
    """
    with _open_text(path) as lines:
        ids = next(lines, "").split()
        if ids[:1] != [HEADER]:
            found = f"'{ids[0]}'" if ids else "nothing"
            message = f"starts with {found}, expected '{HEADER}' and a column per sample; give a .loco file of step 1"
            raise InputError.single(path.name, "line 1", message)
        ids = ids[1:]
        columns, problems = _match(ids, samples)
        predictions: dict[str, Floats] = {}
        for number, line in enumerate(lines, start=2):
            if fields := line.split():
                problems += _read_row(number, fields, len(ids), columns, predictions)
    if missing := [chromosome for chromosome in AUTOSOMES if chromosome not in predictions]:
        message = f"no row for chromosome {', '.join(missing)}; run step 1 on all autosomes, and copy the whole file"
        problems.append(Problem("rows", message))
    _raise(path, problems)
    log.info(
        "%s: predictions for %d of %d samples, %d chromosomes", path.name, len(samples), len(ids), len(predictions)
    )
    return predictions


def _match(ids: Sequence[str], samples: Sequence[str]) -> tuple[Integers, list[Problem]]:
    """Give the column of each sample that has one, and the problems of the others."""
    first = {name: column for column, name in reversed(list(enumerate(ids)))}
    problems = [
        Problem(f"line 1, column {column + 2}", "this id stands in an earlier column too; keep one column per sample")
        for column, name in enumerate(ids)
        if first[name] != column
    ]
    wanted, by_end = set(samples), defaultdict(list)
    for name, column in first.items():
        parts = name.split("_")
        for end in {"_".join(parts[begin:]) for begin in range(1, len(parts))} & wanted:
            by_end[end].append(column)
    fitting = [[first[sample]] if sample in first else by_end[sample] for sample in samples]
    columns = [fits[0] for fits in fitting if len(fits) == 1]
    counts = {
        "have no column, as FID_IID or as IID; run step 1 on them too, or leave them out of the trait": sum(
            not fits for fits in fitting
        ),
        "fit the IID of several columns; name samples as FID_IID in the study": sum(
            len(fits) > 1 for fits in fitting
        ),
        "fit the column of another sample; name samples as FID_IID in the study": sum(
            count for count in Counter(columns).values() if count > 1
        ),
    }
    problems += [
        Problem("line 1", f"{count} of {len(samples)} samples {what}") for what, count in counts.items() if count
    ]
    return np.array(columns, dtype=np.int64), problems


def _read_row(
    number: int, fields: list[str], width: int, columns: Integers, predictions: dict[str, Floats]
) -> Iterator[Problem]:
    """Add a row to the predictions, unless it has problems."""
    chromosome = "X" if fields[0] == X_ROW else fields[0]
    if chromosome not in (*AUTOSOMES, "X"):
        yield Problem(
            f"line {number}, column 1", f"'{fields[0]}' is no chromosome; expected 1 to 22, and {X_ROW} for X"
        )
        return
    if chromosome in predictions:
        yield Problem(f"line {number}", f"chromosome {fields[0]} has an earlier row too; keep one")
    predictions.setdefault(chromosome, np.full(columns.size, np.nan))
    if len(fields) != width + 1:
        message = f"{len(fields) - 1} predictions for {width} ids; the file was cut off or edited: copy it again"
        yield Problem(f"line {number}", message)
        return
    texts = np.array(fields[1:])[columns]
    values = np.array([_number(text) for text in texts])
    for wrong in np.flatnonzero(~np.isfinite(values)):
        message = f"'{texts[wrong]}' is no number; leave the sample out of the trait, or run step 1 on it"
        yield Problem(f"line {number}, column {columns[wrong] + 2}", message)
    predictions[chromosome] = values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


@contextmanager
def _open_text(path: Place) -> Iterator[IO[str]]:
    """Open a file, gzipped or not, and say what is wrong with it where it can't be read."""
    if not path.is_file():
        raise InputError.single(str(path), "file", "no such file; check its path")
    try:
        with gzip.open(readable(path), "rt") if path.suffix == ".gz" else path.open() as lines:
            yield lines
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        message = f"can't be read: {str(error).strip()}; copy it again"
        raise InputError.single(path.name, "file", message) from None


def _raise(path: Place, problems: list[Problem]) -> None:
    """Raise what was found, if anything was, as many as a person can take in."""
    if problems:
        raise InputError(path.name, problems[:MOST_PROBLEMS_SHOWN], len(problems))
