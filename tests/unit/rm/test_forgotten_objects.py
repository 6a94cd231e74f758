"""Objects of the client over RPC: one that was freed is forgotten, with all that was below it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from barewire.rm.rpc import RpcResourceManager

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from rpc_world import World  # noqa: E402


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def rm(world: World) -> Iterator[RpcResourceManager]:
    made = world.open()
    yield made
    made.close()


def test_freeing_an_object_forgets_all_that_was_below_it(world, rm):
    client = rm.client
    before = set(client.objects)
    rm.address_space()
    assert set(client.objects) > before
    client.free(client.device)

    below = [known for known in client.objects.values() if known.parent == client.device]
    assert client.device not in client.objects
    assert below == []
    assert client.subdevice not in client.objects


def test_an_object_is_freed_once(world, rm):
    space = rm.address_space()
    del world.firmware.said[:]
    handle = space.handle
    rm.client.free(handle)
    rm.client.free(handle)

    assert [what for what, _ in world.firmware.said] == ["free"]
