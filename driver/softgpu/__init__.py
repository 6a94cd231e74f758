"""The software GPU: seen only through its bus, it shares nothing with the driver but the register tables."""
