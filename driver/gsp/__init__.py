"""GSP: booting its firmware, and talking to it."""
