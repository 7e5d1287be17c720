import httpcore  # noqa: F401 - loaded once, before pytest's own in-process runs can load and forget it
import httpx  # noqa: F401 - likewise
import pytest


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param
