import pandas as pd
import pyarrow.parquet as pq

from hail_pipelines.quality_control.panel import measure_panel

KEY = ("contig", "position", "ref", "alt")


def test_a_panel_is_read_at_the_variants_that_it_shares_with_the_cohort(cohort, write_vcf, tmp_path):
    shared, absent, exchanged = cohort.common[:3], cohort.common[3], cohort.common[4]
    calls = ["0/0 0/1 1|1", "./. 0/1 0/0", "1/1 0/0 ./."]
    rows = [
        *(f"{one['contig']} {one['position']} . {one['ref']} {one['alt']}" for one in shared),
        f"{exchanged['contig']} {exchanged['position']} . {exchanged['alt']} {exchanged['ref']}",
        "chr5 77 . A G",
    ]
    of_rows = [*calls, *calls[:2]]
    order = sorted(range(5), key=lambda row: (rows[row].split()[0], int(rows[row].split()[1])))
    path = write_vcf([f"{rows[row]} . . . GT {of_rows[row]}" for row in order], samples=("z", "b", "m"))
    counts = measure_panel([path], cohort.folder / "common.parquet", tmp_path, reference_genome="GRCh38")
    assert counts == {"samples": 3, "shared variants": 3}
    assert pd.read_parquet(tmp_path / "samples.parquet")["sample"].tolist() == ["b", "m", "z"]
    found = pq.read_table(tmp_path / "common.parquet").to_pylist()
    assert [tuple(row[name] for name in KEY) for row in found] == [tuple(one[name] for name in KEY) for one in shared]
    assert [row["dosages"] for row in found] == [[1, 2, 0], [1, 0, -1], [0, -1, 2]]
    assert absent["position"] not in [row["position"] for row in found]
