"""The programs that the pages call, and what each says against a call.

Each of `PROGRAMS` takes the words after the program's name and returns what is wrong with them.
Whoever lets a page use another program, or another option of one that is not ours, says so here.
"""

from collections.abc import Callable, Sequence

from tests.unit.docs.programs import aws, cdk, makefile, others, own, pip

Words = Sequence[str]

PROGRAMS: dict[str, Callable[[Words], list[str]]] = {
    "aws": aws.problems,
    "cdk": cdk.problems,
    "make": makefile.problems,
    "pip": pip.problems,
    "python": own.python,
    "python3": own.python,
    **{name: others.of(name) for name in others.OPTIONS},
}
