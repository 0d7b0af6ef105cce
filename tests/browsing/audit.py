"""What axe finds on a page."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

GRAVE = {"serious", "critical"}


async def grave_problems(page: Page, *, only: tuple[str, ...] = ()) -> list[str]:
    """Return what axe calls serious or critical on `page`, each with the elements at fault; `only` names its rules."""
    rules = {"runOnly": list(only)} if only else {}
    results = await Axe().run(page, options={"resultTypes": ["violations"], **rules})
    return [
        f"{found['id']} ({found['impact']}): {node['html'][:200]} {node.get('failureSummary', '')}"
        for found in results.response["violations"]
        if found["impact"] in GRAVE
        for node in found["nodes"]
    ]
