"""What the page works with: photos, layers and what was computed of them last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import numpy as np

from ..engine import limits
from ..engine.deconvnet import Deconvnet
from ..engine.forward_pass import ForwardPass
from ..engine.maxima import strongest
from ..engine.projection import concatenate
from ..engine.region import single_unit
from . import photo as photos
from .answer import BYTES, Answer, Refusal, as_json
from .classes import head_of, most_likely
from .photo import Photo
from .question import Question
from .recent import Recent
from .saving import saved
from .signal import signal_answer
from .subject import Subject
from .thumbnails import Thumbnails
from .turns import Turns

# so many are kept: a photo's forward pass of VGG16 takes 15 MB, a ResNet-152's graphs 250
PHOTOS, PASSES, LAYERS, NINES = 4, 6, 6, 32
MAP = "Map"  # a header: height and width of a map's values


class Session:
    """Answers questions on a network. Of its methods one runs at a time: see turns."""

    def __init__(self, subject: Subject):
        self.subject = subject
        self.turns = Turns()
        self.head = head_of(subject)
        # what is done and takes more than a moment, in words; "" otherwise
        self.doing = ""
        self._photos: Recent[Photo] = Recent(PHOTOS)
        self._deconvnets: Recent[Deconvnet] = Recent(LAYERS)
        self._passes: Recent[ForwardPass] = Recent(PASSES)
        self._nines: Recent[Answer] = Recent(NINES)
        self._warm: set[tuple] = set()  # what a graph has been compiled for

    def add_photo(self, body: bytes, name: str) -> Answer:
        """Takes a photo's file in; raises UserError for what is none."""
        name = photos.plain_name(name)
        number = photos.number_of(body, name)
        photo = self._photos.get(number, lambda: photos.read(body, name, self.subject))
        facts = {
            "photo": photo.number,
            "name": photo.name,
            "size": photo.x.shape[1:3],
            "notes": photo.notes,
            "classes": self.head is not None,
        }
        return as_json(facts)

    def seen(self, question: Question) -> Answer:
        """The photo as the network sees it."""
        return Answer(self.photo(question).picture, "image/png")

    def classes(self, question: Question) -> Answer:
        """The classes that are most likely for a photo."""
        photo = self.photo(question)
        if self.head is None:
            return as_json({"layer": None, "classes": []})
        of_head = Question(layer=self.head.layer)
        deconvnet = self.deconvnet(of_head)
        with self.compiling(self.head.layer, of_head.rule, "classes"):
            logits = deconvnet.activations(photo.x)[0]
        return as_json({"layer": self.head.layer, "classes": most_likely(self.head, logits)})

    def maps(self, question: Question) -> Answer:
        """Which features of a layer fire in a photo, strongest first."""
        layer = self.layer(question)
        y = self.forward_pass(question).map_of(layer)[0]
        thumbnails = Thumbnails(y)
        names = self.subject.names(layer)
        told = {
            **thumbnails.description(),
            "centres": self.subject.centres(layer, y.shape[:2]),
            "noun": names.noun,
            "names": [names.name(feature) for feature in thumbnails.features],
        }
        return as_json(told)

    def sheet(self, question: Question) -> Answer:
        """Thumbnails of a layer's maps."""
        y = self.forward_pass(question).map_of(self.layer(question))[0]
        return Answer(Thumbnails(y).sheet(question.sheet), "image/png")

    def map(self, question: Question) -> Answer:
        """The values of a feature's map: float32, little endian, row by row."""
        layer, feature = self.layer(question), self.feature(question)
        y = self.forward_pass(question).map_of(layer)[0]
        values = y[:, :, feature].astype("<f4")
        return Answer(
            values.tobytes(), BYTES, headers={MAP: f"{values.shape[0]} {values.shape[1]}"}
        )

    def projection(self, question: Question) -> Answer:
        """What came down from a unit, or in mode all from a whole map."""
        layer, feature = self.layer(question), self.feature(question)
        photo = self.photo(question)
        deconvnet = self.deconvnet(question)
        if question.mode == "all":
            with self.saying(f"projecting the whole map of {feature} in {layer}"):
                whole = deconvnet.project(photo.x, [feature], "all")
            of_map = [
                array[0, 0]
                for array in (whole.patches, whole.boxes, whole.receptive_fields, whole.saturated)
            ]
            logits = None if whole.vectors is None else whole.vectors[0]
            value = float(whole.activations[0, 0])
            return signal_answer(self.subject, layer, feature, None, value, logits, *of_map)
        forward_pass = self.forward_pass(question)
        y = forward_pass.maps[layer]
        index = np.zeros(1, np.int32), np.array([feature], np.int32)
        if question.at is None:
            positions, _ = strongest(y, *index)
        else:
            single_unit(layer, y.shape[1:], question.at)
            positions = np.array([question.at], np.int32)
        with self.compiling(layer, question.rule, "backward"):
            units = concatenate(deconvnet.backward(forward_pass, *index, positions))
        of_unit = [
            array[0]
            for array in (units.patches, units.boxes, units.receptive_fields, units.saturated)
        ]
        logits = y[0, 0, 0].numpy() if y.shape[1:3] == (1, 1) else None
        row, column = units.positions[0].tolist()
        value = float(units.activations[0])
        return signal_answer(self.subject, layer, feature, (row, column), value, logits, *of_unit)

    def save(self, question: Question) -> Answer:
        """The same as a file."""
        self.feature(question)
        photo, deconvnet = self.photo(question), self.deconvnet(question)
        with self.saying("drawing the file"):
            return saved(question, photo, deconvnet)

    def nine(self, question: Question) -> Answer:
        """The strongest images of a feature in the run."""
        layer, run = self.layer(question), self.subject.run
        if run is None or layer not in run.layers:
            raise Refusal(HTTPStatus.NOT_FOUND, f"no run has {layer}")
        feature = self.feature(question)

        def draw() -> Answer:
            deconvnet = self.deconvnet(question)
            with self.saying(f"drawing feature {feature} of {run.name}"):
                return run.answer(deconvnet, feature, self.subject.style)

        return self._nines.get((layer, question.rule, feature), draw)

    def photo(self, question: Question) -> Photo:
        """The photo that is asked about; raises Refusal where it has made room for others."""
        if question.photo not in self._photos:
            raise Refusal(HTTPStatus.GONE, "the photo is no longer here: choose it again")
        return self._photos[question.photo]

    def layer(self, question: Question) -> str:
        return self.subject.checked_layer(question.layer)

    def feature(self, question: Question) -> int:
        """The feature's number; raises UserError where the layer has fewer."""
        return self.subject.network.channel(self.layer(question), question.feature)

    def deconvnet(self, question: Question) -> Deconvnet:
        """That of the layer and rule; raises UserError for what should not be begun."""
        layer, rule = self.layer(question), question.rule
        subject = self.subject

        def make() -> Deconvnet:
            # its graphs are gone, if it was here before
            self._warm = {key for key in self._warm if key[:2] != (layer, rule)}
            limits.refuse_costly(subject.network, layer, subject.size, "max")
            return Deconvnet(subject.network, subject.weights, layer, rule)

        if question.mode == "all":
            limits.refuse_costly(subject.network, layer, subject.size, "all")
        return self._deconvnets.get((layer, rule), make)

    def forward_pass(self, question: Question) -> ForwardPass:
        """Of the photo, to the layer, for the rule."""
        photo, layer = self.photo(question), self.layer(question)

        def go_forward() -> ForwardPass:
            deconvnet = self.deconvnet(question)
            with self.compiling(layer, question.rule, "forward"):
                return deconvnet.forward(photo.x)

        return self._passes.get((photo.number, layer, question.rule), go_forward)

    @contextmanager
    def compiling(self, layer: str, *what: str) -> Iterator[None]:
        """Says that a graph is compiled, the first time."""
        key = (layer, *what)
        if key in self._warm:
            yield
            return
        with self.saying(f"compiling {layer}, once"):
            yield
        self._warm.add(key)

    @contextmanager
    def saying(self, text: str) -> Iterator[None]:
        """Says what is done while the block runs."""
        self.doing = text
        try:
            yield
        finally:
            self.doing = ""
