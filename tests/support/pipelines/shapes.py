"""Pipelines in the shapes that authors write; any kfp from 2.0 on compiles what it can of them.

`python tests/support/pipelines/shapes.py DIRECTORY` writes one file of IR for each shape, and
`versions.json`: the SDK that wrote them and, for each shape it cannot express, its error. Run
with another kfp, from an environment of its own, it makes the files of
`tests/contract/kfp_backend/compiled/`.
"""

# Old SDKs read typing's names, and conditions are compared, not tested.
# ruff: noqa: E712, SIM117, UP006, UP035, UP045

import json
import sys
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

import kfp
from kfp import compiler, dsl

IMAGE = "example.com/step:1"
OLDEST = Path(__file__).parents[2] / "contract/kfp_backend/compiled/2.8.0"


@dsl.container_component
def train(
    source_dir: str,
    model: dsl.Output[dsl.Model],
    job_name: dsl.OutputPath(str),  # type: ignore[valid-type]  # as KFP writes an output
    lr: Optional[float] = None,
    episodes: Optional[int] = None,
    spot: Optional[bool] = None,
    hyperparameters: Optional[Dict[str, str]] = None,
    tags: Optional[List[Dict[str, str]]] = None,
    note: str = "none",
) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["python3", "-m", "step"],
        args=["--executor_input", "{{$}}"],
    )


@dsl.container_component
def prepare(
    prefix: dsl.OutputPath(str),  # type: ignore[valid-type]
    count: dsl.OutputPath(int),  # type: ignore[valid-type]
    seeds: dsl.OutputPath(list),  # type: ignore[valid-type]
) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image=IMAGE, command=["prepare"], args=["--executor_input", "{{$}}"])


@dsl.container_component
def consume(texts: Optional[list] = None, model: dsl.Input[dsl.Model] = None) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image=IMAGE, command=["consume"], args=["--executor_input", "{{$}}"])


@dsl.container_component
def flags(name: str, count: int = 3, label: str = "none") -> dsl.ContainerSpec:
    return dsl.ContainerSpec(
        image=IMAGE, command=["flags"], args=["--name", name, "--count", count, "--label", label]
    )


@dsl.component(base_image="python:3.12", install_kfp_package=False)
def notify(status: dsl.PipelineTaskFinalStatus, text: str = "over") -> None:
    print(status, text)


def f_string(bucket: str) -> None:
    train(source_dir=f"s3://{bucket}/code", note=f"{bucket}, {bucket}")


def in_dict_and_list(
    lr: float = 0.1, episodes: int = 100, spot: bool = True, team: str = "rl"
) -> None:
    train(
        source_dir="s3://b/x",
        hyperparameters={"lr": lr, "n": episodes, "deep": {"spot": spot}, "all": [team, "x"]},
        tags=[{"Key": "team", "Value": team}],
    )


def whole_values(lr: float, episodes: int, spot: bool, hyperparameters: dict, tags: list) -> None:
    train(
        source_dir="s3://b/x",
        lr=lr,
        episodes=episodes,
        spot=spot,
        hyperparameters=hyperparameters,
        tags=tags,
    )


def loop_static() -> None:
    with dsl.ParallelFor([11, 12]) as seed:
        train(source_dir=f"s3://b/{seed}", episodes=seed, hyperparameters={"seed": seed})


def loop_fields() -> None:
    with dsl.ParallelFor([{"lr": 0.1, "tag": "a"}, {"lr": 0.25, "tag": "b"}]) as item:
        train(source_dir="s3://b/x", lr=item.lr)


def loop_field_in_dict() -> None:
    with dsl.ParallelFor([{"lr": 0.1}, {"lr": 0.25}]) as item:
        train(source_dir="s3://b/x", hyperparameters={"lr": item.lr})


def loop_field_in_text() -> None:
    with dsl.ParallelFor([{"tag": "a"}, {"tag": "b"}]) as item:
        train(source_dir=f"s3://b/{item.tag}")


def loop_items_whole() -> None:
    with dsl.ParallelFor([{"lr": 0.1, "tag": "a"}]) as item:
        train(source_dir="s3://b/x", hyperparameters=item)


