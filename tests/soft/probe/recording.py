"""The file of recorded answers: for each word a digest of all lanes' results, and those of the first lanes.

Results that only pass the register's old value through are not stored: a mask tells which of the eight result
words are. The kept lanes tell where a difference lies; the digest proves that there is none anywhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.soft.probe.operands import operands
from tests.soft.probe.program import RESULT_WORDS

LANES_KEPT = 32
DIGEST_BYTES = 8
REFUSED = bytes(DIGEST_BYTES)


def digest(results: NDArray[np.uint32]) -> bytes:
    """Of the results of all lanes, uint32[lanes, 8]."""
    return hashlib.blake2b(np.ascontiguousarray(results, "<u4").tobytes(), digest_size=DIGEST_BYTES).digest()


def untouched(lanes: int) -> NDArray[np.uint32]:
    """What the probe stores when its instruction writes nothing: uint32[lanes, 8]."""
    words = operands(lanes)
    first_of_warp = words[np.arange(lanes) // 32 * 32]
    result = np.empty((lanes, RESULT_WORDS), np.uint32)
    result[:, 0:4] = words[:, 8:12]
    result[:, 4] = words[:, 15] & 0x7F
    result[:, 5] = first_of_warp[:, 15] >> 12 & 3
    result[:, 6:8] = first_of_warp[:, 4:6]
    return result


@dataclass
class Recording:
    """Answers in the order of `words`."""

    words: NDArray[np.uint64]
    latency: NDArray[np.uint8]
    machine: str
    texts: list[str] = field(default_factory=list)  # nvdisasm's
    digests: list[bytes] = field(default_factory=list)
    masks: list[int] = field(default_factory=list)
    kept: list[NDArray[np.uint32]] = field(default_factory=list)
    _untouched: NDArray[np.uint32] | None = field(default=None, repr=False)

    def add(self, results: NDArray[np.uint32], lanes_kept: int = LANES_KEPT) -> None:
        """The next word's results, uint32[lanes, 8]."""
        if self._untouched is None:
            self._untouched = untouched(len(results))
        changed = (results != self._untouched).any(axis=0)
        self.digests.append(digest(results))
        self.masks.append(int(np.packbits(changed, bitorder="little")[0]))
        self.kept.append(results[:lanes_kept, changed].copy())

    def add_refused(self, lanes_kept: int = LANES_KEPT) -> None:
        """The GPU faulted on the next word: a digest of zeros says so."""
        self.digests.append(REFUSED)
        self.masks.append(0)
        self.kept.append(np.empty((lanes_kept, 0), np.uint32))

    @property
    def refused(self) -> int:
        """How many words the GPU faulted on."""
        return self.digests.count(REFUSED)

    def save(self, path: Path) -> None:
        flat = np.concatenate([kept.T.ravel() for kept in self.kept]) if self.kept else np.empty(0, np.uint32)
        np.savez_compressed(
            path,
            words=self.words,
            latency=self.latency,
            machine=np.array(self.machine),
            texts=np.array("\n".join(self.texts)),
            digests=np.frombuffer(b"".join(self.digests), np.uint8).reshape(-1, DIGEST_BYTES),
            masks=np.array(self.masks, np.uint8),
            lanes=np.array(len(self.kept[0]) if self.kept else 0),
            kept=flat,
        )


def load(path: Path) -> Recording:
    """What `save` wrote."""
    with np.load(path) as file:
        made = Recording(file["words"], file["latency"], machine=str(file["machine"]))
        made.texts = str(file["texts"]).splitlines()
        made.digests = [bytes(row) for row in file["digests"]]
        made.masks = [int(mask) for mask in file["masks"]]
        lanes, flat, start = int(file["lanes"]), file["kept"], 0
    for mask in made.masks:
        columns = mask.bit_count()
        made.kept.append(flat[start : start + columns * lanes].reshape(columns, lanes).T)
        start += columns * lanes
    return made
