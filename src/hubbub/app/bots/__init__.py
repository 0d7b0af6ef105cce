"""Runs bot programs that know nothing of Hubbub: `hubbub bot run FILE`."""
