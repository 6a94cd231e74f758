"""What single instructions compute, in Python integers, from the definitions: slow, exact and apart.

It reads nvdisasm's text, not our decoder's, and is checked against recordings of an H100
(tests/soft/test_opcode_reference.py), so that the software SM has a second judge beside the recordings.
"""
