"""Which address answers what: a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from ..engine.device import memory_errors
from ..errors import UserError, one_line
from ..web_limits import MAX_REQUEST, MAX_UPLOAD
from . import question
from .answer import Answer, Refusal, as_json, mistake
from .gate import TOKEN
from .question import Question
from .session import Session
from .static_files import static_answer
from .turns import Closed, Superseded

# addresses that take a photo's file instead of a question; of the browser's name for it
PHOTO, SAMPLE, NAME = "/photo", "/sample", "name"
# answered at once, whatever is computed
DESCRIPTION, PROGRESS = "/network", "/progress"
# each question is of a kind, of which the newest alone is answered: clicks supersede clicks
QUESTIONS: dict[str, Callable[[Session, Question], Answer]] = {
    "/seen": Session.seen,
    "/classes": Session.classes,
    "/maps": Session.maps,
    "/map": Session.map,
    "/projection": Session.projection,
    "/nine": Session.nine,
}
# a page asks for several of these, and wants all
ALL_ANSWERED: dict[str, Callable[[Session, Question], Answer]] = {
    "/sheet": Session.sheet,
    "/save": Session.save,
}
POSTS = {PHOTO, SAMPLE, *QUESTIONS, *ALL_ANSWERED}


@dataclass(frozen=True)
class Request:
    """A request that the gate has let in."""

    method: str
    target: str  # address and query
    body: bytes

    @property
    def address(self) -> str:
        return urlsplit(self.target).path

    def parameter(self, name: str) -> str:
        """Of the query; "" where it is not there."""
        return parse_qs(urlsplit(self.target).query).get(name, [""])[0]


def most_bytes(target: str) -> int:
    """How long the body of a request to that address may be."""
    return MAX_UPLOAD if urlsplit(target).path == PHOTO else MAX_REQUEST


def refuse_unknown(method: str, target: str) -> None:
    """Raises Refusal for an address that there is not, or not for that method."""
    address = urlsplit(target).path
    gets = address in (DESCRIPTION, PROGRESS) or static_answer(address) is not None
    if not gets and address not in POSTS:
        raise Refusal(HTTPStatus.NOT_FOUND, "there is no such address")
    allowed = "GET" if gets else "POST"
    if method != allowed:
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"expected {allowed}", {"Allow": allowed})


def answer(session: Session, request: Request) -> Answer:
    """The answer to a request, or a line on what was wrong with it."""
    try:
        return checked_answer(session, request)
    except Refusal as refusal:
        return mistake(refusal.status, str(refusal), refusal.headers)
    except UserError as error:
        return mistake(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    except Superseded:
        return mistake(HTTPStatus.CONFLICT, "superseded")
    except Closed:
        return mistake(HTTPStatus.SERVICE_UNAVAILABLE, "the explorer has ended")
    except memory_errors():
        return mistake(HTTPStatus.INSUFFICIENT_STORAGE, "there is not enough memory for that")
    # of a library: the page says it, and works on
    except Exception as error:
        line = f"{type(error).__name__}: {one_line(error)}"
        session.subject.tell(f"{request.address}: {line}")
        return mistake(HTTPStatus.INTERNAL_SERVER_ERROR, line)


def checked_answer(session: Session, request: Request) -> Answer:
    """answer(), which knows what may be raised."""
    address = request.address
    page = static_answer(address)
    if page is not None:
        return page
    if address == DESCRIPTION:
        return as_json(session.subject.description())
    if address == PROGRESS:
        return as_json({"doing": session.doing})
    if address == PHOTO:
        with session.turns.turn(address):
            return session.add_photo(request.body, request.parameter(NAME))
    if address == SAMPLE:
        return add_sample(session)
    asked = question.parse(request.body)
    if address in QUESTIONS:
        with session.turns.turn(address):
            return QUESTIONS[address](session, asked)
    # a kind of its own, even where the same is asked again
    with session.turns.turn(object()):
        return ALL_ANSWERED[address](session, asked)


def add_sample(session: Session) -> Answer:
    """Takes the sample photo; raises Refusal where there is none."""
    sample = session.subject.sample
    if sample is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "there is no sample: only a clone has one")
    with session.turns.turn(PHOTO):
        return session.add_photo(sample.read_bytes(), sample.name)


def brings_token(request: Request) -> bool:
    """Whether the page is opened with the token in its address."""
    return bool(request.parameter(TOKEN))
