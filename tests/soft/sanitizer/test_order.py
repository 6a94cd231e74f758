"""What comes before what, against plain sets of numbers."""

from __future__ import annotations

from barewire.softgpu.sanitizer.order import NOTHING, Known, Order, Timeline
from hypothesis import given
from hypothesis import strategies as st

numbers = st.sets(st.integers(1, 200))


def known(these: set[int]) -> Known:
    return NOTHING.add(these)


def members(of: Known) -> set[int]:
    return {number for number in range(1, 400) if number in of}


@given(numbers, numbers)
def test_joining_is_the_union_of_sets(first: set[int], second: set[int]) -> None:
    assert members(known(first).join(known(second))) == first | second
    assert known(first).join(known(second)) == known(first | second)


@given(numbers, st.integers(1, 250))
def test_what_is_missing_is_told_bit_by_bit(these: set[int], number: int) -> None:
    of = known(these)
    bits = of.missing(number)
    told = {of.below + 1 + at for at in range(8 * len(bits)) if bits[at // 8] >> at % 8 & 1}
    assert told == {other for other in range(1, number) if other not in these}


def test_a_run_of_numbers_is_kept_as_its_end() -> None:
    assert known(set(range(1, 5000))) == Known(4999, 0)


def test_an_entry_knows_what_the_cpu_knew_when_its_doorbell_rang() -> None:
    timeline = Timeline(NOTHING)
    timeline.rung = [(2, known({1})), (5, known({1, 2}))]
    timeline.entered(0, 8, 5)
    assert members(timeline.known) == {1}
    timeline.entered(1, 8, 5)
    assert members(timeline.known) == {1}
    timeline.entered(2, 8, 5)
    assert members(timeline.known) == {1, 2}
    assert len(timeline.rung) == 1


def test_a_ring_that_wraps_keeps_the_order_of_its_doorbells() -> None:
    timeline = Timeline(NOTHING)
    timeline.rung = [(7, known({1})), (1, known({2})), (3, known({3}))]
    for index, wanted in ((6, {1}), (7, {1, 2}), (0, {1, 2}), (1, {1, 2, 3})):
        timeline.entered(index, 8, 3)
        assert members(timeline.known) == wanted


def test_a_wait_for_idle_learns_of_all_engines() -> None:
    timeline = Timeline(NOTHING)
    timeline.begun("GR0", 1)
    timeline.begun("CE0", 2)
    assert members(timeline.known) == set()
    assert members(timeline.of("CE0")) == {2}
    timeline.waited()
    assert members(timeline.known) == {1, 2}


def test_a_semaphore_tells_what_its_last_release_knew() -> None:
    order, place = Order(), (0, 64)
    order.tell(place, known({1}), 5, adds=False)
    order.tell(place, known({2}), 6, adds=False)
    assert members(order.told(place, 6)) == {2}
    assert members(order.cpu) == {1, 2}


def test_reductions_add_to_what_was_told_before() -> None:
    order, place = Order(), (0, 64)
    order.tell(place, known({1}), 1, adds=True)
    order.tell(place, known({2}), 2, adds=True)
    assert members(order.told(place, 2)) == {1, 2}


def test_a_value_of_the_cpus_tells_what_the_cpu_may_know() -> None:
    order = Order()
    order.tell((0, 64), known({1}), 5, adds=False)
    assert members(order.told((0, 128), 9)) == {1}
    assert members(order.told((0, 64), 9)) == {1}
