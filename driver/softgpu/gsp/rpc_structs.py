"""Structures of the RPCs and of object allocation, as GSP firmware 570.144 has them.

Offsets are the model's own reading of the headers: OGKM:src/nvidia/generated/g_rpc-structures.h,
src/nvidia/inc/kernel/gpu/gsp/gsp_static_config.h, src/common/sdk/nvidia/inc/nvos.h and alloc/*.h.
"""

from __future__ import annotations

from barewire.softgpu.gsp.records import Layout

GSP_RM_ALLOC = Layout(
    "rpc_gsp_rm_alloc", 0x20,
    hClient=(0x0, "u32"), hParent=(0x4, "u32"), hObject=(0x8, "u32"), hClass=(0xC, "u32"),
    status=(0x10, "u32"), paramsSize=(0x14, "u32"), flags=(0x18, "u32"),
)  # fmt: skip
GSP_RM_CONTROL = Layout(
    "rpc_gsp_rm_control", 0x18,
    hClient=(0x0, "u32"), hObject=(0x4, "u32"), cmd=(0x8, "u32"), status=(0xC, "u32"),
    paramsSize=(0x10, "u32"), flags=(0x14, "u32"),
)  # fmt: skip
FREE = Layout(
    "rpc_free", 0x10,
    hRoot=(0x0, "u32"), hObjectParent=(0x4, "u32"), hObjectOld=(0x8, "u32"), status=(0xC, "u32"),
)  # fmt: skip
DUP_OBJECT = Layout(
    "rpc_dup_object", 0x1C,
    hClient=(0x0, "u32"), hParent=(0x4, "u32"), hObject=(0x8, "u32"), hClientSrc=(0xC, "u32"),
    hObjectSrc=(0x10, "u32"), flags=(0x14, "u32"), status=(0x18, "u32"),
)  # fmt: skip
ALLOC_MEMORY = Layout(
    "rpc_alloc_memory", 0x38,
    hClient=(0x0, "u32"), hDevice=(0x4, "u32"), hMemory=(0x8, "u32"), hClass=(0xC, "u32"),
    flags=(0x10, "u32"), pteAdjust=(0x14, "u32"), format=(0x18, "u32"), length=(0x20, "u64"),
    pageCount=(0x28, "u32"), pteDesc=(0x30, "u32"),
)  # fmt: skip
MAP_MEMORY_DMA = Layout(
    "rpc_map_memory_dma", 0x38,
    hClient=(0x0, "u32"), hDevice=(0x4, "u32"), hDma=(0x8, "u32"), hMemory=(0xC, "u32"),
    offset=(0x10, "u64"), length=(0x18, "u64"), flags=(0x20, "u32"), dmaOffset=(0x28, "u64"),
    status=(0x30, "u32"),
)  # fmt: skip
UNMAP_MEMORY_DMA = Layout(
    "rpc_unmap_memory_dma", 0x28,
    hClient=(0x0, "u32"), hDevice=(0x4, "u32"), hDma=(0x8, "u32"), hMemory=(0xC, "u32"),
    flags=(0x10, "u32"), dmaOffset=(0x18, "u64"), status=(0x20, "u32"),
)  # fmt: skip
SET_PAGE_DIRECTORY = Layout(
    "rpc_set_page_directory", 0x30,
    hClient=(0x0, "u32"), hDevice=(0x4, "u32"), pasid=(0x8, "u32"), params=(0x10, "bytes[0x20]"),
)  # fmt: skip
UNSET_PAGE_DIRECTORY = Layout(
    "rpc_unset_page_directory", 0x10,
    hClient=(0x0, "u32"), hDevice=(0x4, "u32"), params=(0x8, "bytes[0x8]"),
)  # fmt: skip
UPDATE_BAR_PDE = Layout(
    "rpc_update_bar_pde", 0x18,
    barType=(0x0, "u32"), entryValue=(0x8, "u64"), entryLevelShift=(0x10, "u64"),
)  # fmt: skip
INVALIDATE_TLB = Layout("rpc_invalidate_tlb", 0x10, pdbAddress=(0x0, "u64"), regVal=(0x8, "u32"))
UNLOADING_GUEST_DRIVER = Layout(
    "rpc_unloading_guest_driver", 0x8,
    bInPMTransition=(0x0, "u8"), bGc6Entering=(0x1, "u8"), newLevel=(0x4, "u32"),
)  # fmt: skip

