"""From a parsed cubin to an image: what its sections mean, where they go, what each kernel needs.

The blob is laid out here, not by the file: all code first, each piece on 128 bytes, then 512 zero bytes
because the SMs fetch instructions ahead of the last one; then the constant banks on 256 bytes; then
initialised globals; then zeros.

Facts, learnt from cubins of nvcc 12.4 and 13.0 for sm_80 to sm_120 and checked against `cuobjdump`,
`nvdisasm` and ptxas's own figures (tests/unit/compute/test_cubin_witness.py checks again where these tools
are): ELF identification and e_flags of both ABI versions, section names, symbol flags, `.nv.compat`,
`.nv.callgraph`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cached_property

from barewire.compute import nvinfo, relocation, sass_scan
from barewire.compute.elf import (
    BIND_WEAK,
    SHF_EXECINSTR,
    SHN_ABSOLUTE,
    SHT_NOBITS,
    SHT_PROGBITS,
    SHT_REL,
    SHT_RELA,
    SYMBOL_FUNCTION,
    SYMBOL_OBJECT,
    TYPE_EXECUTABLE,
    ElfFile,
    Relocation,
    Section,
    Symbol,
)
from barewire.compute.image import CodeRange, ConstantBank, CubinImage, KernelInfo, Piece, Variable
from barewire.compute.nvinfo import Attribute, Eiattr, Param
from barewire.compute.relocation import Patch
from barewire.compute.target import Target
from barewire.errors import BadCubin, UnsupportedFeature, WrongArchitecture
from barewire.rounding import round_up

CODE_ALIGNMENT = 128
CODE_TAIL_BYTES = 512
CONSTANT_ALIGNMENT = 256
MAX_IMAGE_BYTES = 1 << 34

CONSTANT_BANK_BYTES = 1 << 16
CONSTANT_BANKS = range(1, 18)
UNBOUNDED_STACK_BYTES = 1024  # what CUDA gives a thread by default (cudaLimitStackSize)
RESERVED_SHARED_BYTES = 1024  # sm_90 and later: the first KiB of a block's shared memory is the system's
RESERVED_SHARED_SYMBOL = ".nv.reservedSmem."
MAX_LOCAL_BYTES = 512 << 10  # of a thread: CUDA C++ Programming Guide, table of technical specifications
MAX_REGISTERS = 255
MAX_BARRIERS = 16
NO_BOUND = 0xFFFFFFFF  # a stack size that the compiler could not tell

# Symbol flags beside the ELF visibility, as cuobjdump names them.
STO_CUDA_MANAGED = 0x04
STO_CUDA_ENTRY = 0x10

# (EI_OSABI, EI_ABIVERSION) of toolkits 11 and 12, and of 13: where e_flags hold the target differs.
ABI_7 = (0x33, 7)
ABI_8 = (0x41, 8)
ABI_7_ACCELERATOR_BIT = 11
ABI_7_BARRIERS_BIT = 20  # sh_flags of a code section; ABI 8 has an attribute for it
COMPAT_ACCELERATOR_TARGET = 9  # .nv.compat

# Sections that hold nothing to load: sizes only, or a second, retargetable form of the code ("Mercury").
NOTHING_TO_LOAD = (".nv.shared.", ".nv_debug.shared", ".nv.local.", ".nv.merc.", ".nv.capmerc.")

DRIVER_FUNCTIONS = {
    "vprintf": "device printf",
    "malloc": "device malloc",
    "free": "device malloc",
    "__assertfail": "device assert",
}
DYNAMIC_PARALLELISM = (
    "__cuda_syscall_cnp",
    "cudaLaunchDevice",
    "cudaGetParameterBuffer",
    "cudaStream",
    "cudaEvent",
    "cudaGetLastError",
)


def _need_of(name: str) -> str:
    """What code that refers to the undefined symbol `name` needs, in words."""
    if name in DRIVER_FUNCTIONS:
        return f"{DRIVER_FUNCTIONS[name]} ({name})"
    if name.startswith(DYNAMIC_PARALLELISM):
        return f"dynamic parallelism ({name})"
    return f"the unresolved symbol {name}"


class Loader:
    """Turns one parsed cubin into a `CubinImage`."""

    def __init__(self, elf: ElfFile, chip_sm: int) -> None:
        self._elf = elf
        self._sm_version = _check_target(elf, chip_sm)
        self._size_bytes = 0
        self._alignment = CONSTANT_ALIGNMENT
        self._offsets: dict[int, int] = {}  # section index to place in the blob
        self._patches: list[Patch] = []
        self._code_needs: dict[int, set[str]] = {}  # by section of code: what only a driver could give it
        self._slot_needs: dict[int, str] = {}  # by byte of c[4]: the same, for code that reads it
        self._attributes_read: dict[str, list[Attribute]] = {}
        self._scans: dict[int, sass_scan.CodeFacts] = {}

    def load(self) -> CubinImage:
        """The image.

        Raises:
            BadCubin: the file does not hold together.
            UnsupportedFeature: no kernel in it can run.
        """
        self._place_sections()
        for section in self._elf.sections:
            if section.type in (SHT_REL, SHT_RELA):
                self._read_relocations(section)
        banks, _ = self._constant_banks
        kernels = self._kernels()
        _check_some_can_run(kernels)
        placed = [(offset, self._elf.sections[index]) for index, offset in self._offsets.items()]
        return CubinImage(
            sm_version=self._sm_version,
            kernels=kernels,
            variables=self._variables(),
            constant_banks=banks,
            size_bytes=self._size_bytes,
            alignment=self._alignment,
            pieces=tuple(Piece(offset, section.data) for offset, section in placed),
            code=tuple(
                CodeRange(offset, section.size_bytes, section.name.removeprefix(".text."))
                for offset, section in placed
                if section.flags & SHF_EXECINSTR
            ),
            patches=tuple(self._patches),
        )

    # Where the parts go.

    def _place_sections(self) -> None:
        code, constants, initialised, zeroed = [], [], [], []
        for section in self._elf.sections:
            name = section.name
            if not section.is_allocated or name.startswith(NOTHING_TO_LOAD):
                continue
            if section.type == SHT_PROGBITS and name.startswith(".text.") and section.flags & SHF_EXECINSTR:
                code.append(section)
            elif section.type == SHT_PROGBITS and name.startswith(".nv.constant0"):
                continue  # what c[0] holds is written at launch
            elif section.type == SHT_PROGBITS and name.startswith(".nv.constant"):
                constants.append(section)
            elif section.type == SHT_PROGBITS and name == ".nv.global.init":
                initialised.append(section)
            elif section.type == SHT_NOBITS and name == ".nv.global":
                zeroed.append(section)
            elif section.size_bytes:
                raise UnsupportedFeature(
                    f"the image has a section that barewire does not know: {name}",
                    section_type=section.type,
                    size_bytes=section.size_bytes,
                )
        _check_apart([*code, *constants, *initialised])
        for section in code:
            if section.size_bytes % sass_scan.INSTRUCTION_BYTES:
                raise BadCubin(
                    f"the code of {section.name} is not whole instructions", size_bytes=section.size_bytes
                )
            self._place(section, CODE_ALIGNMENT)
        self._size_bytes += CODE_TAIL_BYTES
        for section in constants:
            self._place(section, CONSTANT_ALIGNMENT)
        self._size_bytes = round_up(self._size_bytes, CONSTANT_ALIGNMENT)
        for section in [*initialised, *zeroed]:
            self._place(section, 1)

    def _place(self, section: Section, alignment: int) -> None:
        alignment = max(alignment, section.alignment)
        self._alignment = max(self._alignment, alignment)
        self._offsets[section.number] = round_up(self._size_bytes, alignment)
        self._size_bytes = self._offsets[section.number] + section.size_bytes
        if self._size_bytes > MAX_IMAGE_BYTES:
            raise UnsupportedFeature(
                "the image is too large to load",
                section=section.name,
                size_bytes=self._size_bytes,
                expected=MAX_IMAGE_BYTES,
            )

    # Addresses.

    def _read_relocations(self, records: Section) -> None:
        if records.name.startswith(NOTHING_TO_LOAD):
            return
        if records.info >= len(self._elf.sections):
            raise BadCubin(f"{records.name} patches a section that is not there", section=records.info)
        target = self._elf.sections[records.info]
        if target.number not in self._offsets:
            return  # debug information, or c[0]
        for record in self._elf.relocations(records):
            if record.type:
                self._read_relocation(record, target)

    def _read_relocation(self, record: Relocation, target: Section) -> None:
        kind = relocation.TYPES.get(record.type)
        if kind is None:
            self._note_need(target, record.offset, relocation.need_of(record.type))
            return
        if record.offset + kind.size_bytes > len(target.data):
            raise BadCubin(
                f"a relocation lies outside {target.name}", offset=record.offset, size_bytes=len(target.data)
            )
        symbol = self._elf.symbols[record.symbol]
        resolved = self._resolve(symbol)
        if resolved is None:
            self._note_need(target, record.offset, _need_of(symbol.name))
            return  # the place keeps its zeros; no kernel that reads it can be launched
        if symbol.kind == SYMBOL_OBJECT and symbol.other & STO_CUDA_MANAGED:
            self._note_need(target, record.offset, f"managed memory ({symbol.name})")
        value, relative = resolved
        addend = kind.read(target.data[record.offset :]) if record.addend is None else record.addend
        offset = self._offsets[target.number] + record.offset
        self._patches.append(Patch(offset, kind, value + addend, relative))

    def _note_need(self, target: Section, offset: int, need: str) -> None:
        if target.flags & SHF_EXECINSTR:
            self._code_needs.setdefault(target.number, set()).add(need)
        elif target.name == ".nv.constant4":
            self._slot_needs[offset] = need
        else:
            raise UnsupportedFeature(f"the initial value of a variable needs {need}", section=target.name)

    def _resolve(self, symbol: Symbol) -> tuple[int, bool] | None:
        """(value, whether the image's address is to be added); None for what only a driver could provide."""
        if symbol.is_undefined:
            known = symbol.binding == BIND_WEAK or symbol.name.startswith(RESERVED_SHARED_SYMBOL)
            return (0, False) if known else None
        if symbol.section == SHN_ABSOLUTE:
            return symbol.value, False
        if symbol.section >= len(self._elf.sections):
            raise BadCubin(f"symbol {symbol.name} stands in no section", section=symbol.section)
        section = self._elf.sections[symbol.section]
        if section.name.startswith(".nv.shared."):
            return symbol.value, False
        if section.number not in self._offsets:
            raise BadCubin(
                f"the address of {symbol.name} in {section.name} is asked for, which is not loaded"
            )
        if symbol.value > section.size_bytes:
            raise BadCubin(f"symbol {symbol.name} lies outside {section.name}", offset=symbol.value)
        return self._offsets[section.number] + symbol.value, True

    # Data.

    @cached_property
    def _constant_banks(self) -> tuple[dict[int, ConstantBank], dict[str, dict[int, ConstantBank]]]:
        """(the banks of all kernels, those of single ones by kernel name)."""
        shared: dict[int, ConstantBank] = {}
        own: dict[str, dict[int, ConstantBank]] = {}
        for index, offset in self._offsets.items():
            section = self._elf.sections[index]
            if not section.name.startswith(".nv.constant"):
                continue
            number, _, kernel = section.name.removeprefix(".nv.constant").partition(".")
            if not (
                number.isascii() and number.isdecimal() and len(number) < 3 and int(number) in CONSTANT_BANKS
            ):
                raise UnsupportedFeature(
                    f"the image has a constant section that barewire does not know: {section.name}"
                )
            if section.size_bytes > CONSTANT_BANK_BYTES:
                raise BadCubin(
                    f"{section.name} is larger than a constant bank", size_bytes=section.size_bytes
                )
            banks = own.setdefault(kernel, {}) if kernel else shared
            banks[int(number)] = ConstantBank(offset, section.size_bytes)
        return shared, own

    def _variables(self) -> dict[str, Variable]:
        variables = {}
        for symbol in self._elf.symbols:
            if symbol.kind != SYMBOL_OBJECT or symbol.section not in self._offsets or not symbol.size_bytes:
                continue
            section = self._elf.sections[symbol.section]
            if symbol.value + symbol.size_bytes > section.size_bytes:
                raise BadCubin(f"variable {symbol.name} lies outside {section.name}", offset=symbol.value)
            offset = self._offsets[symbol.section] + symbol.value
            variables[symbol.name] = Variable(symbol.name, offset, symbol.size_bytes)
        return variables

    # Kernels.

    def _kernels(self) -> dict[str, KernelInfo]:
        kernels: dict[str, KernelInfo] = {}
        for symbol in self._elf.symbols:
            if symbol.kind == SYMBOL_FUNCTION and symbol.other & STO_CUDA_ENTRY and not symbol.is_undefined:
                section = self._code_of(symbol)
                if section.name != f".text.{symbol.name}" or symbol.value:
                    raise BadCubin(
                        f"kernel {symbol.name} does not begin its own section", section=section.name
                    )
                kernels[symbol.name] = self._kernel(symbol, section)
        return kernels

    def _kernel(self, symbol: Symbol, section: Section) -> KernelInfo:
        name = symbol.name
        reached = self._reached_from(symbol.number)
        attributes = self._attributes(name)
        scans = [
            self._scan(self._code_of(self._elf.symbols[index])) for index in reached if self._has_code(index)
        ]
        base, size = self._param_area(name, attributes)
        min_stack, local_bytes, bounded = self._stack(symbol, attributes, scans, reached)
        reserved = RESERVED_SHARED_BYTES if self._sm_version >= 90 else 0
        shared = self._elf.section(f".nv.shared.{name}")
        limit = _dimensions(attributes, Eiattr.MAX_THREADS)
        rank = _last(attributes, Eiattr.MAX_CLUSTER_RANK)
        shared_banks, own_banks = self._constant_banks
        return KernelInfo(
            name=name,
            code_offset=self._offsets[section.number],
            code_size_bytes=section.size_bytes,
            registers=self._registers(name, section, reached),
            shared_static_bytes=max(shared.size_bytes if shared else 0, reserved),
            reserved_shared_bytes=reserved,
            local_bytes=local_bytes,
            min_stack=min_stack,
            stack_is_bounded=bounded,
            barriers=self._barriers(name, reached),
            max_threads=limit[0] * limit[1] * limit[2] if limit else None,
            required_block=_dimensions(attributes, Eiattr.REQNTID),
            cluster_dims=_dimensions(attributes, Eiattr.CTA_PER_CLUSTER),
            max_cluster_rank=rank.words(1)[0] if rank else None,
            cooperative=any(scan.synchronises_grid for scan in scans),
            param_base=base,
            param_bytes=size,
            params=_params(name, attributes, size),
            constant_banks={**shared_banks, **own_banks.get(name, {})},
            unsupported=tuple(sorted(self._needs(reached, scans))),
            functions=tuple(self._functions.get(section.number, ())),
        )

    def _code_of(self, symbol: Symbol) -> Section:
        section = self._elf.sections[symbol.section] if symbol.section in self._offsets else None
        if section is None or not section.flags & SHF_EXECINSTR or symbol.value > section.size_bytes:
            raise BadCubin(f"function {symbol.name} stands outside the code", section=symbol.section)
        return section

    def _has_code(self, index: int) -> bool:
        return not self._elf.symbols[index].is_undefined

    def _attributes(self, function: str) -> list[Attribute]:
        """The records of `.nv.info.<function>`; none where there is no such section."""
        if function not in self._attributes_read:
            self._attributes_read[function] = self._read_attributes(f".nv.info.{function}")
        return self._attributes_read[function]

    def _read_attributes(self, name: str) -> list[Attribute]:
        section = self._elf.section(name)
        return list(nvinfo.parse(section.data, name)) if section else []

    @cached_property
    def _figures(self) -> dict[int, dict[int, int]]:
        """Of `.nv.info`: symbol to {attribute: value}, for those that state a figure of a function."""
        figures: dict[int, dict[int, int]] = {}
        for attribute in self._read_attributes(".nv.info"):
            if attribute.number in (Eiattr.REGCOUNT, Eiattr.FRAME_SIZE, Eiattr.MIN_STACK_SIZE):
                symbol, value = attribute.words(2)
                figures.setdefault(symbol, {})[attribute.number] = value
        return figures

    @cached_property
    def _functions(self) -> dict[int, list[tuple[int, str]]]:
        """Section to (offset, name) of the functions in it, in order."""
        found: dict[int, list[tuple[int, str]]] = {}
        for symbol in self._elf.symbols:
            if symbol.kind == SYMBOL_FUNCTION and not symbol.is_undefined:
                found.setdefault(symbol.section, []).append((symbol.value, symbol.name))
        for functions in found.values():
            functions.sort()
        return found

    def _param_area(self, name: str, attributes: list[Attribute]) -> tuple[int, int]:
        """(base, size) of a kernel's parameters in c[0]."""
        bank = _last(attributes, Eiattr.PARAM_CBANK)
        if bank is not None:
            _, place = bank.words(2)
            return place & 0xFFFF, place >> 16
        section = self._elf.section(f".nv.constant0.{name}")
        if section is None:
            raise BadCubin(f"kernel {name} does not say where its parameters stand")
        return section.size_bytes, 0  # it has none: c[0] ends where they would begin

    def _registers(self, name: str, section: Section, reached: set[int]) -> int:
        stated = max(self._figures.get(index, {}).get(Eiattr.REGCOUNT, 0) for index in reached)
        registers = stated or section.info >> 24  # ABI 7 has it in sh_info too
        if not 0 < registers <= MAX_REGISTERS:
            raise BadCubin(
                f"kernel {name} has an impossible register count", found=registers, expected=MAX_REGISTERS
            )
        return registers

    def _barriers(self, name: str, reached: set[int]) -> int:
        counts = [0]
        for index in reached:
            symbol = self._elf.symbols[index]
            counts += [a.value for a in self._attributes(symbol.name) if a.number == Eiattr.NUM_BARRIERS]
            if self._elf.header.identity == ABI_7 and self._has_code(index):
                counts.append(self._code_of(symbol).flags >> ABI_7_BARRIERS_BIT & 0x7F)
        if max(counts) > MAX_BARRIERS:
            raise BadCubin(
                f"kernel {name} uses more barriers than there are", found=max(counts), expected=MAX_BARRIERS
            )
        return max(counts)

    def _stack(
        self, symbol: Symbol, attributes: list[Attribute], scans: list[sass_scan.CodeFacts], reached: set[int]
    ) -> tuple[int, int, bool]:
        """(bytes of the call chain's stack, local memory to give a thread, whether the chain is bounded)."""
        figures = self._figures.get(symbol.number, {})
        stated = figures.get(Eiattr.MIN_STACK_SIZE, 0)
        call_stack = _last(attributes, Eiattr.CRS_STACK_SIZE)
        bounded = not (
            stated == NO_BOUND
            or (call_stack is not None and call_stack.words(1)[0] == NO_BOUND)
            or any(scan.moves_stack or scan.calls_by_register for scan in scans)
            or self._recurses(reached)
        )
        frames = [self._figures.get(index, {}).get(Eiattr.FRAME_SIZE, 0) for index in reached]
        needed = max(*frames, 0 if stated == NO_BOUND else stated)
        if needed > MAX_LOCAL_BYTES:
            raise BadCubin(
                f"kernel {symbol.name} asks for too much stack", found=needed, expected=MAX_LOCAL_BYTES
            )
        if not bounded:
            needed = max(needed, UNBOUNDED_STACK_BYTES)
        return (needed if stated == NO_BOUND else stated), round_up(needed, 16), bounded

    def _recurses(self, reached: set[int]) -> bool:
        """Whether a function that is reached may call itself, by the call graph or within its own section."""
        return bool(self._recursive & reached) or any(
            self._section_recurses(self._code_of(self._elf.symbols[index]))
            for index in reached
            if self._has_code(index)
        )

    @cached_property
    def _recursive(self) -> set[int]:
        return _on_a_cycle(self._calls)

    def _section_recurses(self, section: Section) -> bool:
        """Whether functions within one section call each other in a circle.

        Only calls to the start of a function count: sm_80 also uses CALL to jump within one.
        """
        functions = self._functions.get(section.number, [])
        starts = {start for start, _ in functions}
        calls: dict[int, set[int]] = {}
        for place, target in self._scan(section).calls:
            if target in starts:
                caller = max((start for start in starts if start <= place), default=0)
                calls.setdefault(caller, set()).add(target)
        return bool(_on_a_cycle(calls))

    def _needs(self, reached: set[int], scans: list[sass_scan.CodeFacts]) -> set[str]:
        """What these functions need and barewire does not offer."""
        needs: set[str] = set()
        for index in reached:
            symbol = self._elf.symbols[index]
            if symbol.is_undefined:
                needs.add(_need_of(symbol.name))
                continue
            needs |= self._code_needs.get(symbol.section, set())
            for attribute in self._attributes(symbol.name):
                if attribute.number in nvinfo.DYNAMIC_PARALLELISM:
                    needs.add("dynamic parallelism")
                elif attribute.number == Eiattr.EXTERNS:
                    needs |= {
                        _need_of(extern.name) for extern in self._externs(attribute) if extern.is_undefined
                    }
        for scan in scans:
            needs |= {need for slot, need in self._slot_needs.items() if slot in scan.address_slots}
            if scan.uses_textures:
                needs.add("textures")
            if scan.uses_surfaces:
                needs.add("surfaces")
            if scan.synchronises_grid:
                needs.add("grid-wide synchronisation (a cooperative launch)")
        return needs

    def _externs(self, attribute: Attribute) -> list[Symbol]:
        indices = attribute.words()
        if any(index >= len(self._elf.symbols) for index in indices):
            raise BadCubin("EXTERNS names a symbol that is not there", symbol=max(indices))
        return [self._elf.symbols[index] for index in indices]

    def _scan(self, section: Section) -> sass_scan.CodeFacts:
        facts = self._scans.get(section.number)
        if facts is None:
            facts = self._scans[section.number] = sass_scan.scan(section.data, self._sm_version)
        return facts

    def _reached_from(self, start: int) -> set[int]:
        """`start` and every symbol that it reaches by calls."""
        reached, pending = {start}, [start]
        while pending:
            for callee in self._calls.get(pending.pop(), ()):
                if callee not in reached:
                    reached.add(callee)
                    pending.append(callee)
        return reached

    @cached_property
    def _calls(self) -> dict[int, set[int]]:
        """Of `.nv.callgraph`: caller to callees, by symbol.

        Pairs (0, -n) divide it: after -1 stand (caller, callee), after -2 (function whose address is taken,
        prototype), after -3 (function that calls through a pointer, prototype), after -4 (function, one whose
        address it takes).
        """
        section = self._elf.section(".nv.callgraph")
        if section is None:
            return {}
        if len(section.data) % 8:
            raise BadCubin(".nv.callgraph is not a whole number of pairs", size_bytes=len(section.data))
        parts: dict[int, list[tuple[int, int]]] = {}
        part = -1
        for first, second in struct.iter_unpack("<Ii", section.data):
            if second < 0:
                part = second
            else:
                parts.setdefault(part, []).append((first, second))
        calls: dict[int, set[int]] = {}
        for caller, callee in parts.get(-1, ()):
            calls.setdefault(caller, set()).add(callee)
        by_prototype: dict[int, set[int]] = {}
        for function, prototype in parts.get(-2, ()):
            by_prototype.setdefault(prototype, set()).add(function)
        for caller, prototype in parts.get(-3, ()):
            calls.setdefault(caller, set()).update(by_prototype.get(prototype, ()))
        named = {*calls, *(callee for callees in calls.values() for callee in callees)}
        if any(symbol >= len(self._elf.symbols) for symbol in named):
            raise BadCubin(".nv.callgraph names a symbol that is not there", symbol=max(named))
        return calls


def _check_target(elf: ElfFile, chip_sm: int) -> int:
    """The compute capability that the code is for, if it runs on the chip."""
    header = elf.header
    if header.identity == ABI_8:
        version = header.flags >> 8 & 0xFF
        section = elf.section(".nv.compat")
        records = nvinfo.parse(section.data, section.name) if section else ()
        exact = any(record.number == COMPAT_ACCELERATOR_TARGET and record.value for record in records)
    elif header.identity == ABI_7:
        version = header.flags & 0xFF
        exact = bool(header.flags >> ABI_7_ACCELERATOR_BIT & 1)
    else:
        raise BadCubin(
            "a cubin of a toolkit whose format barewire does not know",
            os_abi=header.os_abi,
            abi_version=header.abi_version,
            expected=f"{ABI_7} (CUDA 11, 12) or {ABI_8} (CUDA 13)",
        )
    if header.type != TYPE_EXECUTABLE:
        raise BadCubin(
            "the cubin is not linked",
            hint="`nvlink -arch=sm_NN` links relocatable device code; or compile without -rdc=true.",
            elf_type=header.type,
            expected=TYPE_EXECUTABLE,
        )
    target = Target(version, "a" if exact else "")
    if not target.runs_on(chip_sm):
        raise WrongArchitecture(
            f"the cubin is for sm_{target} and the chip is sm_{chip_sm}",
            hint=f"Compile with -arch=sm_{chip_sm}, or give PTX or a fatbin.",
            found=f"sm_{target}",
            expected=f"sm_{chip_sm}",
        )
    return version


def _check_apart(sections: Iterable[Section]) -> None:
    """Refuse overlapping sections, so that an image is not larger than its file by more than alignment."""
    end = 0
    for section in sorted(sections, key=lambda one: one.file_offset):
        if section.file_offset < end and section.size_bytes:
            raise BadCubin(f"section {section.name} overlaps another one", section_offset=section.file_offset)
        end = max(end, section.file_offset + section.size_bytes)


def _check_some_can_run(kernels: dict[str, KernelInfo]) -> None:
    if not kernels:
        raise BadCubin("the image holds no kernel")
    if all(kernel.unsupported for kernel in kernels.values()):
        needs = sorted({need for kernel in kernels.values() for need in kernel.unsupported})
        raise UnsupportedFeature(
            f"no kernel of this image can run here, because of what they need: {', '.join(needs)}",
            kernels=", ".join(sorted(kernels)),
        )


def _params(name: str, attributes: list[Attribute], area_bytes: int) -> tuple[Param, ...]:
    """A kernel's parameters in order, checked to lie one after the other within their area."""
    params = [nvinfo.param(record) for record in attributes if record.number in nvinfo.PARAMS]
    params.sort(key=lambda param: param.ordinal)
    end = 0
    for ordinal, param in enumerate(params):
        if param.ordinal != ordinal or param.offset < end or param.offset + param.size_bytes > area_bytes:
            raise BadCubin(
                f"the parameters of kernel {name} do not fit together", ordinal=ordinal, found=param
            )
        end = param.offset + param.size_bytes
    return tuple(params)


def _last(attributes: list[Attribute], number: int) -> Attribute | None:
    return next((attribute for attribute in reversed(attributes) if attribute.number == number), None)


def _dimensions(attributes: list[Attribute], number: int) -> tuple[int, int, int] | None:
    attribute = _last(attributes, number)
    if attribute is None:
        return None
    x, y, z = attribute.words(3)
    if not (x and y and z):
        raise BadCubin(f"{attribute.name} of a kernel is not three positive numbers", found=(x, y, z))
    return x, y, z


def _on_a_cycle(calls: dict[int, set[int]]) -> set[int]:
    """The callers that are part of a cycle, or reach none but such: what is left when leaves are taken away.

    A caller that merely reaches a cycle is left too, which is what the question about its stack wants.
    """
    left = {caller: set(callees) for caller, callees in calls.items()}
    while True:
        leaves = [caller for caller, callees in left.items() if not callees & left.keys()]
        if not leaves:
            return set(left)
        for leaf in leaves:
            del left[leaf]
