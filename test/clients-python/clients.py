"""Asks a model with Python's clients, as told on standard input, and says what their user saw.

Input: one JSON document, {"system": ..., "offers": [...], "jobs": [{"id", "client", "url", "key", "model",
"retries", "codeAt"}]}. Output: one line of JSON for each job. With the argument `--list`: the clients that can be
used here, one JSON document.
"""

import asyncio
import importlib.util
import json
import sys
from concurrent.futures import ThreadPoolExecutor

QUESTION = "Paris?"
TURNS_MAX = 8


class Answer:
    """One answer of the model, and what goes back into the history for it."""

    def __init__(self, text, calls, said, whole):
        self.text = text
        self.calls = calls
        self.said = said
        self.whole = whole


def run_tool(name, arguments):
    return f"{name} says: {json.dumps(arguments)} is fine."


# openai, Chat Completions and Responses


def openai_settings(job):
    settings = {"base_url": job["url"] + "/v1", "api_key": job["key"]}
    if job["retries"] is not None:
        settings["max_retries"] = job["retries"]
    return settings


def chat_request(setting, job, history):
    tools = [
        {"type": "function", "function": {"name": o["name"], "description": o["description"], "parameters": o["schema"]}}
        for o in setting["offers"]
    ]
    messages = [{"role": "system", "content": setting["system"]}, *history]
    return {"model": job["model"], "messages": messages, "tools": tools}


def chat_answer(message):
    calls = [(c.id, c.function.name, json.loads(c.function.arguments)) for c in message.tool_calls or []]
    return Answer(message.content or "", calls, [message.model_dump(exclude_none=True)], repr(message))


def chat_results(results):
    return [{"role": "tool", "tool_call_id": id, "content": text} for id, text in results]


def joined_chunks(chunks):
    """Puts chunks together by hand, as programs without the SDK's helper do."""
    text, calls, finish = "", {}, None
    for chunk in chunks:
        if not chunk.choices:
            continue
        choice = chunk.choices[0]
        finish = choice.finish_reason or finish
        text += choice.delta.content or ""
        for piece in choice.delta.tool_calls or []:
            call = calls.setdefault(piece.index, {"id": piece.id, "name": piece.function.name, "arguments": ""})
            call["arguments"] += piece.function.arguments or ""
    if finish is None:
        raise EOFError("The answer never finished.")
    said = {"role": "assistant", "content": text}
    if calls:
        said["tool_calls"] = [
            {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}}
            for c in calls.values()
        ]
    read = [(c["id"], c["name"], json.loads(c["arguments"])) for c in calls.values()]
    return Answer(text, read, [said], repr(said))


def chat_create(setting, job, history):
    import openai

    with openai.OpenAI(**openai_settings(job)) as client:
        completion = client.chat.completions.create(**chat_request(setting, job, history))
    return chat_answer(completion.choices[0].message)


def chat_stream(setting, job, history):
    import openai

    with openai.OpenAI(**openai_settings(job)) as client:
        chunks = client.chat.completions.create(**chat_request(setting, job, history), stream=True)
        return joined_chunks(list(chunks))


async def chat_create_async(setting, job, history):
    import openai

    async with openai.AsyncOpenAI(**openai_settings(job)) as client:
        completion = await client.chat.completions.create(**chat_request(setting, job, history))
    return chat_answer(completion.choices[0].message)


async def chat_stream_async(setting, job, history):
    import openai

    async with openai.AsyncOpenAI(**openai_settings(job)) as client:
        chunks = await client.chat.completions.create(**chat_request(setting, job, history), stream=True)
        return joined_chunks([chunk async for chunk in chunks])


def responses_request(setting, job, history):
    tools = [
        {"type": "function", "name": o["name"], "description": o["description"], "parameters": o["schema"], "strict": False}
        for o in setting["offers"]
    ]
    return {"model": job["model"], "input": history, "tools": tools, "instructions": setting["system"]}


def responses_answer(response):
    calls = [(i.call_id, i.name, json.loads(i.arguments)) for i in response.output if i.type == "function_call"]
    said = [item.model_dump(exclude_none=True) for item in response.output]
    return Answer(response.output_text, calls, said, repr(response.output))


def responses_results(results):
    return [{"type": "function_call_output", "call_id": id, "output": text} for id, text in results]


