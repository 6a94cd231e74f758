"""Launch descriptors as they are built, where no recording of the vendor's says what belongs there."""

import pytest
from barewire.chip.limits import limits_for
from barewire.compute import qmd


def descriptor(version: str, **changes):
    facts = {
        "grid": (1, 1, 1), "block": (64, 1, 1), "cluster": (1, 1, 1), "program_va": 0x1000, "code_bytes": 256,
        "registers": 32, "shared_bytes": 1024, "local_bytes": 0, "barriers": 1, "sass_version": 0x90,
        "banks": {},
    }  # fmt: skip
    return qmd.build(version, limits_for(90), qmd.Launch(**(facts | changes)))


@pytest.mark.parametrize("version", sorted(qmd.DIALECTS))
@pytest.mark.parametrize(("used", "reserved"), [(0, 1), (1, 1), (3, 3), (16, 16)])
def test_a_launch_reserves_the_barriers_that_its_kernel_uses(version, used, reserved):
    assert descriptor(version, barriers=used).get("BARRIER_COUNT") == reserved
