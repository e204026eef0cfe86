"""The section `cloud` of the study file: where a study runs when it is submitted, and what it may cost."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from jobs.study.section import Section

LabelKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
LabelValue = Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,63}$")]
Tag = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]


class Cloud(Section):
    """Where a submitted study runs; nothing of it changes results."""

    project: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9.:-]{4,61}[a-z0-9]$", description="the Google Cloud project")
    ]
    region: Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+[0-9]+$", description="a region, such as europe-west1")]
    bucket: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$",
            description="a bucket's name, without gs://, for code, logs and records",
        ),
    ]
    temp_bucket: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$",
            description="a bucket that deletes what is a week old, for temporary files of Dataproc; null: the same",
        ),
    ] = None
    service_account: Annotated[
        str,
        Field(
            pattern=r"^[^@\s]+@[^@\s]+$", description="the address of a service account, whose rights the nodes have"
        ),
    ]
    driver_machine: Annotated[str, Field(description="machine type of the driver")] = "n2-highmem-4"
    worker_machine: Annotated[str, Field(description="machine type of the workers")] = "n2-standard-8"
    workers: Annotated[int, Field(ge=2, le=1000, description="plain workers")] = 2
    spot_workers: Annotated[
        int, Field(ge=0, le=1000, description="cheaper workers that may be taken away; no result is lost with one")
    ] = 0
    autoscaling_policy: Annotated[
        str | None,
        Field(description="a policy's full name; what it lets the cluster grow to is what max_cost counts"),
    ] = None
    subnet: Annotated[
        str | None, Field(description="a subnet with Private Google Access; null: the default network's")
    ] = None
    zone: Annotated[str | None, Field(description="a zone; null: where there is room")] = None
    tags: Annotated[list[Tag], Field(description="network tags, for firewall rules")] = []
    labels: Annotated[
        dict[LabelKey, LabelValue], Field(description="labels of clusters and jobs, for bills; nothing of the study")
    ] = {}
    max_cost: Annotated[
        float,
        Field(
            gt=0, description="US dollars; what is estimated to cost more is refused, and no cluster may cost more"
        ),
    ] = 50.0
    max_hours: Annotated[float, Field(ge=0.5, le=24, description="the longest that a cluster may live")] = 12.0
    idle_minutes: Annotated[int, Field(ge=5, le=1440, description="a cluster without a job ends after so long")] = 15
    requester_pays_project: Annotated[
        str | None, Field(description="the project that is billed for reading from buckets whose readers pay")
    ] = None
    kms_key: Annotated[str | None, Field(description="full name of a key for disks and new objects")] = None
    wheels: Annotated[
        str | None,
        Field(pattern=r"^gs://", description="a gs:// folder of packages, for nodes without a way to PyPI"),
    ] = None
