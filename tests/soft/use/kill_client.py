"""A process that opens a served GPU and works with it, and kills itself at a step: one child for each step.

    python kill_client.py SOCKET STEP ...

Prints, for every step, its number and the name of what the child was about to do when it ended, or "done" if
it came to the end; 0 is never reached, so that the child does.
"""

from __future__ import annotations

import os
import signal
import sys

import barewire as bw
import numpy as np
from barewire import kernels


def work(socket: str, last: int) -> None:
    """Boot, copy, launch; before each step the count of steps is compared with the last one."""
    passed = 0

    def step(name: str) -> None:
        nonlocal passed
        passed += 1
        if passed == last:
            os.write(1, f"{last} {name}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    dev = bw.open(f"vfio-user:{socket}", progress=step)
    step("copy in")
    data = np.arange(1 << 16, dtype=np.float32)
    x = dev.array(data)
    step("allocate")
    y = dev.empty(1 << 16, np.float32)
    step("load")
    module = kernels.load(dev, "micro")
    step("host memory")
    host = dev.bus.dma_memory(4 << 20)
    step("interrupts")
    dev.bus.interrupts.enable(1)
    step("copy out")
    assert (x.numpy() == data).all()
    step("interrupts off")
    dev.bus.interrupts.disable()
    step("free")
    host.close()
    del x, y, module
    step("close")
    dev.close()
    os.write(1, f"{last} done after {passed}\n".encode())


def main() -> None:
    socket, *steps = sys.argv[1:]
    for last in map(int, steps):
        child = os.fork()
        if not child:
            try:
                work(socket, last)
                os._exit(0)
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
                os._exit(1)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not killed and os.waitstatus_to_exitcode(status):
            sys.exit(f"the client of step {last} failed")


if __name__ == "__main__":
    main()
