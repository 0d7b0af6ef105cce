"""Which picture format a client gets, by its ``Accept`` header.

New formats go only to clients that name them: command line tools and old browsers send ``*/*`` and can show neither.
Among what a client names, its own weights decide, and our order where they are equal: AVIF, then WebP, then what
everyone takes. A client that accepts none of it gets the fallback all the same; a picture is more use than a 406.

Source: RFC 9110, sections 12.4.2 and 12.5.1.
"""

from __future__ import annotations

import re

from hubbub.media.domain.rendition import Output, Source, fallback

RANGES_MAX = 32
"""Media ranges that are read; browsers send about eight."""
_WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", re.IGNORECASE)


def negotiate(accept: str | None, source: Source) -> tuple[Output, ...]:
    """Return formats for `source`, best first; the last is the fallback that every client takes.

    Args:
        accept: The header's value, None when the client sent none.
        source: The asset. AVIF is not made of what moves.
    """
    plain = fallback(source, animated=source.animated)
    weights = _weights(accept or "")
    modern = (Output.WEBP,) if source.animated else (Output.AVIF, Output.WEBP)
    named = [output for output in modern if weights.get(output.content_type, 0.0) > 0.0]
    plain_weight = _weight(weights, plain.content_type)
    if plain_weight > 0.0:
        named = [output for output in named if weights[output.content_type] >= plain_weight]
    # sorted() is stable: equal weights keep our order.
    return (*sorted(named, key=lambda output: -weights[output.content_type]), plain)


def _weight(weights: dict[str, float], content_type: str) -> float:
    """Return the weight of a type by its most specific range; zero where nothing matches."""
    for media_range in (content_type, "image/*", "*/*"):
        if media_range in weights:
            return weights[media_range]
    return 0.0


def _weights(accept: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in accept.split(",", RANGES_MAX)[:RANGES_MAX]:
        media_range, *parameters = part.split(";")
        weight = 1.0
        for parameter in parameters:
            found = _WEIGHT.fullmatch(parameter)
            if found is not None:
                weight = float(found[1])
        name = media_range.strip().lower()
        if name:
            weights[name] = max(weight, weights.get(name, 0.0))
    return weights