def loop_dynamic(seeds: List[int], bucket: str) -> None:
    with dsl.ParallelFor(seeds) as seed:
        train(source_dir=f"s3://{bucket}/{seed}", episodes=seed, hyperparameters={"seed": seed})


def loop_dynamic_fields(items: List[Dict[str, str]]) -> None:
    with dsl.ParallelFor(items) as item:
        train(source_dir="s3://b/x", note=item.lr)


def loop_dynamic_untyped(items: list) -> None:
    with dsl.ParallelFor(items) as item:
        train(source_dir="s3://b/x", hyperparameters=item)


def loop_nested() -> None:
    with dsl.ParallelFor([1, 2]) as outer, dsl.ParallelFor(["a", "b"]) as inner:
        train(source_dir="s3://b/x", note=inner, hyperparameters={"o": outer, "i": inner})


def loop_nested_in_text() -> None:
    with dsl.ParallelFor([1, 2]) as outer, dsl.ParallelFor(["a", "b"]):
        train(source_dir=f"s3://b/{outer}")


def loop_in_branch(team: str) -> None:
    with dsl.Condition(team == "rl"), dsl.ParallelFor([1, 2]) as seed:
        train(source_dir="s3://b/x", hyperparameters={"seed": seed})


def loop_in_branch_in_text(team: str) -> None:
    with dsl.Condition(team == "rl"), dsl.ParallelFor([1, 2]) as seed:
        train(source_dir=f"s3://b/{seed}")


def loop_nested_fields() -> None:
    with dsl.ParallelFor([{"seeds": [1, 2]}]) as outer:
        with dsl.ParallelFor(outer.seeds):
            train(source_dir="s3://b/x")


def loop_upstream() -> None:
    with dsl.ParallelFor(prepare().outputs["seeds"]) as seed:
        train(source_dir="s3://b/x", hyperparameters={"seed": seed})


def upstream() -> None:
    made = prepare()
    task = train(
        source_dir=f"s3://{made.outputs['prefix']}/x",
        episodes=made.outputs["count"],
        hyperparameters={"n": made.outputs["count"], "p": made.outputs["prefix"]},
    )
    consume(model=task.outputs["model"])


def collected() -> None:
    with dsl.ParallelFor([1, 2]) as seed:
        task = train(source_dir="s3://b/x", episodes=seed)
    consume(texts=dsl.Collected(task.outputs["job_name"]))


def image_and_memory(image: str = "example.com/other:2", memory: str = "1Gi") -> None:
    task = train(source_dir="s3://b/x")
    task.set_container_image(image)
    task.set_memory_limit(memory).set_memory_request("128Mi").set_cpu_limit("1")
    task.set_env_variable("TEAM", "rl")


def cpu_from_parameter(cpu: str = "500m") -> None:
    train(source_dir="s3://b/x").set_cpu_request(cpu)


def resources() -> None:
    task = train(source_dir="s3://b/x")
    task.set_memory_limit("256Mi").set_memory_request("128Mi").set_cpu_request("50m")
    task.set_retry(2, backoff_duration="30s")


def image_f_string(tag: str) -> None:
    train(source_dir="s3://b/x").set_container_image(f"example.com/step:{tag}")


def run_facts() -> None:
    train(
        source_dir="s3://b/x",
        note=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        tags=[{"Key": "run", "Value": dsl.PIPELINE_JOB_ID_PLACEHOLDER}],
        hyperparameters={"name": dsl.PIPELINE_JOB_NAME_PLACEHOLDER},
    )
    for text in (
        dsl.PIPELINE_JOB_NAME_PLACEHOLDER,
        dsl.PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER,
        dsl.PIPELINE_TASK_NAME_PLACEHOLDER,
        dsl.PIPELINE_TASK_ID_PLACEHOLDER,
        dsl.PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER,
        dsl.PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER,
    ):
        train(source_dir="s3://b/x", note=text)


def run_id_in_text() -> None:
    train(source_dir=f"s3://b/{dsl.PIPELINE_JOB_ID_PLACEHOLDER}/x")


def dict_in_dict(optimizer: dict) -> None:
    train(source_dir="s3://b/x", hyperparameters={"optimizer": optimizer})


