"""A gene store in memory, from dense genotypes."""

import numpy as np
import pyarrow as pa
import pytest

STORE_SCHEMA = pa.schema(
    [
        ("gene", pa.string()),
        ("contig", pa.string()),
        ("position", pa.int32()),
        ("ref", pa.string()),
        ("alt", pa.string()),
        ("minor_is_ref", pa.bool_()),
        ("consequence", pa.string()),
        ("loftee", pa.string()),
        ("external_af", pa.float64()),
        ("score_REVEL", pa.float64()),
        ("allele_count", pa.int32()),
        ("allele_number", pa.int32()),
        ("carriers", pa.list_(pa.int32())),
        ("dosages", pa.list_(pa.int8())),
        ("missing", pa.list_(pa.int32())),
    ]
)


@pytest.fixture(scope="session")
def make_store():
    """Give a function from {gene: (n, m) dosages, NaN where missing} to the genes and variants of a store."""

    def make(dosages, consequence="missense_variant"):
        rows = []
        for gene in sorted(dosages):
            for variant, column in enumerate(dosages[gene].T):
                carriers, missing = np.flatnonzero(column > 0), np.flatnonzero(np.isnan(column))
                rows.append(
                    {
                        "gene": gene,
                        "contig": "chr1",
                        "position": variant + 1,
                        "ref": "A",
                        "alt": "C",
                        "minor_is_ref": False,
                        "consequence": consequence,
                        "loftee": None,
                        "external_af": None,
                        "score_REVEL": None,
                        "allele_count": int(np.nansum(column)),
                        "allele_number": 2 * int((~np.isnan(column)).sum()),
                        "carriers": carriers.tolist(),
                        "dosages": column[carriers].astype(int).tolist(),
                        "missing": missing.tolist(),
                    }
                )
        genes = pa.table(
            {
                "gene": sorted(dosages),
                "contig": ["chr1"] * len(dosages),
                "start": pa.array([1] * len(dosages), pa.int32()),
            }
        )
        return genes, pa.Table.from_pylist(rows, schema=STORE_SCHEMA)

    return make
