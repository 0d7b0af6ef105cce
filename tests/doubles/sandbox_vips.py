"""A job that decodes with libvips."""

from __future__ import annotations

import pyvips

from hubbub.media.adapters.sandbox.job import Call, job


@job("test.thumbnail")
def thumbnail(call: Call):
    source = pyvips.Source.new_from_descriptor(call.inputs[0])
    image = pyvips.Image.thumbnail_source(source, call.arguments["width"])
    target = pyvips.Target.new_to_descriptor(call.outputs[0])
    image.write_to_target(target, ".webp")
    return {"width": image.width, "height": image.height}
