"""Firmware: parsers for the containers that GPU firmware comes in; they touch no device."""

from barewire.firmware.find import VERSION, FirmwareSet, find_firmware
from barewire.firmware.synthetic import synthetic_firmware, write_synthetic

__all__ = ["VERSION", "FirmwareSet", "find_firmware", "synthetic_firmware", "write_synthetic"]
