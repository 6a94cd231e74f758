"""Arguments of a wrong type: refused by name, and the device works on."""

from __future__ import annotations

import numpy as np
import pytest
from barewire.errors import BarewireError, UsageError

NO_NUMBERS = [None, "x", 1.5, object(), [], {}]

CALLS = {
    "a dtype": lambda device, wrong: device.array([1, 2], wrong if wrong is not None else "no dtype"),
    "an address space": lambda device, wrong: device.channel(wrong if wrong is not None else device),
    "a pushbuffer": lambda device, wrong: device.compute.submit(wrong),
    "a queue to follow": lambda device, wrong: device.compute.follow(wrong),
    "a queue to wait for": lambda device, wrong: device.compute.wait_for(wrong),
    "a method's name": lambda device, wrong: device.compute.pushbuffer().method(wrong, 0),
    "a method's value": lambda device, wrong: device.compute.pushbuffer().method("NVC86F_SEM_ADDR_LO", wrong),
    "words": lambda device, wrong: device.compute.pushbuffer().raw([wrong]),
    "no words": lambda device, wrong: device.compute.pushbuffer().raw(1.5 if wrong in ([], {}) else wrong),
    "a semaphore to release": lambda device, wrong: device.compute.pushbuffer().release(wrong, 0),
    "a semaphore to acquire": lambda device, wrong: device.compute.pushbuffer().acquire(0, wrong),
    "a source": lambda device, wrong: device.copies.pushbuffer().copy(
        source=wrong, destination=0, size_bytes=4
    ),
    "a count": lambda device, wrong: device.copies.pushbuffer().fill(
        destination=0, value=0, element_bytes=4, count=wrong
    ),
}


@pytest.mark.parametrize("wrong", NO_NUMBERS, ids=[type(value).__name__ for value in NO_NUMBERS])
@pytest.mark.parametrize("call", CALLS)
def test_what_is_of_a_wrong_type_is_refused_by_name(device, call, wrong):
    with pytest.raises(BarewireError):
        CALLS[call](device, wrong)


def test_an_operation_of_a_graph_is_a_number(device, kernels):
    x, y = device.zeros(32), device.zeros(32)
    with device.capture() as graph:
        kernels["saxpy"][1, 32](x, y, np.float32(1))
    for wrong in NO_NUMBERS:
        with pytest.raises(UsageError):
            graph.update(wrong, x, y, np.float32(2))
