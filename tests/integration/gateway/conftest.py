"""Socket tests run on the loop that the product uses, and on the one that others may embed it in."""

import asyncio

import uvloop


def pytest_asyncio_loop_factories():
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}
