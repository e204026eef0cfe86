"""Variants looked up in BED files."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

import numpy as np
import pytest

from association.problems import InputError
from hail_pipelines.quality_control.regions import Regions, look_up

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


def positions_in(contig, positions, genome, regions):
    """Give the positions that lie in each kind of region; None where nothing tells."""
    found = look_up(np.full(len(positions), contig, object), np.array(positions, np.int32), regions, genome)
    return UNKNOWN | {name: np.array(positions)[inside].tolist() for name, inside in found.items()}


@pytest.mark.parametrize("claim", CASES)
def test_variants_are_found_in_bed_files(claim, tmp_path):
    case = CASES[claim]
    assert positions_in("chr1", [*POSITIONS, END], "GRCh38", regions_of(case, tmp_path)) == case.expected


def test_contigs_are_known_with_chr_on_the_older_build(tmp_path):
    regions = Regions(write_bed("chr1 9 10\nchr2 10 11", tmp_path / "a.bed"))
    assert positions_in("1", [10, 11], "GRCh37", regions)["low_complexity"] == [10]


def test_all_lines_that_are_no_intervals_are_named(tmp_path):
    text = "chr1 1 2\nchr1 ten 20\nchr1_alt x y\n\nchr2 5\nchr2 5 9.5\nchr2 5 10\n"
    path = write_bed(text, tmp_path / "bad.bed")
    with pytest.raises(InputError) as caught:
        positions_in("chr1", [2], "GRCh38", Regions(targets=(path,)))
    assert caught.value.source == str(path)
    assert [problem.place for problem in caught.value.problems] == ["line 2", "line 5", "line 6"]
    assert "expected chromosome, start and end" in str(caught.value)


def test_drawn_intervals_hold_what_they_hold_base_by_base(tmp_path):
    rng = np.random.default_rng(8)
    for _ in range(20):
        starts = rng.integers(0, 300, 25)
        ends = starts + rng.integers(0, 30, 25)
        lines = [f"chr{rng.integers(1, 3)} {start} {end}" for start, end in zip(starts, ends, strict=True)]
        path = write_bed("\n".join(lines), tmp_path / "drawn.bed")
        inside = set()
        for line in lines:
            contig, start, end = line.split()
            inside |= set(range(int(start) + 1, int(end) + 1)) if contig == "chr2" else set()
        found = positions_in("chr2", list(range(1, 360)), "GRCh38", Regions(path))["low_complexity"]
        assert found == sorted(inside)


@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775809", "9" * 30, str((1 << 62) + 1)])
def test_a_number_that_no_position_can_have_is_named(tmp_path, number):
    path = write_bed(f"chr1 1 2\nchr1 5 {number}\nHLA-A 5 {number}\nchr1 {number} 7\n", tmp_path / "bad.bed")
    with pytest.raises(InputError) as caught:
        positions_in("chr1", [2], "GRCh38", Regions(targets=(path,)))
    assert [problem.place for problem in caught.value.problems] == ["line 2", "line 4"]
    assert number[:40] in str(caught.value)
    assert "expected chromosome, start and end" in str(caught.value)


def test_a_number_far_beyond_the_end_is_the_end(tmp_path):
    path = write_bed(f"chr1 {END - 1} {1 << 62}", tmp_path / "far.bed")
    assert positions_in("chr1", [END - 52, END - 49, END], "GRCh38", Regions(targets=(path,)))["in_targets"] == [
        END - 49,
        END,
    ]


def test_lines_that_are_no_utf_8_are_named_beside_the_rest(tmp_path):
    path = tmp_path / "latin.bed"
    path.write_bytes("chr1\t1\t2\tMénière\n".encode("latin-1") + "chr1\t1\t2\tMénière\nchr1\tx\t5\n".encode())
    with pytest.raises(InputError) as caught:
        positions_in("chr1", [2], "GRCh38", Regions(path))
    assert caught.value.source == str(path)
    assert [problem.place for problem in caught.value.problems] == ["line 1", "line 3"]
    assert "write it as UTF-8" in caught.value.problems[0].message


def cut(content):
    return gzip.compress(content)[:-200]


def damaged(content):
    compressed = bytearray(gzip.compress(content))
    compressed[len(compressed) // 2 :] = b"\xff" * 400
    return bytes(compressed)


@pytest.mark.parametrize(
    ("name", "written", "place", "remedy"),
    [
        ("kit.bed.gz", cut, "after line ", "copy the file again"),
        ("kit.bed.gz", damaged, "after line ", "copy the file again"),
        ("kit.bed.gz", bytes, "after line 0", "only if it is compressed"),
        ("kit.bed", gzip.compress, "line 1", "a name that ends in .gz"),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_named(tmp_path, name, written, place, remedy):
    path, draw = tmp_path / name, np.random.default_rng(2)
    lines = (f"chr1\t{start}\t{start + 9}\n" for start in draw.integers(1, END, 20_000))
    path.write_bytes(written("".join(lines).encode()))
    with pytest.raises(InputError) as caught:
        positions_in("chr1", [2], "GRCh38", Regions(path))
    assert caught.value.source == str(path)
    # Of a damaged file odd lines may come out before its end.
    problem, *odd = caught.value.problems
    assert written is damaged or not odd
    assert problem.place.startswith(place)
    assert remedy in problem.message
