"""What leaves a site: no ids, no small cells, and nothing that a person could not look at before."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from association.meta.share_schema import TABLES, VERSION, schema_of
from association.problems import InputError
from jobs.consortium.share import share_study

COUNTS = ("carriers", "minor_allele_count", "observed_events")


def table(folder, trait, name):
    return pd.read_parquet(folder / f"{trait}.{name}.parquet")


def traits_of(folder):
    return list(json.loads((folder / "share.json").read_text())["traits"])


def test_a_shared_folder_holds_no_id_and_no_small_cell(sites, shares):
    for site, folder in zip(sites, shares, strict=True):
        ids = pd.read_parquet(site.output / "genes" / "samples.parquet")["sample"]
        content = b"\n".join(path.read_bytes() for path in folder.iterdir())
        assert len(ids) > 50
        assert not [one for one in ids if one.encode() in content]
        for trait in traits_of(folder):
            text = "\n".join("\t".join(map(str, row)) for row in table(folder, trait, "variants").to_numpy())
            assert not [one for one in ids if one in text]
            assert_no_small_cell(folder, trait)


def assert_no_small_cell(folder, trait):
    variants, covariances = table(folder, trait, "variants"), table(folder, trait, "covariances")
    cells = pd.concat([variants[name] for name in COUNTS if variants[name].notna().any()])
    cells = pd.concat([cells, variants["minor_allele_count"] - variants["carriers"]])
    if variants["observed_events"].notna().any():
        cells = pd.concat([cells, variants["minor_allele_count"] - variants["observed_events"]])
    cells = [*cells.dropna(), *np.concatenate([*variants["carriers_by_stratum"].dropna(), []])]
    if trait != "alsfrs_slope":  # whose products are weighed by information
        cells += covariances["gram"].dropna().tolist()
    cells += table(folder, trait, "residuals").groupby("stratum")["samples"].sum().tolist()
    assert len(variants) > 5
    assert min(one for one in cells if round(one) != 0) >= 5 - 1e-9


def test_tables_are_as_their_schema_says_and_every_column_has_a_meaning(shares):
    import pyarrow.parquet as pq

    for trait in traits_of(shares[0]):
        for name, columns in TABLES.items():
            found = pq.read_schema(shares[0] / f"{trait}.{name}.parquet")
            assert found.remove_metadata().equals(schema_of(name).remove_metadata())
            assert found.metadata[b"progex_share"] == str(VERSION).encode()
            assert all(found.field(one.name).metadata[b"meaning"].decode() == one.meaning for one in columns)


def test_raremetals_files_hold_the_same_variants_and_statistics(shares):
    folder, trait = shares[0], traits_of(shares[0])[0]
    variants = table(folder, trait, "variants").drop_duplicates("variant")
    alone = variants[~variants["variant"].str.startswith("collapsed")]
    scores = pd.read_csv(folder / f"{trait}.MetaScore.assoc", sep="\t", comment="#", dtype={"CHROM": str})
    assert len(scores) == len(alone) > 0
    named = "chr" + scores["CHROM"] + "-" + scores["POS"].astype(str) + "-" + scores["REF"] + "-" + scores["ALT"]
    own = alone.set_index(alone["variant"].str.removesuffix(":ref"))
    sign = np.where(own.loc[named, "variant"].str.endswith(":ref"), -1, 1)
    np.testing.assert_allclose(scores["U_STAT"], sign * own.loc[named, "score"], rtol=1e-8)
    deviation = scores["U_STAT"] / scores["SQRT_V_STAT"]
    expected = [math.erfc(abs(one) / math.sqrt(2)) for one in deviation]
    np.testing.assert_allclose(scores["PVALUE"], expected, rtol=1e-5)
    lines = (folder / f"{trait}.MetaCov.assoc").read_text().splitlines()
    covariances = [line.split("\t") for line in lines if not line.startswith("##")][1:]
    diagonal = [float(cells[5].split(",")[0]) for cells in covariances]
    np.testing.assert_allclose(np.array(diagonal) * scores["N_INFORMATIVE"], scores["SQRT_V_STAT"] ** 2, rtol=1e-6)


def test_inspect_tells_of_every_file_and_of_what_does_not_belong_there(sites, tmp_path, progex):
    folder = tmp_path / "share"
    share_study(sites[0].study, out=folder, at_least=5)
    told = progex("share", "--inspect", folder)
    assert told.exit_code == 0
    assert all(path.name in told.stdout for path in folder.iterdir())
    assert "NOT WRITTEN" not in told.stdout
    assert "smallest of carriers: " in told.stdout
    (folder / "notes.txt").write_text("P001")
    assert "notes.txt, 4 bytes   NOT WRITTEN BY PROGEX" in progex("share", "--inspect", folder).stdout
    rows = progex("share", "--inspect", folder, "--rows").stdout
    trait = traits_of(folder)[0]
    assert all(one in rows for one in table(folder, trait, "variants")["variant"])


def test_refuses_what_was_not_run_or_has_changed_since_and_leaves_nothing(sites, copy_of, tmp_path, progex):
    fresh = copy_of(sites[0].path, tmp_path / "cohort")
    fresh.set(output="elsewhere")
    with pytest.raises(InputError, match="holds no finished run; do 'progex run' first"):
        share_study(fresh.study, at_least=5)
    fresh.set(output="out", condition_on=["chr1-5-A-C"], strata=["sex"])
    refused = progex("share", "--preview", fresh.study, "--out", tmp_path / "new")
    assert refused.exit_code == 2
    assert "condition_on: has changed since the run" in refused.stderr
    assert "strata: has changed since the run" in refused.stderr
    assert not (tmp_path / "new").exists()


def test_summaries_are_not_written_unless_the_preview_is_asked_for(sites, tmp_path, progex):
    refused = progex("share", sites[0].study, "--out", tmp_path / "new")
    assert refused.exit_code == 2
    assert "must not leave a site" in refused.stderr
    assert not (tmp_path / "new").exists()


def test_refuses_to_write_over_a_share(sites, shares, progex):
    refused = progex("share", "--preview", sites[0].study)
    assert refused.exit_code == 2
    assert "is there already" in refused.stderr
