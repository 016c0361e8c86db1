"""Sends requests through the gate of constructs/kubernetes/vllm_gate.py and prints what came back, as JSON.

Arguments: folder of the gate. Standard input: a list of requests; one with "hold" stays in the application until the end.
"""

import asyncio
import json
import sys

sys.path.insert(0, sys.argv[1])
import vllm_gate  # noqa: E402


async def main():
    release = asyncio.Event()

    async def app(scope, receive, send):
        if scope.get("hold"):
            await release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    gate = vllm_gate.Gate(app)

    async def ask(request):
        sent = []

        async def send(message):
            sent.append(message)

        path = request.get("path", "/v1/chat/completions").encode()
        headers = [(b"authorization", request["authorization"].encode())] if "authorization" in request else []
        kind = request.get("type", "http")
        scope = {"type": kind, "raw_path": path, "headers": headers, "hold": request.get("hold", False)}
        await gate(scope, None, send)
        first = sent[0]
        body = json.loads(sent[1]["body"]) if len(sent) > 1 else None
        headers = {name.decode(): value.decode() for name, value in first.get("headers", [])}
        return {"status": first.get("status", first["type"]), "headers": headers, "body": body}

    held, answers = [], []
    for request in json.load(sys.stdin):
        if request.get("hold"):
            held.append(asyncio.ensure_future(ask(request)))
            await asyncio.sleep(0)
        else:
            answers.append(await ask(request))
    release.set()
    await asyncio.gather(*held)
    answers.append({"present": gate.present})
    print(json.dumps(answers))


asyncio.run(main())
