"""Failing handlers, rate limits, lost answers, long texts, files: nothing lost, nothing doubled, everything said."""

import asyncio

import gateway as cl
from tests.support.bot import register, running_bot
from tests.system.reading import eventually, from_bot, said, shown, texts


async def test_a_failing_handler_is_run_again_then_told_with_a_reference_and_kept(slack, tmp_path):
    runs = []

    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            runs.append(1)
            await cl.Message("before").send()
            raise ValueError("boom")

    async with running_bot(slack, register(bot), tmp_path) as running:
        await slack.post("general", "@gateway x")
        told = await said(slack, "general", "Reference")
        letters = await eventually(running.gateway.store.dead_letters)
    assert len(runs) == 3
    assert texts(slack, "general")[0] == "before"
    assert len(from_bot(slack, "general")) == 2
    assert "boom" not in shown(told)
    assert "ValueError: boom" in letters[0].error


async def test_a_handler_that_recovers_leaves_one_answer(slack, tmp_path):
    runs = []

    def bot():
        @cl.on_message
        async def main():
            runs.append(1)
            await cl.Message(f"run {len(runs)}").send()
            if len(runs) < 2:
                raise ValueError("passing")

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway x")
        await said(slack, "general", "run 2")
    assert texts(slack, "general") == ["run 2"]


async def test_a_failed_run_leaves_no_trace_in_the_session_and_the_thread_goes_on(slack, tmp_path):
    seen = []

    def bot():
        @cl.on_chat_start
        def start():
            cl.user_session.set("history", [])

        @cl.on_message
        async def main(message: cl.Message):
            cl.user_session.get("history").append(message.content)
            seen.append(list(cl.user_session.get("history")))
            if message.content == "bad":
                raise ValueError("boom")
            await cl.Message("fine").send()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway bad")
        await said(slack, "general", "Reference", thread=root)
    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "good", thread_ts=root)
        await said(slack, "general", "fine", thread=root)
    assert seen == [["bad"], ["bad"], ["bad"], ["good"]]


async def test_without_retries_a_handler_runs_at_most_once(slack, tmp_path):
    runs = []

    def bot():
        @cl.on_message
        async def main():
            runs.append(1)
            raise ValueError("boom")

    async with running_bot(slack, register(bot), tmp_path, turn_retries=0):
        await slack.post("general", "@gateway x")
        await said(slack, "general", "Reference")
    assert runs == [1]


async def test_rate_limits_and_server_errors_lose_and_double_nothing(slack, tmp_path):
    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            await cl.Message(f"re {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path):
        slack.fail_next("chat.postMessage", times=3, retry_after=1)
        for n in range(5):
            await slack.post("general", f"@gateway {n}")
        await slack.wait_for(lambda: len(texts(slack, "general")) == 5, 15)
        slack.fail_next("chat.postMessage", status=503)
        slack.fail_next("chat.postMessage", status="disconnect", after_effect=True)
        slack.fail_next("chat.postMessage", status=500, after_effect=True)
        for n in range(5, 10):
            await slack.post("general", f"@gateway {n}")
        await slack.wait_for(lambda: len(texts(slack, "general")) >= 10, 15)
    assert sorted(texts(slack, "general")) == [f"re {n}" for n in range(10)]


async def test_a_long_answer_with_a_table_and_code_arrives_whole(slack, tmp_path):
    rows = "\n".join(f"| row{n} | value{n} |" for n in range(80))
    code = "\n".join(f"print('line {n}')" for n in range(400))
    prose = "\n\n".join(f"Paragraph {n} has some words in it, and then some more of them." for n in range(120))
    text = f"# Report\n\n{prose}\n\n| name | what |\n|---|---|\n{rows}\n\n```python\n{code}\n```\n\nThe end."
    assert len(text) > 16_000

    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            if message.content == "stream":
                answer = cl.Message()
                for start in range(0, len(text), 400):
                    await answer.stream_token(text[start : start + 400])
                await answer.send()
            else:
                await cl.Message(text).send()

    async with running_bot(slack, register(bot), tmp_path):
        for way in ("send", "stream"):
            root = await slack.post("general", f"@gateway {way}")
            await said(slack, "general", "The end.", thread=root, timeout=20)
            await slack.wait_for(
                lambda root=root: not [m for m in from_bot(slack, "general", root) if m.get("streaming")]
            )
            whole = "\n".join(texts(slack, "general", root))
            for n in range(120):
                assert f"Paragraph {n} has" in whole, (way, n)
            for n in range(80):
                assert f"row{n}" in whole, (way, n)
                assert f"value{n}" in whole, (way, n)
            for n in range(400):
                assert whole.count(f"print('line {n}')") == 1, (way, n)


async def test_what_a_model_wrote_mentions_nobody(slack, tmp_path):
    def bot():
        @cl.on_message
        async def main():
            await cl.Message("Hello <!channel> <!here> <!subteam^S1> <@U0GRACE> @channel @here **now**").send()
            await cl.Message("<@U0GRACE> please look", mentions=cl.AllowedMentions(users=True)).send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway x")
        await said(slack, "general", "please look")
    sent = [str(call.args) for call in slack.calls_to("chat.postMessage")]
    for live in ("<!channel>", "<!here>", "<!subteam^S1>", "<@U0GRACE>"):
        assert live not in sent[0]
    assert "<@U0GRACE>" in sent[1]


async def test_files_go_both_ways_name_and_bytes_exact(slack, tmp_path):
    got = []

    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            for element in message.elements:
                with open(element.path, "rb") as file:
                    got.append((element.name, element.mime, file.read()))
            await cl.Message(
                "Here",
                elements=[cl.File(name="out.bin", content=bytes(range(256))), cl.Text(name="note", content="inline")],
            ).send()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway take", files=[("in put.txt", b"caf\xc3\xa9", "text/plain")])
        message = await slack.wait_for(
            lambda: next((m for m in from_bot(slack, "general", root) if m.get("files")), None)
        )
    assert got == [("in put.txt", "text/plain", b"caf\xc3\xa9")]
    file = message["files"][0]
    assert file["name"] == "out.bin"
    assert slack.world.files[file["id"]].content == bytes(range(256))
    assert any("inline" in text for text in texts(slack, "general", root))


async def test_a_missing_scope_for_files_is_named_and_never_the_login_page(slack, tmp_path):
    got = []

    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            got.append(message.elements)
            await cl.Message("went on").send()

    slack.team.scopes.discard("files:read")
    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway take", files=[("a.txt", b"x", "text/plain")])
        await said(slack, "general", "files:read")
        await said(slack, "general", "went on")
    assert got == [[]]


async def test_a_file_over_the_limit_is_refused_with_the_limit(slack, tmp_path):
    def bot():
        @cl.on_message
        async def main(message: cl.Message):
            await cl.Message(f"{len(message.elements)} files").send()

    async with running_bot(slack, register(bot), tmp_path, max_file_mb=0.001):
        await slack.post("general", "@gateway take", files=[("big.bin", b"x" * 5000, "application/octet-stream")])
        await said(slack, "general", "limit")
        await said(slack, "general", "0 files")


async def test_concurrent_sends_of_one_handler_all_arrive(slack, tmp_path):
    def bot():
        @cl.on_message
        async def main():
            await asyncio.gather(*(cl.Message(f"part {n}").send() for n in range(10)))
            await cl.Message("end").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway x")
        await said(slack, "general", "end")
    assert texts(slack, "general") == [*(f"part {n}" for n in range(10)), "end"]
