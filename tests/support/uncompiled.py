"""Networks whose operations run one by one: nothing is compiled."""

from __future__ import annotations

from tfdeconv.engine.deconvnet import Deconvnet


def uncompiled(*arguments) -> Deconvnet:
    """A Deconvnet that runs its operations one by one.

    Compiling takes longer than so small maps do; compiled is each layer, and each network, in the
    tests of windows, which must equal what comes of this.
    """
    deconvnet = Deconvnet(*arguments)
    deconvnet._passes.graphs.eager = True
    return deconvnet