OS_ERROR_LOG = Layout(
    "rpc_os_error_log", 0x110,
    exceptType=(0x0, "u32"), runlistId=(0x4, "u32"), chid=(0x8, "u32"), errString=(0xC, "bytes[256]"),
    preemptiveRemovalPreviousXid=(0x10C, "u32"),
)  # fmt: skip
RC_TRIGGERED = Layout(
    "rpc_rc_triggered", 0x30,
    nv2080EngineType=(0x0, "u32"), chid=(0x4, "u32"), gfid=(0x8, "u32"), exceptLevel=(0xC, "u32"),
    exceptType=(0x10, "u32"), scope=(0x14, "u32"), partitionAttributionId=(0x18, "u16"),
    mmuFaultAddrLo=(0x1C, "u32"), mmuFaultAddrHi=(0x20, "u32"), mmuFaultType=(0x24, "u32"),
    bCallbackNeeded=(0x28, "u8"), rcJournalBufferSize=(0x2C, "u32"),
)  # fmt: skip
# The data of an event follows at +0x1d, but its length counts from the structure's end.
POST_EVENT = Layout(
    "rpc_post_event", 0x20,
    hClient=(0x0, "u32"), hEvent=(0x4, "u32"), notifyIndex=(0x8, "u32"), data=(0xC, "u32"),
    info16=(0x10, "u16"), status=(0x14, "u32"), eventDataSize=(0x18, "u32"), bNotifyList=(0x1C, "u8"),
)  # fmt: skip

SYSTEM_INFO = Layout(
    "GspSystemInfo", 0x3A0,
    gpuPhysAddr=(0x0, "u64"), gpuPhysFbAddr=(0x8, "u64"), gpuPhysInstAddr=(0x10, "u64"),
    nvDomainBusDeviceFunc=(0x20, "u64"), maxUserVa=(0x48, "u64"), pciConfigMirrorBase=(0x50, "u32"),
    pciConfigMirrorSize=(0x54, "u32"), PCIDeviceID=(0x58, "u32"), PCISubDeviceID=(0x5C, "u32"),
    PCIRevisionID=(0x60, "u32"), bIsPassthru=(0x348, "u8"), hostPageSize=(0x398, "u64"),
)  # fmt: skip

STATIC_CONFIG_INFO = Layout(
    "GspStaticConfigInfo", 0x678,
    grCapsBits=(0x0, "bytes[23]"), gidInfo=(0x18, "bytes[0x10c]"), SKUInfo=(0x124, "bytes[0x30]"),
    fbRegionInfoParams=(0x158, "bytes[0x308]"), bar0Size=(0x488, "u64"), bar1Size=(0x490, "u64"),
    bar2Size=(0x498, "u64"), b64bitBar0=(0x4A0, "u8"), b64bitBar1=(0x4A1, "u8"), b64bitBar2=(0x4A2, "u8"),
    engineCaps=(0x4B4, "u32[3]"), fb_length=(0x4C8, "u64"), fbio_mask=(0x4D0, "u64"),
    fb_bus_width=(0x4D8, "u32"), fb_ram_type=(0x4DC, "u32"), fbp_mask=(0x4E0, "u64"),
    l2_cache_size=(0x4E8, "u32"), gpuNameString=(0x4EC, "bytes[64]"), gpuShortNameString=(0x52C, "bytes[64]"),
    gpuNameString_Unicode=(0x56C, "bytes[128]"), bIsTesla=(0x5F3, "u8"), bar1PdeBase=(0x600, "u64"),
    bar2PdeBase=(0x608, "u64"), bPageRetirementSupported=(0x61C, "u8"),
    bSplitVasBetweenServerClientRm=(0x61D, "u8"), hInternalClient=(0x640, "u32"),
    hInternalDevice=(0x644, "u32"), hInternalSubdevice=(0x648, "u32"), bAtsSupported=(0x64D, "u8"),
    nonWprHeapOffset=(0x668, "u64"), frtsOffset=(0x670, "u64"),
)  # fmt: skip

# Parameters of object allocation.
ROOT = Layout("NV0000_ALLOC_PARAMETERS", 0x78, hClient=(0x0, "u32"), processID=(0x4, "u32"),
              processName=(0x8, "bytes[100]"))  # fmt: skip
DEVICE = Layout("NV0080_ALLOC_PARAMETERS", 0x38, deviceId=(0x0, "u32"), hClientShare=(0x4, "u32"),
                flags=(0x10, "u32"), vaMode=(0x30, "u32"))  # fmt: skip
