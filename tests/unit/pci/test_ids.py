"""Names of PCI functions: by a list of ids where there is one, by the class everywhere."""

from __future__ import annotations

import pytest
from barewire.pci import ids

LIST = """\
# A comment
10dd  Somebody Else
\t2330  Not this one
10de  NVIDIA Corporation
\t22ba  AD102 High Definition Audio Controller
\t2330  GH100 [H100 SXM5 80GB]
\t\t10de 16c1  A subsystem
  broken
10df  The Next One
\t2331  Not this one either
C 03  Display controller
\t00  VGA compatible controller
"""


def test_a_device_is_named_by_the_list(tmp_path):
    path = tmp_path / "pci.ids"
    path.write_text(LIST)

    assert ids.device_name(0x10DE, 0x2330, [tmp_path / "absent", path]) == "GH100 [H100 SXM5 80GB]"
    assert ids.device_name(0x10DE, 0x2331, [path]) is None
    assert ids.device_name(0x1234, 0x2330, [path]) is None


def test_without_a_list_nobody_has_a_name(tmp_path):
    assert ids.device_name(0x10DE, 0x2330, [tmp_path / "absent"]) is None


def test_a_list_of_nonsense_names_nobody(tmp_path):
    path = tmp_path / "pci.ids"
    path.write_bytes(bytes(range(256)) * 64)

    assert ids.device_name(0x10DE, 0x2330, [path]) is None


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x030200, "3D controller"),
        (0x030000, "VGA controller"),
        (0x038000, "display controller"),
        (0x040300, "audio device"),
        (0x060400, "PCI bridge"),
        (0x0C0330, "USB controller"),
        (0x0C8000, "serial bus controller"),
        (0x0C0701, "IPMI controller"),
        (0xFF0000, "class 0xff00"),
        (0x000100, "class 0x0001"),  # not class 1
    ],
)
def test_a_class_has_a_name(code, name):
    assert ids.class_name(code) == name


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (0x010802, "storage"),
        (0x020000, "network"),
        (0x060400, "bridge"),
        (0x0C0701, "management"),
        (0x040300, None),
    ],
)
def test_what_the_machine_itself_may_need_is_marked(code, why):
    assert ids.high_impact(code) == why
