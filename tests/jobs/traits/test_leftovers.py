"""What a killed run leaves beside the clinical results neither stops the next nor comes into them."""

import pytest
import yaml

from jobs.run_traits import run_traits

HEIGHT = {"name": "height", "type": "quantitative", "column": "height"}


@pytest.fixture
def study(cohort, tmp_path):
    cohort.to_csv(tmp_path / "people.tsv", sep="\t", index=False)
    path = tmp_path / "study.yaml"
    settings = {
        "name": "small",
        "output": "out",
        "participants": {"path": "people.tsv"},
        "covariates": ["age"],
        "traits": [HEIGHT],
    }
    path.write_text(yaml.safe_dump(settings))
    return path


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def undisturbed(study):
    """Run the study in peace, and list what it wrote."""
    return files(run_traits(study).page.parent)


def test_half_a_folder_of_a_killed_run_is_gone_after_the_next(study, undisturbed):
    output = study.parent / "out"
    partial = output / ".clinical.partial"
    for part in ("checks", "traits", "elsewhere"):
        (partial / part).mkdir(parents=True)
        (partial / part / "killed.tsv").write_text("half a line")
    (partial / "null_models_site.html").write_text("<html>half a page")
    page = run_traits(study).page
    assert files(output / "clinical") == undisturbed
    assert "half a page" not in page.read_text()
    assert sorted(path.name for path in output.iterdir() if path.is_dir()) == ["clinical"]


def test_half_a_folder_of_a_killed_first_run_does_not_come_into_the_results(study, undisturbed):
    output = study.parent / "out"
    partial = output / ".clinical.partial"
    (output / "clinical").rename(partial)
    (partial / "traits" / "killed.tsv").write_text("half a line")
    run_traits(study)
    assert files(output / "clinical") == undisturbed
    assert not partial.exists()
