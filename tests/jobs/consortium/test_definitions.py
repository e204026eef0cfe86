"""What cohorts must share, without where their files are."""

from __future__ import annotations

import json

import pytest

from jobs.consortium.definitions import definition_hash, definitions_of
from jobs.study.file import read_study


def defined(folder):
    return definitions_of(read_study(folder.study), folder.study)


def test_no_path_of_a_site_is_in_a_definition(folder):
    (folder.path / "secret_list.txt").write_text("SIM002\nSIM001\n")
    for name in ("secret.bed", "secret.loco", "secret_exclude.tsv", "secret.gtf"):
        (folder.path / name).write_text("")
    (folder.path / "secret.symbols").write_text("hgnc_id\tsymbol\n")
    (folder.path / "secret_variants.txt").write_text("1-5-A-C\n")
    settings = read_study(folder.study).model_dump(mode="json", exclude_unset=True)
    traits = [one | {"polygenic_offset": "secret.loco", "kinship": "secret.tsv"} for one in settings["traits"]]
    folder.set(
        traits=traits,
        annotation={"gene_model": "secret.gtf"},
        qc={
            "variant": {"low_complexity": "secret.bed", "targets": ["secret.bed"]},
            "sample": {"exclude": "secret_exclude.tsv"},
            "ancestry": {"panel": {"vcfs": ["secret.vcf.gz"], "labels": "secret.tsv"}},
        },
        gene_lists=[{"name": "known", "version": "1", "path": "secret_list.txt"}],
        gene_symbols="secret.symbols",
        known_genes={"variants": "secret_variants.txt"},
        cohort={"name": "a", "caller": "b", "capture_kit": "c", "callable_regions": "secret.bed", "salt": "secret"},
    )
    text = json.dumps(defined(folder))
    assert "secret" not in text
    assert "participants.tsv" not in text
    assert "vcf.gz" not in text


def test_a_gene_list_is_known_by_its_genes_whatever_its_file(folder):
    (folder.path / "one.txt").write_text("SIM002\nSIM001\n")
    (folder.path / "other.txt").write_text("# mine\nSIM001\nSIM002\n")
    (folder.path / "third.txt").write_text("SIM001\n")
    hashes = []
    for name in ("one.txt", "other.txt", "third.txt"):
        folder.set(gene_lists=[{"name": "known", "version": "1", "path": name}])
        hashes.append(definition_hash(defined(folder)["analysis"]))
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("strata", {"strata": []}),
        ("qc", {"qc": {"genotype": {"min_gq": 5}}}),
        ("analysis", {"alpha": 0.01}),
        ("analysis", {"calibration": {"max_permutations": 2_000}}),
        ("analysis", {"follow_up": {"genes": 3}}),
        ("analysis", {"interactions": [{"covariate": "age_at_onset", "traits": ["survival"]}]}),
        ("analysis", {"known_genes": {"columns": ["site"]}}),
        ("traits", {"covariates": []}),
    ],
)
def test_a_setting_that_others_must_share_changes_its_part_and_no_other(folder, part, change):
    before = defined(folder)
    folder.set(**change)
    after = defined(folder)
    assert [name for name in before if before[name] != after[name]] == [part]


def test_which_column_names_the_cohorts_is_no_definition(folder):
    before = defined(folder)
    folder.set(cohorts="another")
    assert defined(folder) == before
