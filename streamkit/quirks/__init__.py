"""The registry of known deviations, and what plants them in healthy recordings."""