def responses_create(setting, job, history):
    import openai

    with openai.OpenAI(**openai_settings(job)) as client:
        return responses_answer(client.responses.create(**responses_request(setting, job, history)))


def responses_stream(setting, job, history):
    import openai

    with openai.OpenAI(**openai_settings(job)) as client:
        with client.responses.stream(**responses_request(setting, job, history)) as stream:
            return responses_answer(stream.get_final_response())


async def responses_create_async(setting, job, history):
    import openai

    async with openai.AsyncOpenAI(**openai_settings(job)) as client:
        return responses_answer(await client.responses.create(**responses_request(setting, job, history)))


async def responses_stream_async(setting, job, history):
    import openai

    async with openai.AsyncOpenAI(**openai_settings(job)) as client:
        async with client.responses.stream(**responses_request(setting, job, history)) as stream:
            return responses_answer(await stream.get_final_response())


# anthropic


def anthropic_settings(job):
    settings = {"base_url": job["url"], "api_key": job["key"]}
    if job["retries"] is not None:
        settings["max_retries"] = job["retries"]
    return settings


def messages_request(setting, job, history):
    tools = [
        {"name": o["name"], "description": o["description"], "input_schema": o["schema"]} for o in setting["offers"]
    ]
    return {
        "model": job["model"],
        "max_tokens": 1024,
        "system": setting["system"],
        "messages": history,
        "tools": tools,
    }


def messages_answer(message):
    text = "".join(b.text for b in message.content if b.type == "text")
    calls = [(b.id, b.name, b.input) for b in message.content if b.type == "tool_use"]
    said = {"role": "assistant", "content": [b.model_dump(exclude_none=True) for b in message.content]}
    return Answer(text, calls, [said], repr(message.content))


def messages_results(results):
    return [
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": id, "content": text} for id, text in results],
        }
    ]


def messages_create(setting, job, history):
    import anthropic

    with anthropic.Anthropic(**anthropic_settings(job)) as client:
        return messages_answer(client.messages.create(**messages_request(setting, job, history)))


def messages_stream(setting, job, history):
    import anthropic

    with anthropic.Anthropic(**anthropic_settings(job)) as client:
        with client.messages.stream(**messages_request(setting, job, history)) as stream:
            return messages_answer(stream.get_final_message())


async def messages_create_async(setting, job, history):
    import anthropic

    async with anthropic.AsyncAnthropic(**anthropic_settings(job)) as client:
        return messages_answer(await client.messages.create(**messages_request(setting, job, history)))


async def messages_stream_async(setting, job, history):
    import anthropic

    async with anthropic.AsyncAnthropic(**anthropic_settings(job)) as client:
        async with client.messages.stream(**messages_request(setting, job, history)) as stream:
            return messages_answer(await stream.get_final_message())


# LangChain, with its own loop


def langchain_agent(setting, job, protocol, ran):
    from langchain.agents import create_agent
    from langchain_core.tools import StructuredTool

    def tool(offer):
        def run(**arguments):
            ran.append({"name": offer["name"], "arguments": arguments})
            return run_tool(offer["name"], arguments)

        return StructuredTool(
            name=offer["name"], description=offer["description"], args_schema=offer["schema"], func=run
        )

    retries = {} if job["retries"] is None else {"max_retries": job["retries"]}
    if protocol == "openai-chat":
        from langchain_openai import ChatOpenAI

        model = ChatOpenAI(model=job["model"], base_url=job["url"] + "/v1", api_key=job["key"], **retries)
    else:
        from langchain_anthropic import ChatAnthropic

        model = ChatAnthropic(model=job["model"], base_url=job["url"], api_key=job["key"], max_tokens=1024, **retries)
    return create_agent(model, [tool(offer) for offer in setting["offers"]], system_prompt=setting["system"])


def langchain_run(protocol, streams, is_async):
    asked = {"messages": [{"role": "user", "content": QUESTION}]}
    modes = {"stream_mode": ["messages", "values"]}

    async def run_async(agent):
        if not streams:
            return await agent.ainvoke(asked)
        state = None
        async for mode, seen in agent.astream(asked, **modes):
            state = seen if mode == "values" else state
        return state

    def run(setting, job, ran):
        agent = langchain_agent(setting, job, protocol, ran)
        if is_async:
            state = asyncio.run(run_async(agent))
        elif streams:
            state = None
            for mode, seen in agent.stream(asked, **modes):
                state = seen if mode == "values" else state
        else:
            state = agent.invoke(asked)
        return state["messages"][-1].text, repr([m for m in state["messages"] if m.type == "ai"])

    return run


