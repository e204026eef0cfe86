"""Genes that share a variant are read together, wherever the store keeps them, and all others once."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hail_pipelines import linked_shares, scan_shares
from hail_pipelines.linked_shares import read_linked


def write_store(folder, genes):
    """Write a store of {gene: (file, positions)}; a position in two genes is a variant of both."""
    rows = {
        file: [
            {"gene": gene, "contig": "chr1", "position": position, "ref": "A", "alt": "C", "carriers": [position, 99]}
            for gene, (own, positions) in sorted(genes.items())
            for position in sorted(positions)
            if own == file
        ]
        for file in {file for file, _ in genes.values()}
    }
    texts = [(name, pa.string()) for name in ("gene", "contig", "ref", "alt")]
    schema = pa.schema([*texts, ("position", pa.int32()), ("carriers", pa.list_(pa.int32()))])
    for file, own in rows.items():
        pq.write_table(pa.Table.from_pylist(own, schema=schema), folder / f"part-{file:05d}.parquet")
    table = [
        {
            "gene": gene,
            "contig": "chr1",
            "start": min(positions, default=1),
            "file": file,
            "variants": len(positions),
            "carriers": 2 * len(positions),
        }
        for gene, (file, positions) in genes.items()
    ]
    numbers = [(name, pa.int32()) for name in ("start", "file", "variants", "carriers")]
    columns = pa.schema([("gene", pa.string()), ("contig", pa.string()), *numbers])
    pq.write_table(pa.Table.from_pylist(table, schema=columns), folder / "genes.parquet")


@pytest.fixture
def store(tmp_path):
    rng = np.random.default_rng(1)
    genes = {f"G{number:02d}": (int(rng.integers(3)), {10 * number + 1, 10 * number + 2}) for number in range(40)}
    # Chains over files, a pair in one file, and a gene without variants.
    for one, other in (("G00", "G07"), ("G07", "G31"), ("G02", "G03"), ("G20", "G39")):
        genes[other][1].update(sorted(genes[one][1])[:1])
    genes["G11"] = (0, set())
    write_store(tmp_path, genes)
    return tmp_path, genes


@pytest.mark.parametrize("carriers", [1, 20, 2_000_000])
def test_linked_genes_come_together_and_every_gene_comes_once_with_all_its_rows(store, carriers, monkeypatch):
    folder, genes = store
    for module in (linked_shares, scan_shares):
        monkeypatch.setattr(module, "CARRIERS_AT_ONCE", carriers)
    batch_of, count = {}, 0
    for number, (places, variants) in enumerate(read_linked(folder)):
        names = sorted(places["gene"].to_pylist())
        assert not set(names) & set(batch_of)
        batch_of |= dict.fromkeys(names, number)
        found = variants.select(["gene", "position"]).to_pylist()
        assert found == [{"gene": gene, "position": place} for gene in names for place in sorted(genes[gene][1])]
        assert [len(own) for own in variants["carriers"].to_pylist()] == [2] * variants.num_rows
        count = number + 1
    assert set(batch_of) == set(genes)
    for linked in ({"G00", "G07", "G31"}, {"G02", "G03"}, {"G20", "G39"}):
        assert len({batch_of[gene] for gene in linked}) == 1
    # With little memory, sets of linked genes come one at a time.
    assert (count > 30) == (carriers == 1)


def test_a_store_without_genes_gives_nothing(tmp_path):
    write_store(tmp_path, {})
    assert list(read_linked(tmp_path)) == []
