"""The command line: replay, stream, quirks, dialects."""
