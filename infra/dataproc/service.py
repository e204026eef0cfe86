"""The calls to Dataproc, each tried again while that is safe, with what goes wrong told in the user's terms.

A request that makes something carries an id, so that trying it again makes nothing twice. `DATAPROC_EMULATOR_HOST`
names a server on this machine in place of Google's, as `STORAGE_EMULATOR_HOST` does for storage.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from uuid import uuid4

import grpc  # type: ignore[import-untyped]
from google.api_core import exceptions
from google.api_core.retry import Retry
from google.cloud import dataproc_v1 as dp

from infra.dataproc.faults import passes, told

EMULATOR = "DATAPROC_EMULATOR_HOST"
LOOPBACK = ("127.0.0.1", "localhost")
# What Dataproc answers when that is to be cancelled which has ended.
HAS_ENDED = (exceptions.FailedPrecondition, exceptions.NotFound)
Client = TypeVar("Client")


class Dataproc:
    """One project and region of Dataproc.

    Parameters
    ----------
    project, region
        Which.
    patience
        Seconds for which a call that fails for a passing reason is tried again.
    """

    def __init__(self, project: str, region: str, *, patience: float = 120.0) -> None:
        self.project, self.region = project, region
        # To make something may be refused for a quota, which does not pass; to read, only for asking too often.
        self._makes = _retry(
            patience, lambda error: passes(error) and not isinstance(error, exceptions.TooManyRequests)
        )
        self._reads = _retry(patience, passes)
        self._channel = _emulator_channel()
        self._clients: dict[type, Any] = {}

    @property
    def place(self) -> dict[str, str]:
        """Project and region, as requests want them."""
        return {"project_id": self.project, "region": self.region}

    def start_workflow(self, request: dp.InstantiateInlineWorkflowTemplateRequest) -> str:
        """Start a workflow, or find the one that runs with this request id; gives its operation's name."""
        client = self._client(dp.WorkflowTemplateServiceClient)
        with told("starting the cluster"):
            started = client.instantiate_inline_workflow_template(request=request, retry=self._makes, timeout=60)
        return str(started.operation.name)

    def operation(self, name: str) -> Any:
        """Give an operation as it stands; None if Dataproc has forgotten it."""
        client = self._client(dp.WorkflowTemplateServiceClient)
        with told("asking for the state"):
            try:
                return client.get_operation({"name": name}, retry=self._reads, timeout=60)
            except exceptions.NotFound:
                return None

    def cancel_operation(self, name: str) -> None:
        """Cancel a workflow: its job ends and its cluster is deleted; one that has ended just now is no error."""
        client = self._client(dp.WorkflowTemplateServiceClient)
        with told("cancelling the run"), suppress(*HAS_ENDED):
            client.cancel_operation({"name": name}, retry=self._reads, timeout=60)

    def submit_job(self, request: dp.SubmitJobRequest) -> bool:
        """Submit a job; False if somebody else has submitted one of the same id."""
        # The same for each try: what an answer was lost of is not taken for somebody else's.
        request.request_id = str(uuid4())
        with told("submitting the job"):
            try:
                self._client(dp.JobControllerClient).submit_job(request=request, retry=self._makes, timeout=60)
            except exceptions.AlreadyExists:
                return False
        return True

    def job(self, name: str) -> dp.Job | None:
        """Give a job; None if there is none of this id."""
        with told("asking for the job"):
            try:
                request = dp.GetJobRequest(job_id=name, **self.place)
                return self._client(dp.JobControllerClient).get_job(request=request, retry=self._reads, timeout=60)
            except exceptions.NotFound:
                return None

    def jobs_on(self, cluster: str) -> Sequence[dp.Job]:
        """Give the jobs of a cluster, whoever submitted them."""
        with told("listing jobs"):
            request = dp.ListJobsRequest(cluster_name=cluster, **self.place)
            client = self._client(dp.JobControllerClient)
            return list(client.list_jobs(request=request, retry=self._reads, timeout=60))

    def cancel_job(self, name: str) -> None:
        """Cancel a job; its cluster stays. One that has ended just now is no error."""
        with told("cancelling the job"), suppress(*HAS_ENDED):
            request = dp.CancelJobRequest(job_id=name, **self.place)
            self._client(dp.JobControllerClient).cancel_job(request=request, retry=self._reads, timeout=60)

    def cluster(self, name: str) -> dp.Cluster | None:
        """Give a cluster; None if there is none of this name."""
        with told("asking for the cluster"):
            try:
                request = dp.GetClusterRequest(cluster_name=name, **self.place)
                client = self._client(dp.ClusterControllerClient)
                return client.get_cluster(request=request, retry=self._reads, timeout=60)
            except exceptions.NotFound:
                return None

    def clusters(self, wanted: str) -> Sequence[dp.Cluster]:
        """Give the clusters that a filter names, such as `labels.progex = run`."""
        with told("listing clusters"):
            request = dp.ListClustersRequest(filter=wanted, **self.place)
            client = self._client(dp.ClusterControllerClient)
            return list(client.list_clusters(request=request, retry=self._reads, timeout=60))

    def policy(self, name: str) -> dp.AutoscalingPolicy:
        """Give an autoscaling policy by its full name."""
        with told("asking for the autoscaling policy"):
            client = self._client(dp.AutoscalingPolicyServiceClient)
            return client.get_autoscaling_policy(request={"name": name}, retry=self._reads, timeout=60)

    def delete_cluster(self, name: str) -> None:
        """Delete a cluster, with what runs on it; one that is gone already is no error."""
        with told(f"deleting cluster {name}"):
            try:
                request = dp.DeleteClusterRequest(cluster_name=name, **self.place)
                self._client(dp.ClusterControllerClient).delete_cluster(
                    request=request, retry=self._reads, timeout=60
                )
            except exceptions.NotFound:
                return

    def _client(self, kind: type[Client]) -> Client:
        if kind not in self._clients:
            with told("signing in"):
                self._clients[kind] = self._new(kind)
        client: Client = self._clients[kind]
        return client

    def _new(self, kind: Any) -> Any:
        if self._channel is not None:
            return kind(transport=kind.get_transport_class("grpc")(channel=self._channel))
        return kind(client_options={"api_endpoint": f"{self.region}-dataproc.googleapis.com:443"})


def _retry(patience: float, predicate: Callable[[Exception], bool]) -> Retry:
    return Retry(predicate=predicate, initial=min(1.0, patience / 20), maximum=20.0, timeout=patience)


def _emulator_channel() -> grpc.Channel | None:
    """Give a channel to the server that stands for Dataproc, where one is named; it must be on this machine."""
    address = os.environ.get(EMULATOR)
    if not address:
        return None
    if address.rpartition(":")[0] not in LOOPBACK:
        raise ValueError(f"{EMULATOR} must name a port of {' or '.join(LOOPBACK)}, found {address!r}")
    return grpc.insecure_channel(address)
