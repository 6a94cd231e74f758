"""Cases of simulation.cu: FFT, many bodies, stencils, fractals, automata, clustering, pricing."""

from __future__ import annotations

import numpy as np

from tests.soft.cases.case import Case, Launch, variant
from tests.soft.cases.values import generator

i32, f32, f64 = np.int32, np.float32, np.float64


def fft() -> Case:
    rng = generator("fft")
    rows = rng.normal(0, 1, (2, 512, 2)).astype(f32)
    small = rng.normal(0, 1, (64, 8, 2))

    def reference(b):
        long, short = b["rows"].astype(f64).view(np.complex128), b["small"].view(np.complex128)
        return {
            "rows": np.fft.fft(long[..., 0]).view(f64).reshape(2, 512, 2),
            "small": np.fft.fft(short[..., 0]).view(f64).reshape(64, 8, 2),
        }

    return Case(
        "fft",
        "simulation",
        (
            Launch("fft_shared", (2,), (256,), ("rows", f32(-1))),
            Launch("fft_small_f64", (2,), (32,), ("small",)),
        ),
        {"rows": rows, "small": small},
        {"rows": "exact", "small": "exact"},
        reference,
        tolerance=1e-6,
    )


def nbody() -> Case:
    rng = generator("nbody")
    bodies = rng.normal(0, 1, (256, 4)).astype(f32)
    bodies[:, 3] = rng.random(256)
    speeds = np.zeros((256, 4), f32)
    step = 0.01

    def reference(b):
        place, mass = b["bodies"][:, :3].astype(f64), b["bodies"][:, 3].astype(f64)
        away = place[None] - place[:, None]
        inverse = 1 / np.sqrt((away**2).sum(axis=2) + 1e-3)
        speed = (away * (mass * inverse**3)[..., None]).sum(axis=1) * step
        return {"moved": np.concatenate([place + speed * step, mass[:, None]], axis=1)}

    return Case(
        "nbody",
        "simulation",
        (Launch("nbody_step", (2,), (128,), ("bodies", "moved", "speeds", i32(256), f32(step)), 2048),),
        {"bodies": bodies, "moved": np.zeros_like(bodies), "speeds": speeds},
        {"moved": "exact", "speeds": "exact"},
        reference,
        tolerance=1e-6,
    )


def lennard_jones() -> Case:
    places = generator("lennard_jones").random((100, 3)) * 6

    def reference(b):
        away = b["places"][None] - b["places"][:, None]
        away -= 6.0 * np.rint(away / 6.0)
        square = (away**2).sum(axis=2)
        square[square > 6.25] = np.inf
        square[np.arange(100), np.arange(100)] = np.inf
        sixth = 1 / square**3
        return {"energy": (4 * sixth * (sixth - 1)).sum(axis=1)}

    return Case(
        "lennard_jones",
        "simulation",
        (Launch("lennard_jones_f64", (4,), (32,), ("places", "energy", i32(100), f64(6))),),
        {"places": places, "energy": np.zeros(100)},
        {"energy": "exact"},
        reference,
        tolerance=1e-9,
    )


def stencil_2d() -> Case:
    width, height = 53, 37
    plate = generator("stencil_2d").normal(0, 1, (height, width)).astype(f32)

    def reference(b):
        old = b["in"].astype(f64)
        new = old.copy()
        around = old[1:-1, :-2] + old[1:-1, 2:] + old[:-2, 1:-1] + old[2:, 1:-1]
        new[1:-1, 1:-1] += 0.2 * (around - 4 * old[1:-1, 1:-1])
        return {"out": new}

    return Case(
        "stencil_2d",
        "simulation",
        (Launch("stencil_2d", (4, 3), (16, 16), ("in", "out", i32(width), i32(height), f32(0.2))),),
        {"in": plate, "out": np.zeros_like(plate)},
        {"out": "exact"},
        reference,
        tolerance=1e-6,
    )


def stencil_3d() -> Case:
    nx, ny, nz = 20, 13, 9
    block = generator("stencil_3d").normal(0, 1, (nz, ny, nx))

    def reference(b):
        p, out = b["in"], np.zeros_like(b["in"])
        inner = p[:-2, 1:-1, 1:-1] + p[2:, 1:-1, 1:-1] + p[1:-1, :-2, 1:-1] + p[1:-1, 2:, 1:-1]
        inner = inner + p[1:-1, 1:-1, :-2] + p[1:-1, 1:-1, 2:]
        out[1:-1, 1:-1, 1:-1] = 0.4 * p[1:-1, 1:-1, 1:-1] + 0.1 * inner
        return {"out": out}

    return Case(
        "stencil_3d",
        "simulation",
        (Launch("stencil_3d", (3, 4), (8, 4), ("in", "out", i32(nx), i32(ny), i32(nz))),),
        {"in": block, "out": np.zeros_like(block)},
        {"out": "exact"},
        reference,
        tolerance=1e-12,
    )


