"""Variants looked up in BED files, all of them in one go, since each run of Hail costs seconds."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

import hail as hl
import pytest

from hail_pipelines.quality_control.regions import Regions, region_exprs

POSITIONS = [1, 5, 9, 10, 11, 20, 21, 25, 26, 29, 30, 31, 40, 41, 89, 90, 91, 100, 101, 110, 111]
END = 248_956_422
END_OF_CHR2 = 242_193_529
UNKNOWN = {"low_complexity": None, "segmental_duplication": None, "in_targets": None}
NAMED = (
    "browser position chr1:1-100\ntrack name=targets\n#chrom start end\n\nchr1 9 10 track\nchr2 1 20 x 0 +\n"
    "chr1_KI270706v1_random 1 200\nHLA-A 1 200\nchr1 40 41 browser\r\n"
)
AT_ENDS = f"chr1 30 40\nchr1 3 4\nchr1 {END - 7} {END - 6}\nchr1 95 105"
NO_BASE = f"chr1 10 10\nchr1 {END + 1} {END + 9}\nchr1 100 {END + 9}\n"


@dataclass(frozen=True)
class Case:
    """Regions to look up, their files given by their text, and where variants lie in them."""

    expected: dict
    low_complexity: str | None = None
    segmental_duplications: str | None = None
    targets: tuple[str, ...] = ()
    padding: int = 50
    suffix: str = ".bed"


CASES = {
    "nothing is known without files": Case(UNKNOWN),
    "an interval starts after its start and holds its end": Case(
        {"low_complexity": [11, 20], "segmental_duplication": [90], "in_targets": None},
        low_complexity="chr1 10 20",
        segmental_duplications="chr1 89 90",
    ),
    "headers, blanks, names and other contigs do not matter": Case(
        UNKNOWN | {"low_complexity": [10, 41]}, low_complexity=NAMED
    ),
    "contigs are known without chr": Case(UNKNOWN | {"low_complexity": [10]}, low_complexity="1 9 10\n2 0 99"),
    "overlapping and unsorted intervals of a compressed file are read": Case(
        UNKNOWN | {"low_complexity": [9, 10, 11, 20, 21, 25, 26, 89, 90]},
        low_complexity="chr1 88 90\nchr1 8 21\nchr1 9 10\nchr1 8 21\nchr1 19 26",
        suffix=".bed.gz",
    ),
    "targets alone are widened, up to the ends of the chromosome": Case(
        {"low_complexity": [31, 40, 100, 101], "segmental_duplication": None,
         "in_targets": [1, 5, 9, 26, 29, 30, 31, 40, 41, 91, 100, 101, 110]},
        low_complexity=AT_ENDS,
        targets=(AT_ENDS,),
        padding=5,
    ),
    "one base more of padding reaches one base farther": Case(
        UNKNOWN | {"in_targets": [1, 5, 9, 10, 25, 26, 29, 30, 31, 40, 41, 90, 91, 100, 101, 110, 111, END]},
        targets=(AT_ENDS,),
        padding=6,
    ),
    "a variant must lie in the targets of every kit": Case(
        UNKNOWN | {"in_targets": [21, 25, 26, 29]},
        targets=("chr1 8 30", "chr1 20 100", "chr1 0 29\nchr1 88 90"),
        padding=0,
    ),
    "an interval without a base or beyond its chromosome holds nothing": Case(
        UNKNOWN | {"low_complexity": [101, 110, 111, END], "in_targets": []},
        low_complexity=NO_BASE,
        targets=("track name=none\n",),
    ),
    "the ends of chromosomes are their own": Case(
        UNKNOWN | {"low_complexity": []}, low_complexity=f"chr2 {END_OF_CHR2 - 1} {END}"
    ),
}  # fmt: skip


def write_bed(text, path):
    """Write a text, its blanks as tabs."""
    content = text.replace(" ", "\t").encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def regions_of(case, folder):
    def written(name, text):
        return None if text is None else write_bed(text, folder / f"{name}{case.suffix}")

    targets = tuple(written(f"kit{number}", text) for number, text in enumerate(case.targets))
    return Regions(
        written("low", case.low_complexity), written("duplicated", case.segmental_duplications), targets, case.padding
    )


def look_up(loci, genome, regions):
    """Give the positions that lie in each kind of region, for each of several regions; None where nothing tells."""
    rows = [hl.Struct(locus=hl.Locus(*locus, genome)) for locus in loci]
    ht = hl.Table.parallelize(rows, hl.tstruct(locus=hl.tlocus(genome)), key="locus", n_partitions=1)
    ht = ht.annotate(**{str(number): hl.struct(**region_exprs(ht.locus, one)) for number, one in enumerate(regions)})
    rows = ht.collect()

    def inside(number, name):
        known = [row[str(number)][name] for row in rows]
        return None if known[0] is None else [row.locus.position for row, yes in zip(rows, known, strict=True) if yes]

    return [{name: inside(number, name) for name in UNKNOWN} for number in range(len(regions))]


@pytest.fixture(scope="module")
def found(hail_session, tmp_path_factory):
    regions = [regions_of(case, tmp_path_factory.mktemp("beds")) for case in CASES.values()]
    tables = look_up([("chr1", position) for position in [*POSITIONS, END]], "GRCh38", regions)
    return dict(zip(CASES, tables, strict=True))


@pytest.mark.parametrize("claim", CASES)
def test_variants_are_found_in_bed_files(found, claim):
    assert found[claim] == CASES[claim].expected


@pytest.mark.usefixtures("hail_session")
def test_contigs_are_known_with_chr_on_the_older_build(tmp_path):
    regions = Regions(write_bed("chr1 9 10\nchr2 10 11", tmp_path / "a.bed"))
    assert look_up([("1", 10), ("1", 11)], "GRCh37", [regions])[0]["low_complexity"] == [10]
