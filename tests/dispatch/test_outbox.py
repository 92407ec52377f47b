"""The outbox: nothing leaves unwritten, nothing leaves twice, and what nobody knows waits for a person."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.dispatch.conftest import Clock, Note, Post, kinds, make_office, opened

from circular_gen.dispatch.installation import ElsewhereError
from circular_gen.dispatch.outbox import OLD, Down, HandedOver, Later, Outbox, Refused, Run, Unknown
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.ledger import Draft, Intent, Intents, KeyConflictError, Writer
from circular_gen.ledger.verification import verify


@pytest.fixture
def outbox(office: Path, clock: Clock) -> Iterator[Outbox]:
    with opened(office, clock) as records:
        yield Outbox(records)


def intents(outbox: Outbox, *units: str, payload: str = "p", **more: object) -> list[Intent]:
    return [
        outbox.intent("winter", 0, unit, "email", address=f"{unit}@example.org", payload=payload, **more)  # type: ignore[arg-type]
        for unit in units
    ]


def send(outbox: Outbox, clock: Clock, post: Post, **more: object) -> Run:
    return outbox.send(post, lambda intent: Note(intent.payload), pace=clock.pace(), **more)  # type: ignore[arg-type]


def states(outbox: Outbox) -> dict[str, str]:
    return {row.unit: row.state for row in outbox.rows()}


def test_everything_planned_leaves_once_and_in_order(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u2", "u0", "u1"))
    assert states(outbox) == dict.fromkeys(("u2", "u0", "u1"), "planned")
    post = Post()
    run = send(outbox, clock, post)
    assert post.carried == ["u2", "u0", "u1"]
    assert post.closed
    assert run.count("handed-over") == 3
    assert kinds(outbox.ledger, "u0") == ["intent", "sent"]
    sent = outbox.ledger.events("winter", "u0", ("sent",))[0].payload
    assert sent["message"] == outbox.message_id(run.of("handed-over")[1])
    assert sent["message"].endswith("@example.org>")
    assert (sent["channel"], sent["to"], sent["detail"]) == ("email", "u0@example.org", "250 ok")
    again = Post()
    assert send(outbox, clock, again).rows == {}
    assert again.carried == []
    assert verify(outbox.ledger).ok


def test_no_transaction_is_open_while_a_message_is_carried(outbox: Outbox, clock: Clock, office: Path) -> None:
    outbox.plan(intents(outbox, "u0", "u1"))

    class Looking(Post):
        def carry(self, intent: Intent, message: Note) -> HandedOver:  # type: ignore[override]
            with opened(office, clock) as records:  # another program can write
                records.ledger.append(Draft("noted", "x", "winter", intent.unit, {"text": "meanwhile"}))
                rows = Outbox(records).rows(states=("leased",))
                assert [row.unit for row in rows] == [intent.unit], "leased before it leaves, and no other"
            return HandedOver("250")

    assert send(outbox, clock, Looking()).count("handed-over") == 2


def test_planning_again_changes_nothing(outbox: Outbox) -> None:
    first = outbox.plan(intents(outbox, "u0"))
    second = outbox.plan(intents(outbox, "u0", "u1"))
    assert second.known == first.new
    assert [intent.unit for intent in second.new] == ["u1"]
    assert kinds(outbox.ledger, "u0") == ["intent"]


def test_what_was_never_tried_may_be_planned_anew(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0", payload="old"))
    outbox.plan(intents(outbox, "u0", payload="new"))
    assert [row.payload for row in outbox.rows()] == ["new"]
    assert send(outbox, clock, Post()).count("handed-over") == 1


@pytest.mark.parametrize("fate", [HandedOver("250"), Unknown("lost"), Refused("550", "5.1.1"), Later("451")])
def test_what_may_have_left_is_never_planned_with_another_payload(
    outbox: Outbox, clock: Clock, fate: HandedOver
) -> None:
    outbox.plan(intents(outbox, "u0", payload="old"))
    send(outbox, clock, Post({"u0": [fate]}), stop=iter([False, True, True]).__next__)
    before = outbox.rows()
    with pytest.raises(KeyConflictError):
        outbox.plan(intents(outbox, "u1", "u0", payload="new"))
    assert outbox.rows() == before, "all or none"


def test_put_off_is_tried_again_later_each_time_longer(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0", "u1"))
    post = Post({"u0": [Later("450 greylisted"), Later("450"), Later("450"), HandedOver("250")]})
    run = send(outbox, clock, post)
    assert run.count("handed-over") == 2
    assert post.carried == ["u0", "u1", "u0", "u0", "u0"], "the others do not wait for it"
    assert [round(seconds) for seconds in clock.slept] == [10, 20, 30]
    assert kinds(outbox.ledger, "u0") == ["intent", "sent"]
    assert outbox.rows(units=("u0",))[0].attempts == 4


def test_put_off_for_ever_waits_for_a_person(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0"))
    post = Post({"u0": [Later("450")]})
    run = send(outbox, clock, post)
    assert [row.reason for row in run.of("waiting")] == ["put-off"]
    assert len(post.carried) == 8


def test_a_refusal_bounces_and_the_others_go_on(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0", "u1", "u2"))
    run = send(outbox, clock, Post({"u1": [Refused("550 5.1.1 no such user", "5.1.1")]}))
    assert (run.count("handed-over"), run.count("refused"), run.stopped) == (2, 1, "")
    bounced = outbox.ledger.events("winter", "u1", ("bounced",))[0].payload
    assert (bounced["permanent"], bounced["status"], bounced["detail"]) == (True, "5.1.1", "550 5.1.1 no such user")
    standing = outbox.ledger.standing("winter", "u1")
    assert standing is not None
    assert standing.bounced == bounced["message"]


def test_refusals_in_a_row_end_the_run(tmp_path: Path, clock: Clock) -> None:
    with opened(make_office(tmp_path / "many", 12), clock) as records:
        outbox = Outbox(records)
        outbox.plan(intents(outbox, *(f"u{n}" for n in range(12))))
        run = send(outbox, clock, Post({f"u{n}": [Refused("550 relaying denied")] for n in range(12)}))
        assert "550 relaying denied" in run.stopped
        assert run.count("refused") == 5
        assert list(states(outbox).values()).count("planned") == 7


def test_an_unknown_fate_is_told_and_never_sent_again(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0", "u1"))
    run = send(outbox, clock, Post({"u0": [Unknown("connection lost after the last dot")]}))
    assert (run.count("unknown"), run.count("handed-over")) == (1, 1)
    assert kinds(outbox.ledger, "u0") == ["intent", "unknown"]
    post = Post()
    run = send(outbox, clock, post)
    assert post.carried == []
    assert [row.unit for row in run.of("unknown")] == ["u0"], "told again at every run"


def test_an_unknown_one_that_is_found_in_the_sent_mails_is_handed_over(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0", "u1"))
    post = Post({"u0": [Unknown("lost")], "u1": [Unknown("lost")]})
    run = send(outbox, clock, post, found=lambda rows: [row.key for row in rows if row.unit == "u0"])
    assert states(outbox) == {"u0": "handed-over", "u1": "unknown"}
    assert run.count("handed-over") == 1
    assert kinds(outbox.ledger, "u0") == ["intent", "unknown", "sent"]
    standing = outbox.ledger.standing("winter", "u0")
    assert standing is not None
    assert standing.unknown is None


def test_a_report_of_delivery_settles_an_unknown_one(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0"))
    send(outbox, clock, Post({"u0": [Unknown("lost")]}))
    message = outbox.message_id(outbox.rows()[0])
    outbox.ledger.append(Draft("delivered", "x", "winter", "u0", {"message": message}))
    send(outbox, clock, Post())
    assert states(outbox) == {"u0": "handed-over"}


def test_a_killed_program_leaves_one_unknown_message(
    outbox: Outbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.plan(intents(outbox, "u0", "u1", "u2"))

    class Killed(Post):
        def carry(self, intent: Intent, message: Note) -> HandedOver:  # type: ignore[override]
            self.carried.append(intent.unit)
            if intent.unit == "u1":
                with outbox.ledger.writing() as writer:  # what the next program finds: no fate was recorded
                    left = list(Intents(writer).find(states=("leased",)))
                assert [row.unit for row in left] == ["u1"]
                raise SystemExit(9)
            return HandedOver("250")

    real = Outbox.carried
    monkeypatch.setattr(
        Outbox,
        "carried",
        lambda self, writer, row, fate: row if isinstance(fate, Down) else real(self, writer, row, fate),
    )
    with pytest.raises(SystemExit):
        send(outbox, clock, Killed())
    assert states(outbox) == {"u0": "handed-over", "u1": "leased", "u2": "planned"}
    post = Post()
    run = send(outbox, clock, post)
    assert post.carried == ["u2"]
    assert [(row.unit, row.reason) for row in run.of("unknown")] == [("u1", "interrupted")]
    assert kinds(outbox.ledger, "u1") == ["intent", "unknown"]


def test_ways_that_may_be_repeated_are(outbox: Outbox, clock: Clock) -> None:
    outbox.plan([outbox.intent("winter", 0, "u0", "folder", address="u0", payload="p")])
    with outbox.ledger.writing() as writer:
        Intents(writer).put([row._replace(state="leased") for row in Intents(writer).find()])
    post = Post()
    post.channel = "folder"
    assert send(outbox, clock, post).count("handed-over") == 1


def test_a_server_that_is_down_is_waited_for(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0", "u1"))
    post = Post({"u0": [Down("refused"), Down("refused"), HandedOver("250")]})
    run = send(outbox, clock, post)
    assert run.count("handed-over") == 2
    assert post.carried == ["u0", "u0", "u0", "u1"], "nothing else is tried meanwhile"
    assert [round(seconds) for seconds in clock.slept] == [10, 20]
    assert outbox.rows(units=("u0",))[0].attempts == 1, "that was no try of this message"


def test_a_server_that_stays_down_ends_the_run(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0", "u1"))
    run = send(outbox, clock, Post({"u0": [Down("connection refused")]}))
    assert "connection refused" in run.stopped
    assert set(states(outbox).values()) == {"planned"}
    assert [round(seconds) for seconds in clock.slept] == [10, 20, 30, 30, 60]


def test_a_wrong_password_ends_the_run_at_once(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0", "u1"))
    run = send(outbox, clock, Post({"u0": [Down("535 wrong password", final=True)]}))
    assert run.stopped == "535 wrong password"
    assert clock.slept == []
    assert set(states(outbox).values()) == {"planned"}


def test_a_message_that_is_not_the_planned_one_waits(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0", "u1"))
    post = Post()
    run = outbox.send(post, lambda row: Note("p" if row.unit == "u1" else "other"), pace=clock.pace())
    assert post.carried == ["u1"]
    assert [(row.unit, row.reason) for row in run.of("waiting")] == [("u0", "changed")]


def test_what_was_planned_long_ago_waits(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0"))
    clock.now += OLD - timedelta(minutes=1)
    outbox.plan(intents(outbox, "u1"))
    clock.now += timedelta(minutes=2)
    post = Post()
    run = send(outbox, clock, post)
    assert post.carried == ["u1"]
    assert [(row.unit, row.reason) for row in run.of("waiting")] == [("u0", "old")]


def test_what_is_needed_no_more_is_dropped_in_the_moment_of_sending(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0", "u1"))

    def check(writer: Writer, intent: Intent) -> str | None:
        standing = writer.standing(intent.circular, intent.unit)
        return "received" if standing and standing.received_at else None

    class Answering(Post):
        def carry(self, intent: Intent, message: Note) -> HandedOver:  # type: ignore[override]
            self.carried.append(intent.unit)  # while u0's is carried, u1 answers
            outbox.ledger.append(Draft("received", "x", "winter", "u1", {"by": "张某"}))
            return HandedOver("250")

    post = Answering()
    run = send(outbox, clock, post, check=check)
    assert post.carried == ["u0"]
    assert [(row.unit, row.reason) for row in run.of("dropped")] == [("u1", "received")]


def test_other_papers_have_their_own_events(outbox: Outbox, clock: Clock) -> None:
    send(outbox, clock, Post())
    outbox.plan(
        [
            *intents(outbox, "u0", purpose="reminder", event="reminded", fields={"nth": 1, "manner": "notice"}),
            *intents(outbox, "u1", purpose="reminder", nth=2, event="reminded"),
            *intents(outbox, "u2", purpose="reminder"),
        ]
    )
    send(outbox, clock, Post({"u1": [Unknown("lost")], "u2": [Refused("550")]}), purposes=("reminder",))
    assert kinds(outbox.ledger, "u0") == ["intent", "reminded"]
    assert outbox.ledger.events("winter", "u0", ("reminded",))[0].payload["manner"] == "notice"
    assert kinds(outbox.ledger, "u1") == ["intent", "noted"], "the circular's own standing does not hang on it"
    assert kinds(outbox.ledger, "u2") == ["intent", "noted"]


def test_only_what_is_asked_for_is_sent(outbox: Outbox, clock: Clock) -> None:
    rows = outbox.plan(intents(outbox, "u0", "u1")).new
    post = Post()
    assert send(outbox, clock, post, circular="other").rows == {}
    assert send(outbox, clock, post, purposes=("reminder",)).rows == {}
    send(outbox, clock, post, keys=[rows[1].key])
    assert post.carried == ["u1"]


def test_a_rate_is_kept_in_every_window_of_a_minute(tmp_path: Path, clock: Clock) -> None:
    with opened(make_office(tmp_path / "many", 25), clock) as records:
        outbox = Outbox(records)
        outbox.plan(intents(outbox, *(f"u{n}" for n in range(25))))
        times: list[float] = []

        class Timed(Post):
            def carry(self, intent: Intent, message: Note) -> HandedOver:  # type: ignore[override]
                times.append(clock.now.timestamp())
                return HandedOver("250")

        outbox.send(Timed(), lambda intent: Note("p"), pace=clock.pace(10))
        assert len(times) == 25
        assert all(later - earlier >= 59.9 for earlier, later in zip(times, times[10:], strict=False))


def test_a_person_can_stop_between_messages_and_go_on(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0", "u1", "u2"))
    post = Post()
    run = send(outbox, clock, post, stop=lambda: len(post.carried) == 2)
    assert run.interrupted
    assert states(outbox) == {"u0": "handed-over", "u1": "handed-over", "u2": "planned"}
    run = send(outbox, clock, post)
    assert post.carried == ["u0", "u1", "u2"]
    assert not run.interrupted


@pytest.mark.parametrize("doubtful", [False, True])
def test_breaking_off_in_the_middle_of_a_message(outbox: Outbox, clock: Clock, doubtful: bool) -> None:
    outbox.plan(intents(outbox, "u0", "u1"))

    class Broken(Post):
        def carry(self, intent: Intent, message: Note) -> HandedOver:  # type: ignore[override]
            self.doubtful = doubtful
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(outbox, clock, Broken())
    assert states(outbox) == {"u0": "unknown" if doubtful else "planned", "u1": "planned"}


# -- a person's word ---------------------------------------------------------------------------------------------------


def test_unknown_and_it_was_sent(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0"))
    run = send(outbox, clock, Post({"u0": [Unknown("lost")]}))
    outbox.resolve(run.of("unknown")[0], "sent", "张某")
    assert states(outbox) == {"u0": "handed-over"}
    assert outbox.ledger.events("winter", "u0")[-1].actor == "张某"
    with pytest.raises(UsageError):
        outbox.resolve(outbox.rows()[0], "again")


def test_unknown_and_send_it_again_is_the_same_message(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0"))
    post = Post({"u0": [Unknown("lost"), HandedOver("250")]})
    row = send(outbox, clock, post).of("unknown")[0]
    again = outbox.resolve(row, "again")
    assert again.key == row.key
    send(outbox, clock, post)
    assert states(outbox) == {"u0": "handed-over"}
    assert kinds(outbox.ledger, "u0") == ["intent", "unknown", "noted", "sent"]


def test_refused_and_send_it_again_is_another_message(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0"))
    post = Post({"u0": [Refused("550"), HandedOver("250")]})
    row = send(outbox, clock, post).of("refused")[0]
    again = outbox.resolve(row, "again")
    assert (again.nth, again.key != row.key) == (2, True)
    send(outbox, clock, post)
    assert kinds(outbox.ledger, "u0") == ["intent", "bounced", "intent", "sent"]
    standing = outbox.ledger.standing("winter", "u0")
    assert standing is not None
    assert standing.bounced is None, "another message reached it"
    with pytest.raises(UsageError):
        outbox.resolve(row, "again")


def test_what_waits_can_be_dropped(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0"))
    clock.now += OLD + timedelta(minutes=1)
    row = send(outbox, clock, Post()).of("waiting")[0]
    outbox.resolve(row, "drop")
    post = Post()
    send(outbox, clock, post)
    assert post.carried == []
    assert states(outbox) == {"u0": "dropped"}


def test_two_do_not_send_at_once(outbox: Outbox, office: Path, clock: Clock) -> None:
    with outbox.alone(), opened(office, clock) as records:
        other = Outbox(records)
        with pytest.raises(CircularGenError, match="under way"), other.alone():
            pass


# -- the fence ---------------------------------------------------------------------------------------------------------


def test_a_copy_of_the_workspace_sends_nothing(outbox: Outbox, office: Path, clock: Clock, tmp_path: Path) -> None:
    outbox.plan(intents(outbox, "u0", "u1", "u2"))
    copied: list[Path] = []

    class Copying(Post):
        def carry(self, intent: Intent, message: Note) -> HandedOver:  # type: ignore[override]
            copied.append(shutil.copytree(office, tmp_path / f"copy-{intent.unit}"))
            return HandedOver("250")

    send(outbox, clock, Copying())
    for copy in copied:
        with opened(copy, clock) as records:
            other, post = Outbox(records), Post()
            for attempt in (
                lambda other=other: other.plan(intents(other, "u0")),
                lambda other=other, post=post: send(other, clock, post),
                lambda other=other: other.check_place(),
            ):
                with pytest.raises(ElsewhereError, match="--here"):
                    attempt()
            assert post.carried == []


def test_a_person_can_say_that_the_copy_is_the_one(outbox: Outbox, office: Path, clock: Clock, tmp_path: Path) -> None:
    outbox.plan(intents(outbox, "u0", "u1"))
    copy = shutil.copytree(office, tmp_path / "copy")
    with opened(copy, clock) as records:
        other, post = Outbox(records), Post()
        other.take_over()
        run = send(other, clock, post)
        assert post.carried == [], "what had been begun elsewhere waits"
        assert {row.reason for row in run.of("waiting")} == {"elsewhere"}
        other.plan(intents(other, "u2"))
        send(other, clock, post)
        assert post.carried == ["u2"]
        other.resolve(other.rows(units=("u0",))[0], "again")
        send(other, clock, post)
        assert post.carried == ["u2", "u0"]
    with pytest.raises(ElsewhereError):
        send(outbox, clock, Post())


def test_a_ledger_put_back_in_its_place_sends_nothing(office: Path, clock: Clock, tmp_path: Path) -> None:
    backups = []
    with opened(office, clock) as records:
        backups.append(shutil.copytree(office, tmp_path / "before"))
        outbox = Outbox(records)
        outbox.plan(intents(outbox, "u0", "u1"))
        backups.append(shutil.copytree(office, tmp_path / "planned"))
        send(outbox, clock, Post(), stop=iter([False, True]).__next__)
        backups.append(shutil.copytree(office, tmp_path / "half"))
        send(outbox, clock, Post())
    for backup in backups:
        shutil.rmtree(office)
        shutil.copytree(backup, office)
        with opened(office, clock) as records:
            post = Post()
            outbox = Outbox(records)
            with pytest.raises(ElsewhereError, match="older"):
                outbox.plan(intents(outbox, "u0"))
            with pytest.raises(ElsewhereError, match="older"):
                send(outbox, clock, post)
            assert post.carried == []


def test_another_account_does_not_send_unasked(
    outbox: Outbox, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.plan(intents(outbox, "u0"))
    monkeypatch.setenv("CIRCULAR_GEN_STATE", str(tmp_path / "other-account"))
    with pytest.raises(ElsewhereError):
        send(outbox, clock, Post())


def test_an_outbox_that_is_lost_sends_nothing_again(outbox: Outbox, clock: Clock) -> None:
    outbox.plan(intents(outbox, "u0"))
    send(outbox, clock, Post())
    with outbox.ledger.writing() as writer:  # as after the import of a ledger, which holds no outbox
        writer.connection.exec_driver_sql("DELETE FROM intents")
    planned = outbox.plan(intents(outbox, "u0"))
    assert [(row.state, row.reason) for row in planned.new] == [("waiting", "forgotten")]
    post = Post()
    send(outbox, clock, post)
    assert post.carried == []
