"""What RM tells of a GPU, as GpuFacts. The kernel driver answers all of it without asking the GPU: fast.

Facts: OGKM:ctrl/ctrl2080/ctrl2080{mc,gpu,gr,fb,ce}.h, OGKM:ctrl/ctrl0080/ctrl0080gpu.h.
"""

from __future__ import annotations

from typing import NamedTuple

from barewire.chip.facts import ClassIds, GpuFacts
from barewire.errors import UnknownChip
from barewire.rm import names
from barewire.rm.client import Client

# architecture | implementation (OGKM:ctrl/ctrl2080/ctrl2080mc.h NV2080_CTRL_MC_ARCH_INFO_*)
CHIPS = {
    0x162: "tu102", 0x164: "tu104", 0x166: "tu106", 0x167: "tu117", 0x168: "tu116",
    0x170: "ga100", 0x172: "ga102", 0x173: "ga103", 0x174: "ga104", 0x176: "ga106", 0x177: "ga107",
    0x17B: "ga10b",
    0x180: "gh100", 0x181: "gh100",
    0x192: "ad102", 0x193: "ad103", 0x194: "ad104", 0x196: "ad106", 0x197: "ad107",
    0x1A0: "gb100", 0x1A2: "gb102", 0x1A3: "gb110", 0x1A4: "gb112",
    0x1B2: "gb202", 0x1B3: "gb203", 0x1B5: "gb205", 0x1B6: "gb206", 0x1B7: "gb207",
    0x1BB: "gb20b", 0x1BC: "gb20c",
}  # fmt: skip


class Card(NamedTuple):
    """A GPU that the kernel driver knows, whether this process may use it or not."""

    minor: int
    gpu_id: int
    pci_address: str
    pci_device_id: int

    @property
    def node(self) -> str:
        """Its device file."""
        return f"/dev/nvidia{self.minor}"


def gather(client: Client, card: Card) -> GpuFacts:
    """Ask RM for everything in GpuFacts.

    Raises:
        UnknownChip: the chip offers none of the classes that the driver knows.
    """
    subdevice = client.subdevice
    arch = client.ask(subdevice, "MC_GET_ARCH_INFO")
    chipset = arch["architecture"] | arch["implementation"]
    name = client.ask(subdevice, "GPU_GET_NAME_STRING").text("gpuNameString.ascii")
    identity = client.ask(subdevice, "GPU_GET_GID_INFO", flags=names.GID_BINARY)
    gpc_count, tpc_count, sm_count = _units(client)
    return GpuFacts(
        name=name,
        chip=CHIPS.get(chipset, f"chip {chipset:#x}"),
        chipset=chipset,
        sm_version=_compute_capability(_gr_info(client, names.GR_INFO_SM_VERSION)),
        uuid=identity.bytes_of("data")[: min(identity["length"], 16)],
        pci_address=card.pci_address,
        driver_version=client.abi.version,
        vram_bytes=fb_info(client, names.FB_INFO_RAM_SIZE)[0] << 10,
        gpc_count=gpc_count,
        tpc_count=tpc_count,
        sm_count=sm_count,
        classes=_classes(client, chipset),
        copy_engines=_copy_engines(client),
    )


def fb_info(client: Client, *indices: int) -> list[int]:
    """Numbers about video memory, by NV2080_CTRL_FB_INFO_INDEX_*; sizes are in KiB."""
    control = names.CONTROLS["FB_GET_INFO_V2"]
    params = client.abi.new(control.struct, fbInfoListSize=len(indices))
    for position, index in enumerate(indices):
        params.element("fbInfoList", position)["index"] = index
    client.control(client.subdevice, control.number, params)
    return [params.element("fbInfoList", position)["data"] for position in range(len(indices))]


def _gr_info(client: Client, index: int) -> int:
    control = names.CONTROLS["GR_GET_INFO_V2"]
    params = client.abi.new(control.struct, grInfoListSize=1)
    params.element("grInfoList", 0)["index"] = index
    client.control(client.subdevice, control.number, params)
    return params.element("grInfoList", 0)["data"]


def _compute_capability(sm_version: int) -> int:
    major, minor = sm_version >> 8, sm_version & 0xFF
    if (major, minor) == (10, 4):
        return 120  # GB20x: RM counts 10.4 what CUDA counts 12.0
    return major * 10 + minor


def _units(client: Client) -> tuple[int, int, int]:
    order = client.ask(client.subdevice, "GR_GET_GLOBAL_SM_ORDER")
    clusters = {order.element("globalSmId", index)["gpcId"] for index in range(order["numSm"])}
    return len(clusters), order["numTpc"], order["numSm"]


def _classes(client: Client, chipset: int) -> ClassIds:
    answer = client.ask(client.device, "GPU_GET_CLASSLIST_V2")
    offered = {answer["classList", index] for index in range(answer["numClasses"])}

    def newest(kind: str, candidates: tuple[int, ...]) -> int:
        for candidate in candidates:
            if candidate in offered:
                return candidate
        raise UnknownChip(
            f"this GPU offers no {kind} class that barewire knows",
            hint="Turing and later chips are supported.",
            chipset=chipset,
        )

    return ClassIds(
        gpfifo=newest("channel", names.GPFIFO_CLASSES),
        compute=newest("compute", names.COMPUTE_CLASSES),
        copy=newest("copy", names.COPY_CLASSES),
        usermode=newest("usermode", names.USERMODE_CLASSES),
    )


def _copy_engines(client: Client) -> tuple[int, ...]:
    answer = client.ask(client.subdevice, "CE_GET_ALL_CAPS")
    caps = answer.bytes_of("capsTbl")
    present = answer["present"]
    own = [
        number for number in range(64) if present >> number & 1 and not caps[2 * number] & names.CE_CAP_GRCE
    ]

    def rank(number: int) -> tuple[bool, int, int]:
        fast = caps[2 * number] & (names.CE_CAP_SYSMEM_READ | names.CE_CAP_SYSMEM_WRITE)
        return bool(caps[2 * number] & names.CE_CAP_SHARED), -fast.bit_count(), number

    return tuple(sorted(own, key=rank))
