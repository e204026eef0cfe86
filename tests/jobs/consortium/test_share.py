"""What leaves a site: no ids, no small cells, and nothing that a person could not look at before."""

import json
import math
import re
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from association.meta.share_schema import TABLES, VERSION, schema_of
from association.null_models.null_model import NullModel
from association.problems import InputError
from association.scan_settings import ScanTrait
from jobs.consortium.share import share_study, thinning_key
from jobs.consortium.share_manifest import DEFINITION, describe_trait, told_covariates
from jobs.consortium.share_traits import choose_traits, why_not_beside
from jobs.study.file import read_study

SALT = "0123456789abcdef-of-the-consortium"
REGIONS = "chr1\t0\t248956422\n"


@pytest.fixture(scope="module")
def told(sites, tmp_path_factory):
    """A share with everything that one may hold: fingerprints and callable regions too."""
    site = sites[0]
    before = site.study.read_text()
    (site.path / "salt").write_text(SALT)
    (site.path / "callable.bed").write_text(REGIONS)
    facts = {"name": "north", "caller": "GATK", "capture_kit": "Twist", "salt": "salt"}
    site.set(cohort=facts | {"callable_regions": "callable.bed"})
    folder = tmp_path_factory.mktemp("told") / "share"
    share_study(site.study, out=folder, at_least=5)
    site.study.write_text(before)
    return folder


def table(folder, trait, name):
    return pd.read_parquet(folder / f"{trait}.{name}.parquet")


def manifest_of(folder):
    return json.loads((folder / "share.json").read_text())


def traits_of(folder):
    return list(manifest_of(folder)["traits"])


