"""The same sample has the same bytes, on every machine."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from sample.retailer import Retailer
from sample.writing import write_sample
from tests.sample.conftest import SMALL

# Of the text files of the small sample. It changes with the generator, and with nothing else.
DIGEST = "8f83b99bb6259837c2b88d1c1a3caf344c70a1ba4e0959ba6d51d890f19d7e3c"
PROGRAM = """
import sys
from pathlib import Path
from sample.writing import write_sample
from tests.sample.conftest import SMALL
write_sample(SMALL, Path(sys.argv[1]))
"""


def tree(root: Path) -> dict[str, tuple[int, str]]:
    """Modification time and digest of each file below a folder."""
    return {
        path.relative_to(root).as_posix(): (
            int(path.stat().st_mtime),
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != ".sample"
    }


def test_two_processes_write_the_same_bytes(written, tmp_path):
    for hash_seed, zone, locale in (("1", "Asia/Tokyo", "C"), ("2", "America/Lima", "tr_TR.UTF-8")):
        root = tmp_path / hash_seed
        changed = {"PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": locale}
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(root)], env=os.environ | changed, check=True
        )
        assert tree(root) == tree(written[0])


def test_the_text_files_are_those_of_every_other_machine(written):
    text = "".join(
        f"{name} {digest}\n"
        for name, (_, digest) in tree(written[0]).items()
        if not name.endswith(".parquet")
    )
    assert hashlib.sha256(text.encode()).hexdigest() == DIGEST


def test_another_seed_writes_other_bytes(written, tmp_path):
    write_sample(replace(SMALL, seed=8), tmp_path)
    ours, others = tree(written[0]), tree(tmp_path)
    assert all(ours[name] != others[name] for name in ours.keys() & others.keys())


def test_a_shorter_sample_is_the_beginning_of_a_longer_one():
    short, long = (list(Retailer(replace(SMALL, days=days)).deliveries()) for days in (4, 7))
    assert short == long[:4]


def test_files_arrive_at_three_in_the_morning_after_their_day(written):
    times = {
        datetime.fromtimestamp(modified, timezone.utc)
        for name, (modified, _) in tree(written[0]).items()
        if name.endswith("2023-01-05.jsonl")
    }
    assert min(times) == datetime(2023, 1, 6, 3, tzinfo=timezone.utc)
    # Corrections arrive up to three days later.
    assert times <= {min(times) + timedelta(days) for days in range(4)}
