"""What headers tell of the program that annotated."""

from __future__ import annotations

from hail_pipelines.vcf.annotation_release import annotation_release
from hail_pipelines.vcf.header import parse_header

COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1"
CACHE = "/home/me/.vep/homo_sapiens/110_GRCh38"
VEP = f'##VEP="v110" time="2024-01-01 10:00:00" cache="{CACHE}" dbSNP="154" gencode="GENCODE 44"'


def release(*lines, infos=()):
    return annotation_release([parse_header([*lines, COLUMNS])], infos)


def test_vep_tells_its_release_and_its_sources_but_neither_when_nor_where_it_ran():
    assert release(VEP) == {
        "VEP": ["v110"],
        "VEP cache": ["110_GRCh38"],
        "VEP dbSNP": ["154"],
        "VEP gencode": ["GENCODE 44"],
    }
    assert release(VEP.replace("10:00:00", "11:11:11").replace("/home/me", "/data")) == release(VEP)
    assert release(VEP.replace("v110", "v111")) != release(VEP)


def test_snpeff_tells_its_release_and_database():
    version = '##SnpEffVersion="5.1d (build 2022-04-19 15:49), by Pablo Cingolani"'
    command = '##SnpEffCmd="SnpEff  -csvStats /tmp/me/stats.csv GRCh38.105 /data/me/in.vcf "'
    found = release(version, command)
    assert found["SnpEffCmd"] == ["GRCh38.105"]
    assert found["SnpEffVersion"] == ["5.1d (build 2022-04-19 15:49), by Pablo Cingolani"]


def test_fields_that_are_read_as_they_are_tell_by_their_descriptions_without_folders():
    line = '##INFO=<ID=REVEL,Number=A,Type=Float,Description="from /data/me/revel_1.3.tsv.gz">'
    assert release(line, infos=["REVEL"]) == {"INFO REVEL": ["from revel_1.3.tsv.gz"]}
    assert release(line) == {}


def test_vcfs_of_one_cohort_that_differ_are_all_told():
    headers = [parse_header([VEP.replace("v110", one), COLUMNS]) for one in ("v110", "v109", "v110")]
    assert annotation_release(headers, [])["VEP"] == ["v109", "v110"]
