"""Which automatic retry of its task a pod is."""

import re
from collections.abc import Mapping

# Argo names the node of retry n "<node>(n)"; the node of a loop's item "<node>(n:<item>)".
_LAST_INDEX = re.compile(r"\((\d+)\)$")


def retry_index(environment: Mapping[str, str]) -> int:
    """Return how often Argo has repeated this task by itself; 0 where nothing tells.

    Backends from 2.16.1 on set `KFP_RETRY_INDEX`. For older ones the task sets
    `KFP_NODE_NAME` from the pod's annotation `workflows.argoproj.io/node-name`. Both start
    again at 0 when a person retries the run.

    Args:
        environment: The pod's environment variables.

    Example:
        >>> retry_index({"KFP_NODE_NAME": "train-x7f.root.train-rl-model.executor(1)"})
        1
    """
    index = environment.get("KFP_RETRY_INDEX", "")
    if index.isdecimal():
        return int(index)
    found = _LAST_INDEX.search(environment.get("KFP_NODE_NAME", ""))
    return int(found[1]) if found else 0
