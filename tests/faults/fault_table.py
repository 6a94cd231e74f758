"""All cases of the fault table, and the rows that a software GPU cannot play."""

from __future__ import annotations

import cases_bus
import cases_channels
import cases_files
import cases_firmware
import cases_kernels
import cases_machine
import cases_memory
from fault_case import Case

ROWS = {
    1: "MMU fault: read, write, atomic; unmapped, null, read-only, past the end",
    2: "Bad method, class, subchannel, method data",
    3: "Bad GPFIFO entry, length past the end, unmapped pushbuffer",
    4: "Bad launch descriptor: grid 0, shared memory, registers, entry",
    5: "Illegal instruction, misaligned, bad shared or local address, trap",
    6: "Endless kernel, semaphore never released, lost interrupt",
    7: "Off the bus: at config, BAR0, BAR1, in a poll, in an upload",
    8: "Each code of a refused register read; after a write",
    9: "SIGKILL at each step of open, boot, allocation, submission, close",
    10: "BAR gone under a mapping, use after close, use in a forked child",
    11: "Video memory: none left, fragmented, freed twice, freed by another",
    12: "Host memory: locked-memory limit, entry limit, 39-bit IOMMU, overlap",
    13: "Firmware: missing, truncated at every section's edge, bits flipped",
    14: "Cubins: fuzzed, other chip, missing symbol, overlapping sections",
    15: "FSP and GSP: no reply, bad checksum, wrong sequence, split, oversized, error status",
    16: "WPR2 set already, secure boot rejected, scrub never done",
    17: "Reset: never returns, returns late, configuration lost, siblings not owned",
    18: "Bind: every write of sysfs fails in turn",
    19: "Two processes open the same GPU",
}

NOT_PLAYED = {
    9: "A software GPU ends with the process that is killed. A card that outlives its owner is the first "
    "case of row 16; that the next open works after every step that fails is shown by tests/soft/boot.",
    18: "Binding comes with the transport that needs it; there is nothing to bind for a software GPU.",
}

NOTES = {
    2: "The list asks for the method's name and its place in the pushbuffer. Hardware tells neither of "
    "what Host refuses (Xid 32 carries bits of an interrupt register); of what an engine refuses it tells "
    "the class, the method's offset and its data, which the error has as `log`. By name nothing wrong gets "
    "as far as the GPU.",
    6: "The driver waits for no interrupt: it looks at memory, and at GSP's queue every 2 ms.",
    12: "A host's limits are those of the IOMMU that the software GPU's bus brings with it.",
    13: "Hopper has no VBIOS that a driver parses.",
}

CASES: tuple[Case, ...] = tuple(
    sorted(
        (
            *cases_kernels.CASES,
            *cases_channels.CASES,
            *cases_bus.CASES,
            *cases_memory.CASES,
            *cases_files.CASES,
            *cases_firmware.CASES,
            *cases_machine.CASES,
        ),
        key=lambda case: case.row,
    )
)
