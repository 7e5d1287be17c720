"""Encoders: transcripts to the wire of each dialect, written after its documents and not after our decoders."""
