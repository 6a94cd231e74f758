"""Who made an access that the MMU refused, in the numbers of fault buffers.

Facts: OGKM:kernel-open/nvidia-uvm/hwref/hopper/gh100/dev_fault.h (MMU_ENG_ID, CLIENT_HUB, CLIENT_GPC); Host
is the hub's client ESC, as an H100's log has it. Which client a copy engine is, is the board's own business.
"""

from __future__ import annotations

from typing import NamedTuple

from barewire.softgpu.channel import XID_MMU_FAULT, Channel, ChannelError
from barewire.softgpu.channel_memory import Refused
from barewire.softgpu.engines import Engine, of_runlist
from barewire.softgpu.faults import FaultEntry
from barewire.softgpu.page_tables import Access, Aperture, FaultType

_CLIENT_HOST = 0x63  # ESC
_CLIENTS_OF_COPY = {0: 0x01, 1: 0x02, 2: 0x18, 3: 0x0C}
_CLIENT_HSCE0 = 0x20


class FaultSource(NamedTuple):
    """Who accesses memory.

    Attributes:
        engine_id: MMU_ENG_ID.
        client_id: CLIENT_HUB, or CLIENT_GPC if it is in a cluster.
        gpc: the graphics cluster; None for a client of the hub.
    """

    engine_id: int
    client_id: int
    gpc: int | None = None


class MmuFault(NamedTuple):
    """An access of a channel that the MMU refused.

    Attributes:
        gpu_va: the address; a physical one for physical accesses.
        fault_type: why.
        access: what was tried.
        source: who tried.
    """

    gpu_va: int
    fault_type: FaultType
    access: Access
    source: FaultSource

    @property
    def from_host(self) -> bool:
        """Whether Host's own access failed, not an engine's."""
        return self.source.gpc is None and self.source.client_id == _CLIENT_HOST

    def entry(self, channel: Channel) -> FaultEntry:
        """What a fault buffer shows of it."""
        instance = channel.setup.instance
        return FaultEntry(
            self.gpu_va,
            self.fault_type,
            self.access,
            self.source.engine_id,
            self.source.client_id,
            gpc=self.source.gpc or 0,
            is_hub=self.source.gpc is None,
            instance=instance.address if instance is not None else 0,
            instance_aperture=instance.aperture if instance is not None else Aperture.VRAM,
        )


def copy_source(engine: Engine) -> FaultSource:
    """A copy engine's own accesses."""
    number = engine.instance
    return FaultSource(engine.fault_id, _CLIENTS_OF_COPY.get(number, _CLIENT_HSCE0 + number))


def host_source(runlist: int) -> FaultSource:
    """What Host fetches and writes for the channels of a runlist."""
    return FaultSource(of_runlist(runlist)[0].host_fault_ids[0], _CLIENT_HOST)


def mmu_fault(channel: Channel, source: FaultSource, refused: Refused) -> ChannelError:
    """What takes a channel off after a refused access."""
    return mmu_error(channel, MmuFault(refused.address, refused.fault_type, refused.access, source))


def mmu_error(channel: Channel, fault: MmuFault) -> ChannelError:
    """What takes a channel off by a fault."""
    return ChannelError(XID_MMU_FAULT, None, fault, token=channel.token, gpu_va=fault.gpu_va)
