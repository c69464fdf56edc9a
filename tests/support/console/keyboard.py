"""Uses a page as somebody without a mouse does."""

from playwright.async_api import Locator, Page, expect

_MOST_TABS = 120


async def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until an element has the focus; fail where none ever gives it."""
    await expect(target).to_be_enabled()
    for _ in range(_MOST_TABS):
        if await target.evaluate("e => e.contains(document.activeElement)"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {target}")


async def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Go to an element and press a key on it."""
    await tab_to(page, target)
    await page.keyboard.press(key)


async def type_into(page: Page, label: str, text: str) -> None:
    """Go to a field and write into it, over what stands there."""
    await tab_to(page, page.get_by_label(label, exact=True))
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text(text)


async def slide(page: Page, label: str, tenths: int, hundredths: int = 0) -> None:
    """Go to a slider and move it: PageUp is a tenth, an arrow a hundredth."""
    slider = page.get_by_role("slider", name=label, exact=True)
    await tab_to(page, slider)
    for count, up, down in (
        (tenths, "PageUp", "PageDown"),
        (hundredths, "ArrowRight", "ArrowLeft"),
    ):
        for _ in range(abs(count)):
            await page.keyboard.press(up if count > 0 else down)
