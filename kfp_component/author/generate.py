"""`python -m kfp_component.author.generate [--check]`: write what is made from the arguments.

`component.yaml` and `sweep_component.yaml`, the modules of `train_rl_model` and
`sweep_rl_model`, and the names of their inputs and outputs for the pod, which imports no model.
With `--check` nothing is written; the exit code is 1 if a file is not what would be. `make
generate` writes these files too.
"""

import json
import sys
from pathlib import Path

from kfp_component.author.component import (
    bare_component,
    bare_sweep_component,
    compile_component,
)
from kfp_component.author.interface import SWEEP, TRAINING, Interface
from kfp_component.author.signature import render_function

_PACKAGE = Path(__file__).parents[1]
COMPONENT_FILE = _PACKAGE / "component.yaml"
SWEEP_COMPONENT_FILE = _PACKAGE / "sweep_component.yaml"
INTERFACES_FILE = _PACKAGE / "task_input" / "interfaces.json"


def generated() -> dict[Path, str]:
    """Return the text of each file, by its path.

    Example:
        >>> generated()[COMPONENT_FILE].startswith("# PIPELINE DEFINITION")
        True
    """
    return {
        COMPONENT_FILE: compile_component(bare_component),
        SWEEP_COMPONENT_FILE: compile_component(bare_sweep_component),
        **{
            _PACKAGE / "author" / "tasks" / f"{each.name}.py": render_function(each)
            for each in (TRAINING, SWEEP)
        },
        INTERFACES_FILE: json.dumps(
            {each.name: _names(each) for each in (TRAINING, SWEEP)}, indent=2
        )
        + "\n",
    }


def _names(interface: Interface) -> dict[str, list[str]]:
    """Return the names that the pod has to know."""
    return {
        "inputs": sorted(given.name for given in interface.inputs),
        "parameters": [each.name for each in interface.outputs if not each.is_artifact],
        "artifacts": [each.name for each in interface.outputs if each.is_artifact],
    }


def main(arguments: list[str]) -> int:
    """Write the files that differ, or with `--check` name them."""
    stale = {
        path: text
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        if arguments == ["--check"]:
            print(f"{path.name} is out of date: run python -m kfp_component.author.generate")
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if stale and arguments == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
