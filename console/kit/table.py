"""A table over a list that comes in keyset pages: no counts, "more" below."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from console.kit.shell import panel
from console.kit.texts import t
from console.kit.widgets import button

Row = Mapping[str, Any]
Rows = Sequence[Row]
# Takes a cursor (None: from the start), returns rows and the next cursor.
Load = Callable[[str | None], Awaitable[tuple[Rows, str | None]]]
Act = Callable[[Row], Awaitable[None]]


@dataclass(frozen=True)
class Column:
    """A column: `name` is the row's field, `title` a text's key.

    `link` is the row's field that holds an address inside the console; `tone`
    the one that holds a badge's tone (good, bad, warn, info or ""). `spark`
    draws the field, an SVG polyline's points in a box of 100 by 24, as a line
    whose text is the row's `<name>_text`.
    """

    name: str
    title: str
    link: str | None = None
    tone: str | None = None
    spark: bool = False
    mono: bool = False
    wrap: bool = False
    right: bool = False


@dataclass(frozen=True)
class Action:
    """A button in each row; `only` names a field that must be true for it."""

    icon: str
    title: str
    act: Act
    only: str | None = None


@dataclass
class Listing:
    """A table; `await draw()` once, `await reload()` when the list has changed.

    `empty` is the text's key that says what to do when there is nothing. Rows
    are told apart by their field `key`.
    """

    columns: Sequence[Column]
    load: Load
    empty: str
    key: str
    label: str
    actions: Sequence[Action] = ()
    _rows: list[Row] = field(default_factory=list)
    _next: str | None = None

    @property
    def rows(self) -> Rows:
        """What is shown now."""
        return self._rows

    async def draw(self) -> None:
        """Draw the table with its first rows."""
        self._box = ui.element("div").classes("hmc-listing")
        self._nothing = panel(t(self.empty))
        with self._box:
            self._table = self._make()
            with ui.element("div").classes("hmc-more") as self._below:
                button(t("frame.more"), self._more, icon="expand_more", kind="quiet")
        await self.reload()
        # A table wider than the screen is scrolled by keyboard too.
        ui.run_javascript(_REACHABLE % self._table.html_id)

    async def reload(self) -> None:
        """Read the list anew from its start."""
        rows, self._next = await self.load(None)
        self._show(list(rows))

    async def _more(self) -> None:
        rows, self._next = await self.load(self._next)
        self._show([*self._rows, *rows])

    def _show(self, rows: list[Row]) -> None:
        self._rows = rows
        self._table.rows = [_plain(row) for row in rows]
        self._box.set_visibility(bool(rows))
        self._nothing.set_visibility(not rows)
        self._below.set_visibility(self._next is not None)

    def _make(self) -> ui.table:
        columns = [_column(c) for c in self.columns]
        if self.actions:
            columns.append({**_NO_FIELD, "label": t("frame.row_actions")})
        table = ui.table(columns=columns, rows=[], row_key=self.key)
        table.props("flat").props(f'table-aria-label="{t(self.label)}"')
        for column in self.columns:
            if column.link or column.tone is not None or column.spark:
                table.add_slot(f"body-cell-{column.name}", _cell(column))
        if self.actions:
            table.add_slot("body-cell-actions", self._buttons())
            table.on("act", self._acted)
        return table

    def _buttons(self) -> str:
        """Return the Vue template of a row's buttons; texts are ours."""
        made = []
        for number, action in enumerate(self.actions):
            shown = f' v-if="props.row.{action.only}"' if action.only else ""
            made.append(
                f'<q-btn flat dense round size="sm" icon="{action.icon}"{shown} '
                f'aria-label="{t(action.title)}" '
                f"@click=\"$parent.$emit('act', {{n: {number}, "
                f'key: props.row.{self.key}}})">'
                f"<q-tooltip>{t(action.title)}</q-tooltip></q-btn>"
            )
        return f'<q-td :props="props">{"".join(made)}</q-td>'

    async def _acted(self, event: GenericEventArguments) -> None:
        """Do a row's action; what the browser says is looked up, not believed."""
        number, wanted = event.args["n"], event.args["key"]
        if not isinstance(number, int) or not 0 <= number < len(self.actions):
            return
        row = next((r for r in self._rows if r[self.key] == wanted), None)
        if row is not None:
            await self.actions[number].act(row)


def _plain(row: Row) -> dict[str, Any]:
    """Return what goes to the browser: a row may carry more, for its actions."""
    return {k: v for k, v in row.items() if v is None or isinstance(v, _PLAIN)}


_PLAIN = (str, int, float, bool)
_REACHABLE = (
    "document.querySelectorAll('#%s .q-table__middle')"
    ".forEach(element => { element.tabIndex = 0; })"
)
_NO_FIELD = {"name": "actions", "field": "actions", "align": "right"}


def _column(column: Column) -> dict[str, Any]:
    classes = [name for name in ("mono", "wrap") if getattr(column, name)]
    return {
        "name": column.name,
        "label": t(column.title),
        "field": column.name,
        "align": "right" if column.right else "left",
        "classes": " ".join(f"hmc-{name}" for name in classes),
    }


def _prefix() -> str:
    """Return where the console is mounted: templates know no `window`."""
    root: str = ui.context.client.request.scope.get("root_path", "")
    return root


def _cell(column: Column) -> str:
    """Return the Vue template of a cell; values are bound, never HTML."""
    if column.link:
        inside = (
            f'<a class="hmc-link" :href="\'{_prefix()}\' + '
            f'props.row.{column.link}">{{{{ props.value }}}}</a>'
        )
    elif column.spark:
        inside = (
            '<svg class="hmc-spark" viewBox="0 0 100 24" preserveAspectRatio="none" '
            f'role="img" :aria-label="props.row.{column.name}_text">'
            '<polyline :points="props.value" /></svg>'
        )
    else:
        inside = (
            f"<span :class=\"'hmc-badge ' + props.row.{column.tone}\">"
            "{{ props.value }}</span>"
        )
    return f'<q-td :props="props">{inside}</q-td>'
