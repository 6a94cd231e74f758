"""See fastlaunch.c."""

from typing import Any

class FastLauncher:
    """A callable that launches in C when it can, and calls `slow(arguments)` when it cannot."""

    def __call__(self, *arguments: Any) -> None: ...
    def prepare(
        self,
        launch: int,
        target: int,
        plan: int,
        device: object,
        area_bytes: int,
        arguments: tuple[tuple[str, type, int, int], ...],
    ) -> None:
        """Addresses of bw_launch, of a bw_target and of a bw_plan, and what arguments to expect."""
    def forget(self) -> None:
        """Go through `slow` until it is prepared again."""
