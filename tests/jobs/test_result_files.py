"""Result tables on disk: what a table holds is what its TSV holds, however the table is cut."""

import pandas as pd
import pyarrow as pa
import pytest

from jobs.result_files import write_rows

SCHEMA = pa.schema([("gene", pa.string()), ("p_value", pa.float64())])
ROWS = pa.table({"gene": ["A", "B"], "p_value": [0.5, None]}, SCHEMA)
EMPTY = SCHEMA.empty_table()


@pytest.mark.parametrize("parts", [[ROWS], [EMPTY, ROWS], [ROWS, EMPTY, ROWS], [EMPTY]])
def test_a_tsv_holds_the_rows_of_a_table_whose_pieces_may_be_empty(parts, tmp_path):
    write_rows(pa.concat_tables(parts), tmp_path, "genes")
    lines = (tmp_path / "genes.tsv").read_bytes().decode().splitlines()
    rows = ["A\t0.5", "B\t"] * sum(part.num_rows > 0 for part in parts)
    assert lines == ["gene\tp_value", *rows]
    assert len(pd.read_parquet(tmp_path / "genes.parquet")) == len(rows)
