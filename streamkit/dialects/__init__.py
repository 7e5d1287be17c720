"""Dialects: one module or package each, from frames to events."""
