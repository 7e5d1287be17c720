import pytest
from scripted_llm import scripted_llm


@pytest.fixture(scope="session")
def base_url():
    for needed in ("xllamacpp", "gguf", "numpy"):
        pytest.importorskip(needed, reason=f"the live server needs {needed} (the dev extra)")
    with scripted_llm() as url:
        yield url
