"""A live view for a terminal: log lines scroll above a bar that shows where the run is."""

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from kfp_component.watch.progress import Snapshot


class LiveView:
    """Draws with rich, on standard output.

    The bar is the script's own count of its steps; it pulses while the script tells none.

    Args:
        console: Where to draw; rich's own choice unless a test says otherwise.
    """

    heartbeat_seconds = 1.0

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", style="bold", markup=False),
            BarColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("Starting", total=None, note="")
        self._progress.start()

    def say(self, text: str) -> None:
        """Print a line of the launcher's own, set off from the log."""
        self._console.print(Text(f"[rl] {text}", style="cyan"), soft_wrap=True)

    def log(self, host: str, line: str) -> None:
        """Print a line of the training job's log."""
        self._console.print(Text(f"{host} | {line}" if host else line), soft_wrap=True)

    def status(self, name: str, detail: str) -> None:
        """Print the status and put it before the bar."""
        self.say(f"{name} {detail}")
        self._progress.update(self._task, description=name)

    def still(self, snapshot: Snapshot) -> None:
        """Move the bar."""
        self._progress.update(
            self._task,
            description=snapshot.status,
            completed=snapshot.share or 0.0,
            total=None if snapshot.share is None else 1.0,
            note=snapshot.words,
        )

    def flush(self) -> None:
        """Do nothing: rich writes at once."""

    def close(self) -> None:
        """Take the bar away and give the cursor back."""
        self._progress.stop()
