"""The thread that listens to GSP: who stops it finds it ended."""

from __future__ import annotations

import threading
import time

from barewire.rm.rpc_watch import RpcWatch


class SlowEvents:
    """GSP's events, of which a look takes a while.

    Attributes:
        looking: set while somebody looks.
        looks: how often somebody has looked to the end.
    """

    def __init__(self) -> None:
        self.looking = threading.Event()
        self.looks = 0

    def subscribe(self, handler):
        return lambda: None

    def drain(self) -> None:
        self.looking.set()
        time.sleep(0.1)
        self.looks += 1


def test_nobody_listens_any_more_once_the_watch_was_stopped():
    events = SlowEvents()
    watch = RpcWatch(events, lambda engine: None, lambda: None)
    watch.start()
    assert events.looking.wait(5)
    watch.stop()

    assert events.looks >= 1
    seen = events.looks
    time.sleep(0.15)
    assert events.looks == seen
    watch.stop()
