"""The machine draws the same each time; `--hypothesis-profile=unshrunk` ends at the first failure it finds."""

from tests.support.fuzz import draw_steadily

draw_steadily()
