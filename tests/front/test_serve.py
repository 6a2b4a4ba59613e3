"""The front as a whole: both lanes and WebSockets on one port."""


async def test_one_port_serves_the_fast_lane_the_full_lane_and_websockets(serve):
    async with serve() as server:
        fast = await server.ask(server.good_request)
        full = await server.ask(b"DELETE /good HTTP/1.1\r\nHost: api.localhost\r\n\r\n")
        socket = await server.websocket()
        await socket.send(b"hello")

        assert (fast.status, fast.json["method"]) == (200, "GET")
        assert (full.status, full.json["method"]) == (200, "DELETE")
        assert await socket.message() == b"hello"
        counts = server.front.counts
        assert (counts.fast, counts.full, counts.websockets) == (1, 1, 1)
