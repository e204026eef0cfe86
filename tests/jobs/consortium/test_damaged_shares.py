"""What no site can have written is refused by name before anything is computed, by meta and by --inspect."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from association.meta.share_schema import TABLES, schema_of
from association.meta.share_validity import SharedOf, wrong_tables
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.problems import InputError
from jobs.consortium.meta import meta_analyse
from jobs.consortium.share_inspect import inspect_share
from tests.jobs.consortium.made_share import make_share

SAMPLES = 300


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two cohorts of 300 in two strata, of three variants."""
    folder, rng = tmp_path_factory.mktemp("two"), np.random.default_rng(3)
    for cohort in ("north", "south"):
        dosages = (rng.random((SAMPLES, 3)) < 0.06).astype(np.int8)
        model = fit_linear(rng.normal(size=SAMPLES), Design(("x",), rng.normal(size=(SAMPLES, 1)))).model
        strata = np.repeat([0, 1], SAMPLES // 2)
        make_share(folder / cohort, cohort, dosages, model, positions=[100, 200, 300], strata=strata)
    return folder / "north", folder / "south"


@pytest.fixture
def refusals(two, tmp_path):
    """Give a function that damages the second share, and gives what meta and --inspect say of it."""

    def refuse(damage):
        damaged, out, said = tmp_path / "damaged", tmp_path / "out", []
        shutil.rmtree(damaged, ignore_errors=True)
        shutil.copytree(two[1], damaged)
        damage(damaged)
        for combine in (lambda: meta_analyse([two[0], damaged], out, unchecked=True), lambda: look_at(damaged)):
            with pytest.raises(InputError) as refused:
                combine()
            said.append(str(refused.value))
        assert not out.exists()
        return said

    return refuse


def look_at(folder):
    return list(inspect_share(folder, rows=False))


def with_column(table, column, change):
    place = table.column_names.index(column)
    values = pa.array(change(table[column].to_pylist()), table.schema.field(column).type)
    return table.set_column(place, table.schema.field(column), values)


def column(name, column, change):
    def damage(folder):
        file = folder / f"trait.{name}.parquet"
        pq.write_table(with_column(pq.read_table(file), column, change), file)

    return damage


def table(name, change):
    def damage(folder):
        file = folder / f"trait.{name}.parquet"
        pq.write_table(change(pq.read_table(file)), file)

    return damage


def first(value):
    return lambda values: [value, *values[1:]]


TABLES_DAMAGED = {
    "score nan": (column("variants", "score", first(float("nan"))), "variants.parquet: score: nan"),
    "score null": (column("variants", "score", first(None)), "score: 1 null"),
    "score infinite": (column("variants", "score", first(np.inf)), "score: inf"),
    "score too large": (column("variants", "score", first(1e300)), "score: 1e+300 of chr1-100-A-C of GENE, at most"),
    "alleles negative": (column("variants", "minor_allele_count", first(-5)), "minor_allele_count: -5"),
    "alleles beyond all": (column("variants", "minor_allele_count", first(10**6)), "expected 0 to 600"),
    "alleles not the patterns'": (column("variants", "minor_allele_count", first(40)), "minor_allele_count: 40 of"),
    "carriers not the patterns'": (column("variants", "carriers", first(40)), "carriers: 40 of chr1-100-A-C"),
    "pattern negative": (column("patterns", "carriers", first(-7)), "patterns.parquet: carriers: -7"),
    "pattern huge": (
        column("patterns", "carriers", first(2**31 - 1)),
        "carriers: 2147483647 (1 such), expected 1 to",
    ),
    "column negative": (column("patterns", "columns", lambda v: [[-1], *v[1:]]), "columns: -1"),
    "column beyond": (column("patterns", "columns", lambda v: [[9], *v[1:]]), "columns: 9, where the gene has 3"),
    "strata lacking": (column("patterns", "carriers_by_stratum", lambda v: [[3], *v[1:]]), "not of 2 strata"),
    "stratum negative": (column("patterns", "carriers_by_stratum", lambda v: [[-3, 9], *v[1:]]), "by_stratum: -3"),
    "strata otherwise": (column("patterns", "carriers_by_stratum", lambda v: [[0, 1], *v[1:]]), "not its carriers"),
    "no patterns": (table("patterns", lambda t: t.slice(0, 0)), "either columns or patterns, not both"),
    "covariance nan": (column("covariances", "covariance", first(np.nan)), "covariance: nan"),
    "covariance negative": (column("covariances", "covariance", first(-3.0)), "an eigenvalue is negative"),
    "covariances shrunk": (column("covariances", "covariance", lambda v: [x / 1e6 for x in v]), "a median of"),
    "covariance grown": (column("covariances", "covariance", first(1e3)), "covariance: 1000 of chr1-100-A-C"),
    "product changed": (column("covariances", "gram", first(99.0)), "gram: 99 in GENE"),
    "row beyond": (column("covariances", "row", first(77)), "not the full upper triangle"),
    "pairs lacking": (table("covariances", lambda t: t.slice(0, 2)), "2 rows, expected 6"),
    "name twice": (column("variants", "variant", lambda v: [v[0]] * len(v)), "is there twice in one gene"),
    "name of none": (column("variants", "variant", first("../../x")), "is no contig-position-ref-alt"),
    "mask unknown": (column("variants", "masks", first(["other@0.1"])), "masks: 'other@0.1' is no mask"),
    "masks null": (column("variants", "masks", first(None)), "masks: 1 null"),
    "gene unknown": (column("variants", "gene", lambda v: ["X"] * len(v)), "gene: 'X' is not in the table of genes"),
    "no residuals": (table("residuals", lambda t: t.slice(0, 0)), "residuals.parquet: has no rows"),
    "residual nan": (column("residuals", "residual", first(np.nan)), "residual: nan"),
    "residuals grown": (column("residuals", "residual", lambda v: [100 * x for x in v]), "mean square is"),
    "residuals shifted": (column("residuals", "residual", lambda v: [x + 1 for x in v]), "centred on 0"),
    "samples negative": (column("residuals", "samples", first(-100.0)), "samples: -100"),
    "samples lost": (column("residuals", "samples", lambda v: [x / 2 for x in v]), "add up to 150, where share.json"),
    "stratum huge": (column("residuals", "stratum", lambda v: [*v[:-1], 10**9]), "stratum: 1000000000"),
    "other columns": (table("variants", lambda t: t.drop_columns(["score"])), "absent: ['score']"),
    "cut off": (lambda f: (f / "trait.genes.parquet").write_bytes(b"PAR1"), "genes.parquet: can't be read"),
    "not there": (lambda f: (f / "trait.patterns.parquet").unlink(), "patterns.parquet: is not there"),
    "regions": (lambda f: (f / "callable.bed").write_text("hello\nchr1\t9\t-4\n"), "callable.bed, line 2: 'chr1\\t9"),
}


@pytest.mark.parametrize("damage", TABLES_DAMAGED)
def test_a_damaged_table_is_refused_by_its_file_column_and_value(refusals, damage):
    change, message = TABLES_DAMAGED[damage]
    for text in refusals(change):
        assert message in text
        assert "again" in text


def manifest(**changes):
    def damage(folder):
        file = folder / "share.json"
        told = json.loads(file.read_text())
        for place, value in changes.items():
            *above, last = place.split("__")
            entry = told
            for part in above:
                entry = entry[part]
            entry.pop(last) if value is None else entry.update({last: value})
        file.write_text(json.dumps(told))

    return damage


MANIFESTS_DAMAGED = {
    "samples a thousandfold": (manifest(traits__trait__samples=300_000), "where share.json has 300,000"),
    "samples negative": (manifest(traits__trait__samples=-1), "traits.trait.samples: "),
    "samples text": (manifest(traits__trait__samples="many"), "traits.trait.samples: "),
    "samples beyond any": (manifest(traits__trait__samples=10**9), "traits.trait.samples: "),
    "no residual variance": (manifest(traits__trait__residual_variance=None), "residual_variance: Field required"),
    "traits a list": (manifest(traits=["trait"]), "share.json traits: "),
    "versions a list": (manifest(versions=[]), "share.json versions: "),
    "cohort a mapping": (manifest(cohort={"x": 1}), "share.json cohort: "),
    "version text": (manifest(schema_version="2"), "schema_version: is '2', and this version of progex reads"),
    "no run": (manifest(run=None), "share.json run: Field required"),
    "no gene store": (manifest(gene_store=None), "share.json gene_store: Field required"),
    "no smallest cell": (manifest(smallest_cell=None), "share.json smallest_cell: Field required"),
    "no masks": (manifest(definitions__masks=None), "share.json definitions.masks: Field required"),
    "a way out of the folder": (manifest(traits={"../../x": {}}), "traits.../../x"),
    "a list": (lambda f: (f / "share.json").write_text("[1]"), "holds no entries by name"),
    "bytes": (lambda f: (f / "share.json").write_bytes(b"\xff\xfe{}"), "can't be read"),
}


@pytest.mark.parametrize("damage", MANIFESTS_DAMAGED)
def test_a_damaged_manifest_is_refused_by_its_entry(refusals, damage):
    change, message = MANIFESTS_DAMAGED[damage]
    for text in refusals(change):
        assert message in text


def test_a_definition_that_was_edited_is_refused_whatever_its_hash(refusals, two):
    masks = json.loads((two[1] / "share.json").read_text())["definitions"]["masks"]
    masks["masks"][0]["max_allele_frequency"] = [0.01]
    with_old_hash = refusals(manifest(definitions__masks=masks))
    assert "+ masks[missense].max_allele_frequency: [0.01]" in with_old_hash[0]
    assert all("is not what 'progex share' wrote, by its hash" in text for text in with_old_hash)


def test_all_that_is_wrong_with_all_shares_is_told_at_once(two, tmp_path):
    for share in two:
        shutil.copytree(share, tmp_path / share.name)
        column("variants", "score", first(float("nan")))(tmp_path / share.name)
        column("residuals", "residual", first(float("inf")))(tmp_path / share.name)
    with pytest.raises(InputError, match="4 problems"):
        meta_analyse([tmp_path / "north", tmp_path / "south"], tmp_path / "out", unchecked=True)


@pytest.mark.parametrize("rate", [0.01, 0.3])
@pytest.mark.parametrize("strata", [1, 12])
def test_what_a_site_wrote_is_sound_whatever_the_trait(tmp_path, rate, strata):
    """Heavy tails, rare events and strata of a dozen: no true share may be refused."""
    rng = np.random.default_rng(strata)
    dosages = rng.binomial(2, 0.08, (144, 4)).astype(np.int8)
    design = Design(("x",), rng.normal(size=(144, 1)))
    exit_, event = rng.exponential(1 / rate, 144) + 0.1, (rng.random(144) < rate + 0.1) * 1.0
    models = (fit_linear(rng.standard_t(2.1, 144), design).model, fit_cox(np.zeros(144), exit_, event, design).model)
    for at, model in enumerate(models):
        folder = tmp_path / str(at)
        make_share(folder, "one", dosages, model, positions=[1, 2, 3, 4], strata=np.arange(144) % strata)
        tables = {name: pq.read_table(folder / f"trait.{name}.parquet") for name in TABLES}
        told = json.loads((folder / "share.json").read_text())["traits"]["trait"]
        known = SharedOf(144, told["residual_variance"], frozenset({"missense@0.4"}))
        assert list(wrong_tables(tables, known)) == []


def test_a_trait_without_any_gene_is_sound(two):
    tables = {name: schema_of(name).empty_table() for name in TABLES}
    tables["residuals"] = pq.read_table(two[0] / "trait.residuals.parquet")
    assert list(wrong_tables(tables, SharedOf(SAMPLES, None, frozenset()))) == []
