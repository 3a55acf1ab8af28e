"""A figure as a PNG for the documents. It needs the dependency group `picture`."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from infra.pictures.digest import DIGEST_KEY


def save(figure: Figure, path: Path, *, dpi: int, digest: str) -> None:
    """Write a figure as a PNG of few colours, which carries the digest of what it was drawn from."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(dpi)
    canvas.draw()
    facts = PngInfo()
    facts.add_text(DIGEST_KEY, digest)
    drawn = Image.frombytes("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba())).convert("RGB")
    drawn.quantize(256, Image.Quantize.MAXCOVERAGE).save(path, pnginfo=facts, optimize=True)
