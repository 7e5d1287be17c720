"""What all tests have in common: backends, the examples that Hypothesis tries, and how many processes share the tests.

The default profile always tries the same few examples; `HYPOTHESIS_PROFILE=soak` tries many others.
"""

import os

import httpcore  # noqa: F401 - loaded once, before pytest's own in-process runs can load and forget it
import httpx  # noqa: F401 - likewise
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", max_examples=40, deadline=None, derandomize=True, database=None)
settings.register_profile(
    "soak",
    max_examples=int(os.environ.get("STREAMKIT_EXAMPLES", "20000")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

MOST_PROCESSES = 8
"""More would spend longer on collecting the tests than they save."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """As many processes as `-n auto` starts: one for each processor that there is, also a virtual one."""
    return min(os.cpu_count() or 1, MOST_PROCESSES)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param
