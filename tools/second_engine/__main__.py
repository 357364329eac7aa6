"""Run the state machine in a second engine through every row of docs/outcomes.md."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from infra.definition import definition
from lambdas import build_request, judge_attempt
from tools.reference_jsonata import ReferenceJsonata
from tools.second_engine.engine import ACCOUNT, MACHINE_ROLE, REGION, Execution
from tools.second_engine.scenarios import SCENARIOS, Scenario
from tools.second_engine.world import World

FUNCTIONS = {"BuildRequest": build_request.handler, "JudgeAttempt": judge_attempt.handler}
ASSUMED_ROLE = f"arn:aws:iam::{ACCOUNT}:role/Trainer"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
DEFINITIONS = {
    assume_role: definition(
        partition="aws",
        build_request_arn=f"{ARN}BuildRequest",
        judge_attempt_arn=f"{ARN}JudgeAttempt",
        assume_role=assume_role,
        timeout_seconds=1000,
    )
    for assume_role in (False, True)
}
ARGUMENTS = {
    "region": REGION,
    "role": f"arn:aws:iam::{ACCOUNT}:role/RlTrainingJob",
    "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/my-rl:1.0",
    "entry_point": "train.py",
    "source_dir": "s3://bucket/code/sourcedir.tar.gz",
    "model_artifact_path": "s3://bucket/models",
    "instance_type": "ml.m5.xlarge",
}


def differences(scenario: Scenario, execution: Execution, world: World, role: str) -> list[str]:
    """Run a scenario; return what is not as expected."""
    ends = [execution.run() for _ in scenario.expected]
    seen: dict[str, Any] = {
        "ends": [end for end, _ in ends],
        "jobs": len(world.ours),
        "running": world.running,
        "calls": {action: world.calls[action] for action in scenario.calls},
        "roles": world.roles or {role},
    }
    expected = {
        "ends": scenario.expected,
        "jobs": scenario.jobs,
        "running": scenario.running,
        "calls": dict(scenario.calls),
        "roles": {role},
    }
    found = [
        f"{key}: {seen[key]}, not {expected[key]}" for key in seen if seen[key] != expected[key]
    ]
    found += [f"mishap: {mishap!r}" for mishap in execution.mishaps]
    said = ends[-1][1]
    if scenario.says not in said and scenario.says not in said.replace("\\u00e9", "é"):
        found.append(f"says: {said[:300]}")
    return found


def main() -> int:
    """Print a row for each scenario; return 1 when one differs."""
    began, different, evaluations = time.monotonic(), 0, 0
    with ReferenceJsonata() as reference:
        for scenario in SCENARIOS:
            for as_role in (False, True):
                if "assume_role" in scenario.script and not as_role:
                    continue
                given = {
                    **ARGUMENTS,
                    **scenario.given,
                    **({"assume_role": ASSUMED_ROLE} if as_role else {}),
                }
                world = World(
                    FUNCTIONS, scenario.script, scenario.ends, scenario.others, scenario.clock_ahead
                )
                execution = Execution(DEFINITIONS[as_role], given, world, reference)
                found = differences(
                    scenario, execution, world, ASSUMED_ROLE if as_role else MACHINE_ROLE
                )
                evaluations += execution.evaluations
                different += bool(found)
                title = " | ".join(
                    filter(None, (scenario.row, scenario.more, "as role" if as_role else ""))
                )
                print(
                    f"{'DIFFERS' if found else 'as said'}  {title}: {' '.join(scenario.expected)}"
                )
                for line in found:
                    print(f"         {line}")
                if found and "-v" in sys.argv:
                    print("        ", [n for n, _, _ in execution.entered][:40])
    print(different, evaluations, time.monotonic() - began)
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main())
