"""Parameters of controls, as GSP firmware 570.144 has them.

Offsets are the model's own reading of OGKM:src/common/sdk/nvidia/inc/ctrl/*.h at 570.144.
"""

from __future__ import annotations

from barewire.softgpu.gsp.records import Layout

NONE = Layout("no parameters", 0)

# Device.
CLASSLIST_V2 = Layout("NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS", 0x194,
                      numClasses=(0x0, "u32"), classList=(0x4, "u32[100]"))  # fmt: skip
NUM_SUBDEVICES = Layout("NV0080_CTRL_GPU_GET_NUM_SUBDEVICES_PARAMS", 0x4, numSubDevices=(0x0, "u32"))
ENGINE_CONTEXT = Layout("NV0080_CTRL_FIFO_GET_ENGINE_CONTEXT_PROPERTIES_PARAMS", 0xC,
                        engineId=(0x0, "u32"), alignment=(0x4, "u32"), size=(0x8, "u32"))  # fmt: skip
CHANNEL_PROPERTIES = Layout("NV0080_CTRL_FIFO_SET_CHANNEL_PROPERTIES_PARAMS", 0x10,
                            hChannel=(0x0, "u32"), property=(0x4, "u32"), value=(0x8, "u64"))  # fmt: skip
FIFO_CAPS = Layout("NV0080_CTRL_FIFO_GET_CAPS_V2_PARAMS", 0x2, capsTbl=(0x0, "bytes[2]"))
HOST_CAPS = Layout("NV0080_CTRL_HOST_GET_CAPS_V2_PARAMS", 0x3, capsTbl=(0x0, "bytes[3]"))
DEVICE_INVALIDATE_TLB = Layout("NV0080_CTRL_DMA_INVALIDATE_TLB_PARAMS", 0x8,
                               hVASpace=(0x0, "u32"), flags=(0x4, "u32"))  # fmt: skip
SET_PAGE_DIRECTORY = Layout(
    "NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_PARAMS", 0x20,
    physAddress=(0x0, "u64"), numEntries=(0x8, "u32"), flags=(0xC, "u32"), hVASpace=(0x10, "u32"),
    chId=(0x14, "u32"), subDeviceId=(0x18, "u32"), pasid=(0x1C, "u32"),
)  # fmt: skip
UNSET_PAGE_DIRECTORY = Layout("NV0080_CTRL_DMA_UNSET_PAGE_DIRECTORY_PARAMS", 0x8,
                              hVASpace=(0x0, "u32"), subDeviceId=(0x4, "u32"))  # fmt: skip

PTE_INFO = Layout("NV0080_CTRL_DMA_GET_PTE_INFO_PARAMS", 0xB8)
PDE_INFO = Layout(
    "NV0080_CTRL_DMA_GET_PDE_INFO_PARAMS", 0xD0,
    gpuAddr=(0x0, "u64"), pdeVirtAddr=(0x8, "u64"), pdeEntrySize=(0x10, "u32"), pdeAddrSpace=(0x14, "u32"),
    pdeSize=(0x18, "u32"), subDeviceId=(0x1C, "u32"), pteBlocks=(0x20, "bytes[0xa0]"),
    pdbAddr=(0xC0, "u64"), hVASpace=(0xC8, "u32"),
)  # fmt: skip
PDE_INFO_BLOCK = Layout(
    "NV0080_CTRL_DMA_PDE_INFO_PTE_BLOCK", 0x20,
    ptePhysAddr=(0x0, "u64"), pteCacheAttrib=(0x8, "u32"), pteEntrySize=(0xC, "u32"), pageSize=(0x10, "u32"),
    pteAddrSpace=(0x14, "u32"), pdeVASpaceSize=(0x18, "u32"), pdeFlags=(0x1C, "u32"),
)  # fmt: skip

# Memory.
SURFACE_PHYS_ATTR = Layout(
    "NV0041_CTRL_GET_SURFACE_PHYS_ATTR_PARAMS", 0x30,
    memOffset=(0x0, "u64"), memFormat=(0x8, "u32"), comprOffset=(0xC, "u32"), comprFormat=(0x10, "u32"),
    memAperture=(0x14, "u32"), gpuCacheAttr=(0x18, "u32"), gpuP2PCacheAttr=(0x1C, "u32"),
    mmuContext=(0x20, "u32"), contigSegmentSize=(0x28, "u64"),
)  # fmt: skip

