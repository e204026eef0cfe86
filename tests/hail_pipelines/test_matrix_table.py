"""The MatrixTable written for work in Hail, against Hail's own reading of the same VCF."""

from __future__ import annotations

import hail as hl
import pytest

from hail_pipelines.load_calls import load_calls
from hail_pipelines.matrix_table import write_matrix_table
from hail_pipelines.shares import Workers

pytestmark = pytest.mark.usefixtures("hail_session")

RECORDS = [
    "chr2 500 rs1 A C . PASS GENE=G1 GT:AD:DP:GQ 0/0:9,0:9:30 0/1:5,5:10:99 1|1:0,8:8:24",
    "chr2 600 . AT A . LowQual GENE=G2 GT:AD:DP:GQ ./.:.:.:. 0/1:.,5:.:99 .:9,9:18:.",
    "chr10 700 . G T . . . GT:DP:GQ 0/1:300:99 1/1:70000:20 0/0:1:2",
    "chrX 5000000 . C T . . . GT:AD:DP:GQ 0:9,0:9:30 1:0,7:7:40 0/1:4,5:9:50",
]


def entries(mt: hl.MatrixTable) -> list:
    mt = mt.select_entries("GT", "AD", "DP", "GQ").select_rows("rsid", "filters")
    return mt.entries().collect()


def test_it_holds_what_hail_reads_of_the_same_file(write_vcf, tmp_path):
    path = write_vcf(RECORDS)
    load_calls([path], tmp_path / "calls", reference_genome="GRCh38", info_fields=["GENE"])
    counts = write_matrix_table(
        tmp_path / "calls", tmp_path / "calls.mt", reference_genome="GRCh38", workers=Workers(2)
    )
    assert counts == {"samples": 3, "variants": 4}
    written = hl.read_matrix_table(str(tmp_path / "calls.mt"))
    hails = hl.import_vcf(str(path), force_bgz=True, reference_genome="GRCh38", array_elements_required=False)
    hails = hails.annotate_entries(GT=hails.GT.unphase())
    assert entries(written) == entries(hails)
    assert [row.info.GENE for row in written.rows().collect()] == [["G1"], ["G2"], None, None]
    assert not list(tmp_path.glob("calls.mt.*"))
