"""Firmware: parsers for the containers that GPU firmware comes in; they touch no device."""
