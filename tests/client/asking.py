"""How the client tests ask."""

from answers import HELLO

from streamkit.client import Client

KEY = "sk-test-1234567890abcdef"


def hello(**options):
    async def handler(connection):
        await connection.answer(body=HELLO, **options)

    return handler


async def hang(connection):
    await connection.until_closed()
    return False


async def ask(server, dialect="chat", body=None, base="/v1", **options):
    """One request through a client of its own; its response."""
    asked = {name: options.pop(name) for name in ("path", "stages", "on_error", "strict") if name in options}
    options.setdefault("retries", 0)
    async with (
        Client(server.url + base, **options) as client,
        client.stream(dialect, json=body or {}, **asked) as stream,
    ):
        return await stream.result()


async def text_of(client, **options):
    """The text of one answer; the client is closed behind it."""
    async with client, client.stream("chat", json={}, **options) as stream:
        return (await stream.result()).text
