"""What the layer carries, for each platform: the pinned wheels, the package, compiled; and nothing else."""

import importlib.metadata
import re
import zipfile
from pathlib import Path

from tests.packaging.built import ROOT, source_files
from tests.packaging.pins import pins

MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
ELF_MACHINES = {"x86_64": 0x3E, "arm64": 0xB7}
UNCHECKED_HASH = 1
# Bytes unpacked and packed, and how far they may move until somebody looks.
SIZES = {"x86_64": (31_069_711, 11_328_448), "arm64": (31_039_633, 11_158_352)}
MARGIN = 0.05
TOP_LEVEL = {
    "REVISION",  # what ua_parser_builtins was made of
    "__pycache__",
    "_argon2_cffi_bindings",
    "_cffi_backend",
    "annotated_types",
    "argon2",
    "asn1crypto",
    "aws_lambda_powertools",
    "bcrypt",
    "cffi",
    "dateutil",
    "hiredis",
    "jmespath",
    "orjson",
    "pg8000",
    "pwdlib",
    "pycparser",
    "pydantic",
    "pydantic_core",
    "redis",
    "scramp",
    "session_management",
    "six.py",
    "typing_extensions.py",
    "typing_inspection",
    "ua_parser",
    "ua_parser_builtins",
    "zxcvbn",
}


def test_it_carries_the_pinned_packages_and_no_others(layer: Path):
    carried = {
        found.name.lower().replace("_", "-"): found.version
        for found in importlib.metadata.distributions(path=[str(layer)])
    }

    assert carried == pins(ROOT / "shared/requirements.txt")


def test_what_the_runtime_has_is_not_in_it(layer: Path):
    assert not [name for name in ("boto3", "botocore", "s3transfer", "urllib3") if (layer / name).exists()]


def test_its_dateutil_suits_the_runtimes_boto3(layer: Path):
    (dateutil,) = importlib.metadata.distributions(path=[str(layer)], name="python-dateutil")

    assert int(dateutil.version.split(".")[0]) < 3


def test_every_wheel_is_for_its_platform(layer: Path, architecture: str):
    tags = [
        line.removeprefix("Tag: ")
        for wheel in layer.glob("*.dist-info/WHEEL")
        for line in wheel.read_text().splitlines()
        if line.startswith("Tag: ")
    ]
    foreign = [tag for tag in tags if not re.fullmatch(rf".*-(any|manylinux\w+_{MACHINES[architecture]})", tag)]

    assert tags
    assert not foreign


def test_every_shared_library_is_for_its_platform(layer: Path, architecture: str):
    machines = {path.name: path.read_bytes()[18] for path in layer.rglob("*.so*")}

    assert machines
    assert set(machines.values()) == {ELF_MACHINES[architecture]}


def test_it_holds_no_tests_and_no_scripts(layer: Path):
    unwanted = re.compile(r"(tests?|testing_?suite|bin|conftest\.py|test_\w+\.py|\w+_test\.py)")

    assert not [path for path in layer.rglob("*") if unwanted.fullmatch(path.name)]


def test_the_package_is_all_of_the_source_and_typed(layer: Path):
    source, packed = ROOT / "shared/session_management", layer / "session_management"

    assert source_files(packed) == source_files(source)
    assert (packed / "py.typed").exists()


def test_every_module_is_compiled_and_never_stale(layer: Path):
    modules = list(layer.rglob("*.py"))
    bytecode = [path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc" for path in modules]

    assert {int.from_bytes(path.read_bytes()[4:8], "little") for path in bytecode} == {UNCHECKED_HASH}
    assert len(list(layer.rglob("*.pyc"))) == len(modules)


def test_its_bytecode_names_the_paths_of_lambda(layer: Path):
    compiled = (layer / "session_management/__pycache__/errors.cpython-313.pyc").read_bytes()

    assert b"/opt/python/session_management/errors.py" in compiled


def test_it_is_small(layer: Path, architecture: str, tmp_path: Path):
    """Lambda's own limits are 250 MB unpacked and 50 MB packed; a cold start feels far less."""
    packed = tmp_path / "layer.zip"
    files = [path for path in layer.parent.rglob("*") if path.is_file()]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(layer.parent))

    measured = (sum(path.stat().st_size for path in files), packed.stat().st_size)
    grown = [now / then - 1 for now, then in zip(measured, SIZES[architecture], strict=True)]
    assert max(grown) < MARGIN, f"it has {measured} bytes"
    assert min(grown) > -MARGIN, f"it has {measured} bytes: write the smaller figures down"


def test_nothing_comes_into_it_unseen(layer: Path):
    """Neither a package that another began to need nor what a wheel puts beside its package."""
    cffi = re.compile(r"_cffi_backend\.cpython-313-\w+-linux-gnu\.so")
    names = {path.name for path in layer.iterdir() if path.suffix != ".dist-info"}

    assert {"_cffi_backend" if cffi.fullmatch(name) else name for name in names} == TOP_LEVEL
    assert {path.name for path in layer.parent.iterdir()} == {"python", "certificates"}


def test_everybody_may_read_it(layer: Path):
    assert not [path for path in layer.rglob("*") if not path.stat().st_mode & 0o004]
