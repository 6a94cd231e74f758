"""Firmware for the tests: made files in a folder, and Debian's real ones where they can be had."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# pytest's importlib mode leaves sys.path alone; the modules beside this one are shared by the tests here.
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from barewire.firmware import write_synthetic  # noqa: E402
from debian_firmware import NotHere, folder_with_firmware  # noqa: E402


@pytest.fixture(scope="session")
def real_firmware() -> Path:
    """The folder of NVIDIA's files; the test is skipped where they cannot be had."""
    try:
        return folder_with_firmware()
    except NotHere as reason:
        pytest.skip(f"no real firmware: {reason}")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with a synthetic set for GH100."""
    write_synthetic(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """What the user's environment names plays no part, but for the tests of real files."""
    if "real_firmware" not in request.fixturenames:
        monkeypatch.delenv("BAREWIRE_FIRMWARE", raising=False)
