"""The workflows of the loopback Dataproc: a cluster is made, jobs run in order, the cluster is deleted whatever came.

A workflow is a long-running operation. Its request id keeps a second workflow from running beside the first: as long
as that runs, the same request gets its operation.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc
from google.cloud import dataproc_v1 as dp
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2
from google.protobuf.message import Message

from tests.cloud.dataproc_server_clusters import Clusters, RefusalError, check_labels, check_lifecycle
from tests.cloud.dataproc_server_jobs import Jobs

Node = dp.WorkflowNode.NodeState
LONGEST_REQUEST_ID = 40


class CancelledError(Exception):
    """The operation was cancelled by its owner."""


@dataclass
class Operations:
    """The long-running operations."""

    there: dict[str, operations_pb2.Operation] = field(default_factory=dict)
    cancels: dict[str, Callable[[], None]] = field(default_factory=dict)

    def begin(self, parent: str, metadata: object, work: Callable[[], Message], cancel: Callable[[], None]) -> str:
        """Start `work` in a thread of its own; its result, or its failure, is the operation's."""
        name = f"{parent}/operations/{uuid.uuid4()}"
        operation = operations_pb2.Operation(name=name)
        operation.metadata.Pack(plain(metadata))
        self.there[name], self.cancels[name] = operation, cancel

        def run() -> None:
            answer = operations_pb2.Operation(name=name, done=True)
            try:
                answer.response.Pack(work())
            except CancelledError as stop:
                answer.error.code, answer.error.message = grpc.StatusCode.CANCELLED.value[0], str(stop)
            except RefusalError as refusal:
                answer.error.code, answer.error.message = refusal.code.value[0], refusal.message
            answer.metadata.Pack(plain(metadata))
            self.there[name] = answer

        threading.Thread(target=run, daemon=True).start()
        return name

    def get(self, name: str) -> operations_pb2.Operation:
        if name not in self.there:
            raise RefusalError(grpc.StatusCode.NOT_FOUND, f"no operation {name}")
        return self.there[name]


@dataclass
class Workflows:
    """The workflows of one project and region."""

    clusters: Clusters
    jobs: Jobs
    operations: Operations
    running: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, dp.WorkflowMetadata] = field(default_factory=dict)

    def instantiate(self, request: dp.InstantiateInlineWorkflowTemplateRequest) -> str:
        """Begin a workflow, or give the one that runs with the same request id; gives the operation's name."""
        template, tag = request.template, request.request_id
        if len(tag) > LONGEST_REQUEST_ID:
            raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, "request_id is longer than 40 characters")
        if tag in self.running and not self.operations.there[self.running[tag]].done:
            return self.running[tag]
        steps = [job.step_id for job in template.jobs]
        for job in template.jobs:
            if unknown := set(job.prerequisite_step_ids) - set(steps):
                raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, f"unknown prerequisite {unknown}")
        managed = template.placement.managed_cluster
        check_labels(managed.labels)
        check_lifecycle(managed.config)
        cluster = dp.Cluster(
            cluster_name=f"{managed.cluster_name}-{uuid.uuid4().hex[:12]}",
            project_id=request.parent.split("/")[1],
            config=managed.config,
            labels=dict(managed.labels) | {"goog-dataproc-cluster-name": managed.cluster_name},
        )
        metadata = self._metadata(template, cluster.cluster_name)
        stop = threading.Event()

        def cancel() -> None:
            stop.set()
            self.jobs.end_all_on(cluster.cluster_name)

        name = self.operations.begin(
            request.parent, metadata, lambda: self._work(template, cluster, metadata, stop), cancel
        )
        self.metadata[name] = metadata
        if tag:
            self.running[tag] = name
        return name

    def fresh(self, name: str) -> operations_pb2.Operation:
        """Give an operation as it stands now."""
        operation = self.operations.get(name)
        if not operation.done and name in self.metadata:
            operation.metadata.Pack(plain(self.metadata[name]))
        return operation

    def _metadata(self, template: dp.WorkflowTemplate, cluster: str) -> dp.WorkflowMetadata:
        nodes = [
            dp.WorkflowNode(step_id=job.step_id, prerequisite_step_ids=job.prerequisite_step_ids, state=Node.BLOCKED)
            for job in template.jobs
        ]
        return dp.WorkflowMetadata(
            graph=dp.WorkflowGraph(nodes=nodes), state=dp.WorkflowMetadata.State.PENDING, cluster_name=cluster
        )

    def _work(
        self, template: dp.WorkflowTemplate, cluster: dp.Cluster, metadata: dp.WorkflowMetadata, stop: threading.Event
    ) -> Message:
        name = cluster.cluster_name
        try:
            made = self.clusters.create(cluster)
            self._wait_for(made, stop)
            if made.status.state == dp.ClusterStatus.State.ERROR:
                raise RefusalError(grpc.StatusCode.FAILED_PRECONDITION, f"cluster {name}: {made.status.detail}")
            metadata.state = dp.WorkflowMetadata.State.RUNNING
            self._steps(template, name, metadata, stop)
        finally:
            if name in self.clusters.there:
                self.clusters.delete(name, "workflow ended")
            metadata.state = dp.WorkflowMetadata.State.DONE
        return empty_pb2.Empty()

    def _wait_for(self, cluster: dp.Cluster, stop: threading.Event) -> None:
        """Wait until a cluster is up; it may be deleted meanwhile."""
        while cluster.status.state == dp.ClusterStatus.State.CREATING:
            if stop.is_set():
                raise CancelledError("the workflow was cancelled")
            if cluster.cluster_name not in self.clusters.there:
                raise RefusalError(grpc.StatusCode.FAILED_PRECONDITION, f"cluster {cluster.cluster_name} was deleted")
            if self.clusters.gate is None or self.clusters.gate.wait(0.02):
                self.clusters.come_up(cluster)

    def _steps(
        self, template: dp.WorkflowTemplate, cluster: str, metadata: dp.WorkflowMetadata, stop: threading.Event
    ) -> None:
        for ordered, node in zip(template.jobs, metadata.graph.nodes, strict=True):
            if stop.is_set():
                raise CancelledError("the workflow was cancelled")
            job = self.jobs.submit(
                dp.Job(
                    reference=dp.JobReference(job_id=f"{ordered.step_id}-{uuid.uuid4().hex[:13]}"),
                    placement=dp.JobPlacement(cluster_name=cluster),
                    labels=dict(ordered.labels),
                    pyspark_job=ordered.pyspark_job,
                )
            )
            node.job_id, node.state = job.reference.job_id, Node.RUNNING
            if not self.jobs.run(job):
                node.state, node.error = Node.FAILED, job.status.details
                if stop.is_set():
                    raise CancelledError("the workflow was cancelled")
                raise RefusalError(
                    grpc.StatusCode.FAILED_PRECONDITION, f"step {ordered.step_id}: {job.status.details}"
                )
            node.state = Node.COMPLETED


def plain(message: object) -> Message:
    """Give the protocol buffer below a message of the client."""
    return type(message).pb(message) if hasattr(type(message), "pb") else message
