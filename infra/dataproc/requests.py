"""Requests: what is asked of Dataproc for a run, built from the templates."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from google.cloud import dataproc_v1 as dp

from infra.dataproc.memory import driver_java_mib, worker_memory
from infra.dataproc.plan import ClusterPlan, Hardware, RunPlan
from infra.dataproc.templates import message_from, read_template

# By these labels runs are found again, and what was left behind.
MADE_BY, MADE_AS = "progex", "run"
RUN = "progex-run"

# A workflow may take from ten minutes to a day; a cluster is made before, and has its own limit.
SHORTEST_WORK, LONGEST_WORK = 600, 86_400


def labels_of(run: RunPlan) -> dict[str, str]:
    """Give the labels of a run's cluster and jobs; they hold nothing of the study but its digest."""
    return run.labels | {MADE_BY: MADE_AS, RUN: run.run}


def cluster_config(cluster: ClusterPlan, run: RunPlan) -> dict[str, Any]:
    """Give the settings of a run's own cluster."""
    hardware, files = cluster.hardware, run.files
    return read_template(
        "cluster",
        {
            "bucket": cluster.bucket,
            "temp_bucket": cluster.temp_bucket or cluster.bucket,
            "subnet": cluster.subnet,
            "zone": cluster.zone,
            "service_account": cluster.service_account,
            "tags": list(cluster.tags),
            "requirements": files.requirements,
            "wheels": files.wheels,
            "init_action": files.init_action,
            "driver_machine": hardware.driver.name,
            "worker_machine": hardware.worker.name,
            "workers": hardware.workers,
            "spot_workers": hardware.spot_workers,
            "yarn_mib": str(worker_memory(hardware.worker).yarn_mib),
            "kms_key": cluster.kms_key,
            "autoscaling_policy": cluster.autoscaling_policy,
            "idle_limit": f"{cluster.idle_seconds}s",
            "life_limit": f"{cluster.life_seconds}s",
        },
    )


def spark_job(hardware: Hardware, run: RunPlan) -> dict[str, Any]:
    """Give a run's job for machines of these types."""
    memory = worker_memory(hardware.worker)
    pays = run.requester_pays_project
    return read_template(
        "job",
        {
            "main": run.files.main,
            "code": run.files.code,
            "study": run.files.study,
            "driver_java": f"{driver_java_mib(hardware.driver)}m",
            "run": run.run,
            "workers": str(hardware.workers + hardware.spot_workers),
            "executors": str(memory.executors * (hardware.workers + hardware.spot_workers)),
            "executor_cores": str(memory.executor_cores),
            "executor_java": f"{memory.java_mib}m",
            "executor_python": f"{memory.python_mib}m",
            "off_heap_per_core": str(memory.python_mib // memory.executor_cores),
            # Compiled kernels belong to the code that they were compiled from.
            "kernels": f"/var/tmp/{PurePosixPath(run.files.code).stem}-kernels",
            "requester_pays_mode": "AUTO" if pays else None,
            "requester_pays_project": pays,
        },
    )


def workflow_request(cluster: ClusterPlan, run: RunPlan) -> dp.InstantiateInlineWorkflowTemplateRequest:
    """Give the request for a run on a cluster of its own; its id keeps a second one from running beside it."""
    template = read_template(
        "workflow",
        {
            "labels": labels_of(run),
            "cluster": cluster_config(cluster, run),
            "job": spark_job(cluster.hardware, run),
            "work_limit": f"{min(max(cluster.life_seconds, SHORTEST_WORK), LONGEST_WORK)}s",
        },
    )
    return dp.InstantiateInlineWorkflowTemplateRequest(
        parent=run.parent, template=message_from(dp.WorkflowTemplate, template), request_id=f"progex-{run.run}"
    )


def job_request(cluster: str, hardware: Hardware, run: RunPlan, attempt: int) -> dp.SubmitJobRequest:
    """Give the request for a run on a cluster that is there; a job id is taken once, so that it runs once."""
    job = {
        "reference": {"project_id": run.project, "job_id": f"progex-{run.run}-{attempt}"},
        "placement": {"cluster_name": cluster},
        "labels": labels_of(run),
        "pyspark_job": spark_job(hardware, run),
    }
    return dp.SubmitJobRequest(project_id=run.project, region=run.region, job=message_from(dp.Job, job))