# Subdevice: the GPU.
INDEXED_VALUE = Layout("index and value", 0x8, index=(0x0, "u32"), data=(0x4, "u32"))
GPU_INFO_V2 = Layout("NV2080_CTRL_GPU_GET_INFO_V2_PARAMS", 0x20C,
                     gpuInfoListSize=(0x0, "u32"), gpuInfoList=(0x4, "bytes[0x208]"))  # fmt: skip
NAME_STRING = Layout("NV2080_CTRL_GPU_GET_NAME_STRING_PARAMS", 0x84,
                     gpuNameStringFlags=(0x0, "u32"), gpuNameString=(0x4, "bytes[128]"))  # fmt: skip
SHORT_NAME_STRING = Layout("NV2080_CTRL_GPU_GET_SHORT_NAME_STRING_PARAMS", 0x40,
                           gpuShortNameString=(0x0, "bytes[64]"))  # fmt: skip
GID_INFO = Layout("NV2080_CTRL_GPU_GET_GID_INFO_PARAMS", 0x10C, index=(0x0, "u32"), flags=(0x4, "u32"),
                  length=(0x8, "u32"), data=(0xC, "bytes[256]"))  # fmt: skip
ENGINES_V2 = Layout("NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS", 0x154,
                    engineCount=(0x0, "u32"), engineList=(0x4, "u32[84]"))  # fmt: skip
GPU_ID = Layout("NV2080_CTRL_GPU_GET_ID_PARAMS", 0x4, gpuId=(0x0, "u32"))
GPC_INFO = Layout("NV2080_CTRL_GPU_GET_FERMI_GPC_INFO_PARAMS", 0x4, gpcMask=(0x0, "u32"))
TPC_INFO = Layout("NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS", 0x8,
                  gpcId=(0x0, "u32"), tpcMask=(0x4, "u32"))  # fmt: skip
CONSTRUCTED_FALCONS = Layout("NV2080_CTRL_GPU_GET_CONSTRUCTED_FALCON_INFO_PARAMS", 0x504,
                             numConstructedFalcons=(0x0, "u32"))  # fmt: skip
PROMOTE_CTX = Layout(
    "NV2080_CTRL_GPU_PROMOTE_CTX_PARAMS", 0x230,
    engineType=(0x0, "u32"), hClient=(0x4, "u32"), ChID=(0x8, "u32"), hChanClient=(0xC, "u32"),
    hObject=(0x10, "u32"), hVirtMemory=(0x14, "u32"), virtAddress=(0x18, "u64"), size=(0x20, "u64"),
    entryCount=(0x28, "u32"), promoteEntry=(0x30, "bytes[0x200]"),
)  # fmt: skip
PROMOTE_ENTRY = Layout(
    "NV2080_CTRL_GPU_PROMOTE_CTX_BUFFER_ENTRY", 0x20,
    gpuPhysAddr=(0x0, "u64"), gpuVirtAddr=(0x8, "u64"), size=(0x10, "u64"), physAttr=(0x18, "u32"),
    bufferId=(0x1C, "u16"), bInitialize=(0x1E, "u8"), bNonmapped=(0x1F, "u8"),
)  # fmt: skip
EVICT_CTX = Layout("NV2080_CTRL_GPU_EVICT_CTX_PARAMS", 0x14, engineType=(0x0, "u32"), hClient=(0x4, "u32"),
                   ChID=(0x8, "u32"), hChanClient=(0xC, "u32"), hObject=(0x10, "u32"))  # fmt: skip
