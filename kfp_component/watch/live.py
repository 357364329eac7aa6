"""A live view for a terminal: log lines scroll above a bar that shows where the run is."""

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from kfp_component.watch.progress import Snapshot, newest


class LiveView:
    """Draws with rich, on standard output.

    The bar is the run's time against the job's ``max_run``; it pulses while that is not known.

    Args:
        console: Where to draw; rich's own choice unless a test says otherwise.
    """

    heartbeat_seconds = 1.0

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("Starting", total=None, note="")
        self._progress.start()

    def say(self, text: str) -> None:
        """Prints a line of the launcher's own, set off from the log."""
        self._console.print(Text(f"[rl] {text}", style="cyan"), soft_wrap=True)

    def log(self, host: str, line: str) -> None:
        """Prints a line of the training job's log."""
        self._console.print(Text(f"{host} | {line}" if host else line), soft_wrap=True)

    def status(self, name: str, detail: str) -> None:
        """Prints the status and puts it before the bar."""
        self.say(f"{name} {detail}")
        self._progress.update(self._task, description=name)

    def still(self, snapshot: Snapshot) -> None:
        """Moves the bar."""
        note = f"{snapshot.lines} lines{newest(snapshot.metrics)}"
        self._progress.update(
            self._task,
            description=snapshot.status,
            completed=min(snapshot.age, snapshot.limit),
            total=snapshot.limit or None,
            note=note,
        )

    def flush(self) -> None:
        """Does nothing: rich writes at once."""

    def close(self) -> None:
        """Takes the bar away and gives the cursor back."""
        self._progress.stop()
