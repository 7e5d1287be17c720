import pytest


@pytest.fixture(params=["httpx", "aiohttp"])
def backend(request, anyio_backend):
    if request.param == "aiohttp" and anyio_backend == "trio":
        pytest.skip("aiohttp runs on asyncio only")
    return request.param
