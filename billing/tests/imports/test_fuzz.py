"""Whatever is in a file, there is no traceback and every row is accounted for."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.imports.reader import examine, read_header, read_lines
from billing.imports.run import Request, import_csv
from billing.models import Claim, ImportBatch
from billing.posting import differing
from billing.tests.imports.conftest import FLAT, TODAY

CELL = st.one_of(
    st.sampled_from(
        [
            "C1",
            "C2",
            "C3",
            "Aetna",
            "100.00",
            "-1",
            "0",
            "2026-01-10",
            "2026-02-30",
            "Paid",
            "Denied",
            "partially paid",
            "Appealed",
            "CO-197",
            "18",
            "",
            '"',
            "\0",
            "é",
        ]
    ),
    st.text(max_size=8),
)
GOOD = st.tuples(
    st.sampled_from(["C1", "C2", "C3", "C4"]),
    st.sampled_from(["Aetna", "Cigna"]),
    st.sampled_from(["100.00", "0", "$1,000.00"]),
    st.sampled_from(["2026-01-10", ""]),
    st.sampled_from(["Paid", "Denied", "Pending", "Appealed", "pp", ""]),
    st.sampled_from(["2026-02-01", ""]),
    st.sampled_from(["80.00", "0", ""]),
    st.sampled_from(["CO-197", "18", "CO-45", ""]),
)
ROW = st.one_of(st.lists(CELL, min_size=6, max_size=9), GOOD.map(list))


@pytest.mark.django_db
@given(
    rows=st.lists(ROW, max_size=12),
    end=st.sampled_from(["\n", "\r\n", ""]),
    encoding=st.sampled_from(["utf-8", "latin-1"]),
    is_dry=st.booleans(),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_row_is_created_updated_unchanged_or_rejected(tmp_path, rows, end, encoding, is_dry):
    path = tmp_path / "fuzz.csv"
    text = FLAT + "".join(",".join(row) + (end or "\n") for row in rows)
    path.write_bytes(text.removesuffix("\n" if not end else "").encode(encoding, "replace"))

    request = Request(paths=[path], is_dry=is_dry, chunk_size=3)
    report = import_csv(request, today=TODAY)

    source = examine(path)
    header, delimiter = read_header(source)
    lines = len(list(read_lines(source, width=len(header), delimiter=delimiter)))
    totals = report.totals
    done = totals["created"] + totals["updated"] + totals["unchanged"] + totals["rejected"]
    assert totals["read"] == done == lines
    assert not report.files[0].refused
    assert differing(list(Claim.objects.values_list("pk", flat=True))) == []
    assert not ImportBatch.objects.exclude(state="finished").exists()
    if not is_dry:
        again = import_csv(request, today=TODAY).totals
        assert (again["created"], again["updated"]) == (0, 0)
        assert again["rejected"] == totals["rejected"]
