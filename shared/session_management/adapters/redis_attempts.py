"""Tries counted in Redis, under `attempts:…`: a sorted set of their members by time for each counter."""

from contextlib import suppress
from functools import cache
from typing import Any, Final

from session_management.adapters.redis_sessions import copy_words
from session_management.attempts import Attempt, Counter, Limit
from session_management.clients.redis import Redis
from session_management.errors import StoreUnavailableError
from session_management.interfaces import Clock, NewCopy
from session_management.session_data import to_ms

# `Limit.wait_ms` for each key, and then the try in all of them, or in none. A try that is sent a second time, since no
# answer came to the first, is taken out before it is looked at again. After the time come each key's member and limit.
_RESERVE: Final = """
local now, longest, lives = tonumber(ARGV[1]), 0, {}
for i, key in ipairs(KEYS) do
    local member = ARGV[i * 2]
    local free, life, first, most = string.match(ARGV[i * 2 + 1], '(%d+) (%d+) (%d+) (%d+)')
    lives[i] = life
    redis.call('ZREM', key, member)
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - life)
    local beyond = redis.call('ZCARD', key) - free
    if beyond >= 0 then
        local rank, wait = -1, math.min(first * 2 ^ math.min(beyond, 32), tonumber(most))
        if tonumber(first) == 0 then
            rank, wait = beyond, tonumber(life)
        end
        local since = tonumber(redis.call('ZRANGE', key, rank, rank, 'WITHSCORES')[2])
        longest = math.max(longest, math.min(since, now) + wait - now)
    end
end
if longest > 0 then
    return longest
end
for i, key in ipairs(KEYS) do
    redis.call('ZADD', key, now, ARGV[i * 2])
    redis.call('PEXPIRE', key, lives[i])
end
return 0
"""
# All members that begin so, which a whole one does as well.
_TAKE_OUT: Final = """
for i = 1, #ARGV do
    for _, member in ipairs(redis.call('ZRANGE', KEYS[i], 0, -1)) do
        if string.sub(member, 1, #ARGV[i]) == ARGV[i] then
            redis.call('ZREM', KEYS[i], member)
        end
    end
end
"""
# The copy's key is the last one, its value and its life the last words.
_COPY_AND_TAKE_OUT: Final = f"""
local life = table.remove(ARGV)
local copy = table.remove(ARGV)
redis.call('SET', KEYS[#KEYS], copy, 'PX', life, 'NX')
{_TAKE_OUT}
"""


class RedisAttemptAdapter:
    """Counters in Redis. Every method raises StoreUnavailableError if Redis does not answer.

    One server is asked once for all counters. In a cluster each counter may lie on another node: they are asked one
    after the other, and a try that a later one refuses is taken out of the earlier ones again.
    """

    def __init__(self, redis: Redis, clock: Clock) -> None:
        """Use *redis*."""
        self._redis = redis
        self._clock = clock

    def reserve(self, attempt: Attempt) -> int:
        """Count *attempt* in all its counters, or in none and return the milliseconds to wait."""
        counted: list[Counter] = []
        for counters in self._groups(attempt):
            wait_ms = 0
            try:
                wait_ms = self._reserve(attempt.id, counters)
            except StoreUnavailableError:
                self._take_out(attempt.id, counted)
                raise
            if wait_ms > 0:
                self._take_out(attempt.id, counted)
                return wait_ms
            counted += counters
        return 0

    def give_back(self, attempt: Attempt, *, is_success: bool, copy: NewCopy | None = None) -> bool:
        """Count *attempt* no longer, and create *copy* by the same script, but in a cluster; whether it was."""
        words = copy_words(copy, self._clock) if copy and not self._redis.is_cluster else None
        for counters in self._groups(attempt):
            gone = [(is_success and one.owner) or one.member(attempt.id) for one in counters]
            if words:
                name, value, life = words
                keys = [*(counter.key for counter in counters), name]
                self._redis.command("EVAL", _COPY_AND_TAKE_OUT, len(keys), *keys, *gone, value, life)
            else:
                self._run(_TAKE_OUT, counters, *gone)
        return words is not None

    def forget(self, counter: Counter) -> int:
        """Empty *counter*, whoever owns what it holds; how many it held."""
        return int(self._redis.command("ZREMRANGEBYSCORE", counter.key, "-inf", "+inf"))

    def _groups(self, attempt: Attempt) -> list[tuple[Counter, ...]]:
        return [(counter,) for counter in attempt.counters] if self._redis.is_cluster else [attempt.counters]

    def _reserve(self, attempt_id: str, counters: tuple[Counter, ...]) -> int:
        words: list[str | int] = [to_ms(self._clock.now())]
        for counter in counters:
            words += [counter.member(attempt_id), _in_a_word(counter.limit)]
        return int(self._run(_RESERVE, counters, *words))

    def _take_out(self, attempt_id: str, counters: list[Counter]) -> None:
        with suppress(StoreUnavailableError):
            for counter in counters:
                self._run(_TAKE_OUT, (counter,), counter.member(attempt_id))

    def _run(self, script: str, counters: tuple[Counter, ...], *words: str | int) -> Any:
        keys = (counter.key for counter in counters)
        return self._redis.command("EVAL", script, len(counters), *keys, *words)


@cache
def _in_a_word(limit: Limit) -> str:
    """Return the numbers of *limit*, of which there are few. Four words would take longer to send than to make this."""
    return " ".join(map(str, limit))
