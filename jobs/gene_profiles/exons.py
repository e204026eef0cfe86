"""The coding intervals of profiled genes, laid end to end."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from association.gene_profile.profile_columns import schema_of


def exon_table(coding: pd.DataFrame | None, genes: Sequence[str]) -> pa.Table:
    """Give the coding intervals of genes, with the place of each among the gene's coding bases.

    Parameters
    ----------
    coding
        Of all genes, as `read_gene_model` gives them; None where there is no gene model.
    genes
        Which.
    """
    if coding is None:
        return schema_of("exons").empty_table()
    own = coding[coding["gene"].isin(genes)].sort_values(["gene", "contig", "start"])
    length = own["end"] - own["start"] + 1
    before = length.groupby([own["gene"], own["contig"]]).cumsum() - length
    table = pa.Table.from_pandas(own.assign(coding_start=before + 1), preserve_index=False)
    return table.select(schema_of("exons").names).cast(schema_of("exons"))
