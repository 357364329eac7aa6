"""Where a run on the backend ends before a container does."""


class BackendError(Exception):
    """The backend refused or failed; the message is close to its own."""


class RunRefused(BackendError):
    """The API server did not accept the run."""


class DriverFailed(BackendError):
    """The driver of a task failed: no pod was ever started for it."""


class LauncherFailed(BackendError):
    """The launcher in the pod failed before or after the user's command."""


class PodFailed(BackendError):
    """The user's command failed; raise it from the function that runs pods."""


class ParameterNull(DriverFailed):
    """An input resolved to null (driver/resolve.go: ErrResolvedParameterNull)."""
