"""One Hail session for the whole test run, and VCFs written by the tests themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pysam
import pytest

from association.genotypes.calls import Calls
from hail_pipelines.call_files import VARIANTS, part_path, read_part

HEADER = (
    "##fileformat=VCFv4.2",
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Allelic depths">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality">',
    '##INFO=<ID=GENE,Number=A,Type=String,Description="Gene">',
    '##INFO=<ID=EFFECT,Number=A,Type=String,Description="Consequence">',
    '##INFO=<ID=POPAF,Number=A,Type=Float,Description="Frequency elsewhere">',
)

VcfWriter = Callable[..., Path]


@pytest.fixture(scope="session")
def hail_session(tmp_path_factory: pytest.TempPathFactory) -> None:
    from hail_pipelines import session

    session.start(session.SessionSettings(cores=2, driver_memory_gib=2, brief=True), tmp_path_factory.mktemp("hail"))


@pytest.fixture(scope="session")
def write_vcf_file() -> VcfWriter:
    """Write records, their columns separated by blanks, as a VCF that is bgzipped unless named .vcf."""

    def write(
        path: Path,
        records: Sequence[str],
        *,
        samples: Sequence[str] = ("s1", "s2", "s3"),
        header: Sequence[str] = HEADER,
        extra_header: Sequence[str] = (),
    ) -> Path:
        columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]
        lines = [*header, *extra_header, "\t".join(columns), *("\t".join(record.split()) for record in records)]
        text = ("\n".join(lines) + "\n").encode()
        if path.suffix == ".vcf":
            path.write_bytes(text)
        else:
            with pysam.BGZFile(str(path), "wb") as stream:
                stream.write(text)
        return path

    return write


@pytest.fixture
def write_vcf(tmp_path: Path, write_vcf_file: VcfWriter) -> VcfWriter:
    """Write such a VCF into the test's own folder."""

    def write(records: Sequence[str], *, name: str = "cohort.vcf.gz", **options: Sequence[str]) -> Path:
        return write_vcf_file(tmp_path / name, records, **options)

    return write


class Loaded(NamedTuple):
    """Calls as they were loaded.

    Attributes
    ----------
    variants
        One dict for each variant, in order.
    calls
        Theirs.
    """

    variants: list[dict[str, Any]]
    calls: Calls

    def genotypes(self) -> list[list[str | None]]:
        """Write the genotypes of each variant as a VCF does, without phase."""
        names = ["0/0", "0/1", "1/1", "0", "1", None]
        return [[names[code] for code in row] for row in self.calls.genotypes]


@pytest.fixture(scope="session")
def read_loaded() -> Callable[[Path], Loaded]:
    """Read a folder of calls whole."""

    def read(folder: Path) -> Loaded:
        table = pq.read_table(folder / VARIANTS)
        part, row = table["part"].to_numpy(), table["row"].to_numpy().astype(np.intp)
        pieces = [
            (np.flatnonzero(part == one)[places], calls)
            for one in np.unique(part)
            for places, calls in read_part(part_path(folder, int(one)), row[part == one])
        ]
        order = np.argsort(np.concatenate([places for places, _ in pieces] or [[]]))
        names = ("genotypes", "quality", "depth", "reference_reads", "alternate_reads")
        arrays = {}
        for name in names:
            found = [getattr(calls, name) for _, calls in pieces]
            if found and found[0] is not None:
                arrays[name] = np.concatenate(found)[order]
        return Loaded(table.to_pylist(), Calls(**{"genotypes": np.zeros((0, 0), np.uint8)} | arrays))

    return read


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(__file__).parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is absent: the larger cohorts are not part of the checkout")
    return folder
