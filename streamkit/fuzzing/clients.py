"""Ready targets: well-known clients, each used in the way that its documents show for a whole streamed answer.

`streamkit fuzz streamkit.fuzzing.clients:openai_chat --dialect chat`. The clients are not dependencies: install the one
that is to be tried beside streamkit. None of them may retry, so that one wire is one answer.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from streamkit.jsontypes import Json, JsonObject, is_array

__all__ = [
    "anthropic_messages",
    "langchain_anthropic",
    "langchain_chat",
    "langchain_responses",
    "litellm_anthropic",
    "litellm_chat",
    "openai_chat",
    "openai_responses",
    "pydantic_ai_anthropic",
    "pydantic_ai_chat",
    "pydantic_ai_responses",
    "streamkit_anthropic",
    "streamkit_chat",
    "streamkit_responses",
]

MODEL = "m-1"
KEY = "none"
ASKED = "How is the weather in Kiel, and what time is it there?"
MESSAGES = [{"role": "user", "content": ASKED}]
PARAMETERS: dict[str, JsonObject] = {
    "get_weather": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
    "get_time": {"type": "object", "properties": {"zone": {"type": "string"}}},
}
"""The tools that are called in the shipped wires."""
CHAT_TOOLS = [{"type": "function", "function": {"name": name, "parameters": p}} for name, p in PARAMETERS.items()]
RESPONSES_TOOLS = [
    {"type": "function", "name": name, "parameters": p, "strict": False} for name, p in PARAMETERS.items()
]
ANTHROPIC_TOOLS = [{"name": name, "input_schema": p} for name, p in PARAMETERS.items()]


def openai_chat(url: str) -> JsonObject:
    """The OpenAI SDK's chat stream helper and its final completion."""
    client = import_module("openai").OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0)
    with client, client.chat.completions.stream(model=MODEL, messages=MESSAGES, tools=CHAT_TOOLS) as stream:
        message = stream.get_final_completion().choices[0].message
    calls = [(call.function.name, call.function.arguments) for call in message.tool_calls or ()]
    content: Json = message.content
    if is_array(content):  # of parts, as the server sent them
        content = "".join(str(part["text"]) for part in content)
    return answer(content, calls)


def openai_responses(url: str) -> JsonObject:
    """The OpenAI SDK's Responses stream helper and its final response."""
    client = import_module("openai").OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0)
    with client, client.responses.stream(model=MODEL, input=ASKED, tools=RESPONSES_TOOLS) as stream:
        response = stream.get_final_response()
    calls = [(item.name, item.arguments) for item in response.output if item.type == "function_call"]
    return answer(response.output_text, calls, response.error)


def anthropic_messages(url: str) -> JsonObject:
    """The Anthropic SDK's message stream helper and its final message."""
    client = import_module("anthropic").Anthropic(base_url=url, api_key=KEY, max_retries=0)
    with (
        client,
        client.messages.stream(model=MODEL, max_tokens=256, messages=MESSAGES, tools=ANTHROPIC_TOOLS) as stream,
    ):
        message = stream.get_final_message()
    text = "".join(block.text for block in message.content if block.type == "text")
    return answer(text, [(block.name, block.input) for block in message.content if block.type == "tool_use"])


def litellm_chat(url: str) -> JsonObject:
    """LiteLLM's stream from a chat server, put together by its own `stream_chunk_builder`."""
    return _litellm(f"openai/{MODEL}", f"{url}/v1")


def litellm_anthropic(url: str) -> JsonObject:
    """LiteLLM's stream from an Anthropic server, put together by its own `stream_chunk_builder`."""
    return _litellm(f"anthropic/{MODEL}", url)


def _litellm(model: str, url: str) -> JsonObject:
    litellm = import_module("litellm")
    asked: JsonObject = {"messages": MESSAGES, "tools": CHAT_TOOLS, "api_base": url, "api_key": KEY, "max_retries": 0}
    chunks = list(litellm.completion(model=model, stream=True, **asked))
    message = litellm.stream_chunk_builder(chunks, messages=MESSAGES).choices[0].message
    calls = [(call.function.name, call.function.arguments) for call in message.tool_calls or ()]
    return answer(message.content, calls)


async def pydantic_ai_chat(url: str) -> JsonObject:
    """pydantic-ai's direct streaming request to a chat server."""
    return await _pydantic_ai("openai", "OpenAIChatModel", "OpenAIProvider", f"{url}/v1")


