"""What operators see of media at a glance: what is kept, how it is found again, what is being done, what it costs."""

from __future__ import annotations

from typing import Final

import msgspec

from hubbub.kernel.clock import Clock
from hubbub.media.adapters import stock_statements as statements
from hubbub.media.config import MediaConfig
from hubbub.media.counted import DELIVERED, DELIVERIES, PROCESSED, VARIANTS, WORKED
from hubbub.media.domain.asset import VARIANT, name_in
from hubbub.media.domain.upload import Upload, UploadState
from hubbub.media.service.figures import Counted, Figures
from hubbub.media.service.parked import Parked, ParkedJobs
from hubbub.media.service.stock import Stock, StockCount
from hubbub.storage.records.port import Records

KEEP_S: Final = 5.0
"""Seconds for which a report is told again: many may look at once, and again and again."""
COUNT_MAX: Final = 10_000
"""Of jobs and of uploads no more are counted; then there are that many, or more."""
PARKED_MAX: Final = 100
LISTED_MAX: Final = 20
"""Jobs that run, and uploads, of which each is told."""
DAYS: Final = 30
"""Days of what is told of all processes: about the month for which storing is priced."""
_GB: Final = 1e9
_HOUR_S: Final = 3600


class Amount(msgspec.Struct, frozen=True):
    """How much of something is kept."""

    name: str
    objects: int
    size_bytes: int


class JobLine(msgspec.Struct, frozen=True):
    """A job that runs, or that was given up."""

    id: str
    kind: str
    asset_id: str
    name: str | None
    """None when the file is gone."""
    owner: str | None
    size_bytes: int | None
    attempts: int
    progress: int
    node: str
    code: str
    message: str
    began_at_ms: int


class JobCount(msgspec.Struct, frozen=True):
    """How many jobs of a kind are in a state."""

    kind: str
    state: str
    number: int


class UploadLine(msgspec.Struct, frozen=True):
    """An upload under way."""

    id: str
    name: str
    owner: str
    offset_bytes: int
    size_bytes: int | None
    """None while it is not told."""
    began_at_ms: int
    ends_at_ms: int
    """When it is given up, unless bytes come."""


class Uploading(msgspec.Struct, frozen=True):
    """Uploads under way, parts that wait to be joined among them."""

    number: int
    arrived_bytes: int
    announced_bytes: int
    latest: list[UploadLine]


class CostLine(msgspec.Struct, frozen=True):
    """What something costs."""

    name: str
    """``stored`` for a month, ``processed`` and ``delivered`` in the last `DAYS`."""
    amount: float
    unit: str
    """``GB`` of 10^9 bytes, or ``CPU h``."""
    price: float
    """Of one unit; zero when it was not set."""
    cost: float
    per_gb: float | None
    """What that makes by the gigabyte kept, processed or delivered; None where none was."""


class Report(msgspec.Struct, frozen=True):
    """Everything."""

    at_ms: int
    counted_at_ms: int | None
    """When all that is kept was counted; None while that goes on for the first time."""
    kept: list[Amount]
    """By class."""
    saved_bytes: int
    """What recompressed originals would take besides, as they came."""
    variants: list[Amount]
    """By format."""
    jobs: list[JobCount]
    count_max: int
    """A sum of `jobs`, or of uploads, that reaches this may be more."""
    running: list[JobLine]
    parked: list[JobLine]
    uploads: Uploading
    process: Counted | None
    """What this process did since it started; None where no server runs."""
    month: Counted
    """What all processes did in the last `DAYS`."""
    currency: str
    costs: list[CostLine]


