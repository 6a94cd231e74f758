"""Hopper's boot: FSP authenticates GSP's first code by a chain-of-trust message; the CPU loads no falcon."""

from __future__ import annotations

from barewire.chip.boot import KIB, MIB, BootFacts, FlushPage, FspBoot, HeapRule, ReadyRegister

# LibOS 3 without virtual GPUs: OGKM:src/nvidia/inc/kernel/gpu/gsp/gsp_fw_heap.h.
_HEAP = HeapRule(
    system_bytes=22 * MIB,
    base_bytes=14 * MIB,
    per_gib_bytes=96 * KIB,
    clients_bytes=96 * MIB,
    least_bytes=88 * MIB,
    most_bytes=280 * MIB,
)

GH100 = BootFacts(
    chip="gh100",
    fsp=FspBoot(
        ready=ReadyRegister("NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE", 0xFF),
        message_version=1,
        frts_from_end_bytes=2 * MIB,
    ),
    # The whole 52-bit address, as OGKM:kern_mem_sys_gh100.c splits it.
    flush_page=FlushPage(
        high="NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_HI", low="NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_LO"
    ),
    dma_bits=52,
    heap=_HEAP,
    vga_workspace_bytes=128 * KIB,
    non_wpr_heap_bytes=2 * MIB,
    frts_bytes=1 * MIB,
    pmu_reserved_bytes=0,
    config_mirror_base=0x92000,
    config_mirror_bytes=0x1000,
    source="OGKM:kernel_gsp_gh100.c, kern_fsp_gh100.c; nouveau:nvkm/subdev/gsp/gh100.c",
)

BOOT = (GH100,)