INTERRUPT_TABLE = Layout(
    "NV2080_CTRL_INTERNAL_INTR_GET_KERNEL_TABLE_PARAMS", 0x814,
    tableLen=(0x0, "u32"), table=(0x4, "bytes[0x800]"), subtreeMap=(0x804, "bytes[14]"),
)  # fmt: skip
INTERRUPT_ROW = Layout(
    "NV2080_CTRL_INTERNAL_INTR_GET_KERNEL_TABLE_ENTRY", 0x10,
    engineIdx=(0x0, "u16"), pmcIntrMask=(0x4, "u32"), vectorStall=(0x8, "u32"), vectorNonStall=(0xC, "u32"),
)  # fmt: skip
CONTEXT_BUFFERS = Layout("NV2080_CTRL_INTERNAL_STATIC_GR_GET_CONTEXT_BUFFERS_INFO_PARAMS", 0x680,
                         engineContextBuffersInfo=(0x0, "bytes[0x680]"))  # fmt: skip
CONTEXT_BUFFER = Layout("NV2080_CTRL_INTERNAL_ENGINE_CONTEXT_BUFFER_INFO", 0x8,
                        size=(0x0, "u32"), alignment=(0x4, "u32"))  # fmt: skip
SET_NOTIFICATION = Layout(
    "NV2080_CTRL_EVENT_SET_NOTIFICATION_PARAMS", 0x14,
    event=(0x0, "u32"), action=(0x4, "u32"), bNotifyState=(0x8, "u8"), info32=(0xC, "u32"),
    info16=(0x10, "u16"),
)  # fmt: skip
TIME = Layout("NV2080_CTRL_TIMER_GET_TIME_PARAMS", 0x8, time_nsec=(0x0, "u64"))
ARCH_INFO = Layout(
    "NV2080_CTRL_MC_GET_ARCH_INFO_PARAMS", 0x10,
    architecture=(0x0, "u32"), implementation=(0x4, "u32"), revision=(0x8, "u32"), subRevision=(0xC, "u8"),
)  # fmt: skip
PCI_INFO = Layout(
    "NV2080_CTRL_BUS_GET_PCI_INFO_PARAMS", 0x10,
    pciDeviceId=(0x0, "u32"), pciSubSystemId=(0x4, "u32"), pciRevisionId=(0x8, "u32"),
    pciExtDeviceId=(0xC, "u32"),
)  # fmt: skip

# Video memory.
FB_INFO_V2 = Layout("NV2080_CTRL_FB_GET_INFO_V2_PARAMS", 0x1CC,
                    fbInfoListSize=(0x0, "u32"), fbInfoList=(0x4, "bytes[0x1c8]"))  # fmt: skip
FB_REGION_INFO = Layout("NV2080_CTRL_CMD_FB_GET_FB_REGION_INFO_PARAMS", 0x308,
                        numFBRegions=(0x0, "u32"), fbRegion=(0x8, "bytes[0x300]"))  # fmt: skip
FB_REGION = Layout(
    "NV2080_CTRL_CMD_FB_GET_FB_REGION_FB_REGION_INFO", 0x30,
    base=(0x0, "u64"), limit=(0x8, "u64"), reserved=(0x10, "u64"), performance=(0x18, "u32"),
    supportCompressed=(0x1C, "u8"), supportISO=(0x1D, "u8"), bProtected=(0x1E, "u8"),
)  # fmt: skip
MEMORY_SYSTEM = Layout(
    "NV2080_CTRL_INTERNAL_MEMSYS_GET_STATIC_CONFIG_PARAMS", 0x28,
    bOneToOneComptagLineAllocation=(0x0, "u8"), bUseOneToFourComptagLineAllocation=(0x1, "u8"),
    bUseRawModeComptaglineAllocation=(0x2, "u8"), bDisableCompbitBacking=(0x3, "u8"),
    bDisablePostL2Compression=(0x4, "u8"), bEnabledEccFBPA=(0x5, "u8"), bL2PreFill=(0x6, "u8"),
    l2CacheSize=(0x8, "u64"), bFbpaPresent=(0x10, "u8"), comprPageSize=(0x14, "u32"),
    comprPageShift=(0x18, "u32"), ramType=(0x1C, "u32"), ltcCount=(0x20, "u32"), ltsPerLtcCount=(0x24, "u32"),
)  # fmt: skip
RAW_COMPRESSION = Layout("NV2080_CTRL_INTERNAL_MEMSYS_PROGRAM_RAW_COMPRESSION_MODE_PARAMS", 0x1,
                         bRawMode=(0x0, "u8"))  # fmt: skip
