"""Machine code of NVIDIA GPUs (SASS): a table of opcodes, and what follows from it.

language    the words in which the table is written
table       the opcodes, by family
decoder     a 128-bit word becomes an instruction
text        an instruction becomes nvdisasm's text
listing     sections of code become a listing with labels
c_header    the table becomes a C header, for the software GPU
markdown    the table becomes a page of documentation
"""
