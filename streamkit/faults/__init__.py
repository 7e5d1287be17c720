"""What an error is: a provider's payload, status and headers, or a broken connection's exception, as `ErrorInfo`."""

from streamkit.faults.connections import cut_phrase, is_transport, transport_error
from streamkit.faults.provider import ENTITLEMENT_HINT, FAILED, provider_error
from streamkit.faults.shapes import looks_like_error

__all__ = [
    "ENTITLEMENT_HINT",
    "FAILED",
    "cut_phrase",
    "is_transport",
    "looks_like_error",
    "provider_error",
    "transport_error",
]
