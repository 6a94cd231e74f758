"""What can be wrong with a call of the tensor layer, besides what `barewire.errors` has."""

from __future__ import annotations

from barewire.errors import UsageError


class ShapeMismatch(UsageError):
    """Shapes, axes or indices that do not fit the operation; the message holds them."""


class DtypeMismatch(UsageError):
    """Element types that do not fit the operation or each other; the message holds them."""
