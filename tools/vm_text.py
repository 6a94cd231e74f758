"""How `barewire vm` writes what page tables say: as plain data for JSON, and as text for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from barewire.show.numbers import address, size

if TYPE_CHECKING:
    from barewire.memory.formats import Leaf, PageAttributes, TablePointer

Data = Mapping[str, Any]

# In the order in which they are shown; those that are usual are not.
FLAGS = (("privileged", "privileged"), ("volatile", "volatile"), ("atomics", ""))
APERTURE_STYLES = {"video": "green", "host": "magenta", "host, not coherent": "magenta", "peer": "yellow"}
USUAL_KIND = "generic"


def place_data(place: TablePointer) -> Data:
    """Where a table is."""
    return {"aperture": place.aperture.value, "address": address(place.address)}


def place_text(place: Data) -> str:
    """The same in words, such as "video 0x00000001000"."""
    return f"{place['aperture']} {place['address']}"


def attributes_data(attributes: PageAttributes) -> Data:
    """What an entry says of its pages besides where they are."""
    told: dict[str, Any] = {
        "kind": kind_name(attributes.kind),
        "read_only": attributes.read_only,
        "privileged": attributes.privileged,
        "volatile": attributes.volatile,
        "atomics": attributes.atomics,
    }
    return told | {"peer": attributes.peer} if attributes.aperture.value == "peer" else told


def kind_name(number: int) -> str:
    """A storage kind by NVIDIA's name, or by its number."""
    from barewire.memory.formats import KINDS

    return next((name for name, known in KINDS.items() if known == number), f"{number:#x}")


def attributes_text(told: Data) -> str:
    """The same in a few words: what is usual is left out."""
    words = ["ro" if told["read_only"] else "rw"]
    words += [name for name in ("privileged", "volatile") if told[name]]
    words += [] if told["atomics"] else ["no atomics"]
    words += [] if told["kind"] == USUAL_KIND else [f"kind {told['kind']}"]
    words += [f"peer {told['peer']}"] if "peer" in told else []
    return " ".join([words[0], ", ".join(words[1:])]).rstrip()


def attributes_style(told: Data | None) -> str:
    """Read-only pages stand out."""
    return "" if told is None else "yellow" if told["read_only"] else "cyan"


def pages_text(pages: Data) -> str:
    """How many pages of which size, such as "4 x 2 MiB"."""
    return f"{pages['count']} x {size(pages['size_bytes'])}"


def memory_text(memory: Data) -> str:
    """Where pages are: an address, or how many pieces there are."""
    extents = memory["extents"]
    where = extents[0]["address"] if len(extents) == 1 else f"in {len(extents)} pieces"
    return f"{memory['aperture']} {where}"


def aperture_style(place: Data | None) -> str:
    """Video memory, host memory and that of other GPUs look different."""
    return "dim" if place is None else APERTURE_STYLES.get(place["aperture"], "")


def leaf_text(leaf: Leaf | None, page_bytes: int) -> str:
    """A page as a walk ends in it."""
    if leaf is None:
        return f"sparse: {size(page_bytes)} that read as zeros"
    place = f"{leaf.attributes.aperture.value} {address(leaf.address)}"
    return f"page of {size(page_bytes)} at {place}, {attributes_text(attributes_data(leaf.attributes))}"
