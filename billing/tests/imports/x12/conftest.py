"""What X12 tests share: small files from a few segments, and the real files with their figures."""

import io
import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from billing.imports.x12.envelope import Envelope
from billing.imports.x12.kinds import kind_of
from billing.imports.x12.remittances import RemittanceClaim, RemittanceReader
from billing.imports.x12.segments import Segment
from billing.imports.x12.submissions import SubmissionReader, SubmittedClaim
from billing.tests.imports.conftest import missing_data, shared_data, shared_root

ISA = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PRACTICE       "
    "*260105*1200*^*00501*000000001*0*P*:~"
)
GS = "GS*HP*PAYER*PRACTICE*20260105*1200*1*X*005010X221A1~"
GS_837 = "GS*HC*PRACTICE*PAYER*20260105*1200*1*X*005010X222A1~"
HEAD_835 = (
    "BPR*I*{amount}*C*ACH************20260201~TRN*1*{trace}*1999999999~DTM*405*20260131~"
    "N1*PR*AETNA~N1*PE*HARBOR CLINIC*XX*1234567893~LX*1~"
)
HEAD_837 = (
    "BHT*0019*00*1*20260107*1200*CH~NM1*41*2*HARBOR*****46*1~NM1*40*2*AETNA*****46*2~"
    "HL*1**20*1~NM1*85*2*HARBOR CLINIC*****XX*1234567893~REF*EI*123456789~"
    "HL*2*1*22*0~SBR*P*18*******CI~NM1*IL*1*REYES*INES****MI*M1~DMG*D8*19800203*F~"
    "NM1*PR*2*AETNA*****PI*60054~"
)


def remittance(
    *claims: str, amount: str = "0", trace: str = "EFT1", control: str = "0001", tail: str = ""
) -> str:
    """One ST…SE of an 835 with these claim segments."""
    return transaction_set(
        "835", HEAD_835.format(amount=amount, trace=trace), *claims, tail, control=control
    )


def submission(*claims: str, control: str = "0001", head: str = HEAD_837) -> str:
    """One ST…SE of an 837P with these claim segments."""
    return transaction_set("837", head, *claims, control=control, guide="*005010X222A1")


def transaction_set(code: str, *parts: str, control: str = "0001", guide: str = "") -> str:
    """ST, the parts, and an SE that counts right."""
    inside = "".join(parts)
    return f"ST*{code}*{control}{guide}~{inside}SE*{inside.count('~') + 2}*{control}~"


def interchange(*sets: str, group: str = GS, header: str = ISA) -> str:
    """One ISA…IEA around these sets."""
    return f"{header}{group}{''.join(sets)}GE*{len(sets)}*1~IEA*1*000000001~"


def file_835(*claims: str, **options: str) -> str:
    """A whole file with one remittance."""
    return interchange(remittance(*claims, **options))


def file_837(*claims: str, **options: str) -> str:
    """A whole file with one 837P."""
    return interchange(submission(*claims, **options), group=GS_837)


def walk(text: str) -> tuple[Envelope, list[list[Segment]]]:
    """The envelope of a text, and the segments of each set; problems are raised."""
    envelope = Envelope(io.StringIO(text))
    return envelope, [list(envelope.body(s)) for s in envelope.transaction_sets()]


def claims_of_835(text: str) -> tuple[RemittanceReader, list[RemittanceClaim], list[str]]:
    """The only remittance of a file, its claims and its warnings."""
    warnings: list[str] = []
    envelope = Envelope(io.StringIO(text))
    for found in envelope.transaction_sets():
        reader = RemittanceReader(found, warnings)
        return reader, list(reader.claims(envelope.body(found))), warnings
    raise AssertionError("no transaction set")


def claims_of_837(text: str) -> tuple[SubmissionReader, list[SubmittedClaim], list[str]]:
    """The only 837 of a file, its claims and its warnings."""
    warnings: list[str] = []
    envelope = Envelope(io.StringIO(text))
    for found in envelope.transaction_sets():
        kind = kind_of(found, warnings)
        reader = SubmissionReader(found, kind, warnings)
        return reader, list(reader.claims(envelope.body(found))), warnings
    raise AssertionError("no transaction set")


def real_files(*folders: str) -> list[str]:
    """The names of the real files in these folders.

    One that is not there stands for a folder without files, so that its test says what is missing:
    it is skipped, but fails in CI.
    """
    found: list[str] = []
    for folder in folders:
        names = sorted(path.name for path in (shared_root() / folder).glob("*"))
        found += [f"{folder}/{name}" for name in names or ["missing"]]
    return found


def real_path(name: str) -> Path:
    """One of the real files."""
    folder, file = name.split("/")
    path = shared_data(folder) / file
    if not path.is_file():
        missing_data()
    return path


def truth(name: str) -> dict[str, Any]:
    """What the file is known to add up to."""
    found: dict[str, Any] = json.loads((real_path(name).parents[1] / "truth.json").read_text())[
        name
    ]
    return found


def verdict(name: str) -> str:
    """What is to become of the file: ACCEPT, ACCEPT + WARN, 4010, EITHER or REFUSE."""
    for line in (real_path(name).parents[1] / "MANIFEST.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 2 and cells[1] == name.split("/")[1]:
            return cells[2]
    raise AssertionError(f"{name} is not in the manifest")


def same(left: Any, right: Any) -> bool:
    """Whether two figures agree, amounts as numbers."""
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(same(left[key], right[key]) for key in left)
        )
    if isinstance(left, Sequence) and not isinstance(left, str):
        return len(left) == len(right) and all(map(same, left, right))
    try:
        return Decimal(str(left)) == Decimal(str(right))
    except InvalidOperation:
        one, other = str(left).rpartition("="), str(right).rpartition("=")
        return one == other or (bool(one[1]) and one[0] == other[0] and same(one[2], other[2]))
