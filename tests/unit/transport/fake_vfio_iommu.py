"""The fake kernel's containers, groups and iommufd: who has joined whom, and what the device may reach.

Facts: see fake_vfio.py.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from typing import Any

from fake_vfio_machine import ADDRESS, HUGE, PAGE, Container, DeviceFile, Dma, Group, Iommufd, Options, refuse


class IommuSide:
    """What of the fake kernel has to do with address spaces: a method is a request, or what several share."""

    options: Options
    endpoint: Any
    files: dict[int, Any]
    dma: dict[int, Dma]
    protests: list[str]

    def _sized(self, data: Any, minimum: int, exact: int | None = None) -> int:
        """A structure's own length, which has to be there, and to be true."""
        if isinstance(data, int) or len(data) < 4:
            raise refuse(errno.EFAULT)
        (said,) = struct.unpack_from("<I", data)
        if said < minimum:
            raise refuse(errno.EINVAL, "argsz")
        if said != len(data):
            self.protests.append(f"argsz says {said} of {len(data)} bytes")
        if exact is not None and said != exact:
            self.protests.append(f"argsz is {said}, the structure has {exact}")
        return said

    def _zero(self, data: Any, start: int, end: int, what: str) -> None:
        if any(data[start:end]):
            self.protests.append(f"{what} is not 0")

    def _container(self, file: Container, command: int, data: Any) -> int:
        command -= 100
        if command == 0:
            return self.options.api_version
        if command == 1:
            if not isinstance(data, int):
                raise refuse(errno.EINVAL)
            return int(data in ((8,) if self.options.no_iommu else (1, 3, 4, 9)))
        if command == 2:
            return self._set_iommu(file, data)
        if file.kind != 3:
            raise refuse(errno.EINVAL, "no type 1 IOMMU")
        if command == 12:
            return self._iommu_info(data)
        if command == 13:
            return self._map_dma(data)
        if command == 14:
            return self._unmap_dma(data)
        raise refuse(errno.ENOTTY)

    def _set_iommu(self, file: Container, kind: Any) -> int:
        if not file.groups or file.kind is not None:
            raise refuse(errno.EINVAL)
        if kind not in ((8,) if self.options.no_iommu else (1, 3)):
            raise refuse(errno.ENODEV)
        if kind == 1:
            self.protests.append("type 1 without its second version")
        file.kind = kind
        return 0

    def _iommu_info(self, data: Any) -> int:
        self._sized(data, 16)
        self._zero(data, 4, len(data), "information that is asked for")
        capabilities = []
        if self.options.ranges is not None:
            ranges = b"".join(struct.pack("<QQ", *each) for each in self.options.ranges)
            capabilities.append((1, struct.pack("<II", len(self.options.ranges), 0) + ranges))
        capabilities.append((2, struct.pack("<IIQQ", 0, 0, PAGE, 1 << 20)[:24]))
        capabilities.append((3, struct.pack("<I", self.options.entries - len(self.dma))))
        self._answer(data, "<IIQII", (1 | 2, PAGE | HUGE | 1 << 30), 16, capabilities)
        return 0

    def _answer(
        self,
        data: Any,
        layout: str,
        fields: tuple[int, ...],
        cap_at: int,
        capabilities: list[tuple[int, bytes]],
        raw: bytes | None = None,
    ) -> None:
        """Write a structure, and its chain of capabilities if there is room."""
        fixed = struct.calcsize(layout)
        chain = raw if raw is not None else self._chain(fixed, capabilities)
        needed = fixed + len(chain)
        said = struct.unpack_from("<I", data)[0]
        values = list(fields)
        count = len(struct.unpack(layout, bytes(fixed)))
        room = said >= needed and bool(chain)
        head = [needed if chain and said < needed else said, *values]
        head += [0] * (count - len(head))
        packed = bytearray(struct.pack(layout, *head))
        if room:
            struct.pack_into("<I", packed, cap_at, fixed)
            data[fixed : fixed + len(chain)] = chain
        data[: min(fixed, len(data))] = packed[: min(fixed, len(data))]

    @staticmethod
    def _chain(start: int, capabilities: list[tuple[int, bytes]]) -> bytes:
        made = b""
        for number, (identity, body) in enumerate(capabilities):
            body += bytes(-len(body) % 8)
            end = start + len(made) + 8 + len(body)
            made += struct.pack("<HHI", identity, 1, end if number + 1 < len(capabilities) else 0) + body
        return made

    def _map_dma(self, data: Any) -> int:
        self._sized(data, 32, 32)
        _, flags, vaddr, iova, size = struct.unpack_from("<IIQQQ", data)
        if flags & ~7 or flags & 4 or not flags & 3:
            raise refuse(errno.EINVAL, "flags")
        if len(self.dma) >= self.options.entries:
            raise refuse(errno.ENOSPC)
        return self._map(vaddr, iova, size, bool(flags & 2), errno.EEXIST)

    def _map(self, vaddr: int, iova: int, size: int, writable: bool, taken: int) -> int:
        if not size or (vaddr | iova | size) & PAGE - 1 or iova + size > 1 << 64:
            raise refuse(errno.EINVAL, "pages")
        if any(iova < each.iova + each.size and each.iova < iova + size for each in self.dma.values()):
            raise refuse(taken)
        ranges = self.options.ranges or ((0, 0xFEDF_FFFF), (0xFEF0_0000, (1 << 48) - 1))
        if not any(first <= iova and iova + size - 1 <= last for first, last in ranges):
            raise refuse(errno.EINVAL, "range")
        limit = self.options.locked_limit
        if limit is not None and not self.options.capable and self.locked + size > limit:
            raise refuse(errno.ENOMEM)
        self.dma[iova] = Dma(iova, size, vaddr, writable)
        return 0

    @property
    def locked(self) -> int:
        return sum(each.size for each in self.dma.values())

    def _unmap_dma(self, data: Any) -> int:
        self._sized(data, 24, 24)
        _, flags, iova, size = struct.unpack_from("<IIQQ", data)
        if flags or not size or (iova | size) & PAGE - 1:
            raise refuse(errno.EINVAL)
        struct.pack_into("<Q", data, 16, self._unmap(iova, size))
        return 0

    def _unmap(self, iova: int, size: int) -> int:
        """The bytes that were unmapped: none of the mappings may be cut."""
        end = iova + size
        inside = [each for each in self.dma.values() if each.iova < end and iova < each.iova + each.size]
        if any(each.iova < iova or iova + size < each.iova + each.size for each in inside):
            raise refuse(errno.EINVAL)
        for each in inside:
            del self.dma[each.iova]
        self.endpoint.settle()
        return sum(each.size for each in inside)

    def _group(self, file: Group, command: int, data: Any) -> int:
        command -= 100
        if command == 3:
            self._sized(data, 8, 8)
            struct.pack_into("<I", data, 4, int(self.options.viable) | 2 * (file.container is not None))
            return 0
        if command == 4:
            container = self.files.get(struct.unpack_from("<i", data)[0])
            if file.container is not None or not isinstance(container, Container):
                raise refuse(errno.EINVAL)
            container.groups.append(file)
            file.container = container
            return 0
        if command == 5:
            if file.container is None:
                raise refuse(errno.EINVAL)
            if file.devices:
                raise refuse(errno.EBUSY)
            self._leave(file)
            return 0
        if command == 6:
            if file.container is None or file.container.kind is None:
                raise refuse(errno.EINVAL)
            if not self.options.viable:
                raise refuse(errno.EPERM)
            name, end, _ = bytes(data).partition(b"\0")
            if not end:
                raise refuse(errno.EINVAL)
            if name.decode() != ADDRESS:
                raise refuse(errno.ENODEV)
            file.devices += 1
            self._start_device()
            return self._give(DeviceFile(file))
        raise refuse(errno.ENOTTY)

    def _leave(self, file: Group) -> None:
        """The last group takes all mappings with it."""
        if file.container is None:
            return
        file.container.groups.remove(file)
        if not file.container.groups:
            if self.dma:
                self.protests.append("memory was mapped to the end")
            self.dma.clear()
            file.container.kind = None
        file.container = None

    def _iommufd(self, file: Iommufd, command: int, data: Any) -> int:
        if command == 0x80:
            self._sized(data, 8, 8)
            identity = struct.unpack_from("<I", data, 4)[0]
            if identity not in file.ioases:
                raise refuse(errno.ENOENT)
            devices = [each for each in self.files.values() if isinstance(each, DeviceFile)]
            if any(each.ioas == identity for each in devices):
                raise refuse(errno.EBUSY)
            if self.dma:
                self.protests.append("memory was mapped to the end")
            self.dma.clear()
            file.ioases.discard(identity)
            return 0
        if command == 0x81:
            self._sized(data, 12, 12)
            if struct.unpack_from("<I", data, 4)[0]:
                raise refuse(errno.EOPNOTSUPP)
            file.next_id += 1
            file.ioases.add(file.next_id)
            struct.pack_into("<I", data, 8, file.next_id)
            return 0
        if command not in (0x84, 0x85, 0x86):
            raise refuse(errno.ENOTTY)
        place = 8 if command == 0x85 else 4
        size = {0x84: 32, 0x85: 40, 0x86: 24}[command]
        self._sized(data, size, size)
        if struct.unpack_from("<I", data, place)[0] not in file.ioases:
            raise refuse(errno.ENOENT)
        return {0x84: self._iova_ranges, 0x85: self._ioas_map, 0x86: self._ioas_unmap}[command](data)

    def _iova_ranges(self, data: Any) -> int:
        _, _, count, reserved, pointer, _ = struct.unpack_from("<IIIIQQ", data)
        if reserved:
            raise refuse(errno.EOPNOTSUPP)
        self._zero(data, 24, 32, "the alignment that is asked for")
        if not self.attached:
            self.protests.append("ranges were asked for before the device was in the address space")
        ranges = self.options.ranges or ((0, (1 << 64) - 1),)
        struct.pack_into("<I", data, 8, len(ranges))
        if count < len(ranges):
            raise refuse(errno.EMSGSIZE)
        for number, each in enumerate(ranges):
            ctypes.memmove(pointer + 16 * number, struct.pack("<QQ", *each), 16)
        struct.pack_into("<Q", data, 24, PAGE)
        return 0

    def _ioas_map(self, data: Any) -> int:
        _, flags, _, reserved, vaddr, length, iova = struct.unpack_from("<IIIIQQQ", data)
        if flags & ~7 or reserved:
            raise refuse(errno.EOPNOTSUPP)
        if not flags & 1:
            self.protests.append("the kernel chooses the address")
        if not flags & 6:
            raise refuse(errno.EINVAL)
        return self._map(vaddr, iova, length, bool(flags & 2), errno.EEXIST)

    def _ioas_unmap(self, data: Any) -> int:
        _, _, iova, length = struct.unpack_from("<IIQQ", data)
        if not length:
            raise refuse(errno.EINVAL)
        done = self._unmap(iova, length)
        if not done:
            raise refuse(errno.ENOENT)
        struct.pack_into("<Q", data, 16, done)
        return 0
