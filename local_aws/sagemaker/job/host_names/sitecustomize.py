"""Teach one Python process the names of its training job's hosts.

Python imports this module at start-up when its folder is on PYTHONPATH: the local AWS puts it
there where no namespace can give a job a hosts file. Connecting to `algo-2` then works; binding
to a name does not, because that look-up happens in C: bind to 0.0.0.0 or to the host's address.
"""

from __future__ import annotations

import os
import socket
from typing import Any

_ADDRESSES = dict(
    pair.split("=", 1) for pair in os.environ.get("LOCAL_AWS_HOSTS", "").split(",") if "=" in pair
)
_getaddrinfo, _gethostbyname = socket.getaddrinfo, socket.gethostbyname


def _resolved_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    return _getaddrinfo(_ADDRESSES.get(host, host), *args, **kwargs)


def _resolved_gethostbyname(name: str) -> str:
    return _ADDRESSES.get(name) or _gethostbyname(name)


if _ADDRESSES:
    socket.getaddrinfo = _resolved_getaddrinfo
    socket.gethostbyname = _resolved_gethostbyname
    socket.gethostname = lambda: os.environ["LOCAL_AWS_HOSTNAME"]
