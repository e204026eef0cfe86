"""What the command says of files and settings of quality control that it can't use."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("command", ["validate", "qc", "run"])
def test_files_that_are_not_there_are_all_named_at_once(folder, refusal, command):
    folder.set(
        qc={
            "variant": {"low_complexity": "lcr.bed", "segmental_duplications": "segdup.bed", "targets": ["a.bed"]},
            "sample": {"exclude": "exclusions.tsv"},
            "ancestry": {"panel": {"vcfs": ["panel/*.vcf.gz"], "labels": "labels.tsv"}},
        }
    )
    text = refusal(command)
    assert "qc.variant.low_complexity: lcr.bed: there is no such file" in text
    assert "qc.variant.segmental_duplications: segdup.bed: there is no such file" in text
    assert "qc.variant.targets[0]: a.bed: there is no such file" in text
    assert "exclusions.tsv" in text
    assert "qc.ancestry.panel.vcfs[0]: no file matches 'panel/*.vcf.gz'" in text
    assert "labels.tsv" in text


def test_a_bed_file_of_another_build_is_refused(folder, refusal):
    # Chromosome 1 ends at 248,956,422 on GRCh38 and at 249,250,621 on GRCh37.
    (folder.path / "kit.bed").write_text("chr1\t1000\t2000\nchr1\t249000000\t249000100\n")
    folder.set(qc={"variant": {"targets": ["kit.bed"]}})
    line = refusal().line_of("qc.variant.targets[0]: kit.bed")
    assert "line 2: chr1:249000000-249000100 lies beyond the end of the chromosome in GRCh38" in line
    assert "use the file on its build" in line


def test_samples_left_out_by_hand_that_the_vcfs_do_not_have_are_counted_by_line_and_not_shown(folder, refusal):
    (folder.path / "out.tsv").write_text("sample\treason\nP0001\tswap\nP9999\tswap\nP0002\t\n")
    folder.set(qc={"sample": {"exclude": "out.tsv"}})
    text = refusal()
    assert "out.tsv: 2 problems" in text
    assert "line 3, column 'sample': is not in the VCFs" in text
    assert "line 4, column 'reason'" in text
    assert "P9999" not in text


def test_exclusions_are_read_although_the_vcfs_cannot_be(folder, refusal):
    (folder.path / "out.tsv").write_text("sample\twhy\nP0001\tswap\n")
    folder.set(genotypes={"vcfs": ["nowhere.vcf.gz"]}, qc={"sample": {"exclude": "out.tsv"}})
    text = refusal()
    assert "no file matches 'nowhere.vcf.gz'" in text
    assert "no column 'reason'" in text


def with_panel(folder, labels):
    (folder.path / "labels.tsv").write_text(labels)
    folder.set(qc={"ancestry": {"panel": {"vcfs": ["vcf/chr2.vcf.gz"], "labels": "labels.tsv"}}})


def test_labels_without_their_columns_are_refused(folder, refusal):
    with_panel(folder, "id\tsuperpopulation\nP0001\tEUR\n")
    text = refusal()
    assert "labels.tsv: 2 problems" in text
    assert "no column 'sample'" in text
    assert "no column 'ancestry'" in text


def test_labels_of_other_samples_than_the_panels_are_refused_and_not_shown(folder, refusal):
    with_panel(folder, "sample\tancestry\nHG00096\tEUR\n")
    text = refusal()
    assert "labels.tsv" in text
    assert "none of these is in the panel's VCFs" in text
    assert "HG00096" not in text


def test_a_panel_with_labels_of_some_of_its_samples_is_accepted(folder, progex):
    with_panel(folder, "sample\tancestry\nHG00096\tEUR\nP0001\tAFR\nP0002\tNA\n")
    outcome = progex("validate", folder.study)
    assert outcome.exit_code == 0, outcome.output


UNKNOWN = {
    "sample": {"min_callrate": "min_call_rate", "max_contaminations": "max_contamination"},
    "variant": {"low_complexities": "low_complexity", "target": "targets"},
    "relatedness": {"unrelated": "unrelated_above"},
    "ancestry": {"pannel": "panel"},
    "sex": {"excluded": "exclude"},
    "common": {"max_r": "max_r2"},
}


def test_each_unknown_setting_is_refused_with_the_one_it_is_like(folder, refusal):
    folder.set(qc={section: dict.fromkeys(settings) for section, settings in UNKNOWN.items()})
    said = refusal()
    assert "8 problems" in said
    for section, settings in UNKNOWN.items():
        for setting, suggestion in settings.items():
            line = said.line_of(f"qc.{section}.{setting}:")
            assert f"unknown setting; did you mean '{suggestion}'?" in line


def test_all_that_is_wrong_with_settings_is_said_at_once(folder, refusal):
    folder.set(
        qc={
            "sample": {"min_call_rate": 1.5, "max_deviations": {"titv": 4}, "min_mean_depth": "ten"},
            "relatedness": {"unrelated_above": "cousins"},
            "sex": {"exclude": ["XY"]},
            "ancestry": {"components": 1},
        }
    )
    text = refusal()
    for place in (
        "qc.sample.min_call_rate",
        "qc.sample.max_deviations",
        "qc.sample.min_mean_depth",
        "qc.relatedness.unrelated_above",
        "qc.sex.exclude[0]",
        "qc.ancestry.components",
    ):
        assert place in text, place
    assert "6 problems" in text


def test_files_that_lie_where_the_output_is_replaced_are_refused(folder, refusal):
    folder.set(
        qc={
            "variant": {
                "low_complexity": "out/qc/low.bed",
                "segmental_duplications": "out/genes/segdup.bed",
                "targets": ["kit.bed", "out/qc/kit.bed"],
            },
            "sample": {"exclude": "out/qc/exclusions.tsv"},
            "ancestry": {"panel": {"vcfs": ["out/stages/*.vcf"], "labels": "out/qc/labels.tsv"}},
        },
        gene_lists=[{"name": "panel", "version": "1", "path": "out/report/genes.txt"}],
    )
    said = [line.split(": ")[0].strip() for line in refusal().splitlines() if "which is replaced" in line]
    assert said == [
        "qc.variant.low_complexity",
        "qc.variant.segmental_duplications",
        "qc.variant.targets[1]",
        "qc.sample.exclude",
        "qc.ancestry.panel.vcfs[0]",
        "qc.ancestry.panel.labels",
        "gene_lists[0].path",
    ]