COMPRESSION_STORE = Layout(
    "NV0080_CTRL_FB_GET_COMPBIT_STORE_INFO_PARAMS", 0x50,
    Size=(0x0, "u64"), Address=(0x8, "u64"), AddressSpace=(0x10, "u32"), MaxCompbitLine=(0x14, "u32"),
    comptagsPerCacheLine=(0x18, "u32"), cacheLineSize=(0x1C, "u32"), cacheLineSizePerSlice=(0x20, "u32"),
    cacheLineFetchAlignment=(0x24, "u32"), backingStoreBase=(0x28, "u64"),
    gobsPerComptagPerSlice=(0x30, "u32"), backingStoreCbcBase=(0x34, "u32"),
    comptaglineAllocationPolicy=(0x38, "u32"), privRegionStartOffset=(0x40, "u64"),
    cbcCoveragePerSlice=(0x48, "u32"),
)  # fmt: skip
KEPT_MEMORY = Layout(
    "NV2080_CTRL_INTERNAL_FBSR_INIT_PARAMS", 0x18,
    hClient=(0x0, "u32"), hSysMem=(0x4, "u32"), bEnteringGcoffState=(0x8, "u8"),
    sysmemAddrOfSuspendResumeData=(0x10, "u64"),
)  # fmt: skip

# Host and its engines.
ALL_CHANNELS = Layout("NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING_PARAMS", 0x1,
                      bDisableActiveChannels=(0x0, "u8"))  # fmt: skip
DEVICE_INFO_TABLE = Layout(
    "NV2080_CTRL_FIFO_GET_DEVICE_INFO_TABLE_PARAMS", 0xC8C,
    baseIndex=(0x0, "u32"), numEntries=(0x4, "u32"), bMore=(0x8, "u8"), entries=(0xC, "bytes[0xc80]"),
)  # fmt: skip
DEVICE_ENTRY = Layout(
    "NV2080_CTRL_FIFO_DEVICE_ENTRY", 0x64,
    engineData=(0x0, "u32[16]"), pbdmaIds=(0x40, "u32[2]"), pbdmaFaultIds=(0x48, "u32[2]"),
    numPbdmas=(0x50, "u32"), engineName=(0x54, "bytes[16]"),
)  # fmt: skip
DISABLE_CHANNELS = Layout(
    "NV2080_CTRL_FIFO_DISABLE_CHANNELS_PARAMS", 0x218,
    bDisable=(0x0, "u8"), numChannels=(0x4, "u32"), bOnlyDisableScheduling=(0x8, "u8"),
    bRewindGpPut=(0x9, "u8"), pRunlistPreemptEvent=(0x10, "u64"), hClientList=(0x18, "u32[64]"),
    hChannelList=(0x118, "u32[64]"),
)  # fmt: skip
CHANNEL_MEM_INFO = Layout("NV2080_CTRL_CMD_FIFO_GET_CHANNEL_MEM_INFO_PARAMS", 0x70, hChannel=(0x0, "u32"),
                          inst=(0x8, "bytes[0x18]"), ramfc=(0x20, "bytes[0x18]"),
                          methodBuf=(0x38, "bytes[0x30]"), methodBufCount=(0x68, "u32"))  # fmt: skip
MEM_INFO = Layout("NV2080_CTRL_FIFO_MEM_INFO", 0x18,
                  aperture=(0x0, "u32"), base=(0x8, "u64"), size=(0x10, "u64"))  # fmt: skip
CHANNEL_COUNT = Layout("NV2080_CTRL_FIFO_GET_PHYSICAL_CHANNEL_COUNT_PARAMS", 0x8,
                       physChannelCount=(0x0, "u32"), physChannelCountInUse=(0x4, "u32"))  # fmt: skip
FIFO_INFO = Layout("NV2080_CTRL_FIFO_GET_INFO_PARAMS", 0x808, fifoInfoTblSize=(0x0, "u32"),
                   fifoInfoTbl=(0x4, "bytes[0x800]"), engineType=(0x804, "u32"))  # fmt: skip