# Every client: its protocol, whether it streams, and how it holds a conversation


def loop(ask, user, results):
    """The loop that most people write first: ask, run the calls, send all back."""

    def run(setting, job, ran):
        history = [user]
        shown = []
        for _ in range(TURNS_MAX):
            answer = ask(setting, job, history)
            if asyncio.iscoroutine(answer):
                answer = asyncio.run(answer)
            shown.append(answer.whole)
            history.extend(answer.said)
            if not answer.calls:
                return answer.text, "\n".join(shown)
            found = []
            for id, name, arguments in answer.calls:
                ran.append({"name": name, "arguments": arguments})
                found.append((id, run_tool(name, arguments)))
            history.extend(results(found))
        raise RuntimeError("The model never came to an end.")

    return run


def clients_of(package, protocol, name, asks, results):
    user = {"role": "user", "content": QUESTION}
    return [
        {
            "name": f"{name}.{verb}{', async' if is_async else ''}",
            "package": package,
            "protocol": protocol,
            "streams": streams,
            "run": loop(ask, user, results),
        }
        for ask, verb, streams, is_async in asks
    ]


def langchain_clients(package, protocol, model):
    return [
        {
            "name": f"create_agent on {model}, {verb}",
            "package": package,
            "protocol": protocol,
            "streams": streams,
            "run": langchain_run(protocol, streams, is_async),
        }
        for verb, streams, is_async in [
            ("invoke", False, False),
            ("stream", True, False),
            ("ainvoke", False, True),
            ("astream", True, True),
        ]
    ]


CLIENTS = [
    *clients_of(
        "openai",
        "openai-chat",
        "chat.completions",
        [
            (chat_create, "create()", False, False),
            (chat_stream, "create(stream=True)", True, False),
            (chat_create_async, "create()", False, True),
            (chat_stream_async, "create(stream=True)", True, True),
        ],
        chat_results,
    ),
    *clients_of(
        "openai",
        "openai-responses",
        "responses",
        [
            (responses_create, "create()", False, False),
            (responses_stream, "stream()", True, False),
            (responses_create_async, "create()", False, True),
            (responses_stream_async, "stream()", True, True),
        ],
        responses_results,
    ),
    *clients_of(
        "anthropic",
        "anthropic-messages",
        "messages",
        [
            (messages_create, "create()", False, False),
            (messages_stream, "stream()", True, False),
            (messages_create_async, "create()", False, True),
            (messages_stream_async, "stream()", True, True),
        ],
        messages_results,
    ),
    *langchain_clients("langchain_openai", "openai-chat", "ChatOpenAI"),
    *langchain_clients("langchain_anthropic", "anthropic-messages", "ChatAnthropic"),
]


def usable():
    def found(package):
        needed = ["langchain", package] if package.startswith("langchain_") else [package]
        return all(importlib.util.find_spec(one) is not None for one in needed)

    return [client for client in CLIENTS if found(client["package"])]


def at(value, place):
    for name in place.split("."):
        value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
    return value


def seen(setting, job, client):
    ran = []
    try:
        text, shown = client["run"](setting, job, ran)
        return {"id": job["id"], "text": text, "shown": shown, "ran": ran}
    except Exception as thrown:
        return {
            "id": job["id"],
            "throws": type(thrown).__name__,
            "status": getattr(thrown, "status_code", None),
            "code": at(thrown, job["codeAt"]),
            "message": str(thrown),
            "shown": "",
            "ran": ran,
        }


def main():
    named = {client["name"]: client for client in usable()}
    if sys.argv[1:] == ["--list"]:
        fields = ("name", "package", "protocol", "streams")
        print(json.dumps([{field: client[field] for field in fields} for client in named.values()]))
        return
    setting = json.load(sys.stdin)
    with ThreadPoolExecutor(max_workers=8) as pool:
        for result in pool.map(lambda job: seen(setting, job, named[job["client"]]), setting["jobs"]):
            print(json.dumps(result), flush=True)


main()
