"""Listings: labels, guards, relocated operands, control bits."""

from __future__ import annotations

from barewire.sass.listing import Code, Relocated, control_text, listings, text_lines

ARCH = 90
NOP = 0x000FC20000000000_0000000000007918
MOV_R20 = 0x0000020000000F00_0000000000147802
STALL_OF_1 = 1 << 105
FADD = 0x140FE200000000FF_C000000201007221


def branch(distance: int, guard: int = 7) -> int:
    """BRA over so many bytes, from the next instruction on."""
    value = (distance // 4) & (1 << 56) - 1
    return 0x947 | guard << 12 | (value & 0xFF) << 16 | (value >> 8) << 34 | 7 << 87 | STALL_OF_1


def code(*words: int, name: str = "kernel", **options) -> Code:
    return Code(name, b"".join(word.to_bytes(16, "little") for word in words), ARCH, **options)


def lines(*sections: Code, control=None) -> list[str]:
    return [line for listed in listings(sections) for line in text_lines(listed, control)]


def test_a_listing_begins_with_the_name_of_its_section():
    assert lines(code(NOP)) == [".text.kernel:", "        /*0000*/                   NOP ;"]


def test_labels_are_numbered_in_the_order_in_which_they_are_named():
    listing = lines(code(branch(32), branch(0), NOP, NOP))

    assert listing == [
        ".text.kernel:",
        "        /*0000*/                   BRA `(.L_x_0) ;",
        "        /*0010*/                   BRA `(.L_x_1) ;",
        ".L_x_1:",
        "        /*0020*/                   NOP ;",
        ".L_x_0:",
        "        /*0030*/                   NOP ;",
    ]


def test_numbers_go_on_in_the_next_section():
    listing = lines(code(branch(0), NOP), code(branch(0), NOP, name="second"))

    assert "        /*0000*/                   BRA `(.L_x_1) ;" in listing
    assert listing.index(".text.second:") < listing.index(".L_x_1:")


def test_a_function_has_its_own_name():
    listing = lines(code(branch(0), NOP, functions={0: "kernel", 16: "$helper"}))

    assert listing[1:3] == ["        /*0000*/                   BRA `($helper) ;", "$helper:"]


def test_a_guard_ends_where_the_mnemonic_begins():
    assert lines(code(branch(0, guard=0), NOP))[1] == "        /*0000*/               @P0 BRA `(.L_x_0) ;"


def test_what_does_not_stall_has_no_space_before_the_semicolon():
    """So nvdisasm prints the branch to itself and the NOPs behind the end of a function."""
    listing = lines(code(branch(-16) & ~STALL_OF_1))

    assert listing[1:] == [".L_x_0:", "        /*0000*/                   BRA `(.L_x_0);"]


def test_a_branch_out_of_the_section_keeps_its_address():
    assert "BRA 0x1010 ;" in lines(code(branch(0x1000)))[1]


def test_what_a_linker_fills_in_has_the_name_of_its_symbol():
    low = lines(code(MOV_R20, relocations={0: Relocated(56, "values")}))
    high = lines(code(MOV_R20, relocations={0: Relocated(57, "values", 8)}))
    place = lines(code(MOV_R20, NOP, relocations={0: Relocated(56, "kernel", 16, 16)}))

    assert low[1].endswith("MOV R20, 32@lo(values) ;")
    assert high[1].endswith("MOV R20, 32@hi((values + 0x8)) ;")
    assert place[1].endswith("MOV R20, 32@lo((kernel + .L_x_0@srel)) ;")
    assert place[2] == ".L_x_0:"


def test_control_bits_follow_the_instruction():
    listing = lines(code(FADD), control=control_text)

    assert listing[1].endswith("FADD R0, R1.reuse, -|R2|.reuse ;  /* stall=1 reuse=0x5 */")


def test_an_unknown_word_keeps_its_line_and_says_why():
    assert lines(code(0xFFF))[1].endswith("unknown 0xfff (sm_90 has no opcode 0xfff);")


def test_a_section_that_ends_within_an_instruction_lists_the_whole_ones():
    short = Code("kernel", NOP.to_bytes(16, "little") + b"abc", ARCH)

    assert len(lines(short)) == 2
