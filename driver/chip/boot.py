"""What bringing a GPU up takes, as types; the tables of the families are beside this file.

The code that boots reads these tables and knows no chip.
"""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True)
class HeapRule:
    """How large the firmware's heap in video memory has to be.

    Attributes:
        system_bytes: for the firmware's own operating system.
        base_bytes: for the resource manager, whatever the board.
        per_gib_bytes: for each GiB of video memory begun, summed up and rounded to whole MiB.
        clients_bytes: for the objects of its clients.
        least_bytes, most_bytes: bounds of the sum.
    """

    system_bytes: int
    base_bytes: int
    per_gib_bytes: int
    clients_bytes: int
    least_bytes: int
    most_bytes: int

    def size_bytes(self, vram_bytes: int) -> int:
        """The heap of a board with this much video memory."""
        gib = -(-vram_bytes // GIB)
        for_memory = -(-self.per_gib_bytes * gib // MIB) * MIB
        wanted = self.system_bytes + self.base_bytes + for_memory + self.clients_bytes
        return max(self.least_bytes, min(wanted, self.most_bytes))


@dataclass(frozen=True)
class ReadyRegister:
    """Where a processor says that its secure boot is over.

    Attributes:
        register: its name.
        value: the whole word that says so.
    """

    register: str
    value: int


@dataclass(frozen=True)
class FlushPage:
    """Registers that take the bus address of the page which flushes of system memory write to.

    Attributes:
        high: takes the address's upper half; written first.
        low: takes the lower half.
    """

    high: str
    low: str


@dataclass(frozen=True)
class FspBoot:
    """The chain of trust by which FSP starts GSP.

    Attributes:
        ready: where FSP says that it may be spoken to.
        message_version: of the chain-of-trust message.
        frts_from_end_bytes: how far below the end of video memory the FRTS region begins.
    """

    ready: ReadyRegister
    message_version: int
    frts_from_end_bytes: int


@dataclass(frozen=True)
class BootFacts:
    """One chip's way from reset to a running GSP.

    Attributes:
        chip: its name.
        fsp: how FSP starts GSP.
        flush_page: where the flush page's address goes.
        dma_bits: width of the bus addresses that the chip can make.
        heap: the rule for the firmware's heap.
        vga_workspace_bytes, non_wpr_heap_bytes, frts_bytes, pmu_reserved_bytes: regions that the firmware's
            boot carves out of the end of video memory.
        config_mirror_base, config_mirror_bytes: where BAR0 shows the PCI configuration space.
        source: where these facts come from.
    """

    chip: str
    fsp: FspBoot
    flush_page: FlushPage
    dma_bits: int
    heap: HeapRule
    vga_workspace_bytes: int
    non_wpr_heap_bytes: int
    frts_bytes: int
    pmu_reserved_bytes: int
    config_mirror_base: int
    config_mirror_bytes: int
    source: str
