"""Channels: methods, pushbuffers, GPFIFO rings, semaphores and queues; knows no backend."""
