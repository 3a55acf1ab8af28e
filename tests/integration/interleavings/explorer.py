"""Runs operations in every order of their store calls, on real servers, without threads ever racing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pg8000.native

from tests.integration.interleavings.operation import REDIS, Fault, Gate, Operation, Outcome, store_of

_POLL_SECONDS = 0.002
_ENOUGH_POLLS = 5_000


@dataclass
class Scene:
    """Operations over freshly prepared stores, and what must hold after each of their steps.

    `holds` is given the outcomes of the operations that have ended, by name, in the order of their endings;
    so is `holds_at_end`, once, when all have.
    """

    operations: Sequence[Operation]
    holds: Callable[[dict[str, Outcome]], None]
    holds_at_end: Callable[[dict[str, Outcome]], None] | None = None


type Choice = tuple[int, Fault | None]


@dataclass
class _Run:
    scene: Scene
    faults_left: int
    losing: str
    trace: list[str] = field(default_factory=list)
    ended: dict[str, Outcome] = field(default_factory=dict)
    waiting: set[Operation] = field(default_factory=set)


class Explorer:
    """Explores all orders in which the steps of a scene's operations can be taken, depth first."""

    def __init__(self, sql: pg8000.native.Connection, backends: dict[int, int]) -> None:
        """Know each gate's PostgreSQL process, to see who waits for a lock."""
        self._sql = sql
        self._backends = backends
        self.fewest_steps: dict[str, int] = {}
        """How many steps each operation took at least, in the orders that were taken last."""

    def explore(self, prepare: Callable[[], Scene], *, faults: int = 0, losing: str = REDIS) -> int:
        """Take every order, with up to *faults* lost calls to the store *losing*; how many orders there are."""
        todo: list[tuple[Choice, ...]] = [()]
        count = 0
        self.fewest_steps = {}
        while todo:
            prefix = todo.pop()
            count += 1
            todo += self._run(_Run(prepare(), faults, losing), prefix)
        return count

    def _run(self, run: _Run, prefix: tuple[Choice, ...]) -> list[tuple[Choice, ...]]:
        """Take the choices of *prefix*, then always the first; return the prefixes with another choice after it."""
        try:
            for operation in run.scene.operations:
                operation.start()
                self._settle(run, operation)
            others = self._take_steps(run, prefix)
            for operation in run.scene.operations:
                fewest = self.fewest_steps.get(operation.name, operation.steps_taken)
                self.fewest_steps[operation.name] = min(fewest, operation.steps_taken)
            if run.scene.holds_at_end:
                run.scene.holds_at_end(run.ended)
        except AssertionError as error:
            raise AssertionError(f"{error}\nafter " + "\n  ".join(run.trace)) from error
        finally:
            for operation in run.scene.operations:
                operation.abandon()
            for operation in run.scene.operations:
                operation.join()
        return others

    def _take_steps(self, run: _Run, prefix: tuple[Choice, ...]) -> list[tuple[Choice, ...]]:
        others: list[tuple[Choice, ...]] = []
        taken: tuple[Choice, ...] = ()
        for depth, choices in enumerate(self._choices(run)):
            choice = prefix[depth] if depth < len(prefix) else choices[0]
            if depth >= len(prefix):
                others += [(*taken, other) for other in choices[1:]]
            self._step(run, choice)
            taken = (*taken, choice)
            # The run that this one was branched off from has looked at all before the last choice of its prefix.
            if len(taken) >= len(prefix):
                run.scene.holds(run.ended)
        return others

    def _choices(self, run: _Run) -> Iterator[list[Choice]]:
        while True:
            choices: list[Choice] = []
            for index, operation in enumerate(run.scene.operations):
                if operation.outcome or operation in run.waiting or self._has_twin_before(run, index):
                    continue
                choices.append((index, None))
                if run.faults_left and store_of(operation.next_call) == run.losing:
                    choices += [(index, Fault.BEFORE), (index, Fault.AFTER)]
            if not choices:
                assert not run.waiting, "the operations wait for each other"
                return
            yield choices

    @staticmethod
    def _has_twin_before(run: _Run, index: int) -> bool:
        """Tell whether an operation of the same kind, told apart by a figure, has yet to take its first step."""
        operations = run.scene.operations
        before = [other for other in operations[:index] if other.kind == operations[index].kind]
        return any(other.steps_taken == 0 for other in before)

    def _step(self, run: _Run, choice: Choice) -> None:
        index, fault = choice
        operation = run.scene.operations[index]
        run.faults_left -= fault is not None
        run.trace.append(f"{operation.name}: {operation.next_call}{f' ({fault})' if fault else ''}")
        operation.go(fault)
        self._settle(run, operation)
        for waiting in list(run.waiting):
            self._settle(run, waiting)

    def _settle(self, run: _Run, operation: Operation) -> None:
        """Wait until *operation* stands still: before its next call, at its end, or for a lock."""
        run.waiting.discard(operation)
        for _ in range(_ENOUGH_POLLS):
            if operation.stands(_POLL_SECONDS):
                if operation.outcome:
                    run.ended[operation.name] = operation.outcome
                return
            if self._waits_for_a_lock(operation.gate):
                run.waiting.add(operation)
                return
        raise AssertionError(f"{operation.name} stands nowhere")

    def _waits_for_a_lock(self, gate: Gate) -> bool:
        backend = self._backends[id(gate)]
        return bool(self._sql.run("SELECT 1 FROM pg_locks WHERE pid = :pid AND NOT granted", pid=backend))
