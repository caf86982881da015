"""Profiles: how another system's export becomes our columns, in TOML (`docs/csv.md`).

A profile has one `[[files]]` table for each thing that a file of the export holds. A file belongs
to every table whose `recognise` columns are all in its header.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from billing.imports.columns import Cell, Clock, Column, Layout
from billing.imports.errors import FileRefusedError, LoadingError
from billing.imports.kinds import KINDS, Kind
from billing.imports.reader import column_name
from billing.imports.values import DATE_FORMATS

SHIPPED = Path(__file__).parent / "profiles"
TOP_LEVEL = {"title", "date_formats", "files"}
IN_FILES = {
    "kind",
    "name",
    "ignore",
    "recognise",
    "columns",
    "values",
    "constants",
    "assumed",
    "when",
    "options",
    "notes",
    "unused",
    "date_formats",
}


@dataclass(frozen=True, slots=True)
class Section:
    """What one `[[files]]` table says; without a kind, why such rows are not needed."""

    recognise: frozenset[str]
    kind: Kind | None = None
    name: str = ""
    ignore: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    assumed: Mapping[str, str] = field(default_factory=dict)
    when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    options: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    unused: frozenset[str] = frozenset()
    date_formats: tuple[str, ...] = DATE_FORMATS

    def layout(self, header: Sequence[str], clock: Clock) -> Layout:
        """How rows under this header are read; FileRefusedError where a column is missing."""
        positions = {column_name(name): position for position, name in enumerate(header)}
        if lacking := sorted(name for name in self.when if column_name(name) not in positions):
            raise FileRefusedError(
                f"lacks the column {', '.join(lacking)}, which tells its rows apart"
            )
        kind = self.kind
        cells = [self._cell(c, positions, clock) for c in kind.columns] if kind else []
        found = tuple(cell for cell in cells if cell is not None)
        missing = sorted(
            self._header(column.name)
            for column in (kind.columns if kind else ())
            if column.is_required
            and column.name not in {cell.column.name for cell in found}
            and not (column.name == "billed" and self.options)
        )
        if missing:
            raise FileRefusedError(
                f"lacks the column {', '.join(missing)}, which {self.title} need"
            )
        return Layout(
            cells=found,
            conditions=tuple(
                (positions[column_name(name)], wanted) for name, wanted in self.when.items()
            ),
            assumed=frozenset(self.assumed),
        )

    @property
    def title(self) -> str:
        """The kind in words."""
        return self.kind.title.lower() if self.kind else "ignored"

    @property
    def label(self) -> str:
        """The kind, with the section's own name where it has one."""
        kind = self.kind.name if self.kind else "ignored"
        return f"{kind}: {self.name}" if self.name else kind

    def unknown_columns(self, header: Sequence[str]) -> list[str]:
        """The columns of the header that nothing uses and nothing names as not needed."""
        used = {column_name(self._header(c.name)) for c in (self.kind.columns if self.kind else ())}
        used |= {column_name(name) for name in (*self.when, *self.unused, *self.recognise)}
        return [name for name in header if name and column_name(name) not in used]

    def _header(self, column: str) -> str:
        return self.assumed.get(column) or self.columns.get(column) or column

    def _cell(self, column: Column, positions: Mapping[str, int], clock: Clock) -> Cell | None:
        header = self._header(column.name)
        position = positions.get(column_name(header))
        constant = self.constants.get(column.name)
        if position is None and constant is None:
            return None
        return Cell(
            column=column,
            header=header,
            position=None if constant is not None else position,
            constant=constant or "",
            translations=self.values.get(column.name, {}),
            read=column.reads(Clock(clock.today, self.date_formats)),
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of sections; the canonical one has a section for every kind."""

    name: str
    title: str
    sections: tuple[Section, ...]

    def sections_of(self, header: Sequence[str]) -> list[Section]:
        """The sections that a header belongs to; raises FileRefusedError where there is none.

        Of canonical kinds the one with the most marks in the header is meant.
        """
        names = {column_name(name) for name in header}
        found = [s for s in self.sections if {column_name(n) for n in s.recognise} <= names]
        if not self.name and found:
            most = max(len(section.recognise) for section in found)
            found = [section for section in found if len(section.recognise) == most][:1]
        if not found:
            raise FileRefusedError(self._expected(names))
        return found

    def _expected(self, names: set[str]) -> str:
        fits = [name for name in shipped_profiles() if name != self.name]
        for name in fits:
            sections = load_profile(name).sections
            if any({column_name(n) for n in s.recognise} <= names and s.kind for s in sections):
                return f"is a file of the profile {name}: choose that profile (--profile {name})"
        known = "; ".join(
            f"{section.kind.title}: {', '.join(sorted(section.recognise))}"
            for section in self.sections
            if section.kind
        )
        return f"is of no known kind; expected are the columns of one of these: {known}"


def canonical() -> Profile:
    """The profile of files that use our own column names."""
    return Profile("", "Canonical", tuple(Section(frozenset(k.marks), k) for k in KINDS.values()))


def shipped_profiles() -> list[str]:
    """The names of the profiles that come with the product."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_profile(name: str) -> Profile:
    """The profile of that name, or in that file; raises LoadingError in one sentence."""
    if not name:
        return canonical()
    path = Path(name)
    if name in shipped_profiles():
        path = SHIPPED / f"{name}.toml"
    elif not path.is_file():
        known = ", ".join(shipped_profiles())
        raise LoadingError(f"There is no profile {name!r}: name a TOML file or one of {known}.")
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LoadingError(f"The profile {path.name} cannot be read: {error}.") from error
    return _Checker(path.stem).profile(found)


class _Checker:
    """Turns the text of a profile into one, or says what is wrong with it."""

    def __init__(self, name: str) -> None:
        self._name = name[:60]
        self._place = ""

    def profile(self, found: Mapping[str, Any]) -> Profile:
        self._only(found, TOP_LEVEL)
        formats = self._texts(found, "date_formats") or DATE_FORMATS
        tables = found.get("files")
        if not isinstance(tables, list) or not tables:
            self._fail("has no [[files]] table")
        sections = []
        for number, table in enumerate(tables or (), start=1):
            self._place = f"[[files]] number {number}: "
            sections.append(self._section(table, formats))
        self._no_twins(sections)
        return Profile(self._name, str(found.get("title", self._name)), tuple(sections))

    def _section(self, table: Mapping[str, Any], formats: tuple[str, ...]) -> Section:
        self._only(table, IN_FILES)
        recognise = frozenset(self._texts(table, "recognise"))
        if not recognise:
            self._fail("recognise is missing: list columns that tell this file from others")
        if ("kind" in table) == ("ignore" in table):
            self._fail("say either kind or ignore (with the reason)")
        kind = KINDS.get(str(table.get("kind", "")))
        if "kind" in table and kind is None:
            self._fail(f"{table['kind']!r} is no kind; the kinds are {', '.join(KINDS)}")
        options = frozenset(self._texts(table, "options"))
        if kind and options - kind.options:
            self._fail(f"{kind.name} know no option {', '.join(sorted(options - kind.options))}")
        section = Section(
            recognise=recognise,
            kind=kind,
            name=str(table.get("name", ""))[:20],
            ignore=str(table.get("ignore", "")),
            columns=self._mapping(table, "columns", kind),
            values={
                name: {str(k).casefold(): str(v) for k, v in self._table(words, name).items()}
                for name, words in self._for_columns(table, "values", kind).items()
            },
            constants=self._mapping(table, "constants", kind),
            assumed=self._mapping(table, "assumed", kind),
            when=self._conditions(table),
            options=options,
            notes=self._texts(table, "notes"),
            unused=frozenset(self._texts(table, "unused")),
            date_formats=self._texts(table, "date_formats") or formats,
        )
        return section

    def _no_twins(self, sections: Sequence[Section]) -> None:
        seen = set()
        for number, section in enumerate(sections, start=1):
            if section.kind is None:
                continue
            twin = (section.label, section.recognise)
            if twin in seen:
                self._place = f"[[files]] number {number}: "
                self._fail(f"{section.label} came before with the same columns; give it a name")
            seen.add(twin)

    def _conditions(self, table: Mapping[str, Any]) -> dict[str, frozenset[str]]:
        found = self._table(table.get("when", {}), "when")
        return {
            str(name): frozenset(text.casefold() for text in self._texts(found, name))
            for name in found
        }

    def _mapping(self, table: Mapping[str, Any], key: str, kind: Kind | None) -> dict[str, str]:
        found = self._for_columns(table, key, kind)
        for name, value in found.items():
            if not isinstance(value, str):
                self._fail(f"{key}.{name} must be text in quotes")
        return {str(name): str(value) for name, value in found.items()}

    def _for_columns(
        self, table: Mapping[str, Any], key: str, kind: Kind | None
    ) -> Mapping[str, Any]:
        """A table keyed by our column names."""
        found = self._table(table.get(key, {}), key)
        known = {column.name for column in kind.columns} if kind else set()
        for name in found:
            if name not in known:
                self._fail(
                    f"{key}.{name}: {kind.name if kind else 'an ignored file'} "
                    f"has no column {name!r}; it has {', '.join(sorted(known)) or 'none'}"
                )
        return found

    def _table(self, value: Any, key: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            self._fail(f"{key} must be a table")
        return value  # type: ignore[no-any-return]

    def _texts(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            self._fail(f"{key} must be a list of texts in quotes")
        return tuple(value)

    def _only(self, table: Any, known: set[str]) -> None:
        for name in self._table(table, "files"):
            if name not in known:
                self._fail(f"{name!r} is not known; known are {', '.join(sorted(known))}")

    def _fail(self, reason: str) -> None:
        raise LoadingError(f"The profile {self._name} is not right: {self._place}{reason}.")
