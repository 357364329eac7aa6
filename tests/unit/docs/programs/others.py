"""Programs of others: the commands and options that the pages use, as their makers have them."""

from collections.abc import Callable, Sequence

UV = "--extra --universal --python-version --generate-hashes --no-header --no-annotate -o --group"
OPTIONS: dict[str, dict[str, str]] = {
    # command: its options. An empty command is a program without commands.
    "apt-get": {"install": ""},
    "curl": {"": "-X -H -d"},
    "date": {"": ""},
    "docker": {
        "login": "--username --password-stdin",
        "buildx": "--platform --provenance --tag --push -",
    },
    "git": {"pull": "", "checkout": ""},
    "kubectl": {"annotate": "--namespace", "delete": ""},
    "npm": {"install": "-g"},
    "pre-commit": {"install": ""},
    "pytest": {"": "--snapshot-update"},
    "sleep": {"": ""},
    "cat": {"": ""},
    "tar": {"": "-czf -tzf -C"},
    "tensorboard": {"": "--logdir"},
    "uv": {"pip": f"{UV} --no-emit-index-url --no-emit-find-links --no-emit-package"},
}


def of(program: str) -> Callable[[Sequence[str]], list[str]]:
    """Return what says what is wrong with the words after the program's name."""
    commands = OPTIONS[program]

    def problems(words: Sequence[str]) -> list[str]:
        command = "" if "" in commands else words[0]
        if command not in commands:
            return [f"no such command: {program} {command}"]
        options = {word.partition("=")[0] for word in words if word.startswith("-")}
        return [f"unknown option {option}" for option in options - set(commands[command].split())]

    return problems
