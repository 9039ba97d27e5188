"""The socket of the page's server, on this machine alone: known before anything heavy is loaded."""

from __future__ import annotations

import errno
import os
import socket

from ..errors import UserError, one_line

HOST = "127.0.0.1"
WAITING = 64  # connections that nobody has taken yet
FREE = "or leave --port out for a free one"
REASONS = {
    errno.EADDRINUSE: f"is in use: give another one, {FREE}",
    errno.EACCES: f"is not for every user: give one above 1023, {FREE}",
}


def listen(port: int) -> socket.socket:
    """A socket that listens on a port of 127.0.0.1, 0 for a free one.

    Raises UserError where it cannot be had.
    """
    listening = socket.socket()
    try:
        # elsewhere than on POSIX it would let another program listen there, too
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(WAITING)
    except OSError as error:
        listening.close()
        reason = REASONS.get(error.errno or 0, f"cannot be used: {one_line(error)}")
        raise UserError(f"--port {port} {reason}") from None
    return listening
