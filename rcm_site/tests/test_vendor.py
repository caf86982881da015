"""The vendored files are the ones that static/vendor/README.md describes."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.engine_free

VENDOR = Path(settings.BASE_DIR) / "static" / "vendor"
LISTED = dict(
    re.findall(r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.M)
)
SHIPPED = [path.relative_to(VENDOR).as_posix() for path in VENDOR.glob("*/*.*")]


def test_every_file_is_listed_and_every_listed_file_is_there():
    assert sorted(LISTED) == sorted(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_checksum_is_the_listed_one(name):
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == LISTED[name]


@pytest.mark.parametrize("name", SHIPPED)
def test_no_file_asks_for_another_and_its_licence_is_beside_it(name):
    text = (VENDOR / name).read_text()

    assert "sourceMappingURL" not in text
    assert not re.search(r"@import|url\(['\"]?(?:https?:)?//", text)
    assert (VENDOR / name).with_name("LICENSE").is_file()
