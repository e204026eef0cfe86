"""Quality control beside the truth of a simulated cohort: what was planted, found, missed and wrongly named.

    python -m benchmarks.cohort_truth OUTPUT COHORT              a table in markdown
    python -m benchmarks.cohort_truth OUTPUT COHORT --tsv        the same as TSV

OUTPUT is a study's output folder (qc/samples.parquet, kinship.parquet, variants.parquet). COHORT holds the truth:

    truth/samples.tsv            a row per sample: individual, sex, reported_sex (1 male, 2 female), karyotype, fam,
                                 role, father, mother (individuals, -1 unknown), low_depth, contamination
    truth/variants.*.tsv.gz      a row per variant and gene: chrom, pos, ref, alt, artefact (1), filter

Where there are no tables of variants, artefacts are the records of vcf/*.vcf.gz whose INFO says culprit=MQ.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Set
from itertools import combinations
from pathlib import Path

import pandas as pd
import pysam

# Contamination that must be found; less of it may be, and is no false positive.
LEAST_CONTAMINATION = 0.05
FIRST_DEGREE = ("parent-child", "siblings", "first degree")
VARIANT = ["contig", "position", "ref", "alt"]
COLUMNS = ["what", "planted", "found", "missed", "false_positives"]


def compare(samples: pd.DataFrame, kinship: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Compare samples and pairs with the truth; give a row per kind of error or relation.

    Parameters
    ----------
    samples
        A row per sample: sample, karyotype, sex_mismatch, reasons, passes.
    kinship
        A row per pair: sample_1, sample_2, relationship.
    truth
        A row per sample, as in truth/samples.tsv.

    Returns
    -------
    DataFrame
        what, planted, found, missed, false_positives: counts of pairs for relations, else of samples.
    """
    rows = [*_compare_pairs(kinship, truth), *_compare_samples(samples, truth)]
    return pd.DataFrame(rows, columns=COLUMNS)


def compare_artefacts(variants: pd.DataFrame, artefacts: pd.DataFrame) -> pd.DataFrame:
    """Compare variants with the planted artefacts; an artefact is found if it doesn't pass.

    Parameters
    ----------
    variants
        A row per variant: contig, position, ref, alt, passes.
    artefacts
        The planted ones: contig, position, ref, alt, filter.

    Returns
    -------
    DataFrame
        As `compare` gives it; false positives are real variants that don't pass, be it for good reasons.
    """
    planted = artefacts.drop_duplicates(VARIANT)
    failed = _variants(variants[~variants["passes"].astype(bool)])
    passed = _variants(variants[variants["passes"].astype(bool)])
    rows = []
    for what, some in (
        ("artefact sites", planted),
        ("artefact sites of FILTER PASS", planted[planted["filter"] == "PASS"]),
    ):
        here = _variants(some)
        missed = here & passed
        wrong = len(failed - _variants(planted)) if some is planted else 0
        rows.append((what, len(here), len(here - missed), len(missed), wrong))
    return pd.DataFrame(rows, columns=COLUMNS)


def related_pairs(truth: pd.DataFrame) -> dict[str, set[tuple[str, str]]]:
    """Derive from the pedigree which samples are duplicates or relatives, as sorted pairs of sample ids.

    Parameters
    ----------
    truth
        A row per sample, as in truth/samples.tsv. A duplicate is another sample of the same individual, and has that
        individual's relatives.
    """
    pairs: dict[str, set[tuple[str, str]]] = {
        name: set() for name in ("duplicate", "parent-child", "siblings", "second degree")
    }
    parents = {row.individual: (row.father, row.mother) for row in truth.itertuples()}
    for one, other in _pairs_to_look_at(truth):
        found = _relation(one.individual, other.individual, parents, {one.role, other.role})
        if found:
            pairs[found].add(_sorted_pair(one.sample, other.sample))
    return pairs


def read_artefacts(cohort: Path) -> pd.DataFrame:
    """Read which variants are artefacts: contig, position, ref, alt, filter.

    Parameters
    ----------
    cohort
        The folder of a simulated cohort.
    """
    tables = sorted(cohort.glob("truth/variants.*.tsv.gz"))
    if tables:
        read = (
            pd.read_csv(table, sep="\t", dtype={"ref": str, "alt": str}, keep_default_na=False) for table in tables
        )
        found = pd.concat([table[table["artefact"].astype(int) == 1] for table in read])
        found = found.rename(columns={"chrom": "contig", "pos": "position"})
        return found[[*VARIANT, "filter"]].drop_duplicates().reset_index(drop=True)
    records = [record for path in sorted(cohort.glob("vcf/*.vcf.gz")) for record in _marked_records(path)]
    return pd.DataFrame(records, columns=[*VARIANT, "filter"])


def _marked_records(path: Path) -> Iterator[tuple[str, int, str, str, str]]:
    with pysam.BGZFile(str(path), "rb") as stream:
        for line in stream:
            fields = line.decode().rstrip().split("\t", 8)
            if not fields[0].startswith("#") and "culprit=MQ" in fields[7].split(";"):
                yield fields[0], int(fields[1]), fields[3], fields[4], fields[6]


