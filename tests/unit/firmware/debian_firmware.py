"""NVIDIA's firmware as Debian packages it, for the tests that read real files.

It is taken from $BAREWIRE_FIRMWARE, from where Linux keeps firmware, or from a folder of earlier runs; else
it is downloaded with apt, from the mirror that this machine uses already, into that folder. Nothing of the
system is changed: apt works on lists of its own. The files are never part of this repository.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

PACKAGE = "firmware-nvidia-graphics"
COMPONENT = "non-free-firmware"
SUITES = ("sid", "trixie-backports")
WITNESS = "nvidia/gh100/gsp/fmc-570.144.bin"
SYSTEM_FOLDERS = (Path("/lib/firmware"), Path("/usr/lib/firmware"))
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
COMMAND_TIMEOUT_S = 45  # a test may take 120 s in all


class NotHere(Exception):
    """The firmware could not be had; says why in one sentence."""


def cache_folder() -> Path:
    """Where a downloaded package lies from run to run; outside of the repository."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "barewire-tests" / PACKAGE


def has_files(folder: Path) -> bool:
    """Whether a folder holds `nvidia/gh100/...`, packed or plain."""
    return any(Path(f"{folder / WITNESS}{suffix}").exists() for suffix in ("", ".xz", ".zst"))


def folder_with_firmware() -> Path:
    """The folder that holds `nvidia/`, downloaded if it has to be.

    Raises:
        NotHere: it is not on this machine, and could not be downloaded.
    """
    named = os.environ.get("BAREWIRE_FIRMWARE")
    unpacked = tuple(cache_folder() / place for place in ("usr/lib/firmware", "lib/firmware"))
    places = (*([Path(named)] if named else []), *SYSTEM_FOLDERS, *unpacked)
    found = next(filter(has_files, places), None)
    if found is None:
        _download(cache_folder())
        found = next(filter(has_files, unpacked), None)
    if found is None:
        raise NotHere(f"Debian's {PACKAGE} has no {WITNESS}")
    return found


def _download(target: Path) -> None:
    """Fetch and unpack the package beside the folder, then put it in its place at once."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise NotHere(f"{PACKAGE} is not installed, and there is no {tool} to fetch it with")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        package = _fetch(Path(folder))
        unpacked = Path(folder) / "unpacked"
        if not _ran(["dpkg-deb", "-x", str(package), str(unpacked)], target.parent):
            raise NotHere(f"{package.name} could not be unpacked")
        try:
            unpacked.rename(target)
        except OSError:
            if not target.exists():  # else another run was faster
                raise


def _fetch(work: Path) -> Path:
    """The package, downloaded by an apt that has lists and a cache of its own."""
    for part in ("lists/partial", "archives/partial"):
        (work / part).mkdir(parents=True)
    sources = work / "sources.list"
    options = [f"Dir::State={work}", f"Dir::State::lists={work}/lists", f"Dir::Cache={work}"]
    options += [f"Dir::Etc::sourcelist={sources}", "Dir::Etc::sourceparts=-"]
    apt = ["apt-get", "-q", *(word for option in options for word in ("-o", option))]
    mirror = _mirror()
    for suite in SUITES:
        sources.write_text(f"deb [signed-by={KEYRING}] {mirror} {suite} {COMPONENT}\n")
        if _ran([*apt, "update"], work) and _ran([*apt, "download", PACKAGE], work):
            return max(work.glob(f"{PACKAGE}_*.deb"))
    raise NotHere(f"{PACKAGE} is not installed and could not be downloaded: no network, or no such suite")


def _ran(command: list[str], folder: Path) -> bool:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=COMMAND_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise NotHere(f"{PACKAGE} could not be had: {command[0]} took too long") from None
    except OSError:
        return False
    return done.returncode == 0


def _mirror() -> str:
    """The Debian mirror that apt uses here."""
    try:
        told = subprocess.run(
            ["apt-get", "update", "--print-uris"], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHere(f"apt does not tell its mirror: {error}") from error
    mirrors = re.findall(r"^'(\S+/debian)/+dists/", told.stdout, re.MULTILINE)
    if not mirrors:
        raise NotHere("apt knows no Debian mirror here: this is another system")
    return str(mirrors[0])
