"""The figures of every real file are those that are known of it."""

import pytest

from billing.imports.x12.envelope import Envelope
from billing.imports.x12.faults import DamagedError
from billing.imports.x12.figures import RemittanceFigures, Repeated, SubmissionFigures
from billing.imports.x12.kinds import Kind, RefusedError, kind_of
from billing.imports.x12.remittances import RemittanceReader
from billing.imports.x12.source import examine
from billing.imports.x12.submissions import SubmissionReader
from billing.tests.imports.x12.conftest import real_files, real_path, same, truth

pytestmark = pytest.mark.engine_free


@pytest.mark.parametrize("name", real_files("x12_835", "x12_837p", "x12_837i"))
def test_a_real_file_adds_up_to_what_is_known_of_it(name):
    with Repeated() as of_remittances, Repeated() as of_submissions:
        remittances = RemittanceFigures(of_remittances)
        submissions = SubmissionFigures(of_submissions)
        with examine(real_path(name)).open() as file:
            envelope = Envelope(file)
            try:
                for found in envelope.transaction_sets():
                    _add(envelope, found, remittances, submissions)
            except (DamagedError, RefusedError) as error:
                pytest.skip(str(error))
        known = truth(name)
        if remittances.transactions:
            assert same(remittances.as_json(), known["sum835"])
        if submissions.transactions:
            assert same(submissions.as_json(), known["sum837"])
        assert remittances.transactions or submissions.transactions


def _add(envelope, found, remittances, submissions):
    kind = kind_of(found, [])
    if kind is Kind.REMITTANCE:
        reader, before = RemittanceReader(found, []), remittances.paid
        for claim in reader.claims(envelope.body(found)):
            remittances.add_claim(claim)
        taken = sum(a.amount for a in reader.adjustments)
        difference = reader.header.signed_amount - (remittances.paid - before - taken)
        remittances.add_set(reader.header, reader.adjustments, difference)
        return
    of_837 = SubmissionReader(found, kind, [])
    for sent in of_837.claims(envelope.body(found)):
        submissions.add_claim(sent)
    submissions.add_set()
