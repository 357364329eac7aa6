"""``python -m kfp_component.author.generate [--check]``: writes component.yaml from the component.

With ``--check`` nothing is written; the exit code is 1 if the file is not what would be.
"""

import sys
import tempfile
from pathlib import Path

from kfp import compiler

from kfp_component.author.component import train_rl_model

COMPONENT_FILE = Path(__file__).parents[1] / "component.yaml"


def render() -> str:
    """Compiles the component to KFP's intermediate representation."""
    with tempfile.TemporaryDirectory() as directory:
        target = Path(directory) / "component.yaml"
        compiler.Compiler().compile(train_rl_model, str(target))
        return target.read_text(encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Writes the file, or compares it."""
    text = render()
    if arguments == ["--check"]:
        if COMPONENT_FILE.exists() and COMPONENT_FILE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{COMPONENT_FILE.name} is out of date: run python -m kfp_component.author.generate")
        return 1
    COMPONENT_FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
