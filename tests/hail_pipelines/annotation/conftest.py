"""A small cohort whose records carry every kind of annotation, written as the calls' list of variants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hail_pipelines.annotation.annotate import annotate
from hail_pipelines.annotation.batches import Batch
from hail_pipelines.annotation.consequences import read_consequences
from hail_pipelines.annotation.entries import Entries, choose
from hail_pipelines.annotation.gene_table import gene_table
from hail_pipelines.annotation.info_fields import InfoFields
from hail_pipelines.annotation.sources import AnnotationSource

TEXTS, NUMBERS = pa.list_(pa.string()), pa.list_(pa.float64())
INFO = {
    "CSQ": TEXTS,
    "ANN": TEXTS,
    "GENE": TEXTS,
    "EFFECT": TEXTS,
    "POPAF": NUMBERS,
    "dbNSFP_CADD_phred": NUMBERS,
    "dbNSFP_SIFT_pred": TEXTS,
    "SITE_AF": pa.float64(),
}
TWO_ALLELES = {
    "CSQ": ["stop_gained|1|SOD1|0.5", "missense_variant|2|FUS|0.1", "intron_variant|1|TBK1|"],
    "ANN": ["C|stop_gained|HIGH|SOD1|ENSG1|p.Gln23%2A", "CAT|missense_variant|MODERATE|FUS|ENSG2|p.Arg1Gly"],
    "GENE": ["SOD1", "FUS"],
    "EFFECT": ["stop_gained", "missense_variant"],
    "POPAF": [0.1, 0.2],
    "dbNSFP_CADD_phred": [33.5, 21.0],
    "dbNSFP_SIFT_pred": ["D", "T", "T"],
    "SITE_AF": 0.25,
}
PLAIN = {"CSQ": ["intron_variant|1|TBK1|"], "ANN": ["G|odd_variant|MODIFIER|TBK1|ENSG3|"]}
# Two alleles of one record, of which one moves when it is trimmed, and a plain variant.
ROWS = [
    ("1", 1000, "CA", "C", ["CA", "C", "CAT"], 1, TWO_ALLELES),
    ("1", 1001, "A", "AT", ["CA", "C", "CAT"], 2, TWO_ALLELES),
    ("1", 2000, "A", "G", ["A", "G"], 1, PLAIN),
]


def _write_variants(
    folder: Path,
    rows: Sequence[tuple[Any, ...]],
    info: dict[str, pa.DataType] | None = None,
    *,
    reference_genome: str = "GRCh37",
    row_group_size: int | None = None,
) -> Path:
    """Write the list of variants of a folder of calls."""
    fields = INFO if info is None else info
    folder.mkdir(exist_ok=True)
    names = ("contig", "position", "ref", "alt", "old_alleles", "a_index", "info")
    types = (pa.string(), pa.int32(), pa.string(), pa.string(), TEXTS, pa.int32(), pa.struct(list(fields.items())))
    schema = pa.schema(
        list(zip(names, types, strict=True)), metadata={b"reference_genome": reference_genome.encode()}
    )
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=schema)
    pq.write_table(table if fields else table.drop_columns("info"), folder / "variants.parquet", row_group_size)
    return folder


def _read_genes(path: Path, variants: int) -> list[list[SimpleNamespace]]:
    """Read what annotation wrote: each variant's genes, with scores and fields by name."""
    genes: list[list[SimpleNamespace]] = [[] for _ in range(variants)]
    for row in pq.read_table(path).to_pylist():
        genes[row["variant"]].append(_as_gene(row))
    return genes


def _as_gene(row: dict[str, Any]) -> SimpleNamespace:
    kinds = {
        kind: {name.removeprefix(f"{kind}_"): row[name] for name in row if name.startswith(f"{kind}_")}
        for kind in ("score", "field")
    }
    plain = {name: row[name] for name in ("gene", "consequence", "loftee", "external_af")}
    return SimpleNamespace(**plain, scores=kinds["score"], fields=kinds["field"])


def _batch_of(variants: Sequence[tuple[Sequence[str], Sequence[str], int]], field: str = "CSQ") -> Batch:
    """Make a batch of variants of which each is: the texts of its field, its record's alleles, and its number."""
    texts, alleles, numbers = zip(*variants, strict=True)
    refs, alts = [one[0] for one in alleles], [one[number] for one, number in zip(alleles, numbers, strict=True)]
    a_index, positions = np.array(numbers, np.int32), np.arange(1, len(numbers) + 1, dtype=np.int32)
    alternates = np.array([len(one) - 1 for one in alleles])
    fields = {field: pa.array([list(one) for one in texts], TEXTS)}
    old_alleles = pa.array([list(one) for one in alleles], TEXTS)
    contigs = pa.array(["1"] * len(numbers))
    info = InfoFields(fields, alternates, a_index)
    return Batch(0, contigs, positions, pa.array(refs), pa.array(alts), old_alleles, info)


def _reduced(
    entries: Entries, source: AnnotationSource, info: InfoFields, variants: int = 1
) -> list[list[SimpleNamespace]]:
    """Reduce entries to each variant's genes, those whose protein stays among them."""
    consequences = read_consequences(entries.consequences)
    table = gene_table(choose(entries, consequences), entries, consequences, source=source, info=info)
    genes: list[list[SimpleNamespace]] = [[] for _ in range(variants)]
    for row in table.to_pylist():
        genes[row["variant"]].append(_as_gene(row))
    return genes


@pytest.fixture(scope="session")
def write_variants() -> Callable[..., Path]:
    return _write_variants


@pytest.fixture(scope="session")
def read_genes() -> Callable[..., list[list[SimpleNamespace]]]:
    return _read_genes


@pytest.fixture(scope="session")
def batch_of() -> Callable[..., Batch]:
    return _batch_of


@pytest.fixture(scope="session")
def reduced() -> Callable[..., list[list[SimpleNamespace]]]:
    return _reduced


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write_variants(tmp_path_factory.mktemp("annotate") / "calls", ROWS)


@pytest.fixture
def annotated(calls: Path, tmp_path: Path) -> Any:
    """Give a function that annotates the cohort: the counts, and each variant's genes in order of variants."""

    def run(source: AnnotationSource, **options: Any) -> Any:
        counts = annotate(calls, tmp_path / "genes.parquet", source, **options)
        return counts, _read_genes(tmp_path / "genes.parquet", len(ROWS))

    return run
