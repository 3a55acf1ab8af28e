"""docs/performance.md and its chart show the runs that are kept."""

from infra.pictures.digest import is_drawn_from
from tests.benchmarks import chart, document
from tests.benchmarks.bench import BENCH
from tests.benchmarks.operations import RAW_GET
from tests.benchmarks.peers import PEERS
from tests.benchmarks.runs import read_kept


def test_the_tables_are_those_of_the_kept_runs() -> None:
    """Where this fails: `make bench-picture`."""
    told = document.PATH.read_text()

    assert told == document.with_tables(told, read_kept())
    assert document.places(told) == read_kept().keys()


def test_the_chart_was_drawn_from_the_kept_run() -> None:
    """Where this fails: `make bench-picture`, and look at it."""
    assert is_drawn_from(chart.PATH, chart.digest(read_kept()[BENCH.name]))


def test_every_layer_and_every_peer_has_a_bar_and_a_row() -> None:
    """The document says of each layer besides what it is."""
    run, told = read_kept()[BENCH.name], document.PATH.read_text()
    bars = {bar.label for group in chart.groups(run) for bar in group.bars}
    layers = {layer.name for layer in run.layers}

    assert bars == (layers - {RAW_GET}) | {peer.name for peer in PEERS}
    assert {layer: told.count(f"\n| {layer} |") for layer in layers} == dict.fromkeys(layers, 2)
