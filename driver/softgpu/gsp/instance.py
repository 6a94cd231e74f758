"""What firmware writes into a channel's instance block: the state that Host loads when the channel runs.

Facts: open-gpu-doc:manuals/ampere/ga100/dev_ram.ref.txt;
nouveau:nvkm/engine/fifo/gv100.c (words of RAMFC), nvkm/subdev/mmu/vmmgv100.c (page directory bases).
"""

from __future__ import annotations

from dataclasses import dataclass

from barewire.softgpu.page_tables import Aperture, Pdb

INSTANCE_BYTES = 0x1000
RAMFC_BYTES = 0x200
USERD_BYTES = 0x200
SUBCONTEXTS = 64

# RAMFC: word numbers.
_USERD, _USERD_HI = 2, 3
_SIGNATURE = 4
_GP_BASE, _GP_BASE_HI = 18, 19
_PB_HEADER = 33
_SUBDEVICE = 37
_CHANNEL_ID = 58
_CONFIG = 61
_SET_CHANNEL_INFO = 63

_SIGNATURE_VALUE = 0xFACE
_EMPTY_HEADER = 0x20400000
_ALL_SUBDEVICES = 0x30000FFF
_CONFIG_L2_EVICT_NORMAL = 0x1000
_CONFIG_PRIVILEGED = 1 << 8
_LIMIT_LOW_BIT = 16

# RAMIN.
_PAGE_DIRECTORY_BASE = 0x200
_ADDRESS_LIMIT = 0x208
_METHOD_BUFFER = 0x220
_VALID_SUBCONTEXTS = 0x298
_SUBCONTEXT = 0x2A0
_SUBCONTEXT_BYTES = 16
_UNUSED_SUBCONTEXT = (1, 1)

_TARGETS = {Aperture.VRAM: 0, Aperture.COHERENT: 2, Aperture.NONCOHERENT: 3}
_TARGET_INVALID = 1
_VOLATILE = 1 << 2
_NEW_PAGE_TABLES = 1 << 10
_BIG_PAGES_64K = 1 << 11
_ADDRESS_LIMIT_V3 = (1 << 57) - 1


@dataclass(frozen=True)
class InstanceFacts:
    """What an instance block says of its channel.

    Attributes:
        chid: the channel's number.
        pdb: the root of its address space; None for none.
        subcontext: of its context share; 0 without one.
        gpfifo_va, entries: the ring.
        userd: physical address of USERD.
        method_buffer: of the buffer for the methods of a faulted copy engine.
        privileged: whether it may use privileged host methods.
    """

    chid: int
    pdb: Pdb | None
    subcontext: int
    gpfifo_va: int
    entries: int
    userd: int
    method_buffer: int
    privileged: bool


def directory_words(pdb: Pdb | None) -> tuple[int, int]:
    """The two words that name an address space's root."""
    if pdb is None:
        return _TARGET_INVALID, 0
    low = _TARGETS[pdb.aperture] | _NEW_PAGE_TABLES | _BIG_PAGES_64K | pdb.address & 0xFFFFF000
    if pdb.aperture.is_host:
        low |= _VOLATILE
    return low, pdb.address >> 32


def directory_block(pdb: Pdb) -> bytes:
    """An instance block that names a root and nothing else, as BAR1 and BAR2 have."""
    block = bytearray(INSTANCE_BYTES)
    _put(block, _PAGE_DIRECTORY_BASE, *directory_words(pdb))
    _put(block, _ADDRESS_LIMIT, _ADDRESS_LIMIT_V3 & 0xFFFFFFFF, _ADDRESS_LIMIT_V3 >> 32)
    return bytes(block)


def ramfc(facts: InstanceFacts) -> bytes:
    """The first 512 bytes."""
    block = bytearray(RAMFC_BYTES)
    limit = facts.entries.bit_length() - 1
    words = {
        _USERD: facts.userd & 0xFFFFFFFF,
        _USERD_HI: facts.userd >> 32,
        _SIGNATURE: _SIGNATURE_VALUE,
        _GP_BASE: facts.gpfifo_va & 0xFFFFFFF8,
        _GP_BASE_HI: facts.gpfifo_va >> 32 & 0xFFFF | limit << _LIMIT_LOW_BIT,
        _PB_HEADER: _EMPTY_HEADER,
        _SUBDEVICE: _ALL_SUBDEVICES,
        _CHANNEL_ID: facts.chid,
        _CONFIG: _CONFIG_L2_EVICT_NORMAL | (_CONFIG_PRIVILEGED if facts.privileged else 0),
        _SET_CHANNEL_INFO: facts.chid,
    }
    for word, value in words.items():
        _put(block, 4 * word, value)
    return bytes(block)


def address_space(facts: InstanceFacts) -> bytes:
    """The rest of the block, from 0x200 on: roots, limits and the method buffer."""
    block = bytearray(INSTANCE_BYTES)
    low, high = directory_words(facts.pdb)
    _put(block, _PAGE_DIRECTORY_BASE, low, high)
    _put(block, _ADDRESS_LIMIT, _ADDRESS_LIMIT_V3 & 0xFFFFFFFF, _ADDRESS_LIMIT_V3 >> 32)
    _put(block, _METHOD_BUFFER, facts.method_buffer & 0xFFFFFFFF, facts.method_buffer >> 32)
    if facts.pdb is not None:
        valid = 1 << facts.subcontext
        _put(block, _VALID_SUBCONTEXTS, valid & 0xFFFFFFFF, valid >> 32)
    for number in range(SUBCONTEXTS):
        used = number == facts.subcontext and facts.pdb is not None
        words = (low, high) if used else _UNUSED_SUBCONTEXT
        _put(block, _SUBCONTEXT + _SUBCONTEXT_BYTES * number, *words)
    return bytes(block[RAMFC_BYTES:])


def _put(block: bytearray, offset: int, *words: int) -> None:
    for index, word in enumerate(words):
        start = offset + 4 * index
        block[start : start + 4] = (word & 0xFFFFFFFF).to_bytes(4, "little")
