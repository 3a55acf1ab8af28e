"""Mutates JSON as JSON, so that a parser of events sees other events and not only broken text."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

type Mutate = Callable[[bytes, int], bytes]
type Place = tuple[dict[str, Any] | list[Any], str | int]

_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    1.5,
    10**20,
    "",
    "x",
    "\ud800",
    "a\r\nb",
    "\x00",
    [],
    {},
    [None],
    {"a": 1},
)
_PLAIN_EVERY: Final = 4


def mutated(data: bytes, max_size: int, seed: int, words: tuple[str, ...], mutate: Mutate) -> bytes:
    """Return *data* with one place changed: a value, a name, or a text as libFuzzer's *mutate* changes texts."""
    chance = random.Random(seed)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return mutate(data, max_size)
    places = list(_places(value))
    if not places or chance.randrange(_PLAIN_EVERY) == 0:
        return mutate(data, max_size)
    container, name = chance.choice(places)
    _change(container, name, chance, words, mutate)
    result = json.dumps(value, separators=(",", ":")).encode()
    return result if len(result) <= max_size else mutate(data, max_size)


def _change(container: Any, name: Any, chance: random.Random, words: tuple[str, ...], mutate: Mutate) -> None:
    match chance.randrange(5):
        case 0:
            container[name] = chance.choice(_VALUES)
        case 1:
            container[name] = chance.choice(words)
        case 2 if isinstance(container, dict):
            container[chance.choice([str(name).swapcase(), *words])] = container[name]
        case 3:
            del container[name]
        case _ if isinstance(container[name], str):
            text: str = container[name]
            changed = mutate(text.encode("utf-8", "surrogatepass"), len(text) + 64)
            container[name] = changed.decode("utf-8", "surrogateescape")
        case _:
            container[name] = [container[name]]


def _places(value: Any) -> Iterator[Place]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in list(items):
        yield value, name
        yield from _places(inner)
