"""The local runner of pipelines: real processes, one kind of error, nothing left behind."""

import signal
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, Optional

import pytest
from kfp import dsl
from kfp.local import config

from kfp_component import LocalRunError, run_pipeline
from kfp_component.author.local.steps import without_executor_log


def test_executors_own_log_is_left_out() -> None:
    lines = [
        "[KFP Executor 2026-11-22 INFO]: Looking for component\n",
        "[KFP Executor 2026-11-22 INFO]: Got executor_input:\n",
        "{\n",
        '    "inputs": {\n',
        "    }\n",
        "}\n",
        "played 100 episodes\n",
        "\n",
        "[KFP Executor 2026-11-22 INFO]: Wrote executor output file\n",
    ]
    assert list(without_executor_log(lines)) == ["played 100 episodes"]


@dsl.container_component
def greet(name: str, greeting: dsl.OutputPath(str), times: Optional[int] = None):  # noqa: UP045 - KFP reads Optional
    script = (
        "import json, pathlib, sys; given = json.loads(sys.argv[2]); "
        "inputs = given['inputs']['parameterValues']; print(f'inputs: {sorted(inputs)}'); "
        "file = pathlib.Path(given['outputs']['parameters']['greeting']['outputFile']); "
        "file.parent.mkdir(parents=True, exist_ok=True); "
        "sys.exit(3) if inputs['name'] == 'nobody' else file.write_text('hello ' + inputs['name'])"
    )
    return dsl.ContainerSpec(
        image="registry/anything:1",
        command=["python3", "-c", script],
        args=["--executor_input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER],
    )


@dsl.component(base_image="python:3.12", install_kfp_package=False)
def shout(text: str) -> str:
    return text.upper()


@dsl.pipeline(name="greeting")
def greeting(name: str) -> str:
    return shout(text=greet(name=name).outputs["greeting"]).output


class Run:
    """A run of the greeting pipeline, and what was shown of it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.tasks: list[str] = []
        self.lines: list[str] = []

    def __call__(self, **arguments: str) -> dict[str, Any]:
        return run_pipeline(
            greeting,
            arguments,
            directory=self.directory,
            begin=self.tasks.append,
            show=self.lines.append,
        )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_runner_runs_container_components_and_python_components(run: Run) -> None:
    assert run(name="Ada") == {"Output": "HELLO ADA"}
    assert run.tasks == ["greet", "shout"]
    assert run.lines[:-1] == ["inputs: ['name']"], "an input that was left out is absent"


def test_runner_ends_with_the_first_task_that_fails(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LocalRunError, match="the step greet ended with exit code 3"):
        run(name="nobody")
    assert run.tasks == ["greet"]
    assert capsys.readouterr().out == ""


def test_runner_has_one_kind_of_error_and_gives_back_what_it_changed(run: Run) -> None:
    handler, instance = signal.getsignal(signal.SIGINT), config.LocalExecutionConfig.instance
    with pytest.raises(LocalRunError, match=r"the pipeline cannot be run here: .*name"):
        run()
    assert signal.getsignal(signal.SIGINT) is handler
    assert config.LocalExecutionConfig.instance is instance


def test_runner_needs_a_pipeline_and_its_inputs_only() -> None:
    assert run_pipeline(greeting, {"name": "Ada"}) == {"Output": "HELLO ADA"}


def test_what_steps_print_is_shown_by_print(capfd: pytest.CaptureFixture[str]) -> None:
    run_pipeline(greeting, {"name": "Ada"}, show=print)
    assert capfd.readouterr().out.startswith("inputs: ['name']\nOutputs: /")


def test_a_failure_that_was_not_shown_has_the_last_lines() -> None:
    with pytest.raises(LocalRunError) as raised:
        run_pipeline(greeting, {"name": "nobody"})
    said = "the step greet ended with exit code 3; its last lines:\ninputs: ['name']"
    assert str(raised.value) == said


@pytest.mark.parametrize("pipeline", [lambda: None, greeting.pipeline_func, "pipeline.yaml", None])
def test_what_is_no_pipeline_is_named(pipeline: Any) -> None:
    with pytest.raises(LocalRunError, match=r"the pipeline is .* decorated with dsl\.pipeline"):
        run_pipeline(pipeline, {"name": "Ada"})


@pytest.mark.parametrize("place", ["file", "file/below", "/dev/null/x"])
def test_a_place_that_is_no_directory_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(LocalRunError, match=f"the directory .*{place} cannot be used: .*directory"):
        run_pipeline(greeting, {"name": "Ada"}, directory=tmp_path / place)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_run_that_never_began_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "kept").mkdir()
    for directory in (None, tmp_path / "a" / "b", tmp_path / "kept"):
        with pytest.raises(LocalRunError, match="cannot be run here"):
            run_pipeline(greeting, {"x": 1}, directory=directory)
    assert list(tmp_path.rglob("*")) == [tmp_path / "kept"]


def test_a_run_that_began_keeps_what_its_steps_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(LocalRunError, match="greet"):
        run_pipeline(greeting, {"name": "nobody"})
    (place,) = tmp_path.iterdir()
    assert place.name.startswith("rl-pipeline-")
    assert any(place.glob("pipeline/*"))


def test_an_older_kfp_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfp.__version__", "2.12.2")
    with pytest.raises(LocalRunError, match=r"kfp 2\.12\.2 .*pip install 'kfp>=2\.17'"):
        run_pipeline(greeting, {"name": "Ada"})


@dsl.container_component
def say(text: str):
    """Has no output, and takes no executor input."""
    return dsl.ContainerSpec(image="any", command=["sh", "-c", "echo $GREETING $0"], args=[text])


@dsl.pipeline(name="saying")
def saying() -> None:
    say(text="Ada").set_env_variable("GREETING", "hello")


def test_a_component_that_takes_no_executor_input_runs_with_its_variables() -> None:
    tasks, lines = [], []
    assert run_pipeline(saying, begin=tasks.append, show=lines.append) == {}
    assert (tasks, lines[:-1]) == (["say"], ["hello Ada"])


@dsl.pipeline(name="greeting-many")
def greeting_many(names: list) -> None:
    with dsl.ParallelFor(names) as name:
        greet(name=name)


def test_a_step_that_fails_in_a_loop_is_named(tmp_path: Path) -> None:
    lines = []
    with pytest.raises(LocalRunError, match="the step greet ended with exit code 3"):
        run_pipeline(greeting_many, {"names": ["nobody", "Ada"]}, show=lines.append)
    assert set(lines) == {"inputs: ['name']"}


def test_a_loop_leaves_print_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    run_pipeline(greeting_many, {"names": ["Ada", "Grace", "Alan"]})
    print("plain")
    assert capsys.readouterr().out == "plain\n"


# Says which process sleeps, started by the step that the signal is to end.
SLEEPS = """
from kfp import dsl
from kfp_component import run_pipeline
from kfp_component.author.local import processes

processes.PATIENCE_SECONDS = 1  # a shell's background ignores SIGINT: the sleeper has to be killed

@dsl.container_component
def sleep(seconds: int):
    script = "trap 'echo ended; exit 143' INT TERM; sleep $0 & echo $!; wait"
    return dsl.ContainerSpec(image="any", command=["sh", "-c", script], args=[seconds])

@dsl.pipeline(name="one")
def one():
    sleep(seconds=600)

@dsl.pipeline(name="many")
def many():
    with dsl.ParallelFor([600, 600]) as seconds:
        sleep(seconds=seconds)

run_pipeline({pipeline}, show=lambda line: print(line, flush=True))
"""


REASON = ["Error: InvalidArguments: 12 problems", *(f"  argument {n}: wrong" for n in range(12))]


@dsl.container_component
def refuse():
    lines = ["Error: of a library", *REASON, "Execution: https://console", "  not of the reason"]
    script = f"echo '{chr(10).join(lines)}'; exit 2"
    return dsl.ContainerSpec(image="any", command=["sh", "-c", script])


@dsl.pipeline(name="refusing")
def refusing() -> None:
    refuse()


def test_a_failure_that_was_shown_has_its_reason_and_no_traceback_of_kfp() -> None:
    with pytest.raises(LocalRunError) as raised:
        run_pipeline(refusing, show=[].append)
    said = ["the step refuse ended with exit code 2", *REASON[:10]]
    assert str(raised.value).splitlines() == said
    shown = "".join(traceback.format_exception(raised.value))
    assert "site-packages" not in shown


@dsl.container_component
def draw(page: dsl.Output[dsl.HTML], other: dsl.Output[dsl.HTML], figure: dsl.Output[dsl.Artifact]):
    script = 'mkdir -p "$(dirname $0)"; echo drawn | tee $0 > $1'
    command = ["sh", "-c", script, page.path, figure.path]
    return dsl.ContainerSpec(image="any", command=command)


@dsl.pipeline(name="drawing")
def drawing() -> None:
    draw()


def test_it_ends_with_where_pages_are_as_a_browser_shows_them(tmp_path: Path) -> None:
    lines: list[str] = []
    run_pipeline(drawing, show=lines.append, directory=tmp_path)
    page, outputs = lines
    name, _, path = page.partition(": ")
    assert name == "draw, page"
    assert Path(path).name == "page.html"
    assert Path(path).read_text() == "drawn\n"
    assert outputs == f"Outputs: {tmp_path / 'pipeline'}"


@pytest.mark.long
@pytest.mark.parametrize(
    ("pipeline", "number", "code"),
    [("one", signal.SIGINT, -2), ("one", signal.SIGTERM, -15), ("many", signal.SIGINT, -2)],
)
def test_a_signal_ends_the_steps_and_what_they_started(
    pipeline: str, number: signal.Signals, code: int
) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", SLEEPS.replace("{pipeline}", pipeline)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    steps = 2 if pipeline == "many" else 1
    sleepers = [int(program.stdout.readline()) for _ in range(steps)]
    program.send_signal(number)
    rest, _ = program.communicate(timeout=60)
    assert rest.split() == ["ended"] * steps
    assert program.returncode == code
    assert not any(map(runs, sleepers))


def runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
