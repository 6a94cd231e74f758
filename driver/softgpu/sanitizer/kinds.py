"""The kinds of findings: what each says of the driver, and what to do about it.

`scripts/write_sanitizer_doc.py` makes a page of docs/ of this table.
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """One kind of finding.

    Attributes:
        name: as reports have it; never changes.
        meaning: what was done, and what hardware makes of it.
        example: how a driver comes to do it.
        remedy: what to do.
    """

    name: str
    meaning: str
    example: str
    remedy: str


UNWRITTEN = Kind(
    "unwritten memory",
    "Video memory was read that nobody has written since power-on or reset. It holds anything.",
    "A kernel reads past what was copied in; an array of `empty()` is read before it is filled.",
    "Write it first, or do not read it.",
)
RACE = Kind(
    "race",
    "Two operations use the same memory, one of them writes, and nothing orders them: either may come first.",
    "A copy on one queue reads what a kernel on another still writes, without a semaphore between them; two "
    "kernels on one queue without a wait for idle.",
    "Let the second wait: a WFI on the same channel, a release and an acquire between channels, or the host.",
)
STALE_TRANSLATION = Kind(
    "stale translation",
    "An access used what the TLB remembered, and the page tables say something else by now.",
    "A page was unmapped or moved, and its address used again without MMU_TLB_INVALIDATE.",
    "Invalidate after every change of an entry that was valid, before the address is used.",
)
STALE_CODE = Kind(
    "stale code",
    "A grid ran instructions that an instruction cache still had; memory holds others by now.",
    "A program was loaded where another had been, and no invalidation of instruction caches came between.",
    "INVALIDATE_SHADER_CACHES, or INVALIDATE_INSTRUCTION_CACHE in the launch descriptor.",
)
STALE_CONSTANTS = Kind(
    "stale constants",
    "A grid read a constant bank that a constant cache still had; memory holds other words by now.",
    "Kernel parameters were rewritten for the next launch, which does not invalidate the bank.",
    "INVALIDATE_SHADER_CONSTANT_CACHE in the launch descriptor, or a bank at another address.",
)
STALE_DATA = Kind(
    "stale data",
    "A grid did not invalidate the SMs' data caches, and another has run since they were: its loads may find "
    "lines from before what was written in between.",
    "A launch descriptor without INVALIDATE_SHADER_DATA_CACHE.",
    "INVALIDATE_SHADER_DATA_CACHE in every launch descriptor, or INVALIDATE_SHADER_CACHES before.",
)
STALE_QMD = Kind(
    "stale QMD",
    "A launch used a launch descriptor as SKED had cached it; memory holds another by now.",
    "A chain of dependent launches was patched and launched again without INVALIDATE_SKED_CACHES.",
    "INVALIDATE_SKED_CACHES after patching what was launched before.",
)
RELEASE_WITHOUT_WAIT = Kind(
    "release without wait",
    "A host semaphore was released while the engine may still be at the work before it.",
    "SEM_EXECUTE with RELEASE_WFI off, after a copy or a launch.",
    "RELEASE_WFI, or let the engine release the semaphore itself.",
)
RELEASE_WITHOUT_FLUSH = Kind(
    "release without flush",
    "An engine released a semaphore before what it wrote can be seen: who acquires may read old bytes.",
    "LAUNCH_DMA with a semaphore and without FLUSH_ENABLE; a QMD's release without a membar.",
    "FLUSH_ENABLE, or the release's membar.",
)
CHANGED = Kind(
    "changed after doorbell",
    "An entry of the ring, or words of a pushbuffer, changed between the doorbell and their execution. The "
    "GPU fetches ahead: it may have either.",
    "The doorbell rang before the words were written, or their memory was used again too early.",
    "Write everything, then a write barrier, then GP_PUT, a barrier, the doorbell; reuse what is done.",
)
EMPTY_ENTRY = Kind(
    "empty GP entry",
    "The ring had an entry of zeros where GP_PUT promised one.",
    "GP_PUT was written before the entry.",
    "Write the entry first, with a barrier between.",
)
DOORBELL = Kind(
    "doorbell",
    "A doorbell rang for nothing: GP_PUT had not moved, or the channel was not scheduled.",
    "The doorbell overtook GP_PUT.",
    "A barrier between GP_PUT and the doorbell.",
)
UNKNOWN_TOKEN = Kind(
    "unknown token",
    "A doorbell rang with a token that no channel has.",
    "The token of a channel that was freed; runlist and channel number swapped.",
    "Take the token from resource management, and stop ringing before the channel is freed.",
)
QMD_IN_USE = Kind(
    "QMD in use",
    "A launch descriptor was launched again while its earlier grid may still be running.",
    "A launch slot was taken again before its fence was reached.",
    "Wait for the launch before, or use another descriptor.",
)
SLOT_REWRITTEN = Kind(
    "launch slot rewritten",
    "A launch descriptor or its constants changed while a grid may still be using them.",
    "Parameters of the next launch were written into a slot whose grid had not ended.",
    "Use a slot again only after its fence.",
)
TAKEN_AWAY = Kind(
    "memory taken away",
    "Memory was unmapped, mapped elsewhere, or given back by the host, while something may still use it.",
    "An array was freed and its pages unmapped with a copy in flight; a DMA buffer was unmapped; a ring was "
    "unmapped while its channel waits.",
    "Wait for the last use, then unmap.",
)
OVERLAPPING = Kind(
    "overlapping mappings",
    "An ordinary mapping reaches memory that only the GPU itself may write: page tables, an instance block.",
    "A page table was freed to the allocator while a directory still points at it.",
    "Unlink and invalidate first, then give the page to somebody else.",
)
OVERLAP = Kind(
    "overlap",
    "Source and destination of one copy overlap: bytes may be read before or after they are written.",
    "Moving part of an array by a few bytes in one copy.",
    "Copy by way of another buffer.",
)
PIPELINED = Kind(
    "pipelined copy",
    "A pipelined copy uses what an earlier one of the same channel may still write.",
    "DATA_TRANSFER_TYPE_PIPELINED for a copy that depends on the one before.",
    "DATA_TRANSFER_TYPE_NON_PIPELINED for the second.",
)

KINDS = (
    UNWRITTEN, RACE, STALE_TRANSLATION, STALE_CODE, STALE_CONSTANTS, STALE_DATA, STALE_QMD,
    RELEASE_WITHOUT_WAIT, RELEASE_WITHOUT_FLUSH, CHANGED, EMPTY_ENTRY, DOORBELL, UNKNOWN_TOKEN,
    QMD_IN_USE, SLOT_REWRITTEN, TAKEN_AWAY, OVERLAPPING, OVERLAP, PIPELINED,
)  # fmt: skip