def texts_of(folder):
    """Give the content of every file as text: tables decoded, their metadata too, bytes as they are."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            content = pq.read_table(path)
            found.append(str(content.schema.to_string(truncate_metadata=False)))
            found += [str(value) for column in content.columns for value in column.to_pylist()]
        elif path.is_file():
            found.append(path.read_bytes().decode("latin-1"))
    return found


def words_of(folder):
    return set(re.findall(r"\w+", "\n".join(texts_of(folder))))


def ids_of(site):
    return set(pd.read_parquet(site.output / "genes" / "samples.parquet")["sample"])


def test_a_shared_folder_holds_no_id_and_no_path(sites, shares, told):
    for site, folder in [(sites[0], shares[0]), (sites[1], shares[1]), (sites[0], told)]:
        assert len(ids_of(site)) > 50
        assert not ids_of(site) & words_of(folder)
        assert not [text for text in texts_of(folder) if str(site.path) in text or SALT in text]


@pytest.mark.parametrize("place", ["a table", "a table's metadata", "share.json", "a text", "another file"])
def test_the_search_finds_an_id_wherever_it_is(sites, shares, tmp_path, place):
    folder = shutil.copytree(shares[0], tmp_path / "share")
    trait, one = traits_of(folder)[0], min(ids_of(sites[0]))
    file = folder / f"{trait}.variants.parquet"
    content = pq.read_table(file)
    if place == "a table":
        names = content["variant"].to_pylist()
        pq.write_table(content.set_column(2, "variant", pa.array([f"{one} {names[0]}", *names[1:]])), file)
    elif place == "a table's metadata":
        pq.write_table(content.replace_schema_metadata({"source": one}), file)
    elif place == "share.json":
        (folder / "share.json").write_text(json.dumps(manifest_of(folder) | {"samples": [one]}))
    elif place == "a text":
        with (folder / f"{trait}.MetaScore.assoc").open("a") as stream:
            stream.write(f"# {one}\n")
    else:
        (folder / "notes").mkdir()
        (folder / "notes" / "left.bin").write_bytes(b"\xff\x00 " + one.encode())
    assert ids_of(sites[0]) & words_of(folder) == {one}


@pytest.mark.parametrize("limit", [5, 8])
def test_no_count_pattern_or_stratum_is_below_the_limit(sites, shares, tmp_path, limit):
    folder = shares[0] if limit == 5 else share_study(sites[0].study, out=tmp_path / "share", at_least=limit)
    assert manifest_of(folder)["smallest_cell"] == limit
    for trait in traits_of(folder):
        variants, patterns = table(folder, trait, "variants"), table(folder, trait, "patterns")
        cells = [variants["carriers"], variants["minor_allele_count"] - variants["carriers"], patterns["carriers"]]
        if variants["observed_events"].notna().any():
            cells += [variants["observed_events"], variants["minor_allele_count"] - variants["observed_events"]]
        cells += [pd.Series(own, dtype=float) for own in patterns["carriers_by_stratum"].dropna()]
        cells.append(table(folder, trait, "residuals").groupby("stratum")["samples"].sum())
        cells.append(manifest_of(folder)["traits"][trait]["samples"] - patterns.groupby("gene")["carriers"].sum())
        counts = pd.concat(cells).dropna()
        assert len(variants) >= 5
        assert counts[counts.round() != 0].min() >= limit - 1e-9


def test_patterns_of_a_gene_add_up_to_its_columns_and_products(shares):
    for trait in traits_of(shares[0]):
        variants, patterns = (
            dict(list(table(shares[0], trait, name).groupby("gene"))) for name in ("variants", "patterns")
        )
        pairs = dict(list(table(shares[0], trait, "covariances").groupby("gene")))
        assert set(variants) == set(patterns) == set(pairs)
        for gene, columns in variants.items():
            dosages = np.zeros((len(patterns[gene]), len(columns)))
            for own, row in zip(dosages, patterns[gene].itertuples(), strict=True):
                own[row.columns] = row.dosages
            counts = patterns[gene]["carriers"].to_numpy()
            np.testing.assert_array_equal(counts @ (dosages > 0), columns["carriers"])
            np.testing.assert_array_equal(counts @ dosages, columns["minor_allele_count"])
            if trait == "survival":
                gram = dosages.T @ (counts[:, None] * dosages)
                found = pairs[gene]["gram"].fillna(0)
                np.testing.assert_allclose(found, gram[pairs[gene]["row"], pairs[gene]["column"]])


def test_starts_of_genes_are_steps_with_a_variant_and_every_gene_of_the_run_is_there(sites, shares):
    store = sites[0].output / "genes"
    stored = pd.concat(pd.read_parquet(part) for part in store.glob("part-*.parquet"))
    steps = (stored["position"] // 100_000 * 100_000).groupby(stored["gene"]).agg(set)
    genes = table(shares[0], "survival", "genes").set_index("gene")["start"]
    assert set(genes.index) == set(pd.read_parquet(store / "genes.parquet")["gene"])
    assert all(start in steps[gene] for gene, start in genes.dropna().items())
    told = set(table(shares[0], "survival", "variants")["gene"])
    assert told
    assert told <= set(genes.dropna().index)


def test_tables_are_as_their_schema_says_and_every_column_has_a_meaning(shares):
    for trait in traits_of(shares[0]):
        for name, columns in TABLES.items():
            found = pq.read_schema(shares[0] / f"{trait}.{name}.parquet")
            assert found.remove_metadata().equals(schema_of(name).remove_metadata())
            assert found.metadata[b"progex_share"] == str(VERSION).encode()
            assert all(found.field(one.name).metadata[b"meaning"].decode() == one.meaning for one in columns)
    meanings = pd.read_csv(shares[0] / "columns.tsv", sep="\t")
    assert set(meanings["table"]) == set(TABLES)


def test_share_json_says_what_it_was_made_from(sites, shares, told):
    plain, full = manifest_of(shares[0]), manifest_of(told)
    run = json.loads((sites[0].output / "run.json").read_text())
    keys = {stage["name"]: stage["key"] for stage in run["stages"]}
    assert plain["gene_store"] == full["gene_store"] == keys["gene store"]
    assert re.fullmatch("[0-9a-f]{64}", plain["run"])
    assert plain["run"] != manifest_of(shares[1])["run"]
    assert (plain["cohort"], full["cohort"]) == ("site 1", "north")
    assert (plain["caller"], full["caller"], full["capture_kit"]) == (None, "GATK", "Twist")
    summary = json.loads((sites[0].output / "traits" / "survival.json").read_text())
    few = min(summary["events"], summary["samples"] - summary["events"]) < 5
    assert plain["traits"]["survival"].get("events") == (None if few else summary["events"])
    assert (plain["salt_check"], len(full["salt_check"])) == (None, 16)
    assert set(plain["versions"]) >= {"progex", "hail", "python"}
    assert {"traits", "masks", "annotation", "strata", "qc", "tables"} <= set(plain["definitions"])
    assert set(plain["definitions"]) == set(plain["hashes"])
    assert plain["hashes"] == full["hashes"]


def test_fingerprints_and_callable_regions_are_written_where_the_study_names_them(sites, shares, told):
    prints = pq.read_table(told / "fingerprints.parquet")
    assert prints.num_rows == len(ids_of(sites[0]))  # all of them have survival
    assert prints["fingerprint"].to_pylist() == sorted(prints["fingerprint"].to_pylist())
    assert (told / "fingerprint_sites.txt").read_text().count("\n") > 0
    assert (told / "callable.bed").read_text() == REGIONS
    assert not {"fingerprints.parquet", "fingerprint_sites.txt", "callable.bed"} & set(
        path.name for path in shares[0].iterdir()
    )


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


def test_inspect_tells_of_every_file_and_with_rows_of_every_value_and_says_that_it_checked(told, progex):
    plain = progex("share", "--inspect", told)
    assert plain.exit_code == 0
    assert all(path.name in plain.stdout for path in told.iterdir())
    assert "smallest of carriers of a pattern: " in plain.stdout
    checked = "no count, pattern or stratum is of fewer than 5 samples; texts and tables tell the same"
    assert plain.stdout.splitlines()[-1] == f"  checked      {checked}"
    rows = progex("share", "--inspect", told, "--rows").stdout
    assert json.dumps(manifest_of(told), indent=2) in rows
    for trait in traits_of(told):
        for name in TABLES:
            content = pq.read_table(told / f"{trait}.{name}.parquet")
            for row in content.to_pylist():
                cells = (",".join(map(str, one)) if isinstance(one, list) else str(one) for one in row.values())
                assert "\t".join("" if one == "None" else one for one in cells) in rows
        assert (told / f"{trait}.MetaCov.assoc").read_text() in rows
        assert (told / f"{trait}.MetaScore.assoc").read_text() in rows
    assert (told / "fingerprint_sites.txt").read_text() in rows
    assert pq.read_table(told / "fingerprints.parquet")["fingerprint"][0].as_py().hex() in rows
    assert REGIONS in rows


@pytest.mark.parametrize(
    ("name", "column", "change", "message"),
    [
        ("patterns", "carriers", lambda _: 4, "a pattern has too few carriers"),
        ("variants", "carriers", lambda count: count + 1, "are not those of the patterns"),
        ("variants", "minor_allele_count", lambda count: count + 3, "too few carriers or homozygotes"),
        ("variants", "observed_events", lambda _: 3, "have the event, or have it not"),
        (
            "patterns",
            "carriers_by_stratum",
            lambda _: [2, 3],
            "carriers_by_stratum: told of some patterns of a gene only",
        ),
        ("covariances", "gram", lambda _: 1.0, "products are not those of the patterns"),
        ("residuals", "samples", lambda _: -1000, "samples: -1000.0"),
        ("genes", "withheld", lambda _: ["plof@7"], "withheld: 'plof@7' is no mask of the definitions"),
        ("genes", "start", lambda _: 1, "are not those of other traits"),
        ("variants", "masks", lambda _: ["plof@7"], "masks: 'plof@7' is no mask of the definitions"),
        ("variants", "score", lambda score: score + 1, "does not hold what the tables tell"),
    ],
)
def test_inspect_lists_what_is_of_too_few_samples_and_ends_with_status_2(
    shares, tmp_path, progex, name, column, change, message
):
    folder = shutil.copytree(shares[0], tmp_path / "share")
    file = folder / f"survival.{name}.parquet"
    content = pq.read_table(file)
    rows = content.to_pylist()
    for row in rows if column == "score" else rows[:1]:
        row |= {column: change(row[column])}
    if column == "carriers_by_stratum":
        rows[1:] = [row | {column: None} for row in rows[1:]]
    pq.write_table(pa.Table.from_pylist(rows, schema=content.schema), file)
    refused = progex("share", "--inspect", folder)
    assert refused.exit_code == 2
    assert message in re.sub(r"\s+", " ", refused.stderr)
    assert "checked" not in refused.stdout


def test_inspect_refuses_texts_that_were_changed_or_regions_that_are_none(told, tmp_path, progex):
    folder = shutil.copytree(told, tmp_path / "share")
    with (folder / "survival.MetaCov.assoc").open("a") as stream:
        stream.write("1\t5\t5\t1\t5\t0.1\n")
    (folder / "callable.bed").write_text("chr1\tfive\t9\n")
    refused = progex("share", "--inspect", folder)
    assert refused.exit_code == 2
    assert "survival.MetaCov.assoc: does not hold what the tables tell" in re.sub(r"\s+", " ", refused.stderr)
    assert "callable.bed" in refused.stderr
    assert "MetaScore" not in refused.stderr


def test_inspect_refuses_a_file_that_does_not_belong_there(shares, tmp_path, progex):
    folder = shutil.copytree(shares[0], tmp_path / "share")
    (folder / "notes.txt").write_text("P001")
    refused = progex("share", "--inspect", folder)
    assert (refused.exit_code, "notes.txt, 4 bytes   NOT WRITTEN BY PROGEX" in refused.stdout) == (2, True)


def test_traits_can_be_chosen_and_sharing_again_gives_the_same_bytes(sites, shares, tmp_path, progex):
    one, again = tmp_path / "one", tmp_path / "again"
    assert progex("share", sites[0].study, "--out", one, "--trait", "survival").exit_code == 0
    assert traits_of(one) == ["survival"]
    assert not list(one.glob("alsfrs*"))
    share_study(sites[0].study, out=again, at_least=5)
    for path in shares[0].iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()
    # The largest trait is told first, and what is told of it does not depend on others, flags of genes apart.
    assert traits_of(again)[0] == "survival"
    for name in set(TABLES) - {"genes"}:
        assert pq.read_table(one / f"survival.{name}.parquet").equals(
            pq.read_table(again / f"survival.{name}.parquet")
        )
    refused = progex("share", sites[0].study, "--out", tmp_path / "no", "--trait", "height")
    assert refused.exit_code == 2
    assert "the study has no such trait" in refused.stderr


def test_a_trait_whose_samples_are_too_different_is_left_out_and_that_is_said(sites, monkeypatch):
    from jobs.consortium import share_traits

    study, output = read_study(sites[0].study), sites[0].output
    told, left_out = choose_traits(study, sites[0].study, output, (), at_least=5)
    assert [trait.name for trait in told] == [trait.name for trait in sorted(told, key=lambda one: -one.strata.size)]
    assert not left_out
    monkeypatch.setattr(share_traits, "MOST_OUTSIDE", -1.0)
    told, left_out = choose_traits(study, sites[0].study, output, (), at_least=5)
    assert [trait.name for trait in told] == ["survival"]
    assert "of its samples lack survival" in left_out["alsfrs_slope"]
    assert not re.search(r"\d+ (of its )?samples", " ".join(left_out.values()))
    with pytest.raises(InputError, match="fewer than 1000 samples have it"):
        choose_traits(study, sites[0].study, output, (), at_least=1000)
    with pytest.raises(InputError, match="--trait alsfrs_slope: can't be shared"):
        choose_traits(study, sites[0].study, output, ("survival", "alsfrs_slope"), at_least=5)


def test_refuses_what_was_not_run_or_has_changed_since_and_leaves_nothing(sites, copy_of, tmp_path, progex):
    fresh = copy_of(sites[0].path, tmp_path / "cohort")
    fresh.set(output="elsewhere")
    with pytest.raises(InputError, match="holds no finished run; do 'progex run' first"):
        share_study(fresh.study, at_least=5)
    fresh.set(output="out", condition_on=["chr1-5-A-C"], strata=["sex"])
    refused = progex("share", fresh.study, "--out", tmp_path / "new")
    assert refused.exit_code == 2
    assert "condition_on: has changed since the run" in refused.stderr
    assert "strata: has changed since the run" in refused.stderr
    assert not (tmp_path / "new").exists()


def test_a_secret_that_is_not_there_or_no_stage_to_make_fingerprints_of_is_refused(sites, copy_of, tmp_path, progex):
    fresh = copy_of(sites[0].path, tmp_path / "cohort")
    fresh.set(cohort={"name": "north", "caller": "GATK", "capture_kit": "Twist", "salt": "salt"})
    (fresh.path / "salt").unlink(missing_ok=True)
    refused = progex("share", fresh.study, "--out", tmp_path / "new")
    assert (refused.exit_code, "cohort.salt: no such file" in refused.stderr) == (2, True)
    (fresh.path / "salt").write_text(SALT)
    shutil.rmtree(next((fresh.output / "stages").glob("measure-*")))
    refused = progex("share", fresh.study, "--out", tmp_path / "new")
    assert (refused.exit_code, "fingerprints need the stage 'measure'" in refused.stderr) == (2, True)
    assert not (tmp_path / "new").exists()


def test_refuses_to_write_over_a_share_and_a_limit_below_five(sites, shares, progex):
    refused = progex("share", sites[0].study)
    assert (refused.exit_code, "is there already" in refused.stderr) == (2, True)
    assert progex("share", sites[0].study, "--smallest-cell", "4").exit_code == 2


def test_masks_that_ask_for_the_count_of_all_samples_are_refused(sites, copy_of, tmp_path, progex):
    fresh = copy_of(sites[0].path, tmp_path / "cohort")
    masks = [
        {
            "name": "few",
            "where": "consequence in (plof, missense) and minor_allele_count == 1",
            "max_allele_frequency": [0.2],
        }
    ]
    fresh.set(masks=masks)
    refused = progex("share", fresh.study, "--out", tmp_path / "new")
    assert (refused.exit_code, "masks.few: asks for minor_allele_count" in refused.stderr) == (2, True)


def test_levels_that_few_have_are_named_another_level_and_events_of_few_are_not_told():
    levels = {"site=East": 4, "site=West": 5, "site=North": 2, "age": 90}
    names = [
        "intercept",
        "site=East",
        "site=West",
        "site=North",
        "age",
        "months",
        "site=East x months",
        "age x months",
    ]
    told = told_covariates(names, levels, at_least=5)
    another = "site=another level"
    assert told == ["intercept", another, "site=West", "age", "months", f"{another} x months", "age x months"]
    summary = {name: None for name in DEFINITION} | {"coefficients": []}
    for events, few in ((4, True), (5, False), (45, False), (46, True), (None, True)):
        described = describe_trait(summary | {"events": events}, levels, 50, None, at_least=5)
        assert ("events" not in described) == few


def test_carriers_are_drawn_by_what_share_json_does_not_tell():
    key = thinning_key("store", ["b", "a"])
    assert key == thinning_key("store", ["a", "b"])
    assert len({key, thinning_key("store", ["a", "c"]), thinning_key("other", ["a", "b"])}) == 3


@pytest.mark.parametrize(("lacking", "told"), [(0, True), (1, False), (4, False), (5, True)])
def test_traits_whose_samples_differ_by_few_are_not_told_beside_each_other(lacking, told):
    reason = why_not_beside(scan_trait_of("slope", range(lacking, 200)), [scan_trait_of("survival", range(200))], 5)
    assert (reason is None) == told
    assert told or "differ by fewer than 5" in reason


def test_traits_are_apart_by_enough_in_every_combination():
    first, second = range(200), [*range(5), *range(11, 200)]
    third = range(5, 200)
    # Six lack the second and five the third; nobody lacks both, and samples 11 on have all.
    traits = [scan_trait_of(str(at), own) for at, own in enumerate((first, second, third))]
    assert why_not_beside(traits[2], traits[:2], 5) is None
    # Six who lack the second, five of whom lack the third too: the difference of the two is one sample.
    assert why_not_beside(scan_trait_of("few", [*range(6), *range(10, 200)]), traits[:2], 5) is not None


def scan_trait_of(name, positions):
    size = len(positions)
    model = NullModel("linear", np.zeros(size), np.ones(size), np.zeros((size, 0)), np.zeros((0, 0)))
    return ScanTrait(name, model, np.zeros(size, int), np.array(positions), 200)
