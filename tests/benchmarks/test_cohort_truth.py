"""What quality control found, beside a made-up truth: eleven samples, four families and an artefact or two."""

import gzip

import pandas as pd
import pysam
import pytest

from benchmarks.cohort_truth import as_markdown, compare, compare_artefacts, read_artefacts, related_pairs

TRUTH = pd.DataFrame(
    [
        # sample, individual, sex, reported_sex, karyotype, fam, role, father, mother, low_depth, contamination
        ("S01", 1, 1, 1, "XY", "F1", "parent", -1, -1, 0, 0.0),
        ("S02", 2, 2, 1, "XX", "F1", "parent", -1, -1, 0, 0.0),
        ("S03", 3, 1, 1, "XXY", "F1", "child", 1, 2, 0, 0.0),
        ("S04", 3, 1, 1, "XY", "F1", "child", 1, 2, 0, 0.0),
        ("S05", 12, 1, 1, "XY", "F2", "sib", 10, 11, 1, 0.0),
        ("S06", 13, 2, 1, "XX", "F2", "sib", 10, 11, 0, 0.0),
        ("S07", 22, 1, 1, "XY", "F3", "avuncular", 20, 21, 0, 0.08),
        ("S08", 24, 2, 2, "X0", "F3", "avuncular", 23, 25, 0, 0.03),
        ("S09", 30, 1, 1, "XY", None, "unrelated", -1, -1, 0, 0.05),
        ("S10", 30, 1, 1, "XY", None, "unrelated", -1, -1, 0, 0.0),
        ("S11", 31, 2, 2, "XX", None, "unrelated", -1, -1, 0, 0.0),
    ],
    columns=[
        *("sample", "individual", "sex", "reported_sex", "karyotype", "fam", "role", "father", "mother"),
        *("low_depth", "contamination"),
    ],
)


@pytest.fixture
def samples():
    """Give what a quality control that finds everything would say of the samples."""
    reasons = {
        "S02": ["sex mismatch"],
        "S05": ["mean depth below 10", "call rate below 0.95"],
        "S06": ["sex mismatch"],
        "S07": ["contaminated by 8%"],
        "S09": ["contaminated by 5%"],
    }
    listed = [reasons.get(sample, []) for sample in TRUTH["sample"]]
    return pd.DataFrame(
        {
            "sample": TRUTH["sample"],
            "karyotype": TRUTH["karyotype"],
            "sex_mismatch": TRUTH["sex"] != TRUTH["reported_sex"],
            "reasons": listed,
            "passes": [not own for own in listed],
        }
    )


@pytest.fixture
def kinship():
    """Give all pairs by their right names."""
    pairs = [
        ("S03", "S04", "duplicate"),
        ("S09", "S10", "duplicate"),
        *((parent, child, "parent-child") for parent in ("S01", "S02") for child in ("S03", "S04")),
        ("S05", "S06", "siblings"),
        ("S07", "S08", "second degree"),
    ]
    return pd.DataFrame(pairs, columns=["sample_1", "sample_2", "relationship"])


def counts_of(table):
    return {row.what: (row.planted, row.found, row.missed, row.false_positives) for row in table.itertuples()}


def test_pedigree_and_duplicates_give_all_pairs_and_duplicates_share_their_relatives(kinship):
    expected = {
        name: set(zip(pairs["sample_1"], pairs["sample_2"], strict=True))
        for name, pairs in kinship.groupby("relationship")
    }
    assert related_pairs(TRUTH) == expected


def test_who_finds_everything_misses_nothing(samples, kinship):
    assert counts_of(compare(samples, kinship, TRUTH)) == {
        "duplicates": (2, 2, 0, 0),
        "first-degree relatives": (5, 5, 0, 0),
        "parent-child, by that name": (4, 4, 0, 0),
        "siblings, by that name": (1, 1, 0, 0),
        "second-degree relatives": (1, 1, 0, 0),
        "sex mismatches": (2, 2, 0, 0),
        "karyotype XXY": (1, 1, 0, 0),
        "karyotype X0": (1, 1, 0, 0),
        "contaminated by 5% or more": (2, 2, 0, 0),
        "low depth, excluded for depth or call rate": (1, 1, 0, 0),
        "any of the above samples, excluded": (5, 5, 0, 0),
    }


