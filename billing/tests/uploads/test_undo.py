"""An import is taken back wholly, or not at all while something newer rests on it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing import posting, work_marks
from billing.imports import undo
from billing.imports.loading import Loader
from billing.imports.run import Request, import_csv
from billing.models import (
    Adjudication,
    Claim,
    ClaimHistory,
    ContractLimits,
    ImportBatch,
    ImportFootprint,
    LineItem,
    Patient,
    Payer,
    Practice,
    ReasonCode,
    StaffActivity,
)
from billing.posting import differing
from billing.record_dump import dump
from billing.tests.builders import PRACTICE
from billing.tests.imports.conftest import EXPORT, FLAT, PATIENTS
from billing.tests.uploads.conftest import TODAY, loaded, run_worker, undone

pytestmark = pytest.mark.django_db
ROW = "C1,Aetna,100.00,2026-01-10,Paid,2026-02-01,80.00,\n"
DENIED = "C2,Cigna,200.00,2026-01-10,Denied,2026-02-05,,CO-X9\n"
PAID_AFTER_ALL = "C2,Cigna,200.00,2026-01-10,Paid,2026-02-05,150.00,\n"


def last_batch() -> ImportBatch:
    return ImportBatch.objects.latest("pk")


def unprojected() -> list[str]:
    return differing(list(Claim.objects.values_list("pk", flat=True)))


def command(write, content: str, name: str = "file.csv", **options) -> ImportBatch:
    import_csv(Request(paths=[write(content, name)], practice=PRACTICE, **options), today=TODAY)
    return last_batch()


def test_an_upload_of_every_kind_is_taken_back_to_the_letter(biller):
    before = list(dump())
    upload = loaded(biller, EXPORT)
    after = list(dump())

    batch = undone(biller, upload.batches.order_by("pk")[0])

    assert (batch.state, batch.undo_problem, batch.kept) == ("undone", "", 0)
    assert list(dump()) == before
    assert not ImportFootprint.objects.exists()
    assert set(upload.batches.values_list("state", flat=True)) == {"undone"}
    assert str(batch.undone_by) == "biller"
    assert "Undone" in biller.get(f"/imports/{batch.pk}/").content.decode()

    loaded(biller, EXPORT)
    assert list(dump()) == after
    assert upload.batches.filter(state="undone").count() == len(EXPORT)


@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_a_flat_file_is_taken_back_with_what_it_named(biller, practice, write, chunk):
    before = list(dump())
    batch = command(write, FLAT + ROW + DENIED, chunk_size=chunk)
    assert ReasonCode.objects.filter(pk="X9").exists()

    undone(biller, batch)

    assert list(dump()) == before
    assert not ClaimHistory.objects.exists()


def test_what_an_import_changed_gets_its_former_values_back(biller, practice, write):
    command(write, FLAT + ROW + DENIED)
    before = list(dump())
    second = command(write, FLAT + ROW.replace("100.00", "120.00") + PAID_AFTER_ALL)
    assert second.updated == 2
    assert list(dump()) != before

    undone(biller, second)

    assert list(dump()) == before
    assert unprojected() == []


def test_events_that_came_in_a_later_file_go_without_their_claims(biller, practice, write):
    for name in ("payers", "providers", "patients", "encounters", "line_items", "claims"):
        command(write, EXPORT[f"{name}.csv"], f"{name}.csv")
    before = list(dump())
    payments = command(write, EXPORT["payments.csv"])
    assert Claim.objects.get(number="C1").paid == 80

    undone(biller, payments)

    assert list(dump()) == before
    assert Claim.objects.get(number="C1").paid == 0
    assert unprojected() == []


def note(claim: Claim) -> None:
    posting.add_note(claim, text="They will call back.")


def write_off(claim: Claim) -> None:
    posting.write_off(
        claim, written_off_on=TODAY, amount=claim.balance, reason="Small", for_denial=False
    )


def correct(patient: Patient) -> None:
    patient.last_name = "Okafor"
    patient.save()


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (lambda: note(Claim.objects.get(number="C2")), "1 note"),
        (lambda: write_off(Claim.objects.get(number="C2")), "1 write off"),
        (lambda: correct(Patient.objects.all()[0]), "1 patient changed by a person since"),
    ],
)
def test_newer_work_keeps_an_import_and_is_named(biller, practice, write, work, reason):
    batch = command(write, FLAT + ROW + DENIED)
    work()
    before = list(dump())

    undone(biller, batch)

    assert (batch.state, batch.undone_at) == ("finished", None)
    assert batch.undo_problem == f"Newer work rests on its records: {reason}."
    assert list(dump()) == before
    assert reason in biller.get(f"/imports/{batch.pk}/").content.decode()


def test_a_later_import_keeps_an_earlier_one_until_it_is_undone_itself(biller, practice, write):
    empty = list(dump())
    first = command(write, FLAT + ROW, "first.csv")
    second = command(write, FLAT + ROW.replace("100.00", "120.00"), "second.csv")

    undone(biller, first)
    assert "1 claim changed by second.csv" in first.undo_problem
    assert first.state == "finished"

    undone(biller, second)
    undone(biller, first)
    assert first.state == "undone"
    assert list(dump()) == empty


def test_a_later_change_of_what_was_changed_keeps_the_former_values_away(biller, practice, write):
    command(write, PATIENTS)
    second = command(write, PATIENTS.replace("Ines", "Inez"))
    correct(Patient.objects.get())
    third = command(write, PATIENTS.replace("Ines", "Inés"))

    undone(biller, second)

    assert "1 patient changed since" in second.undo_problem
    undone(biller, third)
    assert Patient.objects.get().first_name == "Inez"


def test_names_that_others_use_stay(biller, practice, write):
    first = command(write, FLAT + ROW)
    command(write, FLAT + ROW.replace("C1", "C9"))

    undone(biller, first)

    assert (first.state, first.kept) == ("undone", 1)
    assert Payer.objects.filter(name="Aetna").exists()
    assert [claim.number for claim in Claim.objects.all()] == ["C9"]


def test_a_code_that_somebody_described_meanwhile_stays(biller, practice, write):
    batch = command(write, FLAT + DENIED)
    code = ReasonCode.objects.get(pk="X9")
    code.is_unknown = False
    code.save()

    undone(biller, batch)

    assert batch.state == "undone"
    assert ReasonCode.objects.filter(pk="X9").exists()


def test_a_line_item_that_a_person_removed_is_no_hindrance(biller, practice, write):
    for name in ("payers", "providers", "patients", "encounters"):
        command(write, EXPORT[f"{name}.csv"], f"{name}.csv")
    before = list(dump())
    batch = command(write, EXPORT["line_items.csv"])
    LineItem.objects.get(number="L1").delete()

    undone(biller, batch)

    assert list(dump()) == before
    assert batch.state == "undone"


def test_an_import_from_before_footprints_says_so(biller, practice, write):
    batch = command(write, FLAT + ROW)
    ImportBatch.objects.update(leaves_footprints=False)

    page = biller.get(f"/imports/{batch.pk}/undo/").content.decode()
    undone(biller, batch)

    assert "before the product wrote down" in page
    assert batch.state == "finished"
    assert Claim.objects.exists()


def test_two_people_who_undo_at_once_undo_once(biller, practice, write):
    batch = command(write, FLAT + ROW)
    biller.post(f"/imports/{batch.pk}/undo/")
    second = biller.post(f"/imports/{batch.pk}/undo/", follow=True).content.decode()
    run_worker()

    batch.refresh_from_db()
    assert "It is being undone already." in second
    assert batch.state == "undone"
    assert not Claim.objects.exists()


def test_a_file_is_not_loaded_again_while_it_is_being_undone(biller, practice, write):
    batch = command(write, FLAT + ROW)
    biller.post(f"/imports/{batch.pk}/undo/")

    report = import_csv(Request(paths=[write(FLAT + ROW)], practice=PRACTICE), today=TODAY)

    assert "is just being undone" in report.files[0].refused
    assert ImportBatch.objects.count() == 1


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


@pytest.mark.parametrize("at", [1, 2, 4])
def test_an_undo_that_is_killed_goes_on_where_it_was(
    biller: Client, practice: Practice, write, monkeypatch, settings, at
):
    before = list(dump())
    rows = "".join(ROW.replace("C1", f"C{n}") for n in range(5))
    batch = command(write, FLAT + rows + DENIED.replace("C2", "C9"), chunk_size=1)
    remove, calls = undo._Undoing._remove_chunk, [0]

    def dying(self, batch_id, mark):
        calls[0] += 1
        remove(self, batch_id, mark)
        if calls[0] == at:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(undo._Undoing, "_remove_chunk", dying)
        biller.post(f"/imports/{batch.pk}/undo/")
        with pytest.raises(Killed):
            run_worker()
    assert Claim.objects.count() == 6 - (at - 1)
    assert unprojected() == []
    undo.work(batch.pk)
    batch.refresh_from_db()
    assert batch.state == "undoing"  # the dead worker's lease still holds

    settings.WORKER_SILENT_SECONDS = 0
    undo.work(batch.pk)

    batch.refresh_from_db()
    assert batch.state == "undone"
    assert list(dump()) == before


def test_work_that_comes_between_look_and_removal_stops_the_undo_in_words(
    biller, practice, write, monkeypatch
):
    batch = command(write, FLAT + ROW + ROW.replace("C1", "C2"), chunk_size=1)
    check = undo._Undoing.check

    def then_somebody_writes(self):
        check(self)
        note(Claim.objects.get(number="C1"))

    with monkeypatch.context() as patch:
        patch.setattr(undo._Undoing, "check", then_somebody_writes)
        undone(biller, batch)

    assert batch.state == "stopped"
    assert "1 note" in batch.undo_problem
    assert [claim.number for claim in Claim.objects.all()] == ["C1"]
    assert "stopped half-way" in biller.get(f"/imports/{batch.pk}/").content.decode()

    again = command(write, FLAT + ROW + ROW.replace("C1", "C2"))
    assert (again.pk > batch.pk, again.created, again.unchanged) == (True, 1, 1)


def test_activity_and_its_staff_go(biller, practice, write):
    for name in ("payers", "providers", "patients", "encounters", "claims"):
        command(write, EXPORT[f"{name}.csv"], f"{name}.csv")
    before = list(dump())
    batch = command(write, EXPORT["activity.csv"])
    assert StaffActivity.objects.count() == 2

    undone(biller, batch)

    assert list(dump()) == before


def test_a_revision_of_an_event_goes_and_the_former_counts_again(biller, practice, write):
    for name in ("payers", "providers", "patients", "encounters", "claims", "payments"):
        command(write, EXPORT[f"{name}.csv"], f"{name}.csv")
    before = list(dump())
    batch = command(write, EXPORT["payments.csv"].replace("80.00", "75.00"))
    assert Adjudication.objects.filter(replaces__isnull=False).count() == 1

    undone(biller, batch)

    assert list(dump()) == before
    assert Claim.objects.get(number="C1").paid == 80


def set_aside(claim: Claim) -> None:
    claims = Claim.objects.filter(pk=claim.pk)
    who = User.objects.get(username="biller")
    work_marks.mark(claims, [claim.pk], kind="done", who=who, today=TODAY, reason="Called")


def test_a_claim_set_aside_in_the_work_queue_keeps_its_import(biller, practice, write):
    batch = command(write, FLAT + ROW + DENIED)
    set_aside(Claim.objects.get(number="C2"))

    undone(biller, batch)

    assert (batch.state, batch.undone_at) == ("finished", None)
    assert batch.undo_problem == "Newer work rests on its records: 1 work mark."
    assert Claim.objects.count() == 2


def test_a_payer_with_limits_of_a_contract_stays(biller, practice, write):
    batch = command(write, FLAT + ROW + DENIED)
    cigna = Payer.objects.get(name="Cigna")
    ContractLimits.objects.create(practice=practice, payer=cigna, appeal_limit_days=90)

    undone(biller, batch)

    assert (batch.state, batch.kept) == ("undone", 1)
    assert [payer.name for payer in Payer.objects.all()] == ["Cigna"]
    assert ContractLimits.objects.get().payer == cigna


def test_a_load_between_two_chunks_of_an_import_keeps_it(biller, practice, write, monkeypatch):
    store, chunks = Loader._store, [0]

    def then_another_loads(self, chunk, batch):
        store(self, chunk, batch)
        chunks[0] += 1
        if chunks[0] == 1:
            command(write, FLAT + ROW.replace("100.00", "120.00"), "between.csv")

    with monkeypatch.context() as patch:
        patch.setattr(Loader, "_store", then_another_loads)
        command(write, FLAT + ROW + DENIED, "long.csv", chunk_size=1)
    batch = ImportBatch.objects.get(file_name="long.csv")

    undone(biller, batch)

    assert "1 claim changed by between.csv" in batch.undo_problem
    assert Claim.objects.get(number="C1").billed == 120


@pytest.fixture
def undone_after(biller, monkeypatch):
    """Undoes a batch, with something that happens after the look and before the removal."""

    def undone_after(batch: ImportBatch, meanwhile) -> ImportBatch:
        check = undo._Undoing.check

        def then(self):
            check(self)
            meanwhile()

        with monkeypatch.context() as patch:
            patch.setattr(undo._Undoing, "check", then)
            return undone(biller, batch)

    return undone_after


def test_a_correction_between_look_and_removal_stops_the_undo(undone_after, practice, write):
    batch = command(write, PATIENTS)

    undone_after(batch, lambda: correct(Patient.objects.get()))

    assert "1 patient changed by a person since" in batch.undo_problem
    assert Patient.objects.get().last_name == "Okafor"


def test_a_load_between_look_and_removal_stops_the_undo(undone_after, practice, write):
    batch = command(write, FLAT + ROW, "first.csv")
    more = FLAT + ROW.replace("100.00", "120.00")

    undone_after(batch, lambda: command(write, more, "second.csv"))

    assert "1 claim changed by second.csv" in batch.undo_problem
    assert Claim.objects.get().billed == 120


def test_a_change_between_look_and_removal_is_not_written_over(undone_after, practice, write):
    command(write, PATIENTS)
    second = command(write, PATIENTS.replace("Ines", "Inez"))

    def rename() -> None:
        Patient.objects.update(first_name="Agnes")

    undone_after(second, rename)

    assert "1 patient changed since" in second.undo_problem
    assert Patient.objects.get().first_name == "Agnes"


def test_a_load_that_an_undo_overtakes_makes_its_claims_anew(biller, practice, write, monkeypatch):
    command(write, FLAT + ROW.replace("C1", "C9"))
    before = list(dump())
    first = command(write, FLAT + ROW)
    prepare, times = Loader._prepare, [0]

    def then_the_other_is_undone(self, chunk):
        plan = prepare(self, chunk)
        times[0] += 1
        if times[0] == 1:
            undone(biller, first)
        return plan

    with monkeypatch.context() as patch:
        patch.setattr(Loader, "_prepare", then_the_other_is_undone)
        second = command(write, FLAT + ROW.replace("100.00", "120.00"))

    assert first.state == "undone"
    assert (second.state, second.created, second.updated) == ("finished", 1, 0)
    undone(biller, second)
    assert list(dump()) == before


def appeal(claim: Claim) -> None:
    who = User.objects.get(username="biller")
    posting.file_appeal(claim, filed_on=TODAY, who=who)


@pytest.mark.parametrize(("answer", "words"), [(set_aside, "1 work mark"), (appeal, "1 appeal")])
@pytest.mark.parametrize("moment", ["before the look", "after the look"])
def test_an_answer_to_a_denial_keeps_the_file_that_brought_it(
    biller, undone_after, practice, write, answer, words, moment
):
    command(write, FLAT + DENIED.replace("Denied,2026-02-05,,CO-X9", "Pending,,,"))
    denial = command(write, FLAT + DENIED)
    claim = Claim.objects.get(number="C2")
    assert claim.first_denied_on is not None

    if moment == "before the look":
        answer(claim)
        undone(biller, denial)
    else:
        undone_after(denial, lambda: answer(claim))

    assert f"{words} on claims that it decided" in denial.undo_problem
    claim.refresh_from_db()
    assert claim.first_denied_on is not None
    assert Adjudication.objects.filter(claim=claim).exists()