def omitted() -> None:
    train(source_dir="s3://b/x")


def null_parameter(lr: Optional[float] = None, team: Optional[str] = None) -> None:
    train(source_dir="s3://b/x", lr=lr, note=team)


def null_in_text(team: Optional[str] = None) -> None:
    train(source_dir=f"s3://b/{team}")


@dsl.pipeline(name="inner")
def inner(bucket: str, lr: Optional[float] = None, episodes: int = 7, note: str = "inner") -> None:
    train(source_dir=f"s3://{bucket}/x", lr=lr, episodes=episodes, note=note)


def nested(bucket: str = "b") -> None:
    inner(bucket=bucket)
    inner(bucket="c", lr=0.5, note=f"in {bucket}")


def nested_null(lr: Optional[float] = None) -> None:
    inner(bucket="b", lr=lr)


class Trained(NamedTuple):
    model: dsl.Model
    name: str


@dsl.pipeline(name="inner-outputs")
def inner_outputs() -> Trained:
    task = train(source_dir="s3://b/x")
    return Trained(model=task.outputs["model"], name=task.outputs["job_name"])


def nested_outputs() -> None:
    task = inner_outputs()
    train(source_dir=f"s3://{task.outputs['name']}/x")
    consume(model=task.outputs["model"])


def conditions(team: str, episodes: int, lr: float, spot: bool) -> None:
    with dsl.Condition(team == "rl"):
        train(source_dir="s3://b/team")
    with dsl.Condition(episodes > 10):
        train(source_dir="s3://b/episodes", hyperparameters={"n": episodes})
    with dsl.Condition(lr <= 0.5):
        train(source_dir="s3://b/lr")
    with dsl.Condition(spot == True):
        train(source_dir="s3://b/spot")


def branches(team: str) -> None:
    with dsl.If(team == "rl"):
        one = train(source_dir="s3://b/if")
    with dsl.Elif(team == "ml"):
        two = train(source_dir="s3://b/elif")
    with dsl.Else():
        three = train(source_dir="s3://b/else")
    train(source_dir=dsl.OneOf(*(task.outputs["job_name"] for task in (one, two, three))))


def exit_handler(bucket: str = "b") -> None:
    with dsl.ExitHandler(notify(text=f"of {bucket}")):
        train(source_dir=f"s3://{bucket}/x")


def imported(uri: str = "s3://models/a/model.tar.gz") -> None:
    made = dsl.importer(artifact_uri=uri, artifact_class=dsl.Model, metadata={"by": {"team": 1}})
    consume(model=made.output)


def imported_output() -> None:
    task = train(source_dir="s3://b/x")
    made = dsl.importer(artifact_uri=task.outputs["job_name"], artifact_class=dsl.Model)
    consume(model=made.output)


def flags_of_defaults(name: str = "n") -> None:
    flags(name=name, count=4)


SHAPES = (
    f_string,
    in_dict_and_list,
    whole_values,
    loop_static,
    loop_fields,
    loop_field_in_dict,
    loop_field_in_text,
    loop_items_whole,
    loop_dynamic,
    loop_dynamic_fields,
    loop_dynamic_untyped,
    loop_nested,
    loop_nested_in_text,
    loop_in_branch,
    loop_in_branch_in_text,
    loop_nested_fields,
    loop_upstream,
    upstream,
    collected,
    image_and_memory,
    cpu_from_parameter,
    image_f_string,
    resources,
    run_facts,
    run_id_in_text,
    dict_in_dict,
    omitted,
    null_parameter,
    null_in_text,
    nested,
    nested_null,
    nested_outputs,
    conditions,
    branches,
    exit_handler,
    imported,
    imported_output,
    flags_of_defaults,
)


def write(directory: Path) -> None:
    """Compiles every shape into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    refused = {}
    for shape in SHAPES:
        name = shape.__name__.replace("_", "-")
        try:
            pipeline = dsl.pipeline(name=name)(shape)
            compiler.Compiler().compile(pipeline, str(directory / f"{name}.yaml"))
        except Exception as error:  # each SDK has its own
            refused[name] = f"{type(error).__name__}: {error}"
    record = {"kfp": kfp.__version__, "refused": refused}
    (directory / "versions.json").write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
