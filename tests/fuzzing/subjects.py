"""Clients to try the kit on: a naive one, a tolerant one, and some that misbehave."""

import http.client
import json
import os
import time
import urllib.parse

import streamkit


def body_of(url):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.request("POST", "/v1/chat/completions", b"{}", {"content-type": "application/json"})
    response = connection.getresponse()
    try:
        return response.read()
    except http.client.IncompleteRead as fault:
        return fault.partial
    finally:
        connection.close()


def naive(url):
    """Believes every line, as a client that was written in an afternoon does."""
    text, calls = "", {}
    for line in body_of(url).decode().splitlines():
        if not line.startswith("data: ") or line == "data: [DONE]":
            continue
        for choice in json.loads(line[6:])["choices"]:
            text += choice["delta"].get("content") or ""
            for fragment in choice["delta"].get("tool_calls") or ():
                call = calls.setdefault(fragment["index"], {"name": "", "arguments": ""})
                call["name"] += fragment["function"].get("name") or ""
                call["arguments"] += fragment["function"].get("arguments") or ""
    return {"text": text, "tool_calls": list(calls.values())}


def nothing_in(body):
    return b"data: \n" in body or b"data: null\n" in body


async def tolerant(url):
    """Reads everything that streamkit reads."""
    response = streamkit.assemble([body_of(url)], "chat")
    return response.text, [(call.name, call.arguments) for call in response.tool_calls]


def hanging(url):
    """Hangs on an empty payload."""
    if nothing_in(body_of(url)):
        time.sleep(60)  # is killed
    return naive(url)


def fragile(url):
    """Ends its process on an empty payload."""
    if nothing_in(body_of(url)):
        os._exit(7)
    print("what is printed is no answer", flush=True)  # noqa: T201 - that is the point
    return naive(url)


def deaf(_):
    """Reads nothing right."""
    return {"text": "What?", "tool_calls": []}


def rude(_):
    """Returns what no target may return."""
    return 7


def halves(_):
    """Returns what JSON cannot carry."""
    return {"text": "\ud83d", "tool_calls": [{"name": "f", "arguments": {"\ude00": ["\ud83d", 1]}}]}


def unwritable(_):
    """Returns what cannot be written at all."""
    loop = []
    loop.append(loop)
    return {"text": "", "tool_calls": [{"name": "f", "arguments": loop}]}


not_callable = 3
