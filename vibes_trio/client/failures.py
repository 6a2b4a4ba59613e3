"""What can go wrong between a client and a server, besides what the server itself refuses (`errors.VibesError`)."""


class ConnectionLost(OSError):
    """The connection ended, or never came to be, while somebody needed it. What was asked for may have been done."""


class NotSent(ConnectionLost):
    """The connection ended before the message left: the server has done nothing of it."""


class CannotConnect(ConnectionLost):
    """Nobody answers at the address, or not as a server of ours would."""


class NoAddress(CannotConnect):
    """What was to be asked is no address of a server."""


class NoWebSocket(CannotConnect):
    """Something answers there by HTTP, but opens no WebSocket: no server, or a proxy before it."""


class RequestTimedOut(OSError):
    """No sign of the server within the time. It may have done the work all the same."""


class Lagged(Exception):
    """More came for a feed than is kept for whoever reads it; it is cut, and may be taken up where it was."""
