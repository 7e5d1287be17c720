"""Requests to providers: `Client`."""

from streamkit.client.client import Client
from streamkit.client.live import LiveStream, Statistics
from streamkit.client.retrying import Retries

__all__ = ["Client", "LiveStream", "Retries", "Statistics"]
