"""A Dataproc on loopback: gRPC services built from the real client's own message types, for the real client to call.

It keeps what a client relies on: unknown fields are refused, a request id keeps one workflow, a job id is taken once,
clusters end at their limits, a workflow's cluster is deleted however the workflow ends. Faults are scripted by
method: `server.fail("GetJob", grpc.StatusCode.UNAVAILABLE, times=3)`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
from google.cloud import dataproc_v1 as dp
from google.longrunning import operations_pb2, operations_pb2_grpc
from google.protobuf import empty_pb2, unknown_fields
from google.protobuf.message import Message

from tests.cloud.dataproc_server_clusters import Clock, Clusters, RefusalError
from tests.cloud.dataproc_server_jobs import Jobs, Runner, Store
from tests.cloud.dataproc_server_workflows import Operations, Workflows, plain

PACKAGE = "google.cloud.dataproc.v1"


class DataprocServer(operations_pb2_grpc.OperationsServicer):
    """One project and region of Dataproc.

    Parameters
    ----------
    runner
        Does the jobs.
    store
        Takes what drivers print, by the gs:// name of the object.
    """

    def __init__(self, runner: Runner, store: Store = lambda name, content: None) -> None:
        self.clock = Clock()
        self.clusters = Clusters(self.clock)
        self.jobs = Jobs(self.clusters, runner, store)
        self.clusters.on_delete = self.jobs.end_all_on
        self.operations = Operations()
        self.workflows = Workflows(self.clusters, self.jobs, self.operations)
        # What a test wants done once while a method is called, before the server answers.
        self.before: dict[str, Callable[[], object]] = {}
        self.policies: dict[str, dp.AutoscalingPolicy] = {}
        self.calls: list[tuple[str, Any]] = []
        self._faults: dict[str, list[tuple[grpc.StatusCode, str]]] = {}
        self._lost: dict[str, int] = {}
        self._submitted: dict[str, dp.Job] = {}
        self._lock = threading.RLock()

    def fail(self, method: str, code: grpc.StatusCode, message: str = "injected", *, times: int = 1) -> None:
        """Let the next calls of a method fail."""
        self._faults.setdefault(method, []).extend([(code, message)] * times)

    def lose_answer(self, method: str, times: int = 1) -> None:
        """Let the next calls of a method do their work, and fail all the same."""
        self._lost[method] = self._lost.get(method, 0) + times

    def called(self, method: str) -> list[Any]:
        """Give the requests of a method, in order."""
        return [request for name, request in self.calls if name == method]

    # Long-running operations ------------------------------------------------------------------------------------

    def GetOperation(self, request: Any, context: grpc.ServicerContext) -> operations_pb2.Operation:
        return self._answer("GetOperation", request, context, lambda: self.workflows.fresh(request.name))

    def CancelOperation(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        def cancel() -> empty_pb2.Empty:
            if not self.operations.get(request.name).done:
                self.operations.cancels[request.name]()
            return empty_pb2.Empty()

        return self._answer("CancelOperation", request, context, cancel)

    # Workflows --------------------------------------------------------------------------------------------------

    def instantiate_inline(self, request: dp.InstantiateInlineWorkflowTemplateRequest) -> operations_pb2.Operation:
        return self.operations.get(self.workflows.instantiate(request))

    # Jobs -------------------------------------------------------------------------------------------------------

    def submit_job(self, request: dp.SubmitJobRequest) -> dp.Job:
        if request.request_id in self._submitted:
            return self._submitted[request.request_id]
        job = self.jobs.submit(request.job)
        if request.request_id:
            self._submitted[request.request_id] = job
        threading.Thread(target=self.jobs.run, args=(job,), daemon=True).start()
        return job

    def get_job(self, request: dp.GetJobRequest) -> dp.Job:
        return self.jobs.get(request.job_id)

    def cancel_job(self, request: dp.CancelJobRequest) -> dp.Job:
        return self.jobs.cancel(request.job_id)

    def list_jobs(self, request: dp.ListJobsRequest) -> dp.ListJobsResponse:
        return dp.ListJobsResponse(jobs=self.jobs.listed(request.cluster_name, request.filter))

    # Clusters ---------------------------------------------------------------------------------------------------

    def create_cluster(self, request: dp.CreateClusterRequest) -> operations_pb2.Operation:
        parent = f"projects/{request.project_id}/regions/{request.region}"
        made = self.clusters.create(request.cluster)
        return self._at_once(parent, made, made.cluster_name)

    def get_cluster(self, request: dp.GetClusterRequest) -> dp.Cluster:
        return self.clusters.get(request.cluster_name)

    def list_clusters(self, request: dp.ListClustersRequest) -> dp.ListClustersResponse:
        return dp.ListClustersResponse(clusters=self.clusters.listed(request.filter))

    def get_autoscaling_policy(self, request: dp.GetAutoscalingPolicyRequest) -> dp.AutoscalingPolicy:
        if request.name not in self.policies:
            raise RefusalError(grpc.StatusCode.NOT_FOUND, f"no policy {request.name}")
        return self.policies[request.name]

    def delete_cluster(self, request: dp.DeleteClusterRequest) -> operations_pb2.Operation:
        parent = f"projects/{request.project_id}/regions/{request.region}"
        self.clusters.delete(request.cluster_name)
        return self._at_once(parent, empty_pb2.Empty(), request.cluster_name)

    def _at_once(self, parent: str, answer: object, cluster: str) -> operations_pb2.Operation:
        metadata = dp.ClusterOperationMetadata(cluster_name=cluster)
        name = self.operations.begin(parent, metadata, lambda: plain(answer), lambda: None)
        return self.operations.get(name)

    # Plumbing ---------------------------------------------------------------------------------------------------

    def start(self) -> DataprocServer:
        """Listen on a free port of loopback."""
        operation = operations_pb2.Operation
        server = grpc.server(futures.ThreadPoolExecutor(8))
        services: dict[str, dict[str, tuple[Callable[..., Any], Any, Any]]] = {
            "WorkflowTemplateService": {
                "InstantiateInlineWorkflowTemplate": (
                    self.instantiate_inline,
                    dp.InstantiateInlineWorkflowTemplateRequest,
                    operation,
                )
            },
            "JobController": {
                "SubmitJob": (self.submit_job, dp.SubmitJobRequest, dp.Job),
                "GetJob": (self.get_job, dp.GetJobRequest, dp.Job),
                "ListJobs": (self.list_jobs, dp.ListJobsRequest, dp.ListJobsResponse),
                "CancelJob": (self.cancel_job, dp.CancelJobRequest, dp.Job),
            },
            "ClusterController": {
                "CreateCluster": (self.create_cluster, dp.CreateClusterRequest, operation),
                "GetCluster": (self.get_cluster, dp.GetClusterRequest, dp.Cluster),
                "ListClusters": (self.list_clusters, dp.ListClustersRequest, dp.ListClustersResponse),
                "DeleteCluster": (self.delete_cluster, dp.DeleteClusterRequest, operation),
            },
        }
        services["AutoscalingPolicyService"] = {
            "GetAutoscalingPolicy": (
                self.get_autoscaling_policy,
                dp.GetAutoscalingPolicyRequest,
                dp.AutoscalingPolicy,
            )
        }
        for service, methods in services.items():
            handlers = {name: self._handler(name, *one) for name, one in methods.items()}
            generic = grpc.method_handlers_generic_handler(f"{PACKAGE}.{service}", handlers)
            server.add_generic_rpc_handlers((generic,))
        operations_pb2_grpc.add_OperationsServicer_to_server(self, server)
        self.port = server.add_insecure_port("127.0.0.1:0")
        self._server = server
        server.start()
        return self

    def stop(self) -> None:
        """End all jobs and stop listening."""
        self.jobs.end_all()
        self._server.stop(None)

    def _handler(self, name: str, answer: Callable[..., Any], request: Any, response: Any) -> grpc.RpcMethodHandler:
        def handle(message: Any, context: grpc.ServicerContext) -> Any:
            return self._answer(name, message, context, lambda: answer(message))

        return grpc.unary_unary_rpc_method_handler(
            handle, request_deserializer=request.deserialize, response_serializer=_serialize(response)
        )

    def _answer(self, name: str, request: Any, context: grpc.ServicerContext, work: Callable[[], Any]) -> Any:
        if first := self.before.pop(name, None):
            first()
        with self._lock:
            self.calls.append((name, request))
            if faults := self._faults.get(name):
                context.abort(*faults.pop(0))
            if unknown := unknown_places(plain(request)):
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"unknown fields in {', '.join(unknown)}")
            self.clusters.end_overdue()
            try:
                answer = work()
            except RefusalError as refusal:
                context.abort(refusal.code, refusal.message)
            if self._lost.get(name):
                self._lost[name] -= 1
                context.abort(grpc.StatusCode.UNAVAILABLE, "connection lost")
            return answer


def _serialize(response: Any) -> Callable[[Any], bytes]:
    if hasattr(response, "serialize"):
        return lambda message: response.serialize(message)
    return lambda message: message.SerializeToString()


def unknown_places(message: Message, place: str = "") -> list[str]:
    """Name the messages that hold fields which the client's own types don't know."""
    here = place or message.DESCRIPTOR.name
    found = [here] if len(unknown_fields.UnknownFieldSet(message)) else []
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        repeated = not isinstance(value, Message)
        if repeated and field.message_type.GetOptions().map_entry:
            continue
        for one in value if repeated else [value]:
            found += unknown_places(one, f"{here}.{field.name}")
    return found
