"""Traits without known carriers, and adjusted for them."""

import pandas as pd
import pytest
import yaml

from association.problems import InputError
from jobs.clinical.read import read_clinical
from jobs.known_carriers import OF_VARIANTS, REASON, adjusted_for_carriers, known_carriers, without_carriers
from jobs.study.file import read_study
from jobs.traits.genotyped import all_genotyped
from jobs.traits.prepare import prepare_traits

SETTINGS = {
    "name": "small",
    "output": "out",
    "genotypes": {"vcfs": ["a.vcf"], "reference_genome": "GRCh38"},
    "participants": {"path": "participants.tsv"},
    "annotation": {"source": "vep"},
    "masks": [{"name": "missense"}],
    "covariates": ["age"],
    "traits": [{"name": "height", "type": "quantitative", "column": "height"}],
    "known_genes": {"columns": ["c9"], "variants": "known.txt"},
}


@pytest.fixture
def read(cohort, tmp_path):
    """Give a function that reads a study whose column c9 holds these words in turn."""

    def run(*words, **sections):
        table = cohort.assign(c9=[words[at % len(words)] for at in range(len(cohort))])
        table.to_csv(tmp_path / "participants.tsv", sep="\t", index=False)
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(SETTINGS | sections))
        study = read_study(tmp_path / "study.yaml")
        return study, read_clinical(study, tmp_path / "study.yaml")

    return run


def prepared(study, clinical):
    (trait,) = prepare_traits(study, clinical, all_genotyped(tuple(clinical.participants["sample"])))
    return trait


def strata_of(clinical):
    samples = clinical.participants["sample"]
    return pd.Series("all", index=samples)


def test_carriers_are_out_of_the_trait_and_whoever_is_not_known_stays(read, cohort):
    study, clinical = read("Expanded", "no", "", "0", "no")
    by_variants = pd.Series({cohort["sample"][1]: True, cohort["sample"][2]: False})
    known = known_carriers(study, clinical, by_variants)
    assert list(known) == ["c9", OF_VARIANTS]
    trait = prepared(study, without_carriers(clinical, known))
    out = trait.excluded[trait.excluded["reason"] == REASON]["sample"]
    assert set(out) == {*cohort["sample"][::5], cohort["sample"][1]}
    assert len(trait.samples) + len(out) == len(cohort)


def test_each_source_is_a_covariate_and_not_knowing_a_level_of_its_own(read, cohort):
    study, clinical = read("yes", "no", "", "no", "no")
    by_variants = pd.Series({sample: at < 7 for at, sample in enumerate(cohort["sample"])})
    known = known_carriers(study, clinical, by_variants)
    trait = prepared(*adjusted_for_carriers(study, study.traits[0], clinical, known, strata_of(clinical)))
    assert trait.models.design.names == ("age", "c9=missing", "c9=yes", f"{OF_VARIANTS}=yes")
    matrix = pd.DataFrame(trait.models.design.matrix, trait.samples["sample"], trait.models.design.names)
    assert set(matrix.index[matrix["c9=yes"] == 1]) == set(cohort["sample"][::5])
    assert set(matrix.index[matrix[f"{OF_VARIANTS}=yes"] == 1]) == set(cohort["sample"][:7])
    assert len(trait.samples) == len(cohort)


def test_what_a_trait_is_adjusted_for_already_is_not_added_again(read):
    study, clinical = read("yes", "no", "no", covariates=["age", "c9"])
    known = known_carriers(study, clinical, None)
    own, tables = adjusted_for_carriers(study, study.traits[0], clinical, known, strata_of(clinical))
    assert prepared(own, tables).models.design.names == prepared(study, clinical).models.design.names


def test_a_source_that_tells_nobody_from_others_of_a_stratum_is_no_covariate(read):
    study, clinical = read("no", "yes")
    known = known_carriers(study, clinical, pd.Series(False, index=clinical.participants["sample"]))
    own, tables = adjusted_for_carriers(study, study.traits[0], clinical, known, strata_of(clinical))
    assert prepared(own, tables).models.design.names == ("age", "c9=yes")
    by_status = pd.Series(clinical.own["c9"].to_numpy(), index=clinical.participants["sample"])
    own, tables = adjusted_for_carriers(study, study.traits[0], clinical, known, by_status)
    assert prepared(own, tables).models.design.names == ("age",)


def test_a_word_that_is_neither_yes_nor_no_is_refused(read):
    with pytest.raises(InputError) as caught:
        read("yes", "no", "perhaps")
    assert "column 'c9': 'perhaps' where yes and no were expected" in str(caught.value)


def test_a_column_that_the_table_lacks_is_refused(read):
    with pytest.raises(InputError) as caught:
        read("no", known_genes={"columns": ["c9orf"]})
    assert "no column 'c9orf'" in str(caught.value)
