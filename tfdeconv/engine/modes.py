"""What of a feature map is sent back to the pixels."""

from __future__ import annotations

# mode -> what is kept of a map, in words
MODES = {"max": "strongest unit of each feature map", "all": "whole feature maps"}
# the same of units whose receptive field lies within the image alone
INTERIOR_MODES = {
    "max": "strongest unit of each feature map whose receptive field lies within the image",
    "all": "feature maps without the units whose receptive field leaves the image",
}
