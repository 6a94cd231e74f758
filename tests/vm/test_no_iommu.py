"""A GPU without an IOMMU in a guest: nothing happens unless it is asked for by name.

Debian's kernels do not offer VFIO without an IOMMU, the own one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from barewire.firmware import write_synthetic

from tests.vm import lane
from tests.vm.host import serving

GUEST_S = 180.0

pytestmark = pytest.mark.timeout(GUEST_S + 60)


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """What each step reported."""
    why = lane.missing("own")
    if why is not None:
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("vm")
    folder.chmod(0o700)
    firmware = folder / "firmware"
    write_synthetic(firmware, ["gh100"])
    with serving(folder) as view:
        assert view.server is not None
        result = lane.run(
            Path(__file__).with_name("guest_alone.py"),
            kernel="own",
            iommu=False,
            devices=[view.server.path],
            files={"/firmware": firmware},
            timeout_s=GUEST_S,
        )
        assert result.code == 0, result.output + result.console
        assert view.wrong() == []
        yield {each["step"]: each for each in result.results()}


def test_it_is_not_bound_unasked(steps: dict[str, dict[str, Any]]):
    step = steps["bind_unasked"]

    assert step["code"] == 3
    assert "--dma-unprotected" in step["errors"]
    assert step["driver"] is None


def test_it_is_bound_when_asked_and_the_word_is_unprotected(steps: dict[str, dict[str, Any]]):
    step = steps["bind_asked"]

    assert step["code"] == 0, step["errors"]
    assert "DMA unprotected" in step["output"]
    assert "dma_protected: no" in step["output"]
    assert step["driver"] == "vfio-pci"
    assert any(name.startswith("noiommu-") for name in step["files"])


def test_it_is_not_opened_unasked(steps: dict[str, dict[str, Any]]):
    step = steps["open_unasked"]

    assert step["raised"] == "PermissionMissing"
    assert "unsafe_no_iommu=True" in step["text"]


def test_it_works_by_physical_addresses_when_asked(steps: dict[str, dict[str, Any]]):
    step = steps["use"]

    assert not step["protected"]
    assert step["works"]
    assert step["copied"]
    assert any("vfio-noiommu" in line for line in step["kernel"])
