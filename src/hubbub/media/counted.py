"""What this process did with files since it started: for operators to read here, and as metrics for who collects those.

Counting is an addition to a number; metrics are made of the numbers only when somebody collects.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from opentelemetry.metrics import CallbackOptions, Observation

from hubbub.kernel.telemetry import meter


class Counts:
    """Numbers that only grow, one for each thing that may happen."""

    def __init__(self, name: str, label: str, happenings: Sequence[str], *, unit: str = "1", description: str) -> None:
        """Start at zero.

        Args:
            name: Of the metric.
            label: Of the attribute that says which number it is.
            happenings: Every value of it.
            unit: As UCUM has it: ``1``, ``By``, ``s``.
            description: What is counted, in few words.
        """
        self._label = label
        self._numbers: dict[str, float] = dict.fromkeys(happenings, 0)
        meter("hubbub.media").create_observable_counter(name, [self._observe], unit=unit, description=description)

    def add(self, happening: str, amount: float = 1) -> None:
        """Count `amount` more; raises KeyError for what is not counted."""
        self._numbers[happening] += amount

    def now(self) -> dict[str, float]:
        """Return all numbers."""
        return dict(self._numbers)

    def _observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(number, {self._label: happening}) for happening, number in self._numbers.items()]


VARIANTS = Counts(
    "hubbub.media.variants",
    "outcome",
    ("memory", "joined", "store", "rendered", "failed", "shed"),
    description="variants asked for, by where they were found, or that they were not made",
)
"""``joined``: by waiting for what another had asked for. ``shed``: turned away because too many renders waited."""
DELIVERIES = Counts(
    "hubbub.media.deliveries", "what", ("picture", "original", "stream", "hot"), description="answers with a body"
)
"""``hot``: what was answered a moment ago, once more."""
DELIVERED = Counts(
    "hubbub.media.delivered",
    "what",
    ("picture", "original", "stream", "hot"),
    unit="By",
    description="bytes of their bodies",
)
PROCESSED = Counts(
    "hubbub.media.processed",
    "what",
    ("picture", "recording"),
    unit="By",
    description="bytes of files that were decoded when they came",
)
WORKED = Counts(
    "hubbub.media.cpu",
    "what",
    ("inspect", "encode", "render"),
    unit="s",
    description="processor time of decoders and encoders in the sandbox",
)
"""``encode`` is what ffmpeg did, ``inspect`` what else was done of a file when it came."""
