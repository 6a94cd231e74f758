"""The programs: PTX, one warp each. A lane reads 32 words of its own and leaves 16.

What a program computes is in its name. `ANY` lists outputs that an H100 leaves to chance: words of shared
memory that nobody wrote, and registers that nobody set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
CUBIN = HERE / "programs.sm_90.cubin"
RECORDING = HERE.parent / "recordings" / "warp-h100.npz"

LANES = 32
INPUT_WORDS = 32
OUTPUT_WORDS = 16
MEMORY_WORDS = 1024

HEADER = ".version 8.7\n.target sm_90\n.address_size 64\n"
REGISTERS = """
.reg .b16 h<32>; .reg .b32 r<96>; .reg .b64 q<64>; .reg .f32 f<32>; .reg .f64 d<32>; .reg .pred p<8>;
.reg .b32 o<20>; .reg .b64 in,out,mem,t; .reg .b32 lane,sh,mine; .shared .align 128 .b8 shm[8192];
"""
BEGIN = """
mov.u32 lane,%tid.x; ld.param.u64 in,[pin]; ld.param.u64 out,[pout]; ld.param.u64 mem,[pmem];
cvta.to.global.u64 in,in; cvta.to.global.u64 out,out; cvta.to.global.u64 mem,mem;
mad.wide.u32 in,lane,128,in; mad.wide.u32 out,lane,64,out; mov.u32 sh,shm;
"""


def each(text: str, count: int, first: int = 0) -> str:
    """The text for i = first, first + 1, ...; {i} is the number, {b} four times its place in the row."""
    return "".join(text.format(i=first + place, b=4 * place) for place in range(count))


def floats(numbers: tuple[int, ...]) -> str:
    """Inputs as floats of the same numbers."""
    return "".join(f"mov.b32 f{number},r{number};" for number in numbers)


def kernel(name: str, body: str) -> str:
    """One entry."""
    return (
        f".visible .entry {name}(.param .u64 pin,.param .u64 pout,.param .u64 pmem){{"
        f"{REGISTERS}{BEGIN}{each('ld.global.u32 r{i},[in+{b}];', INPUT_WORDS)}"
        f"{each('mov.u32 o{i},0;', OUTPUT_WORDS)}{body}"
        f"{each('st.global.u32 [out+{b}],o{i};', OUTPUT_WORDS)}ret;\n}}\n"
    )


# Sparse products: A in r0.., B in r4.., C in r8.., the metadata in r12.
SPARSE = "mma.sp::ordered_metadata.sync.aligned."


def sparse(instruction: str, a_registers: int, b_registers: int, selector: int, accumulator: str) -> str:
    """A sparse product."""
    a = ",".join(f"r{i}" for i in range(a_registers))
    b = ",".join(f"r{4 + i}" for i in range(b_registers))
    if accumulator == "f32":
        return (
            floats((8, 9, 10, 11))
            + f"{SPARSE}{instruction} {{f20,f21,f22,f23}},{{{a}}},{{{b}}},{{f8,f9,f10,f11}},r12,{selector};"
            + "".join(f"mov.b32 o{i},f{20 + i};" for i in range(4))
        )
    c, d = ("r8,r9", "o0,o1") if accumulator == "f16" else ("r8,r9,r10,r11", "o0,o1,o2,o3")
    return f"{SPARSE}{instruction} {{{d}}},{{{a}}},{{{b}}},{{{c}}},r12,{selector};"


def sparse_programs() -> dict[str, str]:
    """Every layout of metadata."""
    made: dict[str, str] = {}
    for selector in range(4):
        made[f"sp_f16_k16_{selector}"] = sparse("m16n8k16.row.col.f32.f16.f16.f32", 2, 2, selector, "f32")
        made[f"sp_tf32_k8_{selector}"] = sparse("m16n8k8.row.col.f32.tf32.tf32.f32", 2, 2, selector, "f32")
    for selector in range(2):
        made |= {
            f"sp_bf16_k32_{selector}": sparse("m16n8k32.row.col.f32.bf16.bf16.f32", 4, 4, selector, "f32"),
            f"sp_f16h_k32_{selector}": sparse("m16n8k32.row.col.f16.f16.f16.f16", 4, 4, selector, "f16"),
            f"sp_tf32_k16_{selector}": sparse("m16n8k16.row.col.f32.tf32.tf32.f32", 4, 4, selector, "f32"),
            f"sp_s8_k32_{selector}": sparse("m16n8k32.row.col.s32.s8.u8.s32", 2, 2, selector, "s32"),
        }
    made["sp_u8_k64"] = sparse("m16n8k64.row.col.satfinite.s32.u8.s8.s32", 4, 4, 0, "s32")
    made["sp_e4m3_k64"] = sparse("m16n8k64.row.col.f32.e4m3.e4m3.f32", 4, 4, 0, "f32")
    return made


def among(name: str, body: str) -> str:
    """Only the lanes of the mask r1 do it."""
    return (
        "mov.u32 o15,12345; mov.u32 r40,1; shl.b32 r40,r40,lane; and.b32 r41,r40,r1; setp.ne.u32 p1,r41,0;"
        f"@!p1 bra skip_{name};\n{body}\nskip_{name}: bar.warp.sync 0xffffffff;"
    )


REDUCTIONS = (
    "add.u32", "add.s32", "min.u32", "min.s32", "max.u32", "max.s32", "and.b32", "or.b32", "xor.b32",
)  # fmt: skip


def divergent_programs() -> dict[str, str]:
    """Lanes among themselves, while others are elsewhere."""
    bodies = {
        f"shfl_{mode}": f"shfl.sync.{mode}.b32 o0|p2,r0,r2,r3,r1; selp.u32 o1,1,0,p2;"
        for mode in ("up", "down", "bfly", "idx")
    }
    bodies["votes"] = (
        "setp.ne.u32 p3,r4,0; vote.sync.all.pred p2,p3,r1; selp.u32 o0,1,0,p2;"
        "vote.sync.any.pred p2,p3,r1; selp.u32 o1,1,0,p2; vote.sync.uni.pred p2,p3,r1; selp.u32 o2,1,0,p2;"
        "vote.sync.ballot.b32 o3,p3,r1; activemask.b32 o4;"
    )
    bodies["matches"] = (
        "match.any.sync.b32 o0,r5,r1; match.all.sync.b32 o1|p2,r5,r1; selp.u32 o2,1,0,p2;"
        "mov.b64 q0,{r5,r6}; match.any.sync.b64 o3,q0,r1; match.all.sync.b64 o4|p2,q0,r1; selp.u32 o5,1,0,p2;"
    )
    bodies["redux"] = "".join(f"redux.sync.{kind} o{i},r7,r1;" for i, kind in enumerate(REDUCTIONS))
    bodies["elect"] = "elect.sync o0|p2,r1; selp.u32 o1,1,0,p2;"
    return {name: among(name, body) for name, body in bodies.items()}


# Sixteen words of global memory for each lane, r16.. at first.
OWN_MEMORY = "mad.wide.u32 t,lane,64,mem;\n" + each("st.global.u32 [t+{b}],r{i};", 16, 16) + "membar.gl;\n"
AFTER = "membar.gl;" + each("ld.global.volatile.u32 r{i},[t+{b}];", 16, 64)
INTEGER_ATOMICS = (
    "add.u32", "min.u32", "min.s32", "max.u32", "max.s32", "inc.u32", "dec.u32", "and.b32", "or.b32",
    "xor.b32", "exch.b32",
)  # fmt: skip


def results(first: int, count: int) -> str:
    """What memory holds afterwards, to the outputs from `first` on."""
    return "".join(f"mov.u32 o{first + i},r{64 + i};" for i in range(count))


def atomic_programs() -> dict[str, str]:
    """Atomics with old values, and reductions without."""
    bodies = {
        "atom_f32": floats((0, 1))
        + "atom.global.add.f32 f2,[t],f0; mov.b32 o0,f2; red.global.add.f32 [t+4],f1;"
        + AFTER
        + results(1, 2),
        "atom_f32v": floats((0, 1, 2, 3))
        + "atom.global.v4.f32.add {f4,f5,f6,f7},[t],{f0,f1,f2,f3};"
        + "".join(f"mov.b32 o{i},f{4 + i};" for i in range(4))
        + "red.global.v2.f32.add [t+16],{f0,f1};"
        + AFTER
        + results(4, 6),
        "atom_f64": "mov.b64 d0,{r0,r1}; atom.global.add.f64 d1,[t],d0; mov.b64 {o0,o1},d1;"
        + "red.global.add.f64 [t+8],d0;"
        + AFTER
        + results(2, 4),
        "atom_int": "".join(
            f"atom.global.{kind} o{i},[t+{4 * i}],r{i % 4};" for i, kind in enumerate(INTEGER_ATOMICS)
        ),
        "atom_int_final": "".join(
            f"atom.global.{kind} r80,[t+{4 * i}],r{i % 4};" for i, kind in enumerate(INTEGER_ATOMICS)
        )
        + AFTER
        + results(0, len(INTEGER_ATOMICS)),
    }
    for kind in ("f16x2", "bf16x2"):
        bodies[f"atom_{kind}"] = (
            f"atom.global.add.noftz.{kind} o0,[t],r0; red.global.add.noftz.{kind} [t+4],r1;{AFTER}"
            + results(1, 2)
        )
        for operation in ("add", "min", "max"):
            bodies[f"atom_{kind}_v_{operation}"] = (
                f"atom.global.v4.{kind}.{operation}.noftz {{o0,o1,o2,o3}},[t],{{r0,r1,r2,r3}};"
                f"red.global.v2.{kind}.{operation}.noftz [t+16],{{r0,r1}};{AFTER}" + results(4, 6)
            )
    return {name: OWN_MEMORY + body for name, body in bodies.items()}


ORDER = (
    "atom.global.add.u32 o0,[mem],r0; atom.global.exch.b32 o1,[mem+4],r0; st.shared.u32 [sh],r16; bar.sync 0;"
    "atom.shared.add.u32 o2,[sh],r0; atom.shared.exch.b32 o3,[sh],r1; atom.global.inc.u32 o4,[mem+8],1000;"
    "atom.global.cas.b32 o5,[mem+12],0,r1;"
)
COPY = (
    OWN_MEMORY
    + "mad.lo.u32 mine,lane,64,sh;\n"
    + each("st.shared.u32 [mine+{b}],0xeeeeeeee;", 16)
    + "and.b32 r0,r0,3; setp.eq.u32 p1,r0,3; selp.u32 r0,4,r0,p1;"
    "cp.async.ca.shared.global [mine],[t],4,r0; cp.async.ca.shared.global [mine+8],[t+8],8,r1;"
    "cp.async.cg.shared.global [mine+16],[t+16],16,r2; setp.ne.u32 p2,r3,0;"
    "cp.async.ca.shared.global [mine+32],[t+32],16,p2; cp.async.wait_all; bar.sync 0;"
    + each("ld.shared.u32 o{i},[mine+{b}];", 12)
)

# Whose value stays where several lanes store to one place.
CONFLICTS = """
and.b32 r80,lane,1; setp.ne.u32 p1,r80,0; and.b32 r81,lane,7; shl.b32 r81,r81,2; shr.u32 r82,lane,1;
shl.b32 r82,r82,2; cvt.u64.u32 q1,r81; cvt.u64.u32 q2,r82; add.u64 q1,q1,mem; add.u64 q2,q2,mem;
add.u32 r83,sh,r81; add.u32 r84,sh,r82; and.b32 r85,lane,3; add.u32 r85,r85,sh; st.shared.u32 [sh],r0;
@p1 st.shared.u32 [sh+4],r1; st.shared.v2.u32 [sh+16],{r2,r3}; st.shared.u8 [r85+32],r4;
st.shared.u32 [r83+64],r5; st.shared.u32 [r84+256],r6; st.global.u32 [mem],r7;
@p1 st.global.u32 [mem+4],r8; st.global.v2.u32 [mem+16],{r9,r10}; st.global.u32 [q1+64],r11;
st.global.u32 [q2+256],r12; bar.sync 0; membar.gl; ld.volatile.shared.u32 o0,[sh];
ld.volatile.shared.u32 o1,[sh+4]; ld.volatile.shared.v2.u32 {o2,o3},[sh+16];
ld.volatile.shared.u32 o4,[sh+32]; ld.volatile.shared.u32 o5,[r83+64];
ld.volatile.shared.u32 o6,[r84+256]; ld.volatile.global.u32 o7,[mem]; ld.volatile.global.u32 o8,[mem+4];
ld.volatile.global.v2.u32 {o9,o10},[mem+16]; ld.volatile.global.u32 o11,[q1+64];
ld.volatile.global.u32 o12,[q2+256];
"""

SYNC = "bar.warp.sync -1;"
STATE = "mov.b64 {{o{0},o{1}}},q0;"
COUNTING = (
    "setp.eq.u32 p7,lane,0; @p7 mbarrier.init.shared.b64 [sh],3; bar.sync 0;"
    f"@p7 mbarrier.arrive.shared.b64 q0,[sh]; @p7 {STATE.format(0, 1)} {SYNC}"
    f"@p7 mbarrier.arrive.shared.b64 q0,[sh]; {SYNC}"
    f"@p7 mbarrier.arrive.shared.b64 q0,[sh]; @p7 {STATE.format(2, 3)} {SYNC}"
    "@p7 mbarrier.test_wait.shared.b64 p2,[sh],q0; @p7 selp.u32 o4,1,0,p2;"
    "mbarrier.test_wait.parity.shared.b64 p2,[sh],0; selp.u32 o5,1,0,p2;"
    "mbarrier.test_wait.parity.shared.b64 p2,[sh],1; selp.u32 o6,1,0,p2;"
)
TOGETHER = (
    "setp.eq.u32 p7,lane,0; @p7 mbarrier.init.shared.b64 [sh],200; bar.sync 0;"
    f"mbarrier.arrive.noComplete.shared.b64 q0,[sh],3; {STATE.format(0, 1)} {SYNC}"
    f"mbarrier.arrive.shared.b64 q0,[sh]; {STATE.format(2, 3)} {SYNC} mbarrier.pending_count.b64 o4,q0;"
)


def matrix_programs() -> dict[str, str]:
    """ldmatrix, stmatrix and movmatrix: 32 words of each lane in shared memory, rows at 16-byte places."""
    made: dict[str, str] = {}
    fill = "mad.lo.u32 r94,lane,128,sh;" + each("st.shared.u32 [r94+{b}],r{i};", 32) + "bar.sync 0;"
    for name, kind in (("n", ""), ("t", ".trans")):
        load, store = "ldmatrix.sync.aligned.m8n8", "stmatrix.sync.aligned.m8n8"
        made[f"ldm_{name}"] = (
            fill + "and.b32 r95,r0,0xff0; add.u32 r95,r95,sh;"
            f"{load}.x1{kind}.shared.b16 {{o0}},[r95]; {load}.x2{kind}.shared.b16 {{o1,o2}},[r95];"
            f"{load}.x4{kind}.shared.b16 {{o3,o4,o5,o6}},[r95];"
        )
        made[f"stm_{name}"] = (
            "shl.b32 r95,lane,4; add.u32 r95,r95,sh;"
            f"{store}.x4{kind}.shared.b16 [r95],{{r0,r1,r2,r3}};"
            f"{store}.x1{kind}.shared.b16 [r95+512],{{r4}}; {store}.x2{kind}.shared.b16 [r95+1024],{{r5,r6}};"
            "bar.sync 0; ld.shared.v4.u32 {o0,o1,o2,o3},[r95]; ld.shared.v4.u32 {o4,o5,o6,o7},[r95+512];"
            "ld.shared.v4.u32 {o8,o9,o10,o11},[r95+1024];"
        )
    made["ldm_t"] += "movmatrix.sync.aligned.m8n8.trans.b16 o7,r1;"
    return made


PROGRAMS = {
    **sparse_programs(),
    **divergent_programs(),
    **atomic_programs(),
    "atom_order": ORDER,
    "cp_size": COPY,
    "store_conflicts": CONFLICTS,
    "mbarrier_counting": COUNTING,
    "mbarrier_together": TOGETHER,
    **matrix_programs(),
}

# (lanes from, words) that are left to chance; of atom_order those that hang on which lane's store stayed.
ANY: dict[str, tuple[tuple[int, tuple[int, ...]], ...]] = {
    "atom_order": ((0, (2, 3)),),
    "mbarrier_counting": ((0, (0, 2)),),
    "mbarrier_together": ((0, (2,)),),
    "stm_n": ((8, (4, 5, 6, 7)), (16, (8, 9, 10, 11))),
    "stm_t": ((8, (4, 5, 6, 7)), (16, (8, 9, 10, 11))),
}


def source() -> str:
    """All programs as PTX."""
    return HEADER + "".join(kernel(name, body) for name, body in PROGRAMS.items())


def certain(name: str, outputs: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The outputs, with zeros for what is left to chance."""
    kept = outputs.copy()
    for first_lane, words in ANY.get(name, ()):
        kept[..., first_lane:, list(words)] = 0
    return kept
