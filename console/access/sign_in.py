"""The page on which people sign in: name and password, then the second factor."""

from dataclasses import dataclass, field

from fastapi import Request
from nicegui import ui
from starlette.responses import RedirectResponse, Response

from centre.access import sign_in as signing_in
from centre.access.contracts import SignInAttempt
from centre.access.devices import new_device
from centre.access.sign_ins import CodeNeeded
from console.kit.context import context
from console.kit.entering import enter_as
from console.kit.errors import error_text, show_error
from console.kit.forms import Form
from console.kit.shell import Text, brand, switches
from console.kit.texts import t
from console.kit.visits import SIGN_IN, address_of, browser_of, visitor_of
from console.kit.widgets import button, note
from core.errors import MessageCentreError


async def sign_in(request: Request, next: str = "/", ended: int = 0) -> Response | None:
    """Draw the page, or pass on who is signed in."""
    target = _own(next)
    if not ended and await visitor_of(request) is not None:
        root = request.scope.get("root_path", "")
        return RedirectResponse(f"{root}{target}", status_code=303)
    ui.page_title(f"{t('sign_in.title')} · {t('frame.brand')}")
    with ui.element("div").classes("hmc-corner"):
        switches()
    with ui.element("div").classes("hmc-alone"):
        brand()
        with ui.element("div").classes("hmc-card"):
            Text("h1", t("sign_in.title"))
            if ended:
                note(t("sign_in.ended"), "warn")
            _Desk(target).draw()
    return None


@dataclass
class _Desk:
    """The two steps of signing in."""

    target: str
    form: Form = field(default_factory=Form)

    def draw(self) -> None:
        """Draw both steps, the second one hidden."""
        form = self.form
        with ui.element("div").classes("hmc-step") as self._first:
            form.text("username", "sign_in.username", autocomplete="username")
            form.password(
                "password", "sign_in.password", autocomplete="current-password"
            )
        with ui.element("div").classes("hmc-step") as self._second:
            Text("p", t("sign_in.code_text")).classes("hmc-quiet")
            form.text("code", "sign_in.code", autocomplete="one-time-code")
        self._second.set_visibility(False)
        self._problem = note("", "bad").props("role=alert")
        self._problem.set_visibility(False)
        self._button = button(t("sign_in.button"), self.enter, kind="primary")
        self._button.classes("w-full")
        for name in ("username", "password", "code"):
            form.element(name).on("keydown.enter", self.enter)

    async def enter(self) -> None:
        """Check what was typed in; go on, ask for the code, or say no."""
        client = ui.context.client
        self._button.props("loading")
        self._problem.set_visibility(False)
        try:
            request = client.request
            # A browser gets its name now; only with a session it gets to know it.
            device = browser_of(request) or new_device(context().keyring)
            attempt = self._attempt(request, device)
            gates = context().sign_ins
            user = await signing_in.sign_in(context(), gates, attempt)
        except CodeNeeded:
            self._ask_for_code()
        except MessageCentreError as error:
            self._refuse(error_text(error))
        except Exception as error:
            show_error(error, client)
        else:
            await enter_as(user, self.target, device)
        finally:
            self._button.props(remove="loading")

    def _attempt(self, request: Request, device: str) -> SignInAttempt:
        code = self.form.value("code") if self._second.visible else None
        return SignInAttempt(
            username=self.form.value("username")[:64].casefold(),
            password=str(self.form.element("password").value or "")[:256],
            code=code or None,
            address=address_of(request),
            device=device,
        )

    def _ask_for_code(self) -> None:
        self._first.set_visibility(False)
        self._second.set_visibility(True)
        self.form.element("code").run_method("focus")

    def _refuse(self, text: str) -> None:
        self._problem.text = text
        self._problem.set_visibility(True)
        self.form.element("code").set_value("")


def _own(target: str) -> str:
    """Return an address inside the console, never another host's."""
    inside = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if inside and not target.startswith(SIGN_IN) else "/"
