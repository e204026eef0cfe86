"""Prepare a study for the cloud: check it here, say what it will cost, put together what Dataproc is asked for.

Whatever is asked for carries the run's own id, so that two who submit the same study at once get one run, and a
request whose answer was lost can be made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml
from google.cloud import dataproc_v1 as dp

from infra.dataproc.estimate import Estimate, estimate
from infra.dataproc.memory import check_driver
from infra.dataproc.plan import ClusterPlan, Hardware, RunFiles, RunPlan
from infra.dataproc.requests import job_request, workflow_request
from infra.dataproc.service import Dataproc
from infra.dataproc.templates import plain_values
from infra.provenance import Fingerprint, fingerprint
from infra.storage import Place
from jobs.check import CheckedStudy, check_study
from jobs.cloud_package import CodeFile, code_package, named
from jobs.cloud_plan import at_most, check_buckets, check_budget, cluster_plan, hardware_of
from jobs.cloud_runs import run_key
from jobs.cloud_study import cloud_of, submitted_study
from jobs.cloud_warm import check_warm_nodes, next_attempt, warm_cluster, warm_hardware
from jobs.pipeline import Pipeline
from jobs.study.cloud import Cloud
from jobs.study.file import read_study

Request = dp.InstantiateInlineWorkflowTemplateRequest | dp.SubmitJobRequest


@dataclass(frozen=True)
class Prepared:
    """A study that is ready to be submitted; nothing has been sent yet.

    Attributes
    ----------
    cloud
        Where it is to run.
    output
        The folder that it writes to.
    uploads
        What the bucket must have first, by place.
    request
        What Dataproc is asked for.
    run
        What identifies the run.
    expected
        Time and cost.
    cluster
        Its own cluster; None where one is there.
    """

    cloud: Cloud
    output: Place
    uploads: dict[str, bytes]
    request: Request
    run: str
    expected: Estimate
    cluster: ClusterPlan | None

    def describe(self) -> str:
        """Give the whole request as YAML, and what it is expected to take."""
        kind = type(self.request).__name__
        request = yaml.safe_dump({kind: plain_values(self.request)}, sort_keys=False, width=118)
        limit = f"limit: the cluster ends after {self.cluster.life_seconds / 3600:.1f} h" if self.cluster else ""
        return "\n".join(part for part in (request, str(self.expected), limit) if part)


def prepare(path: Place, cluster: str | None = None, service: Dataproc | None = None) -> Prepared:
    """Check a study and put its request together.

    Parameters
    ----------
    path
        The study file.
    cluster
        The name of a cluster that is there; None makes one for the study.
    service
        Dataproc; asked about a cluster that is there, and about an autoscaling policy.

    Raises
    ------
    InputError, ExceptionGroup
        If the study or its inputs can't be used, are not in a bucket, or would cost too much.
    """
    settings = read_study(path)
    cloud = cloud_of(settings, path)
    study = submitted_study(settings, path)
    service = service or Dataproc(cloud.project, cloud.region)
    there = warm_cluster(service, cluster) if cluster else None
    hardware = warm_hardware(there) if there is not None else hardware_of(cloud)
    policy = there.config.autoscaling_config.policy_uri if there is not None else cloud.autoscaling_policy
    checked = check_study(path)
    check_buckets(cloud, (checked.output, *checked.vcfs))
    expected = _expected(checked, hardware, at_most(hardware, policy, service), cloud)
    package = code_package()
    run = run_key(_without_place(study), package.name, input_fingerprints(checked))
    uploads = _uploads(cloud, package, study)
    plan = RunPlan(
        cloud.project,
        cloud.region,
        run,
        _files(cloud, list(uploads)),
        cloud.requester_pays_project,
        dict(cloud.labels),
    )
    own = None
    request: Request
    if there is not None:
        check_warm_nodes(there, plan.files.requirements)
        check_budget(cloud, expected)
        request = job_request(there.cluster_name, hardware, plan, next_attempt(service, run))
    else:
        own = cluster_plan(cloud, hardware, expected)
        request = workflow_request(own, plan)
    return Prepared(cloud, checked.output, uploads, request, run, expected, own)


def input_fingerprints(checked: CheckedStudy) -> list[Fingerprint]:
    """Fingerprint all that the stages of a study read, as its bucket knows it."""
    return [one for stage in Pipeline(checked, 1).stages() for one in stage.inputs]


def _expected(checked: CheckedStudy, hardware: Hardware, most: Hardware, cloud: Cloud) -> Estimate:
    size = sum(fingerprint(vcf).size for vcf in checked.vcfs)
    samples = len(checked.summary.samples)
    expected = estimate(size, samples, hardware, cloud.region, most)
    check_driver(hardware.driver, samples, expected.calls / max(1, samples))
    return expected


def _without_place(study: bytes) -> bytes:
    """Leave out where and on how much a study runs, which changes no result."""
    settings: dict[str, Any] = yaml.safe_load(study)
    kept = {name: one for name, one in settings.items() if name not in ("cloud", "compute")}
    return yaml.safe_dump(kept, sort_keys=True).encode()


def _uploads(cloud: Cloud, package: CodeFile, study: bytes) -> dict[str, bytes]:
    """Give what a run needs in the bucket, named by content: main program, code, init action, pins, study."""
    of_infra = resources.files("infra.dataproc")
    code = (
        named("main", "py", resources.files("jobs").joinpath("cloud_main.py").read_bytes()),
        package,
        named("init", "sh", of_infra.joinpath("init_action.sh").read_bytes()),
        named("requirements", "txt", of_infra.joinpath("requirements.txt").read_bytes()),
    )
    folder = f"gs://{cloud.bucket}/progex"
    own = named("study", "yaml", study)
    return {f"{folder}/code/{one.name}": one.content for one in code} | {f"{folder}/studies/{own.name}": own.content}


def _files(cloud: Cloud, names: list[str]) -> RunFiles:
    main, code, init, requirements, study = names
    return RunFiles(main, code, study, init, requirements, cloud.wheels)
