import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hubbub.app.config import Config
from hubbub.app.folder import DataFolder
from hubbub.app.house import open_house
from hubbub.app.telemetry.records import ObservedRecords
from hubbub.storage.errors import StorageBusy


@pytest.fixture
def spans(monkeypatch):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("hubbub.kernel.telemetry.trace.get_tracer", provider.get_tracer)
    return exporter


async def test_everything_works_behind_it_and_statements_are_named_without_their_values(tmp_path, spans):
    with DataFolder(tmp_path / "data") as folder:
        observe = lambda records: ObservedRecords(records, traces=True)  # noqa: E731 - said where it is used
        async with open_house(Config(data=tmp_path / "data"), folder, observe=observe) as house:
            await house.community.accounts.create("ada", password=None, administrator=False)
            assert (await house.community.accounts.by_username("ada")).username == "ada"
    seen = {span.name for span in spans.get_finished_spans()}
    assert seen == {"records.fetch", "records.write"}
    assert "ada" not in str([dict(span.attributes) for span in spans.get_finished_spans()])


async def test_a_refusal_goes_through():
    class Busy:
        async def write(self, _ops, _events):
            raise StorageBusy

    with pytest.raises(StorageBusy):
        await ObservedRecords(Busy(), traces=False).write([])
