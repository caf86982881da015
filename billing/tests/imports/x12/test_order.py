"""Files in any order, twice, with kills in between, give the same records."""

import random
from collections.abc import Callable

import pytest
from django.db import transaction

from billing.imports import batch as batches
from billing.imports.x12 import loading
from billing.imports.x12.run import Request, import_x12
from billing.models import Claim
from billing.posting import differing
from billing.record_dump import dump
from billing.tests.imports.x12.conftest import real_files, real_path

FILES = [
    name
    for name in real_files("x12_835", "x12_837p", "x12_837i", "x12_other")
    if "many_claims" not in name
]
ROUNDS = 3  # runs that may be killed, before the one that is not


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


class UndoError(Exception):
    """Ends a round without a trace."""


def after(work: Callable[[], None]) -> list[str]:
    """All records after some work in an otherwise empty database."""
    found: list[str] = []
    try:
        with transaction.atomic():
            work()
            found += dump()
            raise UndoError
    except UndoError:
        return found


def load(names: list[str], *, create: bool) -> None:
    import_x12(Request([real_path(name) for name in names], create_claims=create))


def load_with_kills(
    names: list[str], *, create: bool, chance: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Load, die in the middle of writing now and then, and run the same again."""
    advance = batches.advance
    for _ in range(ROUNDS):
        left = [chance.randint(1, 60)]

        def dying(*args, left=left, **options):
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            advance(*args, **options)

        with monkeypatch.context() as patch:
            patch.setattr(loading, "advance", dying)
            try:
                load(names, create=create)
            except Killed:
                chance.shuffle(names)
    load(names, create=create)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("create", [False, True], ids=["matching", "creating"])
@pytest.mark.parametrize("seed", [1])
def test_any_order_twice_with_kills_gives_the_same_records(create, seed, monkeypatch):
    chance = random.Random(seed)
    wanted = after(lambda: load(sorted(FILES), create=create))
    assert sum('"record":"claim"' in line for line in wanted) > 20
    names = [*FILES, *FILES]
    chance.shuffle(names)

    def shuffled() -> None:
        load_with_kills(names, create=create, chance=chance, monkeypatch=monkeypatch)
        assert differing(list(Claim.objects.values_list("pk", flat=True))) == []

    found = after(shuffled)
    assert [line for line in found if line not in wanted] == []
    assert found == wanted
