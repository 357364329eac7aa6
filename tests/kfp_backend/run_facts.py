"""What is true of a whole run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RunFacts:
    """The names and times of a run.

    Attributes:
        pipeline: `pipelineInfo.name`; where the API server knows the pipeline, its resource name.
        run_id: The run's UUID.
        resource_name: The Argo workflow's name.
        display_name: The run's name in the UI.
        created: When it was created, RFC 3339.
        scheduled: When a recurring run was due; otherwise the same (cmd/driver/main.go).
        root: The pipeline root that a person or the ConfigMap kfp-launcher names.
        publish_logs: Whether the step's log is an artifact; the backend's default.
    """

    pipeline: str
    run_id: str
    resource_name: str
    display_name: str
    created: str
    scheduled: str
    root: str
    publish_logs: bool = True

    @property
    def run_root(self) -> str:
        """Where the run's artifacts are (metadata/client.go: GetPipeline, GenerateOutputURI)."""
        return output_uri(self.root, self.pipeline, self.run_id, keep_query=True)


def output_uri(root: str, *parts: str, keep_query: bool = False) -> str:
    """metadata/client.go: GenerateOutputURI, a path below a root that may have a query."""
    root, _, query = root.partition("?")
    path = f"{root.rstrip('/')}/{'/'.join(parts)}"
    return f"{path}?{query}" if query and keep_query else path