ALLOCATED_CHANNELS = Layout("NV2080_CTRL_FIFO_GET_ALLOCATED_CHANNELS_PARAMS", 0x204,
                            runlistId=(0x0, "u32"), bitMask=(0x4, "u32[128]"))  # fmt: skip
CE_CAPS_V2 = Layout("NV2080_CTRL_CE_GET_CAPS_V2_PARAMS", 0x8,
                    ceEngineType=(0x0, "u32"), capsTbl=(0x4, "u8[2]"))  # fmt: skip
CE_ALL_CAPS = Layout("NV2080_CTRL_CE_GET_ALL_CAPS_PARAMS", 0x88,
                     capsTbl=(0x0, "bytes[128]"), present=(0x80, "u64"))  # fmt: skip
CE_PCE_MASK = Layout("NV2080_CTRL_CE_GET_CE_PCE_MASK_PARAMS", 0x8,
                     ceEngineType=(0x0, "u32"), pceMask=(0x4, "u32"))  # fmt: skip
CE_METHOD_BUFFER = Layout("NV2080_CTRL_CE_GET_FAULT_METHOD_BUFFER_SIZE_PARAMS", 0x4, size=(0x0, "u32"))

# GR.
ZCULL_INFO = Layout(
    "NV2080_CTRL_GR_GET_ZCULL_INFO_PARAMS", 0x28,
    widthAlignPixels=(0x0, "u32"), heightAlignPixels=(0x4, "u32"), pixelSquaresByAliquots=(0x8, "u32"),
    aliquotTotal=(0xC, "u32"), zcullRegionByteMultiplier=(0x10, "u32"), zcullRegionHeaderSize=(0x14, "u32"),
    zcullSubregionHeaderSize=(0x18, "u32"), subregionCount=(0x1C, "u32"),
    subregionWidthAlignPixels=(0x20, "u32"), subregionHeightAlignPixels=(0x24, "u32"),
)  # fmt: skip
GR_INFO_V2 = Layout("NV2080_CTRL_GR_GET_INFO_V2_PARAMS", 0x1E8, grInfoListSize=(0x0, "u32"),
                    grInfoList=(0x4, "bytes[0x1d0]"))  # fmt: skip
GR_CAPS_V2 = Layout("NV2080_CTRL_GR_GET_CAPS_V2_PARAMS", 0x30,
                    capsTbl=(0x0, "bytes[23]"), bCapsPopulated=(0x28, "u8"))  # fmt: skip
GLOBAL_SM_ORDER = Layout(
    "NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS", 0x1818,
    globalSmId=(0x0, "bytes[0x1800]"), numSm=(0x1800, "u16"), numTpc=(0x1802, "u16"),
)  # fmt: skip
GLOBAL_SM = Layout(
    "entry of GET_GLOBAL_SM_ORDER", 0xC,
    gpcId=(0x0, "u16"), localTpcId=(0x2, "u16"), localSmId=(0x4, "u16"), globalTpcId=(0x6, "u16"),
    virtualGpcId=(0x8, "u16"), migratableTpcId=(0xA, "u16"),
)  # fmt: skip
PREEMPTION_MODE = Layout(
    "NV2080_CTRL_GR_SET_CTXSW_PREEMPTION_MODE_PARAMS", 0x20,
    flags=(0x0, "u32"), hChannel=(0x4, "u32"), gfxpPreemptMode=(0x8, "u32"), cilpPreemptMode=(0xC, "u32"),
)  # fmt: skip
PREEMPTION_BIND = Layout(
    "NV2080_CTRL_GR_CTXSW_PREEMPTION_BIND_PARAMS", 0x70,
    flags=(0x0, "u32"), hClient=(0x4, "u32"), hChannel=(0x8, "u32"), vMemPtrs=(0x10, "u64[9]"),
    gfxpPreemptMode=(0x58, "u32"), cilpPreemptMode=(0x5C, "u32"),
)  # fmt: skip
GR_GPC_MASK = Layout("NV2080_CTRL_GR_GET_GPC_MASK_PARAMS", 0x18, gpcMask=(0x10, "u32"))
GR_TPC_MASK = Layout("NV2080_CTRL_GR_GET_TPC_MASK_PARAMS", 0x18,
                     gpcId=(0x10, "u32"), tpcMask=(0x14, "u32"))  # fmt: skip
