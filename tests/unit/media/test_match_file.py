"""Lists of hashes are read in the forms in which operators get them, and no line is lost without being named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubbub.media.domain.match_file import BadLine, Listed, MatchAction, parse_hash, parse_list

A, B, C = "a" * 64, "B" * 64, "0123456789abcdef" * 4
BLOCK, REVIEW = MatchAction.BLOCK, MatchAction.REVIEW


def entry(text: str, label: str = "", action: MatchAction = BLOCK) -> Listed:
    return Listed(bytes.fromhex(text), label, action)


def test_one_hash_a_line_takes_the_label_and_action_that_were_told() -> None:
    found = parse_list([f"{A}\n", "\n", "# a remark\n", f"  {B}  \r\n"], "told", REVIEW)
    assert found.entries == [entry(A, "told", REVIEW), entry(B, "told", REVIEW)]
    assert found.bad == []


def test_csv_with_a_line_of_names_is_read_by_its_names() -> None:
    lines = ["\ufeffLabel,Hash,Action", f'"one, two",{A},review', f"three,{B},BLOCK", f",{C},"]
    found = parse_list(lines, "told", BLOCK)
    assert found.entries == [entry(A, "one, two", REVIEW), entry(B, "three"), entry(C, "told")]


def test_csv_without_names_has_hash_label_and_action_in_this_order() -> None:
    assert parse_list([f"{A},one,review", f"{B};two"], "", BLOCK).entries == [entry(A, "one", REVIEW), entry(B, "two")]


def test_what_other_tools_write_is_taken_by_its_hash() -> None:
    lines = [f"pdq:{A}", f"{B} 100 some/file.jpg", f"{C}\t57\tTS_2024"]
    assert [each.pdq.hex() for each in parse_list(lines, "", BLOCK).entries] == [A, B.lower(), C]


def test_bad_lines_are_named_by_their_number_and_the_others_kept() -> None:
    found = parse_list(["hash,label,action", f"{A},one,burn", "xyz,two,block", f"{B},three,block", A[:-1]], "", BLOCK)
    assert found.entries == [entry(B, "three")]
    assert [each.number for each in found.bad] == [2, 3, 5]
    assert found.bad[0] == BadLine(2, "The action is block or review.")


def test_a_hash_that_stands_twice_counts_as_it_stands_last() -> None:
    assert parse_list([f"{A},one", f"{A},two,review"], "", BLOCK).entries == [entry(A, "two", REVIEW)]


def test_labels_hold_no_controls_and_are_not_endless() -> None:
    (found,) = parse_list([f"{A},a\x1b[31mb{'c' * 500}"], "", BLOCK).entries
    assert found.label.startswith("a [31mbccc")
    assert len(found.label) == 200


@given(st.lists(st.text(max_size=200)))
def test_whatever_stands_in_a_file_each_line_is_taken_empty_a_remark_or_named(lines: list[str]) -> None:
    found = parse_list(lines, "", BLOCK)
    assert {each.number for each in found.bad} <= set(range(1, len(lines) + 1))
    silent = [line for line in lines if not line.removeprefix("\ufeff").strip() or line.strip().startswith("#")]
    assert len(found.entries) + len(found.bad) + len(silent) <= len(lines) + 1


@given(st.binary(min_size=32, max_size=32), st.booleans())
def test_every_hash_is_read_in_either_case(pdq: bytes, upper: bool) -> None:
    assert parse_hash(pdq.hex().upper() if upper else f" {pdq.hex()}\n") == pdq
