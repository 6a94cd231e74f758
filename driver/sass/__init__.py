"""Machine code of NVIDIA GPUs (SASS): a table of opcodes, and what follows from it.

language    the words in which the table is written
table       the opcodes, by family
decoder     a 128-bit word becomes an instruction
text        an instruction becomes nvdisasm's text
"""
