"""A live view for a terminal: log lines scroll above a bar that shows where the run is."""

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn
from rich.text import Span, Text

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
        # The words have lines of their own: beside them, 80 columns leave no room for the bar.
        self._words = Text("Starting", style="bold")
        self._progress = Progress(SpinnerColumn(), BarColumn(), console=self._console)
        self._task = self._progress.add_task("", total=None)
        self._live = Live(Group(self._words, self._progress), console=self._console, transient=True)
        self._live.start()

    def say(self, text: str) -> None:
        """Print a line of the launcher's own, set off from the log."""
        self._console.print(Text(f"[rl] {text}", style="cyan"), soft_wrap=True)

    def log(self, host: str, line: str) -> None:
        """Print a line of the training job's log."""
        self._console.print(Text(f"{host} | {line}" if host else line), soft_wrap=True)

    def status(self, name: str, detail: str) -> None:
        """Print the status and put it above the bar."""
        self.say(f"{name} {detail}")
        self._tell(name)

    def still(self, snapshot: Snapshot) -> None:
        """Move the bar."""
        self._tell(snapshot.status, snapshot.words)
        self._progress.update(
            self._task,
            completed=snapshot.share or 0.0,
            total=None if snapshot.share is None else 1.0,
        )

    def flush(self) -> None:
        """Do nothing: rich writes at once."""

    def close(self) -> None:
        """Take the bar away and give the cursor back."""
        self._live.stop()

    def _tell(self, status: str, words: str = "") -> None:
        self._words.plain = f"{status}  {words}".rstrip()
        self._words.spans = [Span(len(status), len(self._words.plain), "not bold")]
