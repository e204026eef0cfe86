"""Files of a gene store dealt out to processes."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from association.calibration.monte_carlo import Effort
from association.results import SCHEMA
from association.scan_settings import ScanSettings
from hail_pipelines import gene_scan
from hail_pipelines.gene_scan import deal, scan_in_processes


@pytest.mark.parametrize("workers", [1, 3, 16, 99])
def test_every_file_is_dealt_once_in_as_few_shares_as_fill_the_workers(workers):
    sizes = {file: 10 + file for file in range(16)}
    dealt = deal(sizes, workers)
    assert sorted(file for share in dealt for file in share) == list(sizes)
    assert len(dealt) == min(workers, 16)
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1


def test_more_genes_than_a_worker_can_hold_make_more_shares(monkeypatch):
    monkeypatch.setattr(gene_scan, "GENES_AT_ONCE", 100)
    assert len(deal(dict.fromkeys(range(10), 40), 2)) == 4
    assert len(deal({0: 1_000, 1: 1_000}, 1)) == 2
    assert deal({}, 2) == []


def test_a_store_without_genes_has_no_rows(tmp_path):
    integers = pa.array([], pa.int32())
    nothing = pa.table({"gene": pa.array([], pa.string()), "contig": [], "start": integers, "file": integers})
    pq.write_table(nothing, tmp_path / "genes.parquet")
    settings = ScanSettings((), (), seed=1, effort=Effort(1_000, 1_000, 10))
    found = scan_in_processes(tmp_path, [], settings, workers=2, report=lambda finished, total: None)
    assert found.equals(SCHEMA.empty_table())
