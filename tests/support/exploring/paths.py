"""Every path from a node on, depth first, each node once.

A node is all that decides what follows: how it was reached does not matter.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

Successor = tuple[str, Any]
"""What happens, and the node after it."""

Trail = tuple[Any, str] | None
_LONGEST = 1_000  # nodes in a row without a choice: more is no end


@dataclass
class Paths:
    """The paths that were walked.

    Nodes are kept by their hash of 64 bits: they themselves would take gigabytes.

    Attributes:
        following: What may follow a node that this trail led to.
        violations: What went wrong, each with the first path that shows it.
        counted: How many paths go on from each node that has a choice.
        settled: The node with a choice, or the end, to which each node leads.
    """

    following: Callable[[Any, Trail], Iterator[Successor]]
    violations: dict[str, str] = field(default_factory=dict)
    counted: dict[int, int] = field(default_factory=dict)
    settled: dict[int, int] = field(default_factory=dict)

    def walk(self, start: Hashable) -> int:
        """Walk every path that begins in a node; return how many there are."""
        root, following, trail = self._settle(start, None)
        stack: list[tuple[int, Iterator[Successor], Trail, list[int]]] = []
        stack.append((root, iter(following), trail, [0]))
        on_path = {root}
        while stack:
            node, successors, trail, total = stack[-1]
            successor = next(successors, None)
            if successor is None:
                stack.pop()
                on_path.discard(node)
                self.counted[node] = max(total[0], 1)
                if stack:
                    stack[-1][3][0] += self.counted[node]
                continue
            label, unsettled = successor
            child, following, longer = self._settle(unsettled, (trail, label))
            if child in self.counted:
                total[0] += self.counted[child]
            elif child in on_path:
                self.violated("a run that does not end", longer)
            else:
                on_path.add(child)
                stack.append((child, iter(following), longer, [0]))
        return self.counted[root]

    def _settle(self, node: Any, trail: Trail) -> tuple[int, list[Successor], Trail]:
        """Go on to the next state that has a choice, or to the end; return what may follow."""
        passed: list[int] = []
        following: list[Successor] = []
        while (key := hash(node)) not in self.settled:
            passed.append(key)
            following = list(self.following(node, trail))
            if len(following) != 1:
                break
            if len(passed) == _LONGEST:
                self.violated("a run that does not end", trail)
                following = []
                break
            label, node = following[0]
            trail = (trail, label) if label else trail
        end = self.settled.get(key, key)
        self.settled |= dict.fromkeys(passed, end)
        return end, following, trail

    def violated(self, rule: str, trail: Trail) -> None:
        """Note that a rule was broken."""
        if rule not in self.violations:
            labels: list[str] = []
            while trail:
                trail, label = trail
                labels.append(label)
            self.violations[rule] = " > ".join(label for label in reversed(labels) if label)
