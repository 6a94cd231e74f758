"""The unmodified nouveau of a Debian kernel drives the software GPU: an independent judge of the model.

A guest boots with Debian's kernel and GSP firmware; nouveau finds the served GPU, boots it, and programs use
it through nouveau's own interface (programs.py). docs/nouveau.md tells what that proves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.vm.guests import NOUVEAU_BAR1_BYTES, NOUVEAU_VRAM_BYTES, Outcome

pytestmark = pytest.mark.guest("nouveau")

MIB = 1 << 20
HOPPER_COPY, HOPPER_COMPUTE, HOPPER_GRAPHICS = 0xC8B5, 0xCBC0, 0xCB97
CHIPSET_GH100 = 0x180

STEPS = (
    "copies_reach_all_memory",
    "fills_and_lines_are_as_written",
    "the_processor_sees_video_memory",
    "channels_wait_for_each_other",
    "what_is_mapped_anew_is_seen_at_once",
    "maps_wait_for_work_and_work_for_maps",
    "sparse_ranges_read_as_zeros",
    "a_ring_is_used_again_and_again",
    "two_programs_have_an_address_each",
    "the_end_of_work_interrupts",
    "a_kernel_computes",
    "a_fault_ends_one_channel_only",
    "the_module_goes_and_comes_again",
)


COMPLAINT = re.compile(
    r"WARNING:|BUG:|Oops|Call Trace|blocked for|ERROR|[Ee]rror|[Ff]ail|[Tt]imeout|[Tt]imed out|[Ff]ault"
)

# What nouveau does that the model remarks on, and why it is no fault: see docs/nouveau.md.
REMARKS = {"release without wait"}


class Judgement:
    """What a guest with nouveau did, and what the device saw of it."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def facts(self, step: str) -> dict[str, Any]:
        """What a step reported; that it failed is a failed test."""
        if step not in self.outcome.steps:
            pytest.fail(f"{step} reported nothing; the guest:\n{self.outcome.everything()}")
        found = self.outcome.steps[step]
        if "error" in found:
            pytest.fail(f"{step}: {found['error']}\n{self.outcome.result.output}")
        return found


@pytest.fixture(scope="module")
def judgement(outcome_of: Callable[[str], Outcome]) -> Judgement:
    return Judgement(outcome_of("nouveau"))


def test_nouveau_names_the_gpu_its_firmware_and_its_memory(judgement: Judgement):
    log = judgement.facts("what_the_kernel_said_at_first")["log"]

    assert any("NVIDIA GH100" in line for line in log), log
    assert any("gsp: RM version: 570.144" in line for line in log)
    assert any(f"drm: VRAM: {NOUVEAU_VRAM_BYTES // MIB} MiB" in line for line in log)
    assert any("MM: using COPY for buffer copies" in line for line in log)
    assert any("Initialized nouveau" in line for line in log)


def test_nouveau_offers_a_card_and_a_render_node(judgement: Judgement):
    nodes = judgement.facts("what_the_kernel_said_at_first")["nodes"]

    assert "renderD128" in nodes
    assert any(name.startswith("card") for name in nodes)


def test_what_nouveau_says_of_the_device_is_what_it_is(judgement: Judgement):
    facts = judgement.facts("the_driver_says_what_the_device_is")

    assert (facts["pci_vendor"], facts["pci_device"]) == (0x10DE, 0x2330)
    assert facts["chipset_id"] == CHIPSET_GH100
    assert NOUVEAU_VRAM_BYTES - MIB <= facts["fb_size"] <= NOUVEAU_VRAM_BYTES
    assert facts["vram_bar_size"] == NOUVEAU_BAR1_BYTES
    assert facts["ptimer_moved_ns"] >= 10_000_000


@pytest.mark.parametrize("step", STEPS)
def test_a_program_finds(judgement: Judgement, step: str):
    judgement.facts(step)


def test_channels_offer_the_classes_of_a_hopper(judgement: Judgement):
    assert HOPPER_COPY in judgement.facts("copies_reach_all_memory")["classes"]
    assert {HOPPER_COPY, HOPPER_COMPUTE, HOPPER_GRAPHICS} <= set(
        judgement.facts("a_kernel_computes")["classes"]
    )


def test_a_fault_is_told_as_an_h100_tells_it(judgement: Judgement):
    facts = judgement.facts("a_fault_ends_one_channel_only")
    said = "\n".join(facts["said"])

    high, low = divmod(facts["nowhere"], 1 << 32)
    assert "Xid:31" in said
    assert f"faulted @ 0x{high:x}_{low:08x}" in said
    assert "ACCESS_TYPE_VIRT_READ" in said
    assert f"fault_addr:{facts['nowhere']:016x}" in said
    assert f"channel {facts['channel']} killed!" in said


def test_nouveau_and_the_kernel_complain_of_nothing_but_that_fault(judgement: Judgement):
    told = set(judgement.facts("a_fault_ends_one_channel_only")["said"])
    log = judgement.facts("what_the_kernel_said_in_the_end")["log"]

    assert [line for line in log if COMPLAINT.search(line) and line not in told] == []


def test_the_model_did_nothing_wrong(judgement: Judgement):
    assert judgement.outcome.wrong == []


def test_the_model_remarks_on_nothing_that_a_gpu_would_not_forgive(judgement: Judgement):
    assert {report.kind for report in judgement.outcome.reports} <= REMARKS


def test_bus_mastering_is_off_once_the_module_is_gone(judgement: Judgement):
    judgement.facts("the_module_goes_and_comes_again")

    assert True in judgement.outcome.masters
    assert not judgement.outcome.marks["gone"].master
    assert judgement.outcome.masters[-1] is False


def test_the_guest_ended_by_itself(judgement: Judgement):
    assert judgement.outcome.result.code == 0, judgement.outcome.result.output
