"""The register language and its tables: names, offsets, fields and values as NVIDIA publishes them.

`classes` has the methods of channel classes, `qmd` the launch descriptors, `chips` the registers of each
chip, and `registers` reads and writes registers by name. Nothing here knows how a device is reached.
"""
