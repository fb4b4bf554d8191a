"""A relay in front of the object store that fails as it is told.

The file /tmp/fault has the fault: empty for none, `error` to answer 500, `slow` for two seconds
before each answer. It is read anew for each chunk, so that open connections fail too.
"""

import asyncio
import sys
from pathlib import Path

FAULT = Path("/tmp/fault")
ANSWER = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SECONDS = 2


def fault() -> str:
    return FAULT.read_text().strip() if FAULT.exists() else ""


async def pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while chunk := await source.read(1 << 16):
        target.write(chunk)
        await target.drain()
    target.close()


async def requests(
    source: asyncio.StreamReader, store: asyncio.StreamWriter, client: asyncio.StreamWriter
) -> None:
    """Send what the client asks to the store, or fail."""
    while chunk := await source.read(1 << 16):
        if fault() == "error":
            client.write(ANSWER)
            await client.drain()
            break
        if fault() == "slow":
            await asyncio.sleep(SECONDS)
        store.write(chunk)
        await store.drain()
    store.close()
    client.close()


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    store_reader, store_writer = await asyncio.open_connection(*sys.argv[2:4])
    await asyncio.gather(
        requests(reader, store_writer, writer),
        pipe(store_reader, writer),
        return_exceptions=True,
    )
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(relay, "0.0.0.0", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


asyncio.run(main())
