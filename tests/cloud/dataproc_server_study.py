"""A small study in the bucket `lab`, ready to be submitted."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud import dataproc_v1 as dp
from typer.testing import CliRunner, Result

from infra import storage
from jobs import submit_follow
from jobs.cli import app
from jobs.cloud_package import named
from jobs.simulate_cohort import simulate_cohort
from jobs.study.file import StudyLoader
from tests.cloud.dataproc_server import DataprocServer
from tests.cloud.dataproc_server_fixture import PROJECT, REGION, until

PINNED = named(
    "requirements", "txt", resources.files("infra.dataproc").joinpath("requirements.txt").read_bytes()
).name
CLOUD = {
    "project": PROJECT,
    "region": REGION,
    "bucket": "lab",
    "service_account": f"runner@{PROJECT}.iam.gserviceaccount.com",
    "spot_workers": 4,
    "tags": ["no-way-in"],
    "labels": {"team": "als"},
}


class CloudStudy:
    """A study file on this machine, whose inputs and output are in the bucket."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def set(self, **sections: Any) -> None:
        """Change settings: a mapping is merged into its section, anything else takes the setting's place."""
        settings = yaml.load(self.path.read_text(), Loader=StudyLoader)
        for name, value in sections.items():
            both = isinstance(value, dict) and isinstance(settings.get(name), dict)
            settings[name] = settings[name] | value if both else value
        self.path.write_text(yaml.safe_dump(settings, sort_keys=False))

    def progex(self, command: str, *options: str, answer: str | None = None) -> Result:
        """Call a command with this study."""
        return CliRunner().invoke(app, [command, str(self.path), *options], input=answer)


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty patients and twelve genes; don't change it."""
    folder = tmp_path_factory.mktemp("cloud") / "cohort"
    simulate_cohort(folder, samples=40, genes=12, seed=1)
    return folder


@pytest.fixture
def cloud_study(cohort: Path, dataproc: DataprocServer, tmp_path: Path) -> CloudStudy:
    """Give a study whose cohort lies in the bucket."""
    storage.use_buckets(storage.BucketSettings(patience=5, first_wait=0.01))
    storage.put(cohort, storage.place("gs://lab/cohort"), leave_out=("truth",))
    settings = yaml.load((cohort / "study.yaml").read_text(), Loader=StudyLoader)
    for section in ("participants", "visits"):
        settings[section]["path"] = f"gs://lab/cohort/{settings[section]['path']}"
    settings["genotypes"]["vcfs"] = ["gs://lab/cohort/vcf/chr1.vcf.gz"]
    settings["output"] = "gs://lab/out"
    study = CloudStudy(tmp_path / "study.yaml")
    study.path.write_text(yaml.safe_dump(settings | {"cloud": CLOUD}, sort_keys=False))
    return study


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often: here nothing takes long."""
    monkeypatch.setattr(submit_follow.follow, "__kwdefaults__", {"pause": 0.05})
    monkeypatch.setattr("jobs.cloud_status.cancel.__kwdefaults__", {"pause": 0.05})


def finish(dataproc: DataprocServer) -> None:
    """Wait until all workflows have ended."""
    until(lambda: all(one.done for one in dataproc.operations.there.values()))


def warm(dataproc: DataprocServer, name: str = "warm", requirements: str = PINNED, **limits: bool) -> dp.Cluster:
    """Make a cluster that is there before any study: set up as pinned, with an end of its own."""
    limits = dp.LifecycleConfig({ending: {"seconds": 3600} for ending in limits or ("auto_delete_ttl",)})
    group = dp.InstanceGroupConfig(num_instances=2, machine_type_uri="https://x/zones/b/machineTypes/n2-standard-8")
    config = dp.ClusterConfig(config_bucket="lab", lifecycle_config=limits, master_config=group, worker_config=group)
    config.gce_cluster_config.metadata = {"progex-requirements": f"gs://else/{requirements}"} if requirements else {}
    return dataproc.clusters.create(dp.Cluster(cluster_name=name, config=config))
