from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.events.log import TopicPartition
from hubbub.events.log.groups import assign

topics = st.dictionaries(st.sampled_from("abc"), st.integers(1, 6), min_size=1)


@settings(deadline=None)
@given(topics, st.data())
def test_each_partition_goes_to_exactly_one_member_that_named_its_topic(partitions, data):
    named = st.frozensets(st.sampled_from(sorted(partitions)), min_size=1)
    subscriptions = data.draw(st.lists(named, min_size=1, max_size=5))
    hands = assign(subscriptions, partitions)
    dealt = [partition for hand in hands for partition in hand]
    wanted = frozenset().union(*subscriptions)
    assert sorted(dealt) == sorted(TopicPartition(t, n) for t in wanted for n in range(partitions[t]))
    assert all(
        partition.topic in topics for hand, topics in zip(hands, subscriptions, strict=True) for partition in hand
    )


@settings(deadline=None)
@given(topics, st.integers(1, 6))
def test_members_of_one_mind_get_equal_shares(partitions, members):
    hands = assign([frozenset(partitions)] * members, partitions)
    sizes = [len(hand) for hand in hands]
    assert max(sizes) - min(sizes) <= 1
