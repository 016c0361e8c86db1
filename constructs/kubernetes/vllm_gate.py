"""Admission in front of vLLM: the API keys of a file, and a bounded number of requests.

vLLM's own --api-key guards some of its paths, takes one key of the environment and reads it once; its queue has no end.
https://docs.vllm.ai/en/latest/usage/security.html#api-key-authentication-limitations
"""

import hmac
import json
import os

# Probes and Prometheus have no key. Compared as they were sent: the load balancer answers 404 for this spelling only.
OPEN = (b"/health", b"/metrics")


class Gate:
    """Middleware of ASGI. KEYS: a key a line, lines that start with # are skipped, read at every request."""

    def __init__(self, app):
        self.app = app
        self.keys_file = os.environ.get("API_KEYS_FILE")
        self.most = int(os.environ["PARALLEL_SLOTS"]) + int(os.environ["MAX_QUEUE"])
        self.present = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan" or scope.get("raw_path") in OPEN:
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        if self.keys_file is not None:
            key = presented(scope)
            if key is None:
                text = 'This service needs an API key. Send it as "Authorization: Bearer KEY".'
                return await refuse(send, 401, "authentication_error", "missing_api_key", text)
            if not known(self.keys_file, key):
                return await refuse(send, 401, "authentication_error", "invalid_api_key", "The API key is not valid.")
        if self.present >= self.most:
            text = "All slots are busy and the queue is full. Try again in 5 seconds."
            return await refuse(send, 429, "rate_limit_error", "queue_full", text)
        self.present += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.present -= 1


def presented(scope):
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, key = (values[0] if values else b"").partition(b" ")
    return key.strip() or None if scheme.lower() == b"bearer" else None


def known(file, key):
    """A file that cannot be read admits no one. Every key is compared, so that the time says nothing of them."""
    try:
        with open(file, "rb") as lines:
            keys = [line.strip() for line in lines]
    except OSError:
        return False
    return sum(hmac.compare_digest(each, key) for each in keys if each and not each.startswith(b"#")) > 0


async def refuse(send, status, kind, code, message):
    body = json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}}).encode()
    extra = (b"www-authenticate", b"Bearer") if status == 401 else (b"retry-after", b"5")
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