def test_a_pair_of_another_name_is_missed_there_and_false_here(samples, kinship):
    kinship.loc[kinship["relationship"] == "siblings", "relationship"] = "parent-child"
    kinship.loc[kinship["relationship"] == "second degree", "relationship"] = "first degree"
    found = counts_of(compare(samples, kinship[::-1], TRUTH))
    assert found["siblings, by that name"] == (1, 0, 1, 0)
    assert found["parent-child, by that name"] == (4, 4, 0, 1)
    assert found["first-degree relatives"] == (5, 5, 0, 1)
    assert found["second-degree relatives"] == (1, 0, 1, 0)


def test_a_little_contamination_may_be_found_and_none_may_not(samples, kinship):
    samples["reasons"] = [
        ["contaminated by 4%"] if sample in ("S08", "S11") else reasons
        for sample, reasons in zip(samples["sample"], samples["reasons"], strict=True)
    ]
    assert counts_of(compare(samples, kinship, TRUTH))["contaminated by 5% or more"] == (2, 2, 0, 1)


def test_samples_that_are_not_judged_are_missed(samples, kinship):
    samples["sex_mismatch"] = None
    samples["karyotype"] = "unclear"
    found = counts_of(compare(samples, kinship[:0], TRUTH))
    assert found["sex mismatches"] == (2, 0, 2, 0)
    assert found["karyotype XXY"] == (1, 0, 1, 0)
    assert found["duplicates"] == (2, 0, 2, 0)


ARTEFACTS = pd.DataFrame(
    [("chr1", 100, "A", "G", "PASS"), ("chr1", 200, "C", "T", "VQSRTrancheSNP"), ("chr2", 100, "A", "G", "PASS")],
    columns=["contig", "position", "ref", "alt", "filter"],
)


def test_an_artefact_is_missed_where_it_passes_and_a_real_variant_false_where_it_fails():
    variants = ARTEFACTS.drop(columns="filter").assign(passes=[True, False, False])
    real = pd.DataFrame(
        {"contig": "chr1", "position": [100, 300], "ref": "A", "alt": ["C", "T"], "passes": [False, True]}
    )
    found = counts_of(compare_artefacts(pd.concat([variants, real]), ARTEFACTS))
    assert found == {"artefact sites": (3, 2, 1, 1), "artefact sites of FILTER PASS": (2, 1, 1, 0)}


def test_artefacts_are_read_from_the_tables_and_without_them_from_the_records(tmp_path):
    (tmp_path / "truth").mkdir()
    (tmp_path / "vcf").mkdir()
    records = [("chr1", 100, "NA", "G", "culprit=MQ", 1, "PASS"), ("chr1", 150, "A", "T", "culprit=QD", 0, "LowQual")]
    with pysam.BGZFile(str(tmp_path / "vcf" / "chr1.vcf.gz"), "wb") as vcf:
        vcf.write(b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS01\n")
        for contig, position, ref, alt, info, _, status in records:
            vcf.write(f"{contig}\t{position}\t.\t{ref}\t{alt}\t50\t{status}\tQD=3;{info}\tGT\t0/1\n".encode())
    from_records = read_artefacts(tmp_path)
    with gzip.open(tmp_path / "truth" / "variants.chr1.tsv.gz", "wt") as table:
        table.write("chrom\tpos\tref\talt\tgene\tartefact\tfilter\n")
        for contig, position, ref, alt, _, artefact, status in records:
            for gene in ("NEFL", "NA"):
                table.write(f"{contig}\t{position}\t{ref}\t{alt}\t{gene}\t{artefact}\t{status}\n")
    from_tables = read_artefacts(tmp_path)
    assert from_tables.to_numpy().tolist() == [["chr1", 100, "NA", "G", "PASS"]]
    pd.testing.assert_frame_equal(from_records, from_tables)


def test_the_table_reads_as_markdown():
    table = pd.DataFrame([("duplicates", 2)], columns=["what", "planted"])
    assert as_markdown(table) == "| what | planted |\n| --- | --- |\n| duplicates | 2 |"
