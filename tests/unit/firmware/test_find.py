"""Finding a chip's firmware: where it is looked for, packed or plain, and what is refused."""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import sys
from pathlib import Path

import pytest
from barewire.errors import BadFirmware, FirmwareMissing, PermissionMissing, UnknownChip
from barewire.firmware import VERSION, files, find_firmware, write_synthetic
from barewire.firmware.find import CHIP_FILES

GSP = Path("nvidia/gh100/gsp/gsp-570.144.bin")


@pytest.fixture(autouse=True)
def no_system_firmware(monkeypatch):
    monkeypatch.setattr(files, "SYSTEM_FOLDERS", ())


def test_a_set_names_its_version_and_the_digest_of_each_file(made):
    found = find_firmware("gh100", folder=made)

    assert found.version == found.gsp.version == VERSION
    assert found.is_synthetic
    assert set(found.files) == {"gsp", "bootloader", "fmc"}
    for name, digest in found.sha256().items():
        path = made / f"nvidia/gh100/gsp/{name}-570.144.bin"
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert found.files[name].path == str(path)


def test_the_folder_may_be_the_one_above_nvidia_or_that_one_itself(made):
    above, itself = find_firmware("gh100", folder=made), find_firmware("gh100", folder=made / "nvidia")

    assert above.sha256() == itself.sha256()


def test_the_environment_names_a_folder(made, monkeypatch):
    monkeypatch.setenv("BAREWIRE_FIRMWARE", str(made))

    assert find_firmware("gh100").is_synthetic


def test_the_system_s_folders_are_searched_last(made, monkeypatch, tmp_path_factory):
    monkeypatch.setattr(files, "SYSTEM_FOLDERS", (tmp_path_factory.mktemp("empty"), made))
    monkeypatch.setenv("BAREWIRE_FIRMWARE", "/nowhere")

    assert find_firmware("gh100").is_synthetic


def test_a_named_folder_is_the_only_one_searched(made, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("BAREWIRE_FIRMWARE", str(made))

    with pytest.raises(FirmwareMissing):
        find_firmware("gh100", folder=tmp_path_factory.mktemp("empty"))


def pack_xz(path: Path) -> None:
    Path(f"{path}.xz").write_bytes(lzma.compress(path.read_bytes(), preset=0))
    path.unlink()


def pack_zst(path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    Path(f"{path}.zst").write_bytes(zstandard.ZstdCompressor(level=1).compress(path.read_bytes()))
    path.unlink()


@pytest.mark.parametrize("pack", [pack_xz, pack_zst])
def test_packed_files_are_the_same_as_plain_ones(made, pack):
    plain = find_firmware("gh100", folder=made).sha256()
    for path in (made / "nvidia/gh100/gsp").iterdir():
        pack(path)

    assert find_firmware("gh100", folder=made).sha256() == plain


@pytest.mark.parametrize("suffix", [".xz", ".zst"])
@pytest.mark.parametrize("keep", [0, 1, 100])
def test_a_packed_file_that_is_cut_off_is_refused(made, suffix, keep):
    pack = {".xz": pack_xz, ".zst": pack_zst}[suffix]
    pack(made / GSP)
    packed = Path(f"{made / GSP}{suffix}")
    packed.write_bytes(packed.read_bytes()[:keep])

    with pytest.raises(BadFirmware):
        find_firmware("gh100", folder=made)


def test_without_zstandard_the_error_says_how_to_get_it(made, monkeypatch):
    pack_zst(made / GSP)
    monkeypatch.setitem(sys.modules, "zstandard", None)

    with pytest.raises(FirmwareMissing, match="zstd") as missing:
        find_firmware("gh100", folder=made)
    assert "pip install" in missing.value.hint


@pytest.mark.parametrize("name", ["gsp", "bootloader", "fmc"])
def test_a_missing_file_is_named_with_the_places_searched(made, name):
    (made / f"nvidia/gh100/gsp/{name}-570.144.bin").unlink()

    with pytest.raises(FirmwareMissing) as missing:
        find_firmware("gh100", folder=made)
    assert missing.value.file == f"nvidia/gh100/gsp/{name}-570.144.bin"
    assert str(made) in missing.value.searched


def test_a_set_of_another_version_is_not_taken(made):
    with pytest.raises(FirmwareMissing):
        find_firmware("gh100", "535.113.01", made)
    path = made / GSP
    path.rename(path.with_name("gsp-535.113.01.bin"))
    for name in ("bootloader", "fmc"):
        other = path.with_name(f"{name}-570.144.bin")
        other.rename(path.with_name(f"{name}-535.113.01.bin"))
    with pytest.raises(BadFirmware, match="another version"):
        find_firmware("gh100", "535.113.01", made)


def test_an_empty_file_is_refused(made):
    (made / GSP).write_bytes(b"")

    with pytest.raises(BadFirmware, match="empty"):
        find_firmware("gh100", folder=made)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told_so(made):
    (made / GSP).chmod(0)

    with pytest.raises(PermissionMissing):
        find_firmware("gh100", folder=made)


def test_an_unknown_chip_has_no_set(made):
    with pytest.raises(UnknownChip) as unknown:
        find_firmware("gk110", folder=made)
    assert "gh100" in unknown.value.hint


@pytest.mark.parametrize("chip", CHIP_FILES)
def test_every_chip_s_set_can_be_made_and_found(chip, tmp_path):
    write_synthetic(tmp_path, (chip,))
    found = find_firmware(chip, folder=tmp_path)

    assert len(found.gsp.image) % 4096 == 0
    assert (found.fmc is None) == (found.booter_load is not None)
    assert set(found.files) == set(CHIP_FILES[chip].names)


def test_files_that_chips_share_are_found_under_the_other_s_name(tmp_path):
    write_synthetic(tmp_path, ("ga102", "gh100"))
    shutil.move(tmp_path / GSP, tmp_path / "moved")

    assert find_firmware("ga104", folder=tmp_path).chip == "ga104"
    assert "ga102" in find_firmware("gh100", folder=tmp_path).files["gsp"].path


def test_a_folder_that_may_not_be_looked_into_is_told_so(made, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(PermissionMissing):
        find_firmware("gh100", folder=made)


def test_a_folder_that_cannot_be_is_a_missing_one():
    with pytest.raises(FirmwareMissing):
        find_firmware("gh100", folder="no\0folder")