def convolve_rows() -> Case:
    pixels = generator("convolve_rows").integers(0, 256, (3, 100, 4), dtype=np.uint8)

    def reference(b):
        weights = [0.03125, 0.109375, 0.21875, 0.28125, 0.21875, 0.109375, 0.03125]
        at = np.clip(np.arange(100)[:, None] + np.arange(-3, 4), 0, 99)
        sums = np.einsum("rxtc,t->rxc", b["in"][:, at].astype(f64), weights)
        sums[..., :3] = np.rint(sums[..., :3])
        return {"out": sums.astype(np.uint8)}

    return Case(
        "convolve_rows",
        "simulation",
        (Launch("convolve_rows", (2, 3), (64,), ("in", "out", i32(100))),),
        {"in": pixels, "out": np.zeros_like(pixels)},
        {"out": "exact"},
        reference,
    )


def life_bits() -> Case:
    cells = generator("life_bits").integers(0, 1 << 32, (40, 3), dtype=np.uint32)

    def reference(b):
        bits = np.unpackbits(b["in"].view(np.uint8), axis=1, bitorder="little")
        around = sum(
            np.roll(bits, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)
        )
        alive = (around == 3) | ((around == 2) & (bits == 1))
        return {"out": np.packbits(alive, axis=1, bitorder="little").view(np.uint32)}

    return Case(
        "life_bits",
        "simulation",
        (Launch("life_bits", (2,), (64,), ("in", "out", i32(3), i32(40))),),
        {"in": cells, "out": np.zeros_like(cells)},
        {"out": "exact"},
        reference,
    )


def fractals() -> Case:
    width, height = 50, 40
    return Case(
        "fractals",
        "simulation",
        (
            Launch(
                "mandelbrot_f32",
                (4, 5),
                (16, 8),
                ("mandelbrot", i32(width), i32(height), f32(-2), f32(-1.25), f32(0.0625), i32(300)),
            ),
            Launch(
                "julia_f64",
                (4, 5),
                (16, 8),
                ("julia", i32(width), i32(height), f64(-0.8), f64(0.156), f64(0.06), i32(300)),
            ),
        ),
        {"mandelbrot": np.zeros((height, width), np.uint16), "julia": np.zeros((height, width), np.uint16)},
        {"mandelbrot": "exact", "julia": "exact"},
    )


def kmeans_round() -> Case:
    rng = generator("kmeans_round")
    points = rng.integers(-5000, 5000, (700, 2), dtype=np.int16)
    centres = rng.integers(-5000, 5000, (11, 2), dtype=np.int16)

    def reference(b):
        away = b["points"].astype(np.int64)[:, None] - b["centres"].astype(np.int64)[None]
        nearest = (away**2).sum(axis=2).argmin(axis=1)
        sums = np.zeros((11, 2), i32)
        np.add.at(sums, nearest, b["points"])
        sizes = np.bincount(nearest, minlength=11).astype(np.uint32)
        return {"nearest": nearest.astype(np.uint8), "sums": sums, "sizes": sizes}

    return Case(
        "kmeans_round",
        "simulation",
        (
            Launch(
                "kmeans_round",
                (3,),
                (64,),
                ("points", "centres", "nearest", "sums", "sizes", i32(700), i32(11)),
                132,
            ),
        ),
        {
            "points": points,
            "centres": centres,
            "nearest": np.zeros(700, np.uint8),
            "sums": np.zeros((11, 2), i32),
            "sizes": np.zeros(11, np.uint32),
        },
        {"nearest": "exact", "sums": "exact", "sizes": "exact"},
        reference,
    )


def black_scholes() -> Case:
    rng = generator("black_scholes")
    spot, strike, years = (
        rng.uniform(low, high, 500).astype(f32) for low, high in ((5, 90), (5, 90), (0.1, 9))
    )
    buffers = {"spot": spot, "strike": strike, "years": years, "out": np.zeros((500, 2), f32)}
    return Case(
        "black_scholes",
        "simulation",
        (
            Launch(
                "black_scholes",
                (8,),
                (64,),
                ("spot", "strike", "years", "out", f32(0.02), f32(0.3), i32(500)),
            ),
        ),
        buffers,
        {"out": "exact"},
    )


def lorenz_rk4() -> Case:
    points = generator("lorenz_rk4").normal(0, 10, (128, 3)).astype(f32)
    return Case(
        "lorenz_rk4",
        "simulation",
        (Launch("lorenz_rk4", (2,), (64,), ("points", i32(50), f32(0.005))),),
        {"points": points},
        {"points": "exact"},
    )


_EXACT = (
    fft,
    nbody,
    lennard_jones,
    stencil_2d,
    stencil_3d,
    convolve_rows,
    life_bits,
    fractals,
    kmeans_round,
    black_scholes,
    lorenz_rk4,
)
_FAST = (fft, nbody, stencil_2d, fractals, black_scholes, lorenz_rk4)
CASES = (*_EXACT, *(variant(make, "fast", "simulation_fast", ("sm_90",), reference=None) for make in _FAST))
