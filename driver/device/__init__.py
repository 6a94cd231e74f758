"""The device: one GPU, opened. The only part that puts a resource manager, queues and memory together.

`Device` is made of layers, each a module that adds one thing to the one before: what a device is (`state`),
its memory (`memory`), its queues (`queues`), what becomes of them when they die (`failures`), copies
(`copies`), and the device itself (`gpu`). `opening` knows the device strings.
"""

from barewire.device.gpu import Device
from barewire.device.opening import list_devices, open

__all__ = ["Device", "list_devices", "open"]
