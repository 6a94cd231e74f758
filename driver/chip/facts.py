"""What is known of one GPU once it is open, whoever told it (RM by ioctl, RM by RPC, or registers)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ClassIds:
    """RM class numbers that this chip offers (`OGKM:src/common/sdk/nvidia/inc/class/`)."""

    gpfifo: int
    compute: int
    copy: int
    usermode: int


@dataclass(frozen=True)
class GpuFacts:
    """One GPU.

    Attributes:
        name: the marketing name, e.g. "NVIDIA H100 80GB HBM3".
        chip: the chip in lower case, e.g. "gh100".
        chipset: architecture << 4 | implementation, e.g. 0x180.
        sm_version: compute capability as one number, e.g. 90.
        uuid: 16 bytes, or empty where nobody told.
        pci_address: "0000:01:00.0", or "" where there is none.
        driver_version: of the kernel driver or firmware that answered.
        vram_bytes: video memory that RM says is there.
        gpc_count, tpc_count, sm_count: what is enabled on this board.
        classes: the class numbers to use.
        copy_engines: numbers of the copy engines (COPYn) that have a runlist of their own, best for large
            copies first.
    """

    name: str
    chip: str
    chipset: int
    sm_version: int
    uuid: bytes
    pci_address: str
    driver_version: str
    vram_bytes: int
    gpc_count: int
    tpc_count: int
    sm_count: int
    classes: ClassIds
    copy_engines: tuple[int, ...] = field(default=())

    def _repr_html_(self) -> str:
        """For notebooks."""
        from barewire.show import card as shown

        return shown(self).html
