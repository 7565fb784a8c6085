"""Secrets out of texts, before these are written anywhere. Pure: text → text with `[REDACTED:rule]`, and a report.

Two kinds of rule: tokens whose form their issuer fixed (`tokens.py`), and values that stand where a secret stands: behind
a name such as `password`, in a URL, in a header, in a command line. Everything is found on one unchanged text and replaced
together, again until nothing is found; every round leaves less that is no marker, so it ends, and `redact(redact(x))` is
`redact(x)`. A rule runs only where a fixed word of it is in the text, and no pattern looks further than one line or over
what another start of it looked over, so the time grows with the length and no faster.
"""