RESIDENT_CHANNEL = Layout("NV2080_CTRL_GR_GET_CURRENT_RESIDENT_CHANNEL_PARAMS", 0x18, chID=(0x0, "u32"))

# The debugger.
EXCEPTION_MASK = Layout("NV83DE_CTRL_DEBUG_SET_EXCEPTION_MASK_PARAMS", 0x4, exceptionMask=(0x0, "u32"))
SM_ERROR_STATE = Layout(
    "NV83DE_SM_ERROR_STATE_REGISTERS", 0x30,
    hwwGlobalEsr=(0x0, "u32"), hwwWarpEsr=(0x4, "u32"), hwwWarpEsrPc=(0x8, "u32"),
    hwwGlobalEsrReportMask=(0xC, "u32"), hwwWarpEsrReportMask=(0x10, "u32"), hwwEsrAddr=(0x18, "u64"),
    hwwWarpEsrPc64=(0x20, "u64"), hwwCgaEsr=(0x28, "u32"), hwwCgaEsrReportMask=(0x2C, "u32"),
)  # fmt: skip
SINGLE_SM_ERROR_STATE = Layout("NV83DE_CTRL_DEBUG_READ_SINGLE_SM_ERROR_STATE_PARAMS", 0x38,
                               hTargetChannel=(0x0, "u32"), smID=(0x4, "u32"),
                               smErrorState=(0x8, "bytes[0x30]"))  # fmt: skip
ALL_SM_ERROR_STATES = Layout(
    "NV83DE_CTRL_DEBUG_READ_ALL_SM_ERROR_STATES_PARAMS", 0x12D8,
    hTargetChannel=(0x0, "u32"), numSMsToRead=(0x4, "u32"), smErrorStateArray=(0x8, "bytes[0x12c0]"),
    mmuFaultInfo=(0x12C8, "u32"), mmuFaultValid=(0x12CC, "u8"), mmuFaultFaultInfo=(0x12D0, "u32"),
    startingSM=(0x12D4, "u32"),
)  # fmt: skip
CLEAR_SINGLE_SM_ERROR_STATE = Layout("NV83DE_CTRL_DEBUG_CLEAR_SINGLE_SM_ERROR_STATE_PARAMS", 0x8,
                                     hTargetChannel=(0x0, "u32"), smID=(0x4, "u32"))  # fmt: skip
CLEAR_ALL_SM_ERROR_STATES = Layout("NV83DE_CTRL_DEBUG_CLEAR_ALL_SM_ERROR_STATES_PARAMS", 0x8,
                                   hTargetChannel=(0x0, "u32"), numSMsToClear=(0x4, "u32"))  # fmt: skip
MMU_FAULT_LIST = Layout("NV83DE_CTRL_DEBUG_READ_MMU_FAULT_INFO_PARAMS", 0x48,
                        mmuFaultInfoList=(0x0, "bytes[0x40]"), count=(0x40, "u32"))  # fmt: skip
MMU_FAULT_ENTRY = Layout("NV83DE_CTRL_DEBUG_READ_MMU_FAULT_INFO_ENTRY", 0x10, faultAddress=(0x0, "u64"),
                         faultType=(0x8, "u32"), accessType=(0xC, "u32"))  # fmt: skip

# Robust channels.
RC_ERROR_COUNT = Layout("NV2080_CTRL_RC_GET_ERROR_COUNT_PARAMS", 0x4, errorCount=(0x0, "u32"))
RC_RECOVERY = Layout("NV2080_CTRL_CMD_RC_RECOVERY_PARAMS", 0x4, rcEnable=(0x0, "u32"))
WATCHDOG_INFO = Layout("NV2080_CTRL_RC_GET_WATCHDOG_INFO_PARAMS", 0x4, watchdogStatusFlags=(0x0, "u32"))

