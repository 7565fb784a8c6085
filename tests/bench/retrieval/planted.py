"""Notes planted among many, asked for in the words they hold and in other words; and typing errors in a question."""

from __future__ import annotations

import random
import string
from pathlib import Path
from typing import TYPE_CHECKING

from ocm.base.model import Session
from ocm.recall import search
from tests.bench import corpus, stores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocm.store.paths import Store

# What was noted, a question in words of it, and one that keeps the name a person would remember and says the rest
# otherwise. Questions that share no word at all were tried: 5 of 20 are found, and a thesaurus for them cost more on the
# open sets than it found here.
NOTES = (
    ("Login tokens expire after 15 minutes; refresh moved to the gateway", "login token expire refresh", "how long is a login valid before it has to be renewed"),
    ("Switched the image resizer from Pillow to libvips, memory fell from 900 MB to 120 MB", "libvips resizer memory", "why did we stop using Pillow for thumbnails"),
    ("Deadlock in the order queue: two workers lock rows in opposite order", "deadlock order queue workers", "both workers hang forever while they take an order"),
    ("Rate limiter uses a sliding window in Redis, 100 requests a minute", "rate limiter sliding window redis", "how do we throttle clients, is it done in Redis"),
    ("CSV export breaks on Excel for Mac, needs a BOM", "csv export excel bom", "Excel shows garbled umlauts after the download"),
    ("Upgraded Postgres 13 to 16, logical replication, 4 minutes downtime", "postgres upgrade logical replication", "how was Postgres moved to the new major version"),
    ("Flaky test test_checkout_total came from timezone of CI runner", "flaky test_checkout_total timezone", "which test is flaky on the build server and why"),
    ("Feature flags live in flags.yaml, loaded once at boot", "flags.yaml boot feature flags", "where do we switch a feature on and off"),
    ("PDF invoices rendered with WeasyPrint because wkhtmltopdf is unmaintained", "weasyprint invoices wkhtmltopdf", "which tool makes the PDF of a bill and why"),
    ("Webhook retries: exponential backoff, max 8 attempts, then dead letter", "webhook retries backoff dead letter", "what happens when a webhook of a customer keeps failing"),
    ("Search index rebuilt nightly at 02:00 UTC by cron on worker-3", "search index nightly cron worker-3", "when is the search index refreshed"),
    ("Memory leak in websocket handler: listeners never removed on close", "websocket leak listeners close", "the server grows until it is killed, something with websocket clients"),
    ("Chose Kafka over RabbitMQ for replay of events", "kafka rabbitmq replay", "why Kafka and not another message broker"),
    ("GDPR deletion job anonymizes users after 30 days", "gdpr deletion anonymizes users", "how do we erase users as GDPR demands"),
    ("Mobile app crashed on Android 14 due to exported receiver flag", "android 14 exported receiver crash", "phone app dies at start on the newest Android"),
    ("Docker image shrunk from 1.2 GB to 180 MB with multi-stage build", "docker image multi-stage", "how was the docker image made so much smaller"),
    ("SMTP provider moved from SendGrid to Postmark after bounces", "postmark sendgrid bounces", "why did we leave SendGrid for our mails"),
    ("Price rounding uses bankers rounding in Decimal, half even", "bankers rounding decimal price", "how is a price rounded in totals"),
    ("TLS certificate renewal by certbot failed: port 80 closed in firewall", "certbot renewal port 80 firewall", "https certificate was not renewed"),
    ("GraphQL N+1 fixed with dataloader batching", "graphql dataloader batching", "a GraphQL request makes far too many queries"),
)  # fmt: skip


def fill(store: Store, count: int) -> list[Session]:
    """Write many made-up sessions with the notes among them; returns those that hold a note."""
    chance = random.Random(3)  # noqa: S311 - the same places at every run
    places = dict(zip(chance.sample(range(count), len(NOTES)), NOTES, strict=True))
    planted: list[Session] = []

    def sessions() -> Iterator[Session]:
        for number, session in enumerate(corpus.sessions(count)):
            if number in places:
                planted.append(_note(session, places[number][0]))
            yield planted[-1] if number in places else session

    stores.write_ours(Path(store.sessions), sessions())
    by_note = {session.goal: session for session in planted}
    return [by_note[note] for note, _, _ in NOTES]


def _note(session: Session, text: str) -> Session:
    """Return a session at the same time in which nothing but the note was written down."""
    return Session(
        session.session_id,
        title=text[:60],
        slug=session.slug,
        tool=session.tool,
        started_at=session.started_at,
        updated_at=session.updated_at,
        goal=text,
    )


def found(store: Store, planted: list[Session]) -> tuple[int, int]:
    """Return how many notes are among the first ten answers: to their own words, and to other words."""
    answers = [0, 0]
    for session, (_, own, other) in zip(planted, NOTES, strict=True):
        for kind, question in enumerate((own, other)):
            hits = search.search(store, question, limit=10)
            answers[kind] += session.session_id in {hit["session_id"] for hit in hits}
    return answers[0], answers[1]


def mistyped(text: str, number: int) -> str:
    """Return a question with one edit in one of its words of five letters and more."""
    chance = random.Random(number)  # noqa: S311 - the same slips at every run
    words = text.split(" ")
    long = [n for n, word in enumerate(words) if len(word) >= 5 and word.isascii() and word.isalpha()]
    if long:
        at = chance.choice(long)
        words[at] = _slip(words[at], chance)
    return " ".join(words)


def _slip(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    letter = chance.choice(string.ascii_lowercase)
    kinds = (
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return chance.choice(kinds)
