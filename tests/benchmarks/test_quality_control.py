"""The benchmark of quality control: a cohort that is a valid study, and a clock that counts what children do."""

import subprocess
import sys

import numpy as np
import pysam
import pytest

from benchmarks.processor_clock import ProcessorClock, processor_seconds
from benchmarks.quality_control import make_cohort
from jobs.study.file import read_study


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return make_cohort(tmp_path_factory.mktemp("bench") / "cohort", samples=40, variants=1_500)


def test_the_study_is_valid_and_made_once(cohort):
    assert read_study(cohort).genotypes.vcfs == ["calls.vcf.gz"]
    before = (cohort.parent / "calls.vcf.gz").stat().st_mtime_ns
    assert make_cohort(cohort.parent, samples=40, variants=1_500) == cohort
    assert (cohort.parent / "calls.vcf.gz").stat().st_mtime_ns == before


def test_the_vcf_has_all_variants_in_order_and_calls_that_fit_their_reads(cohort):
    with pysam.VariantFile(str(cohort.parent / "calls.vcf.gz")) as vcf:
        contigs = list(vcf.header.contigs)
        records = [
            (contigs.index(record.contig), record.pos, [call["GT"] for call in record.samples.values()],
             np.array([call["AD"] for call in record.samples.values()]))
            for record in vcf
        ]  # fmt: skip
    assert len(records) == 1_500
    places = [(contig, position) for contig, position, _, _ in records]
    assert places == sorted(set(places))
    assert contigs[-2:] == ["chrX", "chrY"]
    assert {contig for contig, *_ in records} == set(range(24))
    for _, _, calls, reads in records:
        for call, (reference, alternate) in zip(calls, reads.tolist(), strict=True):
            if min(reference, alternate) == 0:
                assert call == ((None, None) if reference == alternate else (0, 0) if reference else (1, 1))
            elif min(reference, alternate) > 3:
                assert call == (0, 1)


def test_males_have_one_x_and_females_no_y(cohort):
    sexes = [line.split("\t")[1] for line in (cohort.parent / "participants.tsv").read_text().splitlines()[1:]]
    male = np.array(sexes) == "male"
    depth = {"chr1": [], "chrX": [], "chrY": []}
    heterozygous = np.zeros(male.size)
    with pysam.VariantFile(str(cohort.parent / "calls.vcf.gz")) as vcf:
        for record in vcf:
            if record.contig in depth:
                depth[record.contig].append([call["DP"] or 0 for call in record.samples.values()])
                if record.contig == "chrX":
                    heterozygous += [call["GT"] in ((0, 1), (1, 0)) for call in record.samples.values()]
    mean = {contig: np.mean(rows, axis=0) for contig, rows in depth.items()}
    ploidy_of_x = 2 * mean["chrX"] / mean["chr1"]
    assert ploidy_of_x[male].max() < 1.5 < ploidy_of_x[~male].min()
    assert mean["chrY"][~male].mean() < 1 < mean["chrY"][male].min()
    assert heterozygous[male].max() <= 1 < heterozygous[~male].mean()


def test_the_clock_counts_children_that_live_and_children_that_have_ended():
    spin = "import time; end = time.process_time() + 0.4\nwhile time.process_time() < end: pass"
    nested = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {spin!r}]); time.sleep(0.6)"
    process = subprocess.Popen([sys.executable, "-c", nested])
    clock = ProcessorClock(process.pid)
    process.wait()
    assert 0.4 <= clock.stop()["cpu"] < 1.5
    assert processor_seconds(process.pid) == 0