SUBDEVICE = Layout("NV2080_ALLOC_PARAMETERS", 0x4, subDeviceId=(0x0, "u32"))
VASPACE = Layout(
    "NV_VASPACE_ALLOCATION_PARAMETERS", 0x30,
    index=(0x0, "u32"), flags=(0x4, "u32"), vaSize=(0x8, "u64"), vaStartInternal=(0x10, "u64"),
    vaLimitInternal=(0x18, "u64"), bigPageSize=(0x20, "u32"), vaBase=(0x28, "u64"),
)  # fmt: skip
MEMORY_VIRTUAL = Layout("NV_MEMORY_VIRTUAL_ALLOCATION_PARAMS", 0x18,
                        offset=(0x0, "u64"), limit=(0x8, "u64"), hVASpace=(0x10, "u32"))  # fmt: skip
MEMORY_ALLOCATION = Layout(
    "NV_MEMORY_ALLOCATION_PARAMS", 0x80,
    owner=(0x0, "u32"), type=(0x4, "u32"), flags=(0x8, "u32"), attr=(0x18, "u32"), attr2=(0x1C, "u32"),
    rangeLo=(0x30, "u64"), rangeHi=(0x38, "u64"), size=(0x40, "u64"), alignment=(0x48, "u64"),
    offset=(0x50, "u64"), limit=(0x58, "u64"), hVASpace=(0x6C, "u32"),
)  # fmt: skip
CHANNEL_GROUP = Layout(
    "NV_CHANNEL_GROUP_ALLOCATION_PARAMETERS", 0x14,
    hObjectError=(0x0, "u32"), hObjectEccError=(0x4, "u32"), hVASpace=(0x8, "u32"), engineType=(0xC, "u32"),
)  # fmt: skip
CONTEXT_SHARE = Layout(
    "NV_CTXSHARE_ALLOCATION_PARAMETERS", 0xC, hVASpace=(0x0, "u32"), flags=(0x4, "u32"), subctxId=(0x8, "u32")
)
MEMORY_DESC = Layout(
    "NV_MEMORY_DESC_PARAMS", 0x18,
    base=(0x0, "u64"), size=(0x8, "u64"), addressSpace=(0x10, "u32"), cacheAttrib=(0x14, "u32"),
)  # fmt: skip
CHANNEL = Layout(
    "NV_CHANNEL_ALLOC_PARAMS", 0x170,
    hObjectError=(0x0, "u32"), hObjectBuffer=(0x4, "u32"), gpFifoOffset=(0x8, "u64"),
    gpFifoEntries=(0x10, "u32"), flags=(0x14, "u32"), hContextShare=(0x18, "u32"), hVASpace=(0x1C, "u32"),
    hUserdMemory=(0x20, "u32[8]"), userdOffset=(0x40, "u64[8]"), engineType=(0x80, "u32"), cid=(0x84, "u32"),
    subDeviceId=(0x88, "u32"), hObjectEccError=(0x8C, "u32"), instanceMem=(0x90, "bytes[0x18]"),
    userdMem=(0xA8, "bytes[0x18]"), ramfcMem=(0xC0, "bytes[0x18]"), mthdbufMem=(0xD8, "bytes[0x18]"),
    hPhysChannelGroup=(0xF0, "u32"), internalFlags=(0xF4, "u32"), errorNotifierMem=(0xF8, "bytes[0x18]"),
    eccErrorNotifierMem=(0x110, "bytes[0x18]"), ProcessID=(0x128, "u32"), SubProcessID=(0x12C, "u32"),
    tpcConfigID=(0x168, "u32"),
)  # fmt: skip
COPY_ENGINE = Layout("NVB0B5_ALLOCATION_PARAMETERS", 0x8, version=(0x0, "u32"), engineType=(0x4, "u32"))
GRAPHICS_OBJECT = Layout("NV_GR_ALLOCATION_PARAMETERS", 0x10, version=(0x0, "u32"), flags=(0x4, "u32"),
                         size=(0x8, "u32"), caps=(0xC, "u32"))  # fmt: skip
USERMODE = Layout("NV_HOPPER_USERMODE_A_PARAMS", 0x2, bBar1Mapping=(0x0, "u8"), bPriv=(0x1, "u8"))
EVENT = Layout(
    "NV0005_ALLOC_PARAMETERS", 0x18,
    hParentClient=(0x0, "u32"), hSrcResource=(0x4, "u32"), hClass=(0x8, "u32"), notifyIndex=(0xC, "u32"),
    data=(0x10, "u64"),
)  # fmt: skip
DEBUGGER = Layout("NV83DE_ALLOC_PARAMETERS", 0xC, hDebuggerClient_Obsolete=(0x0, "u32"),
                  hAppClient=(0x4, "u32"), hClass3dObject=(0x8, "u32"))  # fmt: skip
NOTIFICATION = Layout(
    "NvNotification", 0x10,
    nanoseconds=(0x0, "u64"), info32=(0x8, "u32"), info16=(0xC, "u16"), status=(0xE, "u16"),
)  # fmt: skip
