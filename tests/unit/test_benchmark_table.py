"""What `make bench` prints, keeps and writes into the document, on made-up figures."""

from copy import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.benchmarks import runs
from tests.benchmarks.document import places, with_tables
from tests.benchmarks.machine import Machine
from tests.benchmarks.runs import Layer, Run, Verdict
from tests.benchmarks.table import duration, table

MACHINE = Machine(cpu="a processor", cores=2, system="Linux", python="3.13.0", packages={"redis": "8.1"})
LAYERS = [
    Layer("floor", 10.0, 1.0, 1.0, 1.0),
    Layer("quick", 15.0, 1.5, 1.4, 1.6, target=1.7, limit=2.5),
    Layer("middling", 20.0, 2.0, 1.9, 2.1, target=1.7, limit=2.5),
    Layer("slow", 2500.0, 250.0, 240.0, 260.0, target=4, limit=6),
]
RUN = Run(
    benchmark="bench",
    reference="floor",
    rounds=20,
    at=datetime(2026, 11, 1, 12, tzinfo=UTC),
    revision="abc1234",
    machine=MACHINE,
    layers=LAYERS,
)


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(1.7, Verdict.TARGET), (1.701, Verdict.LIMIT), (2.5, Verdict.LIMIT), (2.501, Verdict.ABOVE)],
)
def test_a_ratio_is_held_to_its_target_and_its_limit(ratio: float, verdict: Verdict) -> None:
    assert replace(LAYERS[1], ratio=ratio).verdict is verdict


def test_a_layer_of_which_nothing_is_asked_has_no_verdict() -> None:
    assert LAYERS[0].verdict is Verdict.NONE


def test_the_table_says_what_was_met() -> None:
    lines = table(RUN, None).splitlines()

    assert [line.split()[-2:] for line in lines[2:5]] == [["target", "met"], ["within", "limit"], ["ABOVE", "LIMIT"]]
    assert "1 of 3 targets are met, 2 of 3 limits." in lines
    assert "No run of this benchmark is kept yet." in lines


def test_the_kept_run_stands_beside_each_layer_that_it_has() -> None:
    kept = replace(RUN, layers=[replace(LAYERS[1], ratio=1.23)])
    lines = table(RUN, kept).splitlines()

    assert lines[2].endswith("   1.23")
    assert lines[3].endswith("within limit")
    assert lines[-1] == "The kept run is of 2026-11-01, commit abc1234, on the same kind of machine."


def test_a_kept_run_of_another_machine_is_called_that() -> None:
    kept = replace(RUN, machine=replace(MACHINE, cpu="another"))

    assert table(RUN, kept).endswith("on another machine or other versions.")


def test_instructions_have_columns_where_they_were_counted() -> None:
    counted = replace(RUN, layers=[LAYERS[0], replace(LAYERS[1], instructions=1_234_567)])

    assert "instructions" not in table(RUN, counted)
    assert table(counted, None).splitlines()[2].endswith("1,234,567")


def test_keeping_a_run_leaves_those_of_other_benchmarks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "KEPT", tmp_path / "kept.json")

    runs.keep(RUN)
    runs.keep(replace(RUN, benchmark="another"))
    runs.keep(replace(RUN, rounds=99))

    assert runs.read_kept() == {"bench": replace(RUN, rounds=99), "another": replace(RUN, benchmark="another")}


@pytest.mark.parametrize(("microseconds", "told"), [(9.96, "10.0 µs"), (999.9, "999.9 µs"), (12_345, "12.35 ms")])
def test_a_time_is_told_in_a_unit_that_fits(microseconds: float, told: str) -> None:
    assert duration(microseconds) == told


def test_a_document_has_the_table_of_each_run_in_its_place() -> None:
    first = "before\n<!-- kept run: bench -->\nold\n<!-- end of run -->\n"
    document = f"{first}between\n<!-- kept run: none -->\n<!-- end of run -->\n"

    told = with_tables(document, {"bench": RUN})

    assert "| slow | 2.50 ms | 250.00 | 240.00 to 260.00 | 4 | 6 | ABOVE LIMIT |  |" in told
    assert "Commit abc1234, 2026-11-01, 20 rounds; a processor, 2 cores" in told
    assert "old" not in told
    assert told.endswith("between\n<!-- kept run: none -->\nNo run is kept yet.\n<!-- end of run -->\n")
    assert with_tables(told, {"bench": RUN}) == told
    assert places(told) == {"bench", "none"}
