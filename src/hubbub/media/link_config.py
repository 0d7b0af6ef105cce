"""Settings of previews of links."""

from __future__ import annotations

from dataclasses import dataclass

from hubbub.kernel.errors import Misconfigured
from hubbub.media.domain.guard import read_allowed

_KEPT_MAX_S = 43_200
"""Half of the day after which a picture that nobody holds is collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkConfig:
    """Whether links in messages are shown with a preview, and how far this server goes for one."""

    previews: bool = True
    """Whether this server opens the links that members write. Members never do: pages and pictures reach them through
    this server alone."""
    allowed: tuple[str, ...] = ()
    """Hosts and networks that are opened although they are not of the public internet, such as ``wiki.lan``,
    ``wiki.lan:8443``, ``10.1.2.3`` or ``10.1.0.0/16``. Whoever may write a message makes this server ask them."""
    page_bytes_max: int = 1024 * 1024
    """Bytes of a page that are read; the rest of a longer one is not."""
    picture_bytes_max: int = 8 * 1024 * 1024
    """Largest picture of a preview, in bytes."""
    time_max_s: float = 10.0
    """Seconds that a page, and its picture, may take to come, redirects included."""
    fetches_parallel: int = 8
    """Pages and pictures that are fetched at a time; of one host always one."""
    kept_s: int = 1_800
    """Seconds in which the same link is not fetched again. One that failed is left alone for five minutes."""

    def __post_init__(self) -> None:
        """Refuse values that cannot work, naming the setting."""
        for name in ("page_bytes_max", "picture_bytes_max", "time_max_s", "fetches_parallel", "kept_s"):
            if getattr(self, name) <= 0:
                raise Misconfigured(f"links.{name} must be greater than zero, not {getattr(self, name)!r}.")
        if self.kept_s > _KEPT_MAX_S:
            raise Misconfigured(f"links.kept_s must be at most {_KEPT_MAX_S}, not {self.kept_s}.")
        try:
            read_allowed(self.allowed)
        except ValueError as problem:
            raise Misconfigured(f"links.allowed: {problem}.") from problem
