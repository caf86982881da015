"""How long a large remittance takes: reading, checking and posting it, beside plainer readers."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TypeVar

from billing.bulk_insert import insert
from billing.imports.x12 import loading
from billing.imports.x12.run import Request, import_x12
from billing.models import Claim, ClaimLine, Payer, Practice, ProcedureCode
from billing.outgoing.remittances_835 import GUIDE
from billing.outgoing.segments import Interchange, money
from billing.posting import NewClaim, create_claims

CHUNK = 2_000
DAY = date(2026, 1, 5)
PRACTICE = "Bench Practice"
NPI = "1234567893"
CODES = ("99213", "93000", "80053")
CHARGES = (Decimal(150), Decimal(80), Decimal("42.50"))
Result = TypeVar("Result")
TOTAL = sum(CHARGES, Decimal(0))


@dataclass(frozen=True, slots=True)
class RemittanceTimes:
    """Seconds of one run; those of pyx12 are None where it is not installed."""

    claims: int
    segments: int
    engine: str
    reading: float
    checking: float
    posting: float
    whole: float
    split: float
    pyx12: float | None
    before_megabytes: float
    peak_megabytes: float


def make_claims(count: int) -> None:
    """The claims that the file pays, sent and undecided, three lines each."""
    practice = Practice.objects.create(name=PRACTICE, npi=NPI, tax_id="123456789")
    payer = Payer.objects.create(name="BENCH PAYER")
    for code in CODES:
        ProcedureCode.objects.get_or_create(code=code)
    for start in range(0, count, CHUNK):
        new = [
            Claim(
                practice=practice,
                number=f"B{number:07d}",
                payer=payer,
                service_date=DAY,
                submitted_on=DAY,
                billed=TOTAL,
                expected=TOTAL,
            )
            for number in range(start, min(start + CHUNK, count))
        ]
        create_claims([NewClaim(claim) for claim in new])
        insert([line for claim in new for line in _lines(claim)])


def _lines(claim: Claim) -> Iterator[ClaimLine]:
    for position, (code, charge) in enumerate(zip(CODES, CHARGES, strict=True), start=1):
        yield ClaimLine(
            claim=claim,
            position=position,
            control_number=f"{claim.number}{position}",
            procedure_id=code,
            charge=charge,
            service_date=DAY,
        )


def write_file(path: Path, count: int) -> None:
    """One remittance over all claims in one ST…SE: most are paid, every tenth is denied."""
    with (
        path.open("w", encoding="ascii", newline="\n") as file,
        Interchange(
            file,
            kind="835",
            code="HP",
            guide=GUIDE,
            sender="PAYER",
            receiver=NPI,
            now=datetime(2026, 2, 1, tzinfo=UTC),
            is_guide_in_st=False,
        ) as interchange,
    ):
        interchange.begin()
        paid = sum((_paid(number) for number in range(count)), Decimal(0))
        interchange.segments(_head(paid))
        for number in range(count):
            interchange.segments(_claim(number))
        interchange.end()


def _is_denied(number: int) -> bool:
    return number % 10 == 9


def _paid(number: int) -> Decimal:
    return Decimal(0) if _is_denied(number) else TOTAL * 8 / 10


def _head(paid: Decimal) -> Iterator[tuple[str, ...]]:
    yield ("BPR", "I", money(paid), "C", "ACH", *[""] * 11, "20260201")
    yield ("TRN", "1", "BENCH1", "1123456789")
    yield ("DTM", "405", "20260131")
    yield ("N1", "PR", "BENCH PAYER")
    yield ("N3", "1 MAIN STREET")
    yield ("N4", "PORTLAND", "ME", "041010000")
    yield ("REF", "2U", "60054")
    yield ("PER", "BL", "PROVIDER RELATIONS", "TE", "2075550100")
    yield ("N1", "PE", "BENCH PRACTICE", "XX", NPI)
    yield ("REF", "TJ", "123456789")
    yield ("LX", "1")


def _claim(number: int) -> Iterator[tuple[str, ...]]:
    claim, is_denied = f"B{number:07d}", _is_denied(number)
    status = "4" if is_denied else "1"
    paid = _paid(number)
    share = "" if is_denied else money(TOTAL / 10)
    yield (
        "CLP", claim, status, money(TOTAL), money(paid), share, "12", f"ICN{number:09d}", "11", "1",
    )  # fmt: skip
    yield ("NM1", "QC", "1", "REYES", "INES", "", "", "", "MI", f"M{number:07d}")
    for position, (code, charge) in enumerate(zip(CODES, CHARGES, strict=True), start=1):
        paid = Decimal(0) if is_denied else charge * 8 / 10
        yield ("SVC", f"HC:{code}", money(charge), money(paid), "", "1")
        yield ("DTM", "472", "20260105")
        if is_denied:
            yield ("CAS", "CO", "197", money(charge))
        else:
            yield ("CAS", "CO", "45", money(charge / 10))
            yield ("CAS", "PR", "2", money(charge / 10))
        yield ("REF", "6R", f"{claim}{position}")
        if is_denied:
            yield ("LQ", "HE", "N290")


def measure(path: Path, count: int, engine: str) -> RemittanceTimes:
    """Split the file, load it, let pyx12 read it; raises RuntimeError where it does not load."""
    before = _peak_megabytes()
    with _stages() as spent:
        whole, report = _timed(lambda: import_x12(Request([path])))
    if report.status != 0 or report.totals["created"] != count:
        raise RuntimeError(f"The remittance was not loaded: {report.as_json()}")
    peak = _peak_megabytes()
    split, segments = _timed(lambda: _bare_split(path))
    return RemittanceTimes(
        claims=count,
        segments=segments,
        engine=engine,
        reading=spent["_read"],
        checking=spent["_check"],
        posting=spent["_store"],
        whole=whole,
        split=split,
        pyx12=_timed(lambda: _pyx12(path))[0] if find_spec("pyx12") else None,
        before_megabytes=before,
        peak_megabytes=peak,
    )


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


@contextmanager
def _stages() -> Iterator[dict[str, float]]:
    """How long the loader spends reading, checking and posting."""
    spent = dict.fromkeys(("_read", "_check", "_store"), 0.0)
    plain = {name: getattr(loading.Loader, name) for name in spent}

    def clocked(name: str) -> Callable[..., object]:
        def run(*args: object) -> object:
            seconds, result = _timed(lambda: plain[name](*args))
            spent[name] += seconds
            return result

        return run

    for name in spent:
        setattr(loading.Loader, name, clocked(name))
    try:
        yield spent
    finally:
        for name, method in plain.items():
            setattr(loading.Loader, name, method)


def _bare_split(path: Path) -> int:
    return sum(1 for segment in path.read_text("ascii").split("~") if segment.strip())


def _pyx12(path: Path) -> int:
    """What pyx12 needs to read the segments alone, without validating them."""
    from pyx12.x12file import X12Reader  # a test library, which production lacks

    return sum(1 for _ in X12Reader(StringIO(path.read_text("ascii"))))


def _peak_megabytes() -> float:
    """The most memory this process has held so far."""
    import resource  # not there on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