def _compare_pairs(kinship: pd.DataFrame, truth: pd.DataFrame) -> Iterator[tuple[str, int, int, int, int]]:
    planted = related_pairs(truth)
    named: dict[str, set[tuple[str, str]]] = {}
    for one, other, name in kinship[["sample_1", "sample_2", "relationship"]].itertuples(index=False):
        named.setdefault(name, set()).add(_sorted_pair(one, other))
    first = planted["parent-child"] | planted["siblings"]
    found_first = set().union(*(named.get(name, set()) for name in FIRST_DEGREE))
    yield _count("duplicates", planted["duplicate"], named.get("duplicate", set()))
    yield _count("first-degree relatives", first, found_first)
    for name in ("parent-child", "siblings"):
        yield _count(f"{name}, by that name", planted[name], named.get(name, set()))
    yield _count("second-degree relatives", planted["second degree"], named.get("second degree", set()))


def _compare_samples(samples: pd.DataFrame, truth: pd.DataFrame) -> Iterator[tuple[str, int, int, int, int]]:
    known = truth.set_index("sample")
    mismatch = known.index[known["sex"] != known["reported_sex"]]
    yield _count("sex mismatches", mismatch, samples.loc[samples["sex_mismatch"].eq(True), "sample"])
    for karyotype in ("XXY", "X0"):
        found = samples.loc[samples["karyotype"] == karyotype, "sample"]
        yield _count(f"karyotype {karyotype}", known.index[known["karyotype"] == karyotype], found)
    a_little = known.index[known["contamination"].between(0, LEAST_CONTAMINATION, inclusive="neither")]
    contaminated = known.index[known["contamination"] >= LEAST_CONTAMINATION]
    found = set(samples.loc[_with_reason(samples, "contamin"), "sample"]) - set(a_little)
    yield _count(f"contaminated by {LEAST_CONTAMINATION:.0%} or more", contaminated, found)
    poor = known.index[known["low_depth"] == 1]
    low = samples.loc[_with_reason(samples, "depth", "call rate"), "sample"]
    yield _count("low depth, excluded for depth or call rate", poor, low)
    failed = samples.loc[~samples["passes"].astype(bool), "sample"]
    yield _count("any of the above samples, excluded", {*mismatch, *contaminated, *poor}, set(failed) - set(a_little))


def _with_reason(samples: pd.DataFrame, *words: str) -> pd.Series:
    """Say which samples have a reason that holds one of the words."""
    return samples["reasons"].map(lambda reasons: any(word in reason.lower() for reason in reasons for word in words))


def _pairs_to_look_at(truth: pd.DataFrame) -> Iterator[tuple[tuple, tuple]]:
    """Give the pairs of rows that share an individual or a family."""
    rows = truth.assign(fam=truth["fam"].fillna(""), role=truth["role"].fillna(""))
    families = rows.groupby(rows["fam"].where(rows["fam"] != "", "individual " + rows["individual"].astype(str)))
    for _, members in families:
        yield from combinations(members.itertuples(index=False), 2)


def _relation(one: int, other: int, parents: dict[int, tuple[int, int]], roles: Set[str]) -> str | None:
    if one == other:
        return "duplicate"
    if one in parents[other] or other in parents[one]:
        return "parent-child"
    if parents[one] == parents[other] and min(parents[one]) >= 0:
        return "siblings"
    return "second degree" if roles == {"avuncular"} else None


def _count(what: str, planted: Iterable, found: Iterable) -> tuple[str, int, int, int, int]:
    planted, found = set(planted), set(found)
    return what, len(planted), len(planted & found), len(planted - found), len(found - planted)


def _sorted_pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _variants(frame: pd.DataFrame) -> set[tuple]:
    return set(frame[VARIANT].itertuples(index=False, name=None))


def as_markdown(table: pd.DataFrame) -> str:
    """Write a table in markdown."""
    lines = [list(table.columns), ["---"] * table.shape[1], *table.astype(str).to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Compare a study's quality control with the truth, and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("output", type=Path)
    arguments.add_argument("cohort", type=Path)
    arguments.add_argument("--tsv", action="store_true")
    given = arguments.parse_args()
    quality = given.output / "qc"
    truth = pd.read_csv(given.cohort / "truth" / "samples.tsv", sep="\t", dtype={"sample": str, "fam": str})
    samples, kinship = (pd.read_parquet(quality / f"{name}.parquet") for name in ("samples", "kinship"))
    tables = [compare(samples, kinship, truth)]
    if (quality / "variants.parquet").exists():
        variants = pd.read_parquet(quality / "variants.parquet", columns=[*VARIANT, "passes"])
        tables.append(compare_artefacts(variants, read_artefacts(given.cohort)))
    table = pd.concat(tables, ignore_index=True)
    print(table.to_csv(sep="\t", index=False) if given.tsv else as_markdown(table))


if __name__ == "__main__":
    main()
