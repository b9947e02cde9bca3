"""A request's key is the digest of its canonical form, however that is written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lskd_toolkit import ChatRequest, Message, Sight, ToolCall
from lskd_toolkit.canonical import canonical
from lskd_toolkit.llm.keys import canonical_request, written

texts = st.text(max_size=20) | st.sampled_from(
    ['"messages":0', '\\"messages":0', '{"messages":0}', "\ud83d", "ä"]
)
messages = st.builds(
    Message,
    st.sampled_from(["user", "assistant"]),
    texts,
    st.lists(st.builds(Sight, texts, texts, st.just(lambda: None)), max_size=1).map(tuple),
    calls=st.lists(
        st.builds(ToolCall, texts, st.dictionaries(texts, st.integers(), max_size=1)), max_size=1
    ).map(tuple),
)
requests = st.builds(
    ChatRequest,
    st.lists(messages, min_size=1, max_size=4).map(tuple),
    system=texts,
    schema=st.none()
    | st.dictionaries(st.sampled_from(["messages", "type"]), st.integers(0, 1) | texts, max_size=2),
    temperature=st.floats(0, 2),
    stop=st.lists(texts, max_size=2).map(tuple),
    shared=st.integers(0, 5),
    options=st.dictionaries(st.sampled_from(["draws", "messages", "top_p"]), st.integers(0, 1), max_size=2),
)


@given(requests, texts, texts)
def test_writing_examples_once_changes_no_byte(request, endpoint, model):
    form = canonical_request(request, endpoint, model, {"messages": 0})
    assert written(form, request.shared) == canonical(form).encode("utf-8", "surrogatepass")
