"""A client for the messages of a server.

A request is a value of its type in `vibes_trio.wire`; what `request` returns is of the type that it names. Tokens are
made for each message by the key file of a device:

>>> from vibes_trio.client import device_file, open_api, open_sync
>>> from vibes_trio.wire.chat import ReqEnsureChatContext
>>> async def main():
...     async with open_api(url, device_file("ada.json")) as api:
...         context = await api.request(ReqEnsureChatContext(context_id="notes"))
...         print(context.context_id)
>>> trio.run(main)
notes

Any number of tasks may use one `api` at a time; all share one connection, which is made anew when it was lost. Several
people, or several servers:

>>> from vibes_trio.client import open_connections
>>> async def two_people():
...     async with open_connections() as connections:
...         ada = await connections.api(url, device_file("ada.json"))
...         eve = await connections.api(url, device_file("eve.json"))
...         await ada.request(ReqEnsureChatContext(context_id="of ada"))
...         await eve.request(ReqEnsureChatContext(context_id="of ada"))
>>> try:
...     trio.run(two_people)
... except NotOwner as error:
...     print(error.code)
not-owner

Scripts that aren't async have the same calls, which wait:

>>> with open_sync(url, device_file("ada.json")) as api:
...     api.request(ReqEnsureChatContext(context_id="notes")).context_id
'notes'
"""

from vibes_trio.client.api import Api, Connections, open_api, open_connections
from vibes_trio.client.failures import (
    CannotConnect,
    ConnectionLost,
    Lagged,
    NotSent,
    NoWebSocket,
    RequestTimedOut,
)
from vibes_trio.client.sync import SyncApi, open_sync
from vibes_trio.client.tokens import DeviceKey, Token, device_file, environment

__all__ = [
    "Api",
    "CannotConnect",
    "ConnectionLost",
    "Connections",
    "DeviceKey",
    "Lagged",
    "NoWebSocket",
    "NotSent",
    "RequestTimedOut",
    "SyncApi",
    "Token",
    "device_file",
    "environment",
    "open_api",
    "open_connections",
    "open_sync",
]
