"""The boot of GSP, as a driver sees it."""

from __future__ import annotations

from gsp_driver import GspDriver


def test_a_driver_that_does_everything_right_reaches_init_done(driver: GspDriver):
    driver.boot()

    assert driver.gpu.reports == []
    assert driver.resman.booted == 1