async def pydantic_ai_responses(url: str) -> JsonObject:
    """pydantic-ai's direct streaming request to a Responses server."""
    return await _pydantic_ai("openai", "OpenAIResponsesModel", "OpenAIProvider", f"{url}/v1")


async def pydantic_ai_anthropic(url: str) -> JsonObject:
    """pydantic-ai's direct streaming request to an Anthropic server."""
    return await _pydantic_ai("anthropic", "AnthropicModel", "AnthropicProvider", url)


async def _pydantic_ai(house: str, model: str, provider: str, url: str) -> JsonObject:
    sdk = import_module(house)
    make = sdk.AsyncOpenAI if house == "openai" else sdk.AsyncAnthropic
    direct, messages = import_module("pydantic_ai.direct"), import_module("pydantic_ai.messages")
    tools = [
        import_module("pydantic_ai.tools").ToolDefinition(name=name, parameters_json_schema=schema)
        for name, schema in PARAMETERS.items()
    ]
    async with make(base_url=url, api_key=KEY, max_retries=0) as client:
        asked = getattr(import_module(f"pydantic_ai.models.{house}"), model)(
            MODEL,
            provider=getattr(import_module(f"pydantic_ai.providers.{house}"), provider)(**{f"{house}_client": client}),
        )
        parameters = import_module("pydantic_ai.models").ModelRequestParameters(function_tools=tools)
        request = [messages.ModelRequest(parts=[messages.UserPromptPart(ASKED)])]
        async with direct.model_request_stream(asked, request, model_request_parameters=parameters) as stream:
            async for _ in stream:
                pass
            parts = stream.get().parts
    calls = [(part.tool_name, part.args) for part in parts if part.part_kind == "tool-call"]
    return answer("".join(part.content for part in parts if part.part_kind == "text"), calls)


def langchain_chat(url: str) -> JsonObject:
    """LangChain's chat model, its chunks added up."""
    model = import_module("langchain_openai").ChatOpenAI(model=MODEL, base_url=f"{url}/v1", api_key=KEY, max_retries=0)
    return _langchain(model)


def langchain_responses(url: str) -> JsonObject:
    """LangChain's chat model on the Responses API, its chunks added up."""
    make = import_module("langchain_openai").ChatOpenAI
    return _langchain(make(model=MODEL, base_url=f"{url}/v1", api_key=KEY, max_retries=0, use_responses_api=True))


def langchain_anthropic(url: str) -> JsonObject:
    """LangChain's Anthropic model, its chunks added up."""
    make = import_module("langchain_anthropic").ChatAnthropic
    return _langchain(make(model=MODEL, base_url=url, api_key=KEY, max_retries=0, max_tokens=256))


def _langchain(model: Any) -> JsonObject:
    whole: Any = None
    for chunk in model.bind_tools(CHAT_TOOLS).stream(ASKED):
        whole = chunk if whole is None else whole + chunk
    return answer(str(whole.text), [(call["name"], call["args"]) for call in whole.tool_calls])


async def streamkit_chat(url: str) -> JsonObject:
    """The client of streamkit itself, on a chat server."""
    return await _streamkit(f"{url}/v1", "chat")


async def streamkit_responses(url: str) -> JsonObject:
    """The client of streamkit itself, on a Responses server."""
    return await _streamkit(f"{url}/v1", "responses")


async def streamkit_anthropic(url: str) -> JsonObject:
    """The client of streamkit itself, on an Anthropic server."""
    return await _streamkit(url, "anthropic")


async def _streamkit(url: str, dialect: str) -> JsonObject:
    watchdog = import_module("streamkit.stages.watchdog").Watchdog()
    async with (
        import_module("streamkit.client").Client(url, retries=0, watchdog=watchdog) as client,
        client.stream(dialect, json={"model": MODEL, "stream": True}) as stream,
    ):
        async for _ in stream:
            pass
        response = stream.response
    return answer(response.text, [(call.name, call.arguments) for call in response.tool_calls])


def answer(text: Json, calls: Iterable[tuple[Any, Any]], error: Json = None) -> JsonObject:
    """What a target returns."""
    named = [{"name": name, "arguments": arguments} for name, arguments in calls]
    return {"text": text or "", "tool_calls": named, "error": str(error) if error else ""}
