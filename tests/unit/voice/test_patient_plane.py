"""Commands that the media plane has no room for wait, and reach it in order."""

import pytest

from doubles.media_plane import MemoryMediaPlane
from hubbub.voice.errors import MediaPlaneUnavailable
from hubbub.voice.service import media_plane as plane
from hubbub.voice.service.patient_plane import PatientPlane


class BusyPlane(MemoryMediaPlane):
    room = 1

    def perform(self, command):
        if len(self.commands) >= self.room:
            raise MediaPlaneUnavailable
        super().perform(command)


def test_what_has_no_room_waits_and_keeps_its_order():
    busy, calls = BusyPlane(), []
    patient = PatientPlane(busy, lambda _seconds, call: calls.append(call))
    commands = [plane.UnpublishTrack(f"TR_{number}") for number in range(5)]
    for command in commands:
        patient.perform(command)
    assert busy.commands == commands[:1]
    with pytest.raises(MediaPlaneUnavailable):
        patient.open_transport(plane.TransportSpec(transport_id=1, room="RM", participant="PA"))
    busy.room = 3
    calls.pop()()
    assert busy.commands == commands[:3]
    busy.room = 9
    patient.perform(plane.UnpublishTrack("TR_5"))
    calls.pop()()
    assert busy.commands == [*commands, plane.UnpublishTrack("TR_5")]
    assert calls == []
    assert patient.open_transport(plane.TransportSpec(transport_id=1, room="RM", participant="PA")).ufrag
    assert patient.restart_ice(1).ufrag
