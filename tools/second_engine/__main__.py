"""Run the state machines in a second engine: every row of docs/outcomes.md and docs/sweeps.md.

Each scenario of a training runs on a deployment without roles to assume and, as an assumed role, on
one with them. Exits 1 when one ends otherwise than expected, or when a row of the documents has
none. Words as arguments choose the scenarios whose title has them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from infra.workflow.definition import definition
from lambdas import build_request, judge_attempt
from tools.reference_jsonata import ReferenceJsonata
from tools.second_engine.documented import rows
from tools.second_engine.engine import ACCOUNT, MACHINE_ROLE, REGION, Execution
from tools.second_engine.scenarios import SCENARIOS, Scenario
from tools.second_engine.sweeps import running as sweeps
from tools.second_engine.sweeps.ends import ENDS
from tools.second_engine.sweeps.trainings import Trainings
from tools.second_engine.sweeps.trials import TRIALS
from tools.second_engine.world import World

SWEEP_SCENARIOS = TRIALS + ENDS
FUNCTIONS = {"BuildRequest": build_request.handler, "JudgeAttempt": judge_attempt.handler}
DEFINITIONS = [
    definition(
        partition="aws",
        build_request_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:BuildRequest",
        judge_attempt_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:JudgeAttempt",
        assume_role=assume_role,
        timeout_seconds=99_999_999,
    )
    for assume_role in (False, True)
]
ARGUMENTS = {
    "region": REGION,
    "role": f"arn:aws:iam::{ACCOUNT}:role/RlTrainingJob",
    "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/my-rl:1.0",
    "entry_point": "train.py",
    "source_dir": "s3://bucket/code/sourcedir.tar.gz",
    "model_artifact_path": "s3://bucket/models",
    "instance_type": "ml.m5.xlarge",
}
ASSUMED_ROLE = f"arn:aws:iam::{ACCOUNT}:role/Trainer"


def end(ends: list[str], jobs: int, running: int, calls: Mapping[str, int]) -> str:
    """Return the end of an execution in a few words."""
    facts = [f"{jobs} jobs", *(f"{count} {action}" for action, count in calls.items())]
    return "; ".join([", ".join(ends), *facts, *([f"{running} still running"] if running else [])])


def run(scenario: Scenario, reference: ReferenceJsonata, *, as_role: bool) -> tuple[bool, int]:
    """Run a scenario and print how it ended; return whether as expected, and its evaluations."""
    role = ASSUMED_ROLE if as_role else MACHINE_ROLE
    given = {**ARGUMENTS, **scenario.given, **({"assume_role": role} if as_role else {})}
    world = World(FUNCTIONS, scenario.script, scenario.ends, scenario.others, scenario.clock_ahead)
    execution = Execution(DEFINITIONS[as_role], given, world, reference)
    ends = [execution.run() for _ in scenario.expected]
    calls = {action: world.calls[action] for action in scenario.calls}
    seen = end([name for name, _ in ends], len(world.ours), world.running, calls)
    expected = end(scenario.expected, scenario.jobs, scenario.running, scenario.calls)
    wrong = [f"not: {expected}"] if seen != expected else []
    wrong += [f"went wrong: {mishap!r}" for mishap in execution.mishaps]
    wrong += [f"called SageMaker as {other}" for other in world.roles - {role}]
    if scenario.says not in ends[-1][1]:
        wrong += [f"does not say {scenario.says!r}: {ends[-1][1][:300]}"]
    return told(scenario.title + " +role" * as_role, seen, wrong), execution.evaluations


def told(title: str, seen: str, wrong: list[str]) -> bool:
    """Print how a scenario ended; return whether as expected."""
    print(f"{'DIFFERS' if wrong else 'as said':8} {title:80} {seen}")
    for line in wrong:
        print(f"{'':9}{line}")
    return not wrong


def main(words: list[str]) -> int:
    """Run all scenarios, or those whose title has the words."""
    began, results = time.monotonic(), list[tuple[bool, int]]()

    def chosen(each: Any) -> bool:
        return all(word in each.title for word in words)

    with ReferenceJsonata() as reference:
        for scenario in filter(chosen, SCENARIOS):
            for as_role in (False, True):
                if as_role or "assume_role" not in scenario.script:
                    results.append(run(scenario, reference, as_role=as_role))
        trainings = Trainings(DEFINITIONS[False], FUNCTIONS, reference)
        for sweep in filter(chosen, SWEEP_SCENARIOS):
            seen, wrong, evaluations = sweeps.run(sweep, ARGUMENTS, trainings, reference)
            results.append((told(sweep.title, seen, wrong), evaluations))
    covered = {
        "outcomes.md": [each.row for each in SCENARIOS],
        "sweeps.md": [each.row for each in SWEEP_SCENARIOS],
    }
    missing = [
        f"{row} ({document})"
        for document, known in covered.items()
        for row in rows(document)
        if not row.startswith(tuple(known))
    ]
    for row in missing:
        print(f"MISSING  no scenario for the row: {row}")
    differ, evaluations = sum(not good for good, _ in results), sum(count for _, count in results)
    count = sum(map(chosen, [*SCENARIOS, *SWEEP_SCENARIOS]))
    print(
        f"{count} scenarios, {len(results)} runs, {differ} differ, {evaluations} evaluations,"
        f" {time.monotonic() - began:.0f} s"
    )
    return int(bool(differ or missing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
