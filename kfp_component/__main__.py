"""`python -m kfp_component --executor_input '<JSON>'`: the process of the step's pod."""

import os
import signal

# Before anything else is imported: a signal that comes meanwhile ends the process with 143, and
# nothing has been started yet.
for _number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
    signal.signal(_number, lambda *_: os._exit(143))

if __name__ == "__main__":
    import sys

    from kfp_component.step.launcher import main

    sys.exit(main(sys.argv[1:]))
