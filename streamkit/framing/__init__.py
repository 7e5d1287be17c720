"""Bytes to frames: how payloads are cut out of a stream."""
