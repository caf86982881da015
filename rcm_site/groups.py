"""Who may do what: the four groups of the product, kept as this module says by every `migrate`.

The rules speak of kinds of records, so that a record added later is covered at once. A practice
that wants other rights makes groups of its own, which nothing here touches.
"""

from collections.abc import Iterator

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models.signals import post_migrate

from billing import audit

Right = tuple[str, str]

# What has happened stays: these are added, through `posting` or by a load, and never changed.
EVENTS = frozenset(
    {
        "adjudication",
        "adjudicationline",
        "adjustment",
        "appeal",
        "claimhistory",
        "contractualadjustment",
        "importbatch",
        "importfootprint",
        "importrejection",
        "note",
        "patientpayment",
        "provideradjustment",
        "remittance",
        "resolution",
        "staffactivity",
        "statuschange",
        "submission",
        "upload",
        "workmark",
        "writeoff",
    }
)
ENTERED = (
    "adjudication",
    "appeal",
    "note",
    "patientpayment",
    "statuschange",
    "workmark",
    "writeoff",
)
RECORDS = ("patient", "encounter", "lineitem", "claim", "claimline")
# What names a patient: the record itself, and what is kept of a file: rejected lines as they stood
# there, first rows before it is loaded, values that it changed.
PERSONAL = frozenset({"patient", "importrejection", "upload", "importfootprint"})
# Whose work a claim is.
ASSIGNING = ("billing", "assign_claim")
# Who sees which practice.
ABOUT_PEOPLE = "practiceaccess"
OWN_APPS = ("billing", "analytics")
LOG_INS = ("accessattempt", "accesslog")


def rights() -> dict[str, set[Right]]:
    """What each group may do, as pairs of app and permission."""
    viewing = {(app, f"view_{name}") for app, name in _kinds() if name != ABOUT_PEOPLE}
    entering = {
        *(("billing", f"add_{name}") for name in (*RECORDS, *ENTERED, "importbatch")),
        *(("billing", f"change_{name}") for name in (*RECORDS, "appeal")),  # an appeal is ended
        ("billing", "delete_lineitem"),
        ("billing", "undo_importbatch"),  # whoever may load a file may take that back
        ASSIGNING,
    }
    keeping = {
        (app, f"{action}_{name}")
        for app, name in _kinds()
        if name not in EVENTS
        for action in ("add", "change", "delete")
    }
    looking_after = {
        ("auditlog", "view_logentry"),
        ("billing", f"view_{ABOUT_PEOPLE}"),
        *(("axes", f"view_{name}") for name in LOG_INS),
    }
    people = {
        ("auth", f"{act}_{n}") for n in ("user", "group") for act in ("view", "add", "change")
    }
    return {
        "Managers": {
            *((app, right) for app, right in viewing if right[5:] not in PERSONAL),
            *(("analytics", f"{action}_kpitarget") for action in ("add", "change", "delete")),
            ASSIGNING,
        },
        "Billers": viewing | entering,
        "Auditors": viewing
        | looking_after
        | {(app, right) for app, right in people if right.startswith("view_")},
        "Administrators": viewing
        | entering
        | keeping
        | looking_after
        | people
        | {("axes", "delete_accessattempt"), ("auth", "delete_group")},
    }


def _kinds() -> Iterator[tuple[str, str]]:
    for app in OWN_APPS:
        for model in apps.get_app_config(app).get_models():
            yield app, model._meta.model_name or ""


def keep_groups(sender: AppConfig, using: str = "default", **kwargs: object) -> None:
    """Make the groups and give each exactly the rights above.

    The trail does not follow: these are the rights of the release, and nobody's doing.
    """
    with audit.untracked():
        _keep_groups(using)


def _keep_groups(using: str) -> None:
    for config in apps.get_app_configs():
        create_permissions(config, verbosity=0, using=using)
    stored = {
        (app, codename): key
        for key, app, codename in Permission.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    for name, granted in rights().items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        wanted = {stored[right] for right in granted if right in stored}
        if set(group.permissions.values_list("pk", flat=True)) != wanted:
            group.permissions.set(wanted)


def start() -> None:
    """Keep the groups after every migration; told of it once, as the permissions' own app is."""
    auth = apps.get_app_config("auth")
    post_migrate.connect(keep_groups, sender=auth, dispatch_uid="rcm_site.groups")
