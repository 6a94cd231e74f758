"""LAUNCH_DMA and its companions: what their data asks for, and what a copy engine refuses.

Facts: open-gpu-doc:classes/dma-copy/clc8b5.h, open-gpu-doc:manuals/ampere/ga102/dev_ce.ref (LAUNCHERR).
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from barewire.softgpu.copy_layout import NO_WRITE, Remap
from barewire.softgpu.methods import bits, values

COPY_CLASS = 0xC8B5

_LAUNCH = bits(COPY_CLASS, "LAUNCH_DMA")
_REDUCTIONS = {
    number: name
    for name, number in values(COPY_CLASS, "LAUNCH_DMA", "SEMAPHORE_REDUCTION").items()
    if not name.startswith("INVALID")
}
_REMAP = bits(COPY_CLASS, "SET_REMAP_COMPONENTS")
_BLOCK = bits(COPY_CLASS, "SET_SRC_BLOCK_SIZE")
_FERMI_GOB = 1
_LARGEST_BLOCK = 5  # THIRTYTWO_GOBS

NONE, PIPELINED, NON_PIPELINED = range(3)
NO_SEMAPHORE, ONE_WORD, FOUR_WORDS, CONDITIONAL_INTERRUPT = range(4)
NO_INTERRUPT, BLOCKING, NON_BLOCKING = range(3)
_SECURE, _RESERVED_COPY_TYPE = 1, 3


class LaunchError(IntEnum):
    """NV_CE_LCE_LAUNCHERR_REPORT."""

    LAYER_EXCEEDS_DEPTH = 1
    INVALID_ALIGNMENT = 2
    MEM2MEM_RECT_OUT_OF_BOUNDS = 3
    SRC_LINE_EXCEEDS_PITCH = 4
    SRC_LINE_EXCEEDS_NEG_PITCH = 5
    DST_LINE_EXCEEDS_PITCH = 6
    DST_LINE_EXCEEDS_NEG_PITCH = 7
    BAD_SRC_PIXEL_COMP_REF = 8
    INVALID_VALUE = 9
    INVALID_UNUSED_FIELD = 0xA
    INVALID_OPERATION = 0xB
    NO_RESOURCES = 0xC
    INVALID_CONFIG = 0xD


class BadLaunch(Exception):
    """A copy engine refuses to launch.

    Attributes:
        error: what its register says.
        why: in words.
    """

    def __init__(self, error: LaunchError, why: str) -> None:
        super().__init__(why)
        self.error = error
        self.why = why


class Launch(NamedTuple):
    """What data of LAUNCH_DMA asks for."""

    transfer: int
    flush: bool
    semaphore: int
    interrupt: int
    source_pitch: bool
    target_pitch: bool
    multi_line: bool
    remap: bool
    source_physical: bool
    target_physical: bool
    reduction: str
    reduction_signed: bool
    payload_bytes: int
    scrub: bool


@lru_cache(maxsize=512)
def decode(word: int) -> Launch:
    """What a launch asks for.

    Raises:
        BadLaunch: a field has a value that means nothing.
    """
    field = {name: known.of(word) for name, known in _LAUNCH.items()}
    if field["DATA_TRANSFER_TYPE"] > NON_PIPELINED:
        raise BadLaunch(LaunchError.INVALID_VALUE, "DATA_TRANSFER_TYPE is 3")
    if field["INTERRUPT_TYPE"] > NON_BLOCKING:
        raise BadLaunch(LaunchError.INVALID_VALUE, "INTERRUPT_TYPE is 3")
    if field["COPY_TYPE"] == _RESERVED_COPY_TYPE:
        raise BadLaunch(LaunchError.INVALID_VALUE, "COPY_TYPE is reserved")
    if field["COPY_TYPE"] == _SECURE:
        raise BadLaunch(LaunchError.INVALID_CONFIG, "secure copies need confidential computing")
    if field["RESERVED_START_OF_COPY"] or field["RESERVED_ERR_CODE"]:
        raise BadLaunch(LaunchError.INVALID_UNUSED_FIELD, "a reserved field of LAUNCH_DMA is not 0")
    reduction = ""
    if field["SEMAPHORE_REDUCTION_ENABLE"]:
        number = field["SEMAPHORE_REDUCTION"]
        if number not in _REDUCTIONS:
            raise BadLaunch(LaunchError.INVALID_VALUE, f"there is no reduction {number}")
        reduction = _REDUCTIONS[number]
    return Launch(
        transfer=field["DATA_TRANSFER_TYPE"],
        flush=bool(field["FLUSH_ENABLE"]),
        semaphore=field["SEMAPHORE_TYPE"],
        interrupt=field["INTERRUPT_TYPE"],
        source_pitch=bool(field["SRC_MEMORY_LAYOUT"]),
        target_pitch=bool(field["DST_MEMORY_LAYOUT"]),
        multi_line=bool(field["MULTI_LINE_ENABLE"]),
        remap=bool(field["REMAP_ENABLE"]),
        source_physical=bool(field["SRC_TYPE"]),
        target_physical=bool(field["DST_TYPE"]),
        reduction=reduction,
        reduction_signed=not field["SEMAPHORE_REDUCTION_SIGN"],
        payload_bytes=8 if field["SEMAPHORE_PAYLOAD_SIZE"] else 4,
        scrub=bool(field["MEMORY_SCRUB_ENABLE"]),
    )


@lru_cache(maxsize=256)
def decode_remap(word: int, constant_a: int, constant_b: int) -> Remap:
    """What data of SET_REMAP_COMPONENTS asks for.

    Raises:
        BadLaunch: a component comes from one that the source does not have.
    """
    inputs = _REMAP["NUM_SRC_COMPONENTS"].of(word) + 1
    outputs = _REMAP["NUM_DST_COMPONENTS"].of(word) + 1
    chosen = tuple(_REMAP[f"DST_{place}"].of(word) for place in "XYZW"[:outputs])
    for which in chosen:
        if which > NO_WRITE:
            raise BadLaunch(LaunchError.INVALID_VALUE, f"there is no source {which} of a component")
        if inputs <= which < 4:
            raise BadLaunch(
                LaunchError.BAD_SRC_PIXEL_COMP_REF, f"the source has {inputs} components, not {which + 1}"
            )
    return Remap(_REMAP["COMPONENT_SIZE"].of(word) + 1, inputs, outputs, chosen, (constant_a, constant_b))


@lru_cache(maxsize=256)
def decode_block(word: int) -> tuple[int, int]:
    """Height and depth of a block, in GOBs as powers of two.

    Raises:
        BadLaunch: there are no such blocks.
    """
    height, depth = _BLOCK["HEIGHT"].of(word), _BLOCK["DEPTH"].of(word)
    if _BLOCK["WIDTH"].of(word) or height > _LARGEST_BLOCK or depth > _LARGEST_BLOCK:
        raise BadLaunch(LaunchError.INVALID_VALUE, f"there are no blocks of size {word:#x}")
    if _BLOCK["GOB_HEIGHT"].of(word) != _FERMI_GOB:
        raise BadLaunch(LaunchError.INVALID_VALUE, "a GOB is 8 lines high: GOB_HEIGHT_FERMI_8")
    return height, depth
