"""A chip's firmware set: all files of one version, found and parsed.

Files of different versions must not be mixed in one boot; a set is of one version, in one folder. What
linux-firmware links to another chip's file is found under both names.

Facts: specification sections 1.2 and 1.3; the file lists of linux-firmware's WHENCE.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from barewire.errors import BadFirmware, FirmwareMissing, UnknownChip
from barewire.firmware import containers
from barewire.firmware.blob import Blob
from barewire.firmware.containers import Bootloader, GenericBootloader, SecureCode
from barewire.firmware.files import FirmwareFile, candidates, folders, is_there, read_file
from barewire.firmware.gsp import Fmc, GspImage, fmc, gsp_image

VERSION = "570.144"
# Begins the image of a set that barewire made itself.
SYNTHETIC_MAGIC = b"BAREWIRE-SYNTHETIC"

_FALCON = ("gsp", "bootloader", "booter_load", "booter_unload")
_TURING = (*_FALCON, "gen_bootloader")
_ADA = (*_FALCON, "scrubber")
_FSP = ("gsp", "bootloader", "fmc")


class ChipFiles(NamedTuple):
    """What a chip's firmware set is made of.

    Attributes:
        names: of the files.
        signature: which of GSP's signatures is the chip's.
        folders: the chips under whose names the whole set is found, the chip's own first.
        shared: files that are the same as another chip's, and found there too.
    """

    names: tuple[str, ...]
    signature: str
    folders: tuple[str, ...]
    shared: Mapping[str, str]

    def places(self, name: str) -> tuple[str, ...]:
        """The chips under whose names a file is found, in order."""
        return (*self.folders, *((self.shared[name],) if name in self.shared else ()))


def _chips() -> dict[str, ChipFiles]:
    from_tu102 = {"gsp": "tu102", "gen_bootloader": "tu102"}
    of_tu102 = {**from_tu102, "bootloader": "tu102"}
    from_ga102 = {"gsp": "ga102"}
    # (chips, files, signature, the chip whose set they share, shared files)
    families: tuple[tuple[tuple[str, ...], tuple[str, ...], str, str, dict[str, str]], ...] = (
        (("tu102", "tu104", "tu106"), _TURING, "tu10x", "tu102", {}),
        (("tu116", "tu117"), _TURING, "tu11x", "tu116", of_tu102),
        (("ga100",), _TURING, "ga100", "ga100", from_tu102),
        (("ga102", "ga103", "ga104", "ga106", "ga107"), _FALCON, "ga10x", "ga102", {}),
        (("ad102", "ad103", "ad104", "ad106", "ad107"), _ADA, "ad10x", "ad102", from_ga102),
        (("gh100",), _FSP, "gh100", "gh100", from_ga102),
        (("gb100", "gb102"), _FSP, "gb10x", "gb100", from_ga102),
        (("gb202", "gb203", "gb205", "gb206", "gb207"), _FSP, "gb20x", "gb202", from_ga102),
    )
    return {
        chip: ChipFiles(names, signature, tuple(dict.fromkeys((chip, same))), shared)
        for chips, names, signature, same, shared in families
        for chip in chips
    }


CHIP_FILES = _chips()


@dataclass(frozen=True)
class FirmwareSet:
    """All that a chip's boot takes from files.

    Attributes:
        chip: the chip in lower case.
        version: of the whole set.
        files: by name ("gsp", "bootloader", ...).
        gsp: GSP's firmware, with the chip's signature.
        bootloader: what starts it on the RISC-V core.
        fmc: on Hopper and later.
        booter_load, booter_unload: before Hopper.
        scrubber: on Ada.
        generic_bootloader: on Turing and GA100.
    """

    chip: str
    version: str
    files: Mapping[str, FirmwareFile]
    gsp: GspImage
    bootloader: Bootloader
    fmc: Fmc | None = None
    booter_load: SecureCode | None = None
    booter_unload: SecureCode | None = None
    scrubber: SecureCode | None = None
    generic_bootloader: GenericBootloader | None = None

    @property
    def is_synthetic(self) -> bool:
        """Whether barewire made it: only a software GPU boots it."""
        return bytes(self.gsp.image[: len(SYNTHETIC_MAGIC)]) == SYNTHETIC_MAGIC

    def sha256(self) -> dict[str, str]:
        """The digest of each file, by name; reads all of them."""
        return {name: file.sha256 for name, file in self.files.items()}

    def __repr__(self) -> str:
        return f"<FirmwareSet {self.version} for {self.chip}: {', '.join(self.files)}>"


def chip_files(chip: str) -> ChipFiles:
    """What a chip's set is made of.

    Raises:
        UnknownChip: no set is known for it.
    """
    if chip not in CHIP_FILES:
        raise UnknownChip(
            f"no firmware set is known for {chip!r}", hint=f"Known: {', '.join(CHIP_FILES)}.", chip=chip
        )
    return CHIP_FILES[chip]


def find_firmware(
    chip: str, version: str = VERSION, folder: str | os.PathLike[str] | None = None
) -> FirmwareSet:
    """Find and parse a chip's firmware. No file is read as a whole: large ones are mapped.

    Args:
        chip: in lower case, e.g. "gh100".
        version: of the set.
        folder: that holds `nvidia/<chip>/gsp/`; without one, $BAREWIRE_FIRMWARE and then where Linux keeps
            firmware are searched.

    Raises:
        UnknownChip: no set is known for the chip.
        FirmwareMissing: no folder has a whole set; names the first missing file, and where it was looked for.
        BadFirmware: a file is damaged, or of another version.
        PermissionMissing: a file may not be read.
    """
    wanted = chip_files(chip)
    searched = folders(folder)
    missing = ""
    for place in searched:
        found: dict[str, FirmwareFile] = {}
        for name in wanted.names:
            file = _find(place, wanted, name, version)
            if file is None:
                missing = missing or f"nvidia/{chip}/gsp/{name}-{version}.bin"
                break
            found[name] = file
        else:
            return parse_set(chip, version, found)
    raise FirmwareMissing(
        f"the firmware of {chip} is not here: {missing} is missing",
        hint="Install linux-firmware (Debian: firmware-nvidia-graphics), or name its folder by "
        "$BAREWIRE_FIRMWARE.",
        file=missing,
        searched=", ".join(map(str, searched)),
    )


def _find(folder: Path, wanted: ChipFiles, name: str, version: str) -> FirmwareFile | None:
    for chip in wanted.places(name):
        for path, read in candidates(folder, chip, f"{name}-{version}.bin"):
            if is_there(path):
                return FirmwareFile(name, str(path), read_file(path, read))
    return None


def parse_set(chip: str, version: str, files: Mapping[str, FirmwareFile]) -> FirmwareSet:
    """Parse the files of a set.

    Raises:
        UnknownChip: no set is known for the chip.
        BadFirmware: a file is missing, damaged, or of another version.
    """
    wanted = chip_files(chip)
    blobs = {name: _blob(files, name) for name in wanted.names}
    image = gsp_image(blobs["gsp"], wanted.signature)
    if image.version != version:
        raise BadFirmware(
            f"{blobs['gsp'].name} is of another version than its name says",
            hint="Files of different versions must not be mixed.",
            version=image.version,
            expected=version,
        )
    secure = {name: containers.secure_code(blobs[name]) for name in _SECURE if name in blobs}
    return FirmwareSet(
        chip,
        version,
        dict(files),
        image,
        containers.bootloader(blobs["bootloader"]),
        fmc=fmc(blobs["fmc"]) if "fmc" in blobs else None,
        generic_bootloader=(
            containers.generic_bootloader(blobs["gen_bootloader"]) if "gen_bootloader" in blobs else None
        ),
        **secure,
    )


_SECURE = ("booter_load", "booter_unload", "scrubber")


def _blob(files: Mapping[str, FirmwareFile], name: str) -> Blob:
    if name not in files:
        raise BadFirmware(f"the firmware set has no {name}", structure=name)
    return files[name].blob
