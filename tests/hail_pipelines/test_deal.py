"""Genes of a store dealt out in shares."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from association.calibration.monte_carlo import Effort
from association.results import SCHEMA
from association.scan_settings import ScanSettings
from hail_pipelines import scan_shares
from hail_pipelines.gene_scan import scan_in_processes
from hail_pipelines.scan_shares import SHARES_PER_WORKER, WORTH_A_SHARE, costs, deal

INTEGERS = ("start", "file", "variants", "carriers")


def genes_in(files, *, carriers=15, variants=9):
    """As many genes as there are files named, each of so many carriers and variants."""
    count = len(files)
    columns = {"gene": [f"G{number:05d}" for number in range(count)], "contig": ["chr1"] * count}
    values = (np.ones(count), files, np.broadcast_to(variants, count), np.broadcast_to(carriers, count))
    return pa.table(
        columns | {name: pa.array(np.asarray(own, np.int32)) for name, own in zip(INTEGERS, values, strict=True)}
    )


def share_costs(genes, dealt):
    """What each share costs."""
    names, file, cost = np.array(genes["gene"].to_pylist()), genes["file"].to_numpy(), costs(genes)
    found = []
    for share in dealt:
        own = np.isin(file, share.files) & ~np.isin(names, share.without)
        own &= names == share.only if share.only is not None else True
        assert own.sum() == share.genes
        found.append(cost[own].sum())
    return np.array(found)


@pytest.mark.parametrize("workers", [1, 3, 16, 99])
def test_every_file_is_dealt_once_in_shares_that_cost_about_the_same(workers):
    rng = np.random.default_rng(workers)
    genes = genes_in(np.repeat(np.arange(400), 10), carriers=rng.integers(1, 2_000, 4_000))
    dealt = deal(genes, workers)
    assert sorted(file for share in dealt for file in share.files) == list(range(400))
    cost = share_costs(genes, dealt)
    worth = max(workers, np.ceil(cost.sum() / WORTH_A_SHARE))
    assert len(dealt) == min(workers * SHARES_PER_WORKER, worth)
    assert cost.sum() == pytest.approx(costs(genes).sum())
    assert (np.diff(cost) <= 1e-9).all()
    # A share can't be cut finer than files.
    assert cost.max() - cost.min() <= np.bincount(genes["file"].to_numpy(), costs(genes)).max()


def test_a_gene_that_costs_more_than_a_share_is_a_share_of_its_own_and_comes_first():
    variants, carriers = np.full(1_000, 9), np.full(1_000, 15)
    variants[7], carriers[7] = 5_000, 100_000
    genes = genes_in(np.arange(1_000) % 8, variants=variants, carriers=carriers)
    dealt = deal(genes, 2)
    assert (dealt[0].only, dealt[0].files, dealt[0].genes) == ("G00007", (7,), 1)
    (rest,) = (share for share in dealt if 7 in share.files and share.only is None)
    assert rest.without == ("G00007",)
    assert sum(share.genes for share in dealt) == 1_000
    cost = share_costs(genes, dealt)[1:]
    assert cost.max() <= 1.3 * cost.mean()


def test_a_large_gene_that_has_a_file_to_itself_needs_no_other_share():
    variants = np.array([5_000, *[9] * 100])
    dealt = deal(genes_in(np.array([0, *[1] * 100]), variants=variants), 1)
    assert [(share.files, share.only, share.without) for share in dealt] == [((0,), None, ()), ((1,), None, ())]


def test_in_a_small_store_no_gene_is_alone():
    dealt = deal(genes_in(np.zeros(5, int), variants=np.array([100, 1, 1, 1, 1])), 2)
    assert [(share.files, share.only, share.genes) for share in dealt] == [((0,), None, 5)]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_small_store_is_one_share_for_each_worker(workers):
    assert len(deal(genes_in(np.arange(12)), workers)) == workers


def test_more_genes_than_a_worker_can_hold_make_more_shares(monkeypatch):
    monkeypatch.setattr(scan_shares, "GENES_AT_ONCE", 100)
    assert len(deal(genes_in(np.repeat(np.arange(100), 40)), 2)) == 40
    assert len(deal(genes_in(np.repeat([0, 1], 1_000)), 1)) == 2
    assert deal(genes_in([]), 2) == []


def test_a_store_without_genes_has_no_rows(tmp_path):
    pq.write_table(genes_in([]), tmp_path / "genes.parquet")
    settings = ScanSettings((), (), seed=1, effort=Effort(1_000, 1_000, 10))
    found = scan_in_processes(tmp_path, [], settings, workers=2, report=lambda finished, total: None)
    assert found.equals(SCHEMA.empty_table())
