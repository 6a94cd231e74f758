"""Fatbins: the same kernels for several chips in one file; the best image for a chip is taken out.

A fatbin is a header and entries, each with a header of its own: PTX or a cubin, for one target, plain or
compressed.

Facts: read off fatbins that nvcc 13.0 wrote with each --compress-mode for plain, "a" and "f" targets;
CUDA toolkit `fatbinary_section.h` for the wrapper. The LZ4 block format: lz4.org, `lz4_Block_format.md`.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from barewire.compute.target import Target
from barewire.errors import BadCubin, CompilerMissing, UnsupportedFeature, WrongArchitecture

MAGIC = 0xBA55ED50
WRAPPER_MAGIC = 0x466243B1
WRAPPER_BYTES = 24
VERSION = 1

KIND_PTX = 1
KIND_CUBIN = 2

FLAG_OLD_COMPRESSION = 0x1000
FLAG_LZ4 = 0x2000
FLAG_ZSTD = 0x8000
FLAG_ARCHITECTURE_SPECIFIC = 0x100000
FLAG_FAMILY_SPECIFIC = 0x200000

MAX_PAYLOAD_BYTES = 1 << 30

_HEADER = struct.Struct("<IHHQ")
_ENTRY = struct.Struct("<HHIQIIHHIIIQQQ")


@dataclass(frozen=True)
class Entry:
    """One image: what it is for, and its bytes as they stand in the file."""

    kind: int
    target: Target
    flags: int
    stored: bytes
    size_bytes: int

    @property
    def is_cubin(self) -> bool:
        return self.kind == KIND_CUBIN

    @property
    def description(self) -> str:
        return f"{'sm' if self.is_cubin else 'compute'}_{self.target}"

    def payload(self) -> bytes:
        """The image's bytes, decompressed.

        Raises:
            BadCubin: the compressed bytes are damaged.
            CompilerMissing: they need a decompressor that is not installed.
            UnsupportedFeature: they are compressed in a way that is not known.
        """
        if self.flags & FLAG_LZ4:
            return decompress_lz4(self.stored, self.size_bytes)
        if self.flags & FLAG_ZSTD:
            return decompress_zstd(self.stored, self.size_bytes)
        if self.flags & FLAG_OLD_COMPRESSION:
            raise UnsupportedFeature(
                "the fatbin is compressed as toolkits before CUDA 11 did", flags=self.flags
            )
        return self.stored


def is_fatbin(data: bytes) -> bool:
    """Whether the bytes begin as a fatbin, or as the wrapper that host programs keep one in."""
    return len(data) >= 4 and struct.unpack_from("<I", data)[0] in (MAGIC, WRAPPER_MAGIC)


def entries(data: bytes) -> Iterator[Entry]:
    """The PTX and cubin entries of a fatbin; other kinds are passed over.

    Raises:
        BadCubin: it is truncated or does not hold together.
    """
    start = 0
    if struct.unpack_from("<I", data)[0] == WRAPPER_MAGIC:
        start = WRAPPER_BYTES
        if len(data) < start + 4 or struct.unpack_from("<I", data, start)[0] != MAGIC:
            raise BadCubin(
                "a fatbin wrapper without its fatbin", hint="Give the .nv_fatbin section that it points to."
            )
    if len(data) < start + _HEADER.size:
        raise BadCubin("the fatbin header is cut off", size_bytes=len(data))
    _, version, header_bytes, body_bytes = _HEADER.unpack_from(data, start)
    if version != VERSION or header_bytes < _HEADER.size:
        raise BadCubin("a fatbin of an unknown version", version=version, header_bytes=header_bytes)
    position = start + header_bytes
    end = position + body_bytes
    if end > len(data):
        raise BadCubin("the fatbin is truncated", size_bytes=len(data), expected=end)
    while position < end:
        entry, position = _entry(data, position, end)
        if entry is not None:
            yield entry


def _entry(data: bytes, position: int, end: int) -> tuple[Entry | None, int]:
    """(the entry at `position`, None if of a kind that is not for us; where the next one begins)."""
    if position + _ENTRY.size > end:
        raise BadCubin("a fatbin entry is cut off", offset=position, size_bytes=end)
    fields = _ENTRY.unpack_from(data, position)
    (
        kind,
        _,
        header_bytes,
        padded_bytes,
        compressed_bytes,
        _,
        _,
        _,
        sm_version,
        _,
        _,
        flags,
        _,
        plain_bytes,
    ) = fields
    if header_bytes < _ENTRY.size or position + header_bytes + padded_bytes > end:
        raise BadCubin(
            "a fatbin entry does not fit into its fatbin", offset=position, entry_bytes=padded_bytes
        )
    begin = position + header_bytes
    position = begin + padded_bytes
    if kind not in (KIND_PTX, KIND_CUBIN):
        return None, position
    compressed = flags & (FLAG_LZ4 | FLAG_ZSTD | FLAG_OLD_COMPRESSION)
    stored_bytes = compressed_bytes if compressed else padded_bytes
    if stored_bytes > padded_bytes:
        raise BadCubin("a fatbin entry is shorter than its image", offset=begin, found=padded_bytes)
    if compressed and plain_bytes > MAX_PAYLOAD_BYTES:
        raise BadCubin("a fatbin entry claims to be too large", offset=begin, found=plain_bytes)
    suffix = "a" if flags & FLAG_ARCHITECTURE_SPECIFIC else "f" if flags & FLAG_FAMILY_SPECIFIC else ""
    stored = data[begin : begin + stored_bytes]
    return Entry(
        kind, Target(sm_version, suffix), flags, stored, plain_bytes if compressed else stored_bytes
    ), position


def choose(data: bytes, sm_version: int) -> Entry:
    """The entry for a chip: the cubin closest to it that runs on it, or else the newest PTX that it can take.

    Raises:
        BadCubin: the fatbin does not hold together.
        WrongArchitecture: nothing in it is for this chip; the message says what it holds.
    """
    found = list(entries(data))
    cubins = [entry for entry in found if entry.is_cubin and entry.target.runs_on(sm_version)]
    texts = [entry for entry in found if not entry.is_cubin and entry.target.assembles_for(sm_version)]
    for fitting in (cubins, texts):
        if fitting:
            return max(fitting, key=lambda entry: entry.target.rank)
    held = ", ".join(entry.description for entry in found) or "nothing"
    raise WrongArchitecture(
        f"the fatbin holds nothing for sm_{sm_version}",
        hint=f"Compile with -gencode arch=compute_{sm_version},code=sm_{sm_version} as well.",
        found=held,
        expected=f"sm_{sm_version}",
    )


def decompress_lz4(data: bytes, size_bytes: int) -> bytes:
    """Decode one LZ4 block of known plain size.

    Raises:
        BadCubin: the block is damaged.
    """
    out = bytearray()
    position, end = 0, len(data)
    while position < end:
        token = data[position]
        position += 1
        literals, position = _lz4_length(data, position, token >> 4)
        if position + literals > end or len(out) + literals > size_bytes:
            raise BadCubin(
                "a compressed image is damaged: literals run over", offset=position, found=literals
            )
        out += data[position : position + literals]
        position += literals
        if position == end:
            break  # the last sequence has no match
        if position + 2 > end:
            raise BadCubin("a compressed image is damaged: a match is cut off", offset=position)
        distance = data[position] | data[position + 1] << 8
        length, position = _lz4_length(data, position + 2, token & 15)
        length += 4
        if not 0 < distance <= len(out) or len(out) + length > size_bytes:
            raise BadCubin(
                "a compressed image is damaged: a match reaches outside", offset=position, found=distance
            )
        begin = len(out) - distance
        if distance >= length:
            out += out[begin : begin + length]
        else:  # the match overlaps what it produces: a repeating pattern
            pattern = bytes(out[begin:])
            out += (pattern * (length // distance + 1))[:length]
    if len(out) != size_bytes:
        raise BadCubin(
            "a compressed image has another size than it says", found=len(out), expected=size_bytes
        )
    return bytes(out)


def _lz4_length(data: bytes, position: int, nibble: int) -> tuple[int, int]:
    """(a length that begins with `nibble` of the token, where it ends)."""
    if nibble < 15:
        return nibble, position
    length = nibble
    while True:
        if position >= len(data):
            raise BadCubin("a compressed image is damaged: a length is cut off", offset=position)
        extra = data[position]
        position += 1
        length += extra
        if extra != 255:
            return length, position


def decompress_zstd(data: bytes, size_bytes: int) -> bytes:
    """Decode a Zstandard frame of known plain size with Python's own module (3.14) or the package zstandard.

    Raises:
        BadCubin: the frame is damaged.
        CompilerMissing: neither is there.
    """
    try:
        plain = _zstd_read(data, size_bytes + 1)
    except ImportError:
        raise CompilerMissing(
            "the fatbin is compressed with Zstandard, and no decompressor is installed",
            hint="`pip install zstandard` (or barewire[fatbin]), or compile with --compress-mode=speed.",
        ) from None
    if len(plain) != size_bytes:
        raise BadCubin(
            "a compressed image has another size than it says", found=len(plain), expected=size_bytes
        )
    return plain


def _zstd_read(data: bytes, limit: int) -> bytes:
    """At most `limit` decompressed bytes."""
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        import zstandard

        try:
            with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)) as reader:
                return bytes(reader.read(limit))
        except (zstandard.ZstdError, MemoryError) as error:
            raise BadCubin(f"a compressed image is damaged: {error}") from error
    try:
        return bytes(zstd.ZstdDecompressor().decompress(data, limit))
    except (zstd.ZstdError, EOFError, MemoryError) as error:
        raise BadCubin(f"a compressed image is damaged: {error}") from error