class MediaReport:
    """Makes reports, and remembers the last for a moment."""

    def __init__(
        self,
        records: Records,
        clock: Clock,
        config: MediaConfig,
        *,
        serves: bool,
        figures: Figures | None = None,
        rows: int | None = None,
    ) -> None:
        """Report on what `records` tell of.

        Args:
            records: Where everything is.
            clock: The time.
            config: Has the prices.
            serves: Whether this process delivers, so that it is worth telling what it did.
            figures: What all processes did; None for what the records tell of it.
            rows: As for `StockCount`; None for its own.
        """
        self._records = records
        self._clock = clock
        self._config = config
        self._since_ms = clock.unix_ms() if serves else None
        self._figures = figures or Figures(records, clock)
        self._parked = ParkedJobs(records, clock)
        self._stock = StockCount(records, clock) if rows is None else StockCount(records, clock, rows=rows)
        self._last: Report | None = None
        self._good_until_s = 0.0

    async def current(self, within_s: float = 2.0) -> Report:
        """Return a report of the last seconds.

        Args:
            within_s: How long to wait for the first count of all that is kept.

        Raises:
            HubbubError: The records cannot be read.
        """
        now_s = self._clock.monotonic_s()
        # One that lacks the count is not kept: who asks again is better served.
        if self._last is None or now_s >= self._good_until_s or self._last.counted_at_ms is None:
            self._last = await self._made(await self._stock.latest(within_s))
            self._good_until_s = now_s + KEEP_S
        return self._last

    def forget(self) -> None:
        """Make the next report anew: something was changed by who looks."""
        self._good_until_s = 0.0

    async def stop(self) -> None:
        """End what is being counted."""
        await self._stock.stop()

    async def _made(self, stock: Stock | None) -> Report:
        records = self._records
        running = await records.fetch(statements.RUNNING, {"row_limit": LISTED_MAX})
        arriving = await records.fetch_one(statements.ARRIVING, {"row_limit": COUNT_MAX})
        latest = await records.fetch(statements.LATEST, {"of_state": UploadState.OPEN.value, "row_limit": LISTED_MAX})
        waiting = await records.fetch(statements.WAITING, {"row_limit": COUNT_MAX})
        kept = _by_class(stock)
        month = await self._figures.of_days(DAYS)
        return Report(
            at_ms=self._clock.unix_ms(),
            counted_at_ms=None if stock is None else stock.counted_at_ms,
            kept=kept,
            saved_bytes=0 if stock is None else stock.saved_bytes,
            variants=_by_format(stock),
            jobs=[JobCount(each.kind, each.state, each.number) for each in waiting],
            count_max=COUNT_MAX,
            running=[_line(each) for each in await self._parked.with_files(running)],
            parked=[_line(each) for each in await self._parked.listed(PARKED_MAX)],
            uploads=Uploading(*(arriving or (0, 0, 0)), [_upload(each) for each in latest]),
            process=self._counted(),
            month=month,
            currency=self._config.price_currency,
            costs=_costs(self._config, kept, month),
        )

    def _counted(self) -> Counted | None:
        if self._since_ms is None:
            return None
        return Counted(self._since_ms, VARIANTS.now(), DELIVERIES.now(), DELIVERED.now(), PROCESSED.now(), WORKED.now())


def _by_class(stock: Stock | None) -> list[Amount]:
    found: dict[str, tuple[int, int]] = {}
    for each in () if stock is None else stock.kept:
        number, size_bytes = found.get(each.storage_class, (0, 0))
        found[each.storage_class] = number + each.number, size_bytes + each.size_bytes
    return [Amount(name, *amount) for name, amount in found.items()]


def _by_format(stock: Stock | None) -> list[Amount]:
    kept = () if stock is None else stock.kept
    return [Amount(each.content_type, each.number, each.size_bytes) for each in kept if each.storage_class == VARIANT]


def _costs(config: MediaConfig, kept: list[Amount], month: Counted) -> list[CostLine]:
    stored = sum(each.size_bytes for each in kept) / _GB
    delivered = sum(month.delivered_bytes.values()) / _GB
    processed = sum(month.processed_bytes.values()) / _GB
    hours = sum(month.cpu_s.values()) / _HOUR_S
    return [
        _cost_line("stored", stored, "GB", config.price_stored, stored),
        _cost_line("processed", hours, "CPU h", config.price_processed, processed),
        _cost_line("delivered", delivered, "GB", config.price_delivered, delivered),
    ]


def _cost_line(name: str, amount: float, unit: str, price: float, gigabytes: float) -> CostLine:
    cost = amount * price
    return CostLine(name, amount, unit, price, cost, cost / gigabytes if gigabytes else None)


def _line(parked: Parked) -> JobLine:
    job, asset = parked
    return JobLine(
        id=str(job.id),
        kind=job.kind,
        asset_id=str(job.asset_id),
        name=None if asset is None else asset.file_name,
        owner=None if asset is None else asset.owner,
        size_bytes=None if asset is None else asset.size_bytes,
        attempts=job.attempts,
        progress=job.progress,
        node=job.lease_owner,
        code=job.error_code,
        message=job.error_message,
        began_at_ms=job.created_at_ms,
    )


def _upload(upload: Upload) -> UploadLine:
    return UploadLine(
        id=str(upload.id),
        name=name_in(upload.metadata),
        owner=upload.owner,
        offset_bytes=upload.offset_bytes,
        size_bytes=upload.length_bytes,
        began_at_ms=upload.created_at_ms,
        ends_at_ms=upload.expires_at_ms,
    )
