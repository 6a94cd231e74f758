"""NVIDIA's status numbers, those that the model's resource manager answers with.

Facts: OGKM:src/common/sdk/nvidia/inc/nvstatuscodes.h.
"""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """What RM says of a call; RM's names without NV_ERR_."""

    OK = 0x00
    IN_USE = 0x17
    INSERT_DUPLICATE_NAME = 0x19
    INSUFFICIENT_RESOURCES = 0x1A
    INSUFFICIENT_PERMISSIONS = 0x1B
    INVALID_ADDRESS = 0x1E
    INVALID_ARGUMENT = 0x1F
    INVALID_CHANNEL = 0x21
    INVALID_CLASS = 0x22
    INVALID_CLIENT = 0x23
    INVALID_DEVICE = 0x26
    INVALID_EVENT = 0x28
    INVALID_FLAGS = 0x29
    INVALID_FUNCTION = 0x2A
    INVALID_LIMIT = 0x2E
    INVALID_OBJECT = 0x31
    INVALID_OBJECT_HANDLE = 0x33
    INVALID_OBJECT_PARENT = 0x36
    INVALID_OFFSET = 0x37
    INVALID_OPERATION = 0x38
    INVALID_PARAM_STRUCT = 0x3A
    INVALID_PARAMETER = 0x3B
    INVALID_STATE = 0x40
    NO_MEMORY = 0x51
    NOT_SUPPORTED = 0x56
    OBJECT_NOT_FOUND = 0x57
    TIMEOUT = 0x65
    TEST_ONLY_CODE_NOT_ENABLED = 0x7E


class Refused(Exception):
    """RM refuses a call.

    Args:
        status: the number that the caller gets.
        why: for the model's own reports; no driver sees it.
    """

    def __init__(self, status: Status, why: str) -> None:
        super().__init__(f"{status.name}: {why}")
        self.status = status
        self.why = why