# Channels, groups, address spaces.
SCHEDULE = Layout("NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS", 0x2, bEnable=(0x0, "u8"), bSkipSubmit=(0x1, "u8"))
BIND = Layout("NVA06F_CTRL_BIND_PARAMS", 0x4, engineType=(0x0, "u32"))
STOP_CHANNEL = Layout("NVA06F_CTRL_STOP_CHANNEL_PARAMS", 0x1, bImmediate=(0x0, "u8"))
SET_ERROR_NOTIFIER = Layout("NVA06F_CTRL_SET_ERROR_NOTIFIER_PARAMS", 0x1,
                            bNotifyEachChannelInTSG=(0x0, "u8"))  # fmt: skip
INTERLEAVE = Layout("NVA06F/NVA06C_CTRL_INTERLEAVE_LEVEL_PARAMS", 0x4, level=(0x0, "u32"))
RESTART_RUNLIST = Layout("NVA06F_CTRL_RESTART_RUNLIST_PARAMS", 0x2,
                         bForceRestart=(0x0, "u8"), bBypassWait=(0x1, "u8"))  # fmt: skip
CONTEXT_ID = Layout("NVA06F_CTRL_GET_CONTEXT_ID_PARAMS", 0x4, contextId=(0x0, "u32"))
WORK_SUBMIT_TOKEN = Layout("NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN_PARAMS", 0x4,
                           workSubmitToken=(0x0, "u32"))  # fmt: skip
NOTIFICATION_INDEX = Layout("NVC36F_CTRL_GPFIFO_SET_WORK_SUBMIT_TOKEN_NOTIF_INDEX_PARAMS", 0x4,
                            index=(0x0, "u32"))  # fmt: skip
CLASS_ENGINE_ID = Layout(
    "NV906F_CTRL_GET_CLASS_ENGINEID_PARAMS", 0x10,
    hObject=(0x0, "u32"), classEngineID=(0x4, "u32"), classID=(0x8, "u32"), engineID=(0xC, "u32"),
)  # fmt: skip
RESET_CHANNEL = Layout(
    "NV906F_CTRL_CMD_RESET_CHANNEL_PARAMS", 0x10,
    engineID=(0x0, "u32"), subdeviceInstance=(0x4, "u32"), resetReason=(0x8, "u32"), bIsRcPending=(0xC, "u8"),
)  # fmt: skip
DEFER_RC = Layout("NV906F_CTRL_CMD_GET_DEFER_RC_STATE_PARAMS", 0x1, bDeferRCPending=(0x0, "u8"))
MMU_FAULT_INFO = Layout(
    "NV906F_CTRL_GET_MMU_FAULT_INFO_PARAMS", 0x68,
    addrHi=(0x0, "u32"), addrLo=(0x4, "u32"), faultType=(0x8, "u32"), faultString=(0xC, "bytes[32]"),
    shaderProgramVA=(0x30, "u64[7]"),
)  # fmt: skip
PREEMPT = Layout("NVA06C_CTRL_PREEMPT_PARAMS", 0x8,
                 bWait=(0x0, "u8"), bManualTimeout=(0x1, "u8"), timeoutUs=(0x4, "u32"))  # fmt: skip
TIMESLICE = Layout("NVA06C_CTRL_TIMESLICE_PARAMS", 0x8, timesliceUs=(0x0, "u64"))
GROUP_INFO = Layout("NVA06C_CTRL_GET_INFO_PARAMS", 0x4, tsgID=(0x0, "u32"))
MAKE_REALTIME = Layout("NVA06C_CTRL_MAKE_REALTIME_PARAMS", 0x1, bRealtime=(0x0, "u8"))
COPY_PDES = Layout(
    "NV90F1_CTRL_VASPACE_COPY_SERVER_RESERVED_PDES_PARAMS", 0xB8,
    hSubDevice=(0x0, "u32"), subDeviceId=(0x4, "u32"), pageSize=(0x8, "u64"), virtAddrLo=(0x10, "u64"),
    virtAddrHi=(0x18, "u64"), numLevelsToCopy=(0x20, "u32"), levels=(0x28, "bytes[0x90]"),
)  # fmt: skip
COPY_PDE_LEVEL = Layout("level of COPY_SERVER_RESERVED_PDES", 0x18, physAddress=(0x0, "u64"),
                        size=(0x8, "u64"), aperture=(0x10, "u32"), pageShift=(0x14, "u8"))  # fmt: skip
