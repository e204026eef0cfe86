"""Linked genes in memory, as the gene store has them, and what is told of them read back."""

import numpy as np
import pyarrow as pa
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.meta.share_genes import OF_GENES, ready_to_share, share_batch
from association.meta.share_schema import schema_of
from association.meta.share_tables import read_genes, residual_rows
from association.meta.summarise import summarise_trait
from association.scan_settings import MaskChoice, ScanSettings, WeightedTest

MASKS = (MaskChoice(Mask("plof"), 1.0), MaskChoice(Mask("plof_or_damaging_missense", "REVEL", 0.5), 1.0))
SETTINGS = ScanSettings(MASKS, (WeightedTest("burden", "flat"),), 1, Effort(10, 10, 10))


@pytest.fixture(scope="session")
def make_linked_store():
    """Give a function from dosages (n, m) and the genes of each variant, a text of letters, to a store's tables.

    Variants of `nested` are loss of function, in both masks; the others are missense, in the second.
    """
    from tests.association.conftest import STORE_SCHEMA

    def make(dosages, genes, nested=()):
        rows = []
        for gene in sorted(set("".join(genes))):
            for at, column in enumerate(dosages.T):
                carriers = np.flatnonzero(column)
                if gene in genes[at]:
                    rows.append(
                        {
                            "gene": gene,
                            "contig": "chr1",
                            "position": 150_000 + at,
                            "ref": "A",
                            "alt": "C",
                            "minor_is_ref": False,
                            "consequence": "stop_gained" if at in nested else "missense_variant",
                            "loftee": "HC" if at in nested else None,
                            "external_af": None,
                            "score_REVEL": 0.9,
                            "allele_count": int(column.sum()),
                            "allele_number": 2 * len(column),
                            "carriers": carriers.tolist(),
                            "dosages": column[carriers].astype(int).tolist(),
                            "missing": [],
                        }
                    )
        names = sorted({row["gene"] for row in rows})
        starts = pa.array([150_000] * len(names), pa.int32())
        places = pa.table({"gene": names, "contig": ["chr1"] * len(names), "start": starts})
        return places, pa.Table.from_pylist(rows, schema=STORE_SCHEMA)

    return make


@pytest.fixture(scope="session")
def share_tables():
    """Give a function that shares a batch and gives each trait's summary and tables."""

    def share(store, traits, *, at_least=5, key="key", cohort="site"):
        ready = [ready_to_share(trait, at_least=at_least) for trait in traits]
        found = share_batch(*store, ready, SETTINGS, key=key, at_least=at_least)
        told = {}
        for trait in ready:
            summary = summarise_trait(cohort, trait.name, trait.model, trait.strata, at_least=at_least)
            rows = found[trait.name] | {"residuals": residual_rows(summary)}
            tables = {name: pa.Table.from_pylist(rows[name], schema=schema_of(name)) for name in rows}
            told[trait.name] = (summary, tables)
            assert set(OF_GENES) < set(tables)
        return told

    return share


@pytest.fixture(scope="session")
def told_genes(share_tables):
    """Give a function that shares a batch and reads the genes of each trait back, by name."""

    def share(store, traits, **options):
        return {
            name: (summary, {gene.gene: gene for gene in read_genes(summary, tables)})
            for name, (summary, tables) in share_tables(store, traits, **options).items()
        }

    return share
