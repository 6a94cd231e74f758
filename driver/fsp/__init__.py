"""FSP: the processor that authenticates and starts GSP on Hopper and later chips."""
