import asyncio

import pytest

from hubbub.app.operations.requests import CreateUser, FillDemo, Progress, Status
from hubbub.app.operations.socket import Refused, ask, serve
from hubbub.kernel.errors import FieldProblem, InvalidForm


def ignore(_progress):
    pass


async def test_a_request_arrives_whole_and_its_facts_come_back(tmp_path):
    seen = []

    async def perform(request, _report):
        seen.append(request)
        return {"id": "7"}

    request = CreateUser(username="ada", administrator=True)
    async with serve(tmp_path / "operations.sock", perform):
        assert await ask(tmp_path / "operations.sock", request, ignore) == {"id": "7"}
    assert seen == [request]


async def test_without_a_server_there_is_no_answer(tmp_path):
    assert await ask(tmp_path / "operations.sock", Status(), ignore) is None


async def test_a_socket_left_by_a_crash_is_no_server(tmp_path):
    path = tmp_path / "operations.sock"
    context = serve(path, None)
    await context.__aenter__()
    path.rename(tmp_path / "left.sock")
    await context.__aexit__(None, None, None)
    assert await ask(tmp_path / "left.sock", Status(), ignore) is None


async def test_progress_is_told_while_the_work_goes_on(tmp_path):
    async def perform(_request, report):
        for done in range(3):
            report(Progress(done, 3, "drawing"))
            await asyncio.sleep(0)
        return {}

    told = []
    async with serve(tmp_path / "operations.sock", perform):
        await ask(tmp_path / "operations.sock", FillDemo(), told.append)
    assert [progress.done for progress in told] == [0, 1, 2]


async def test_an_error_keeps_its_sentence_and_fields(tmp_path):
    async def perform(_request, _report):
        raise InvalidForm(fields=[FieldProblem("username", "TAKEN", "This name is taken.")])

    async with serve(tmp_path / "operations.sock", perform):
        with pytest.raises(Refused) as caught:
            await ask(tmp_path / "operations.sock", Status(), ignore)
    assert caught.value.told_code == "form.invalid"
    assert [(field.path, field.sentence) for field in caught.value.fields] == [("username", "This name is taken.")]


async def test_a_fault_is_told_without_its_inside(tmp_path):
    async def perform(_request, _report):
        raise RuntimeError("secret detail")

    async with serve(tmp_path / "operations.sock", perform):
        with pytest.raises(Refused, match="its log says why") as caught:
            await ask(tmp_path / "operations.sock", Status(), ignore)
    assert "secret" not in str(caught.value)


async def test_hanging_up_cancels_the_work(tmp_path):
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def perform(_request, _report):
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with serve(tmp_path / "operations.sock", perform):
        asking = asyncio.create_task(ask(tmp_path / "operations.sock", FillDemo(), ignore))
        await asyncio.wait_for(begun.wait(), 5)
        asking.cancel()
        await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_folder_of_any_length_will_do(tmp_path):
    folder = tmp_path / ("long" * 40)
    folder.mkdir()

    async def perform(_request, _report):
        return {"reached": True}

    async with serve(folder / "operations.sock", perform):
        assert await ask(folder / "operations.sock", Status(), ignore) == {"reached": True}


async def test_only_the_owner_may_open_the_socket(tmp_path):
    async with serve(tmp_path / "operations.sock", None):
        assert (tmp_path / "operations.sock").stat().st_mode & 0o777 == 0o600


async def test_nonsense_is_refused(tmp_path):
    async with serve(tmp_path / "operations.sock", None):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "operations.sock")
        writer.write(b'{"operation": "rm"}\n')
        answer = await asyncio.wait_for(reader.readline(), 5)
        writer.close()
    assert b"operation.unknown" in answer
