"""Every bound on what a browser sends to the explorer, as limits.py has those on files."""

from __future__ import annotations

# bytes of a photo that is sent: a camera's JPEGs have 30 million, its PNGs 100
MAX_UPLOAD = 1 << 27
# bytes of any other request: its JSON has some 200
MAX_REQUEST = 1 << 14
# bytes of its address: a photo's name of 255 characters, each escaped, takes 3,000
MAX_ADDRESS = 1 << 12
# seconds for a request's body to arrive, and that a connection may be silent
BODY_SECONDS = 60
SILENT_SECONDS = 30
# connections at a time: a browser makes 6
MAX_CONNECTIONS = 64
