"""What GSP is told of the host's pages."""

from __future__ import annotations

from barewire.chip.hopper import GH100
from barewire.gsp.system_info import system_info
from fake_board import FakeBus


def test_gsp_is_told_of_pages_of_four_kibibytes(abi):
    assert system_info(abi, GH100, FakeBus())["hostPageSize"] == 4096
