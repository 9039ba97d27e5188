"""What of a feature map is sent back to the pixels."""

from __future__ import annotations

# mode -> what is kept of a map, in words
MODES = {"max": "strongest unit of each feature map", "all": "whole feature maps"}
