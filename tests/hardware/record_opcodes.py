"""Record what the GPU makes of single instructions: the witness of the software SM's arithmetic.

python -m tests.hardware.record_opcodes --words WORDS.npz --out OUT.npz [--revision REV] [--kept LANES]

WORDS.npz holds `words` (uint64[n, 2]), `latency` (uint8[n]: bit 0 writes late, bit 1 reads late) and `texts`
(nvdisasm's, one line each). OUT.npz holds them, and for each word a digest of all lanes' results and the
results of the first lanes, changed words only (tests/soft/probe/recording.py).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import barewire as bw
import numpy as np

from tests.hardware import machine
from tests.soft.probe import program, recording
from tests.soft.probe.operands import operands, parameters

LANES = 4096
REFUSALS_ALLOWED = 3  # each costs the channel


def main(arguments: list[str] | None = None) -> int:
    """Run every word once; prints how far it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--revision", default="unknown")
    parser.add_argument(
        "--kept", type=int, default=recording.LANES_KEPT, help="lanes whose results are kept whole"
    )
    parser.add_argument("--device", default="nv:0")
    options = parser.parse_args(arguments)
    with np.load(options.words) as file:
        words, latency, texts = file["words"], file["latency"], str(file["texts"]).splitlines()
    gpu, driver = machine.name_and_driver()
    made = recording.Recording(words, latency, machine=f"{gpu}, driver {driver}, revision {options.revision}")
    made.texts = texts
    start = time.monotonic()
    pending = list(zip(words.tolist(), latency.tolist(), strict=True))
    while pending:
        with bw.open(options.device) as device:
            pending = _record(device, pending, made, options.kept)
        print(
            f"{len(words) - len(pending)} of {len(words)} words, {time.monotonic() - start:.1f} s", flush=True
        )
        if made.refused > REFUSALS_ALLOWED:
            print("too many words were refused")
            return 1
    made.save(options.out)
    print(f"{len(words)} words in {time.monotonic() - start:.1f} s; {gpu}, driver {driver}")
    return 0


def _record(
    device: bw.Device, pending: list[tuple[list[int], int]], made: recording.Recording, kept: int
) -> list[tuple[list[int], int]]:
    """Run words until all are done or the GPU refuses one; returns those still to do."""
    source = device.array(operands(LANES))
    result = device.empty((LANES, program.RESULT_WORDS), np.uint32)
    grid, block = (LANES // program.THREADS_PER_CTA,), (program.THREADS_PER_CTA,)
    scalars = [np.uint32(word) for word in parameters()]
    for done, ((low, high), late) in enumerate(pending, 1):
        word = low | high << 64
        module = device.load(program.cubin(word, writes_late=bool(late & 1), reads_late=bool(late & 2)))
        try:
            module["probe"].launch(grid=grid, block=block, args=(source, result, *scalars))
            device.synchronize()
        except bw.errors.ChannelDead as fault:
            print(f"{word:#034x} was refused: {fault}", flush=True)
            made.add_refused(kept)
            return pending[done:]
        made.add(result.numpy(), kept)
        module.unload()
    return []


if __name__ == "__main__":
    raise SystemExit(main())
