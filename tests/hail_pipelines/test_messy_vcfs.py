"""229 odd and broken VCFs from the suites of other programs: each is read or refused in words, none is a crash.

`pytest -rP` prints the table of what became of them.
"""

from __future__ import annotations

import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import pytest

from association.problems import InputError
from hail_pipelines.load_calls import load_calls
from hail_pipelines.vcf.counts import LoadCounts
from hail_pipelines.vcf.files import inspect_vcfs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SECONDS_PER_FILE = 180

# Limits that the documentation states: what is sound as a VCF and still can't be tested.
LIMITS = {
    "sites only": r"sites-only VCF",
    "no genotypes": r"there are no genotypes to test",
    "no variant": r"there is no variant in any VCF",
    "compressed otherwise": r"compressed by plain gzip|expected a name that ends in \.vcf",
    "another genome": r"neither GRCh37 nor GRCh38|beyond the end of the chromosome",
    "no human contig": r"not in the reference genome",
    "more than two alleles a call": r"a call of more than two alleles",
    "telomere or assembly contig": r"POS is '0'|a contig of an assembly",
}
# Faults in INFO fields that nobody asked for, in ids, and in FORMAT fields other than GT, GQ, DP and AD.
NOT_READ = re.compile(
    r"INFO |ID (has|contains)|FORMAT contains an (empty|illegal)|Sample field does not match|cardinality in PL"
)
COUNTED = (
    *(
        "odd_references",
        "odd_filters",
        "odd_info",
        "symbolic_alleles",
        "star_alleles",
        "same_alleles",
        "no_alternate",
    ),
    *("duplicates", "moved", "other_contigs", "one_allele", "unknown_allele", "odd_depths", "negative"),
)
REMEDY = re.compile(r"\b(expected|use|set|mend|remove|rename|run|copy|leave|put|convert|name them)\b")


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    name: str
    expected: str
    outcome: str
    detail: str


def test_every_messy_vcf_is_read_or_refused_in_words(shared_data, tmp_path):
    folder = shared_data / "messy"
    index = pd.read_csv(folder / "INDEX.tsv", sep="\t", dtype=str)
    outcomes = []
    for number, (name, expected) in enumerate(zip(index["file"], index["expected"], strict=True)):
        work = tmp_path / str(number)
        work.mkdir()
        with _time_limit(SECONDS_PER_FILE):
            outcome, detail = _try(folder / name, work)
        assert {item.name for item in work.iterdir()} <= {"calls"}, f"{name} left something half-written"
        outcomes.append(Outcome(name, {"?": "unknown"}.get(expected, expected), outcome, detail))
    _print_table(outcomes)
    assert len(outcomes) == 229
    assert [one for one in outcomes if not _is_allowed(one)] == []


def _try(path: Path, work: Path) -> tuple[str, str]:
    """Read a file as the build that fits it; give the outcome, and the counts or the message."""
    refusals: list[InputError] = []
    for genome in ("GRCh38", "GRCh37"):
        try:
            inspect_vcfs([path], reference_genome=genome)
            counts = load_calls([path], work / "calls", reference_genome=genome)
        except InputError as error:
            refusals.append(error)
        else:
            return _describe(counts, path)
    for refusal in refusals:
        assert str(path) in refusal.source
        for problem in refusal.problems:
            assert problem.place
            assert REMEDY.search(problem.message) or _limit(problem.message), problem
    # What is wrong beside the genome is told by the refusal as the genome that fits.
    message = min((str(one) for one in refusals), key=lambda text: ("which is GRCh" in text, len(text)))
    message = message.replace(str(path), "FILE")
    limit = _limit(message)
    return ("refused: fault" if limit is None else f"refused: {limit}"), message


def _describe(counts: LoadCounts, path: Path) -> tuple[str, str]:
    """Tell how a file was read: with something repaired or dropped, or with a fault where nothing is read."""
    found = {name: count for name, count in asdict(counts).items() if name in COUNTED and count}
    cause = re.search(rb"##CauseOfFailure=(.*)", path.read_bytes())
    if found:
        return "read: counted", ", ".join(f"{name} {count}" for name, count in found.items())
    if cause is not None and NOT_READ.match(cause[1].decode()):
        return "read: fault in a part that is not read", cause[1].decode()
    return "read", ""


def _limit(message: str) -> str | None:
    """Name the stated limit that a refusal is about."""
    return next((name for name, pattern in LIMITS.items() if re.search(pattern, message)), None)


def _is_allowed(one: Outcome) -> bool:
    """Say whether a file came to an end that its own suite's verdict allows."""
    if one.expected == "fail":
        return one.outcome != "read"
    if one.expected == "pass":
        return one.outcome != "refused: fault"
    return True


def _print_table(outcomes: list[Outcome]) -> None:
    counts = Counter((one.outcome, one.expected) for one in outcomes)
    verdicts = ("fail", "pass", "unknown")
    print(f"{'outcome':50}" + "".join(f"{verdict:>9}" for verdict in verdicts))
    for outcome in sorted({one.outcome for one in outcomes}):
        print(f"{outcome:50}" + "".join(f"{counts[outcome, verdict]:9}" for verdict in verdicts))
    for one in sorted(outcomes, key=lambda one: (one.outcome, one.expected, one.name)):
        print(f"{one.outcome} | {one.expected} | {one.name} | {one.detail}")


@contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
