"""Secrets made anew from a number: every kind of secret in every kind of place, combined at random.

Nothing here is one example: a value is random, a name is put together from words, and a place is how a language, a tool
or a person writes a value down. So a rule that was made for one text gains nothing.
"""

import base64
import random
import string
from collections.abc import Callable, Iterator
from urllib.parse import quote

from tests.redaction.corpus import Secret

_LETTERS = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_URLSAFE = _LETTERS + "-_"
Chance = random.Random

# --- values


def _run(chance: Chance, letters: str, length: int) -> str:
    return "".join(chance.choices(letters, k=length))


def token(chance: Chance) -> str:
    """Return what a service gives out as a key: long and random, in one of the usual alphabets."""
    letters = chance.choice((_HEX, _LETTERS, _LETTERS, _URLSAFE, string.ascii_lowercase + string.digits))
    value = _run(chance, letters, 32 if letters == _HEX else chance.randint(24, 48)).strip("-_")
    return value if any(map(str.isdigit, value)) else f"{value}{chance.randint(1000, 9999)}"


def password(chance: Chance) -> str:
    """Return what a generator of passwords makes, or a person does: letters and digits, often a sign."""
    kind = chance.randrange(3)
    if kind == 0:
        return _run(chance, string.ascii_letters, 12) + _run(chance, string.digits, 3)
    if kind == 1:
        return _run(chance, _LETTERS, 7) + chance.choice("!#%+*") + _run(chance, _LETTERS, 6) + "7"
    return _run(chance, string.ascii_letters, 14)


# --- names

_OWNERS = (
    "admin", "account", "developer", "backend", "resend", "scraper", "azure_search", "google_map", "hash", "azure_openai",
    "speech", "openai", "acme", "mail", "zendesk", "my_shop", "count_api", "minio", "percy", "friend", "homepage", "user",
    "internal_billing", "vector_db", "staging",
)  # fmt: skip
_TOKENS = ("token", "key", "api_key", "secret", "secret_key", "access_token", "auth_token", "apikey")
_PASSWORDS = ("password", "passwd", "pwd", "pass", "passphrase")
_SPOKEN = (
    "password", "Password", "passwort", "Passwort", "contraseña", "Contraseña", "mot de passe", "Mot de passe", "senha",
    "Senha", "pw", "PW", "pwd", "wachtwoord", "hasło", "пароль", "Пароль", "密码", "パスワード", "비밀번호",
)  # fmt: skip


def _cased(chance: Chance, name: str) -> str:
    """Return a name as some language writes it."""
    words = name.split("_")
    camel = words[0] + "".join(word.capitalize() for word in words[1:])
    return chance.choice((name, name.upper(), camel, camel[0].upper() + camel[1:], name.replace("_", "-")))


def _name(chance: Chance, ends: tuple[str, ...]) -> str:
    return _cased(chance, f"{chance.choice(_OWNERS)}_{chance.choice(ends)}")


# --- places: `{n}` is the name, `{v}` the value

_PLACES = (
    "{n}={v}", "{n}: {v}", '"{n}": "{v}"', "{n} = '{v}'", 'export {n}="{v}"', "- ENV {n} {v}", "ENV {n}={v}", "{n}\t{v}",
    "{n}:\t{v}", "{n}:\n  {v}", "{n}:\n{v}", "$env:{n}='{v}'", "$env:{n} = {v}", "set {n}={v}", "setx {n} {v}", "{n} := {v}",
    "{n} := `{v}`", 'const {n} = "{v}";', "{n} => '{v}',", "<{n}>{v}</{n}>", '<add key="{n}" value="{v}" />', "| {n} | {v} |",
    "| `{n}` | `{v}` |", "https://api.acme.io/v1?{n}={v}&page=2", "https://api.acme.io/v1?page=2&{n}={v}", "X-{n}: {v}",
    "tool --{n} {v}", "tool --{n}={v}", "tool -{n} {v}", "{n} is {v}", "- {n}: {v}", "* **{n}**: {v}", "{n} (`{v}`)",
    'os.environ["{n}"] = "{v}"', "config.set('{n}', '{v}')", "{n}[0]={v}", "{n}+={v}", "# {n}: {v}", "// {n} = {v}",
    "-D{n}={v}", "{n}={v};Timeout=30", "Timeout=30;{n}={v}", '{{"a": {{"{n}":"{v}"}}}}', "'{n}' : '{v}'", "{n} - {v}", "{n} ({v})",
    "run: deploy {n}={v} --now", "{n}\n{v}", "{n} {v}",
)  # fmt: skip
_SPOKEN_PLACES = (
    "{n}: {v}", "{n} = {v}", "{n}={v}", "{n} - {v}", "{n} ({v})", "the {n} is {v}", "{n}\t{v}", "{n}:\n{v}", "{n} `{v}`", '{n} "{v}"',
    "- {n}: {v}", "**{n}:** {v}", "user admin, {n}: {v}", "| {n} | {v} |", "{n} is now {v}.",
)  # fmt: skip
_COMMANDS = (
    "login with admin / {v}", "machine git.acme.io\n  login bot\n  password {v}", "CREATE USER app IDENTIFIED BY '{v}'",
    'ALTER USER app IDENTIFIED BY "{v}"', "Connect-Server -Password {v}", "keytool -storepass {v} -list", "keytool -keypass {v}",
    "curl -sSu me:{v} https://acme.io", "curl -u me:{v} https://acme.io", "git clone https://me:{v}@git.acme.io/a.git",
    "psql postgres://app:{v}@db/app", "scp me:{v}@host:/a .", "mysql -u root -p{v} shop", "db.password={v}", "sshpass -p {v} ssh a@b",
    "redis-cli -a {v} ping", "login: admin / {v}", "credentials: admin / {v}", "user/password: admin/{v}", "docker login -u me -p {v}",
    "WITH PASSWORD '{v}'", "tool --password {v}", "tool --password={v}", "7z x -p{v} a.7z", "htpasswd -b users me {v}",
)  # fmt: skip
_HEADERS = (
    "Authorization: {v}", "Authorization: Bearer {v}", "Authorization: token {v}", "curl -H 'Authorization: {v}' https://acme.io",
    "Cookie: session={v}", "Set-Cookie: session={v}; Path=/", "Cookie: a=b; sessionid={v}", "https://{v}@git.acme.io/a.git",
    "https://acme.io/?key={v}", "https://acme.io/?a=1&key={v}", "https://acme.io/f?Expires=1&Signature={v}", "X-Api-Key: {v}",
    "GITHUB_PAT={v}", "AZURE_PAT: {v}", "https://acme.io/?access_token={v}", "X-Auth-Token: {v}", "Proxy-Authorization: Bearer {v}",
    "api-key: {v}", "https://acme.io/cb#access_token={v}", 'headers = {{"Authorization": "{v}"}}', "Key={v}", "key: {v}",
)  # fmt: skip


def named(chance: Chance) -> Secret:
    """Return a secret that only its name, its command or its header tells."""
    kind = chance.randrange(6)
    if kind == 0:
        value = password(chance)
        return _placed(chance.choice(_SPOKEN_PLACES), chance.choice(_SPOKEN), value, "spoken")
    if kind == 1:
        value = password(chance)
        return _placed(chance.choice(_COMMANDS), "", value, "command")
    if kind == 2:
        value = token(chance)
        return _placed(chance.choice(_HEADERS), "", value, "header")
    if kind == 3:
        value = password(chance)
        return _placed(chance.choice(_PLACES[:46]), _name(chance, _PASSWORDS), value, "password")
    value = token(chance)
    return _placed(chance.choice(_PLACES), _name(chance, _TOKENS), value, "token")


def _placed(place: str, name: str, value: str, kind: str) -> Secret:
    return Secret("generated", f"{kind} in {place}", place.format(n=name, v=value), value)


# --- issuers' forms

_BARE = (
    "{v}", "use {v} for that", "`{v}`", "('{v}')", '"{v}",', "see {v}.", "x={v}", "- {v}", "[{v}]", "cmd {v} --now", "<{v}>", "a: {v}",
    "https://acme.io/{v}/get", "print {v}; exit", "{v}\n", "\t{v}\t", "\\n{v}\\n", "f({v})", "→ {v}", "{{'x': '{v}'}}", "**{v}**",
)  # fmt: skip
_U, _A, _X = "[A-Za-z0-9_-]", "[A-Za-z0-9]", "[0-9a-f]"
# What issuers say of their own forms, written down from their pages and not from the table.
ISSUED = (
    f"cfut_{_A}{{40}}", f"cfat_{_A}{{40}}", f"cfk_{_A}{{40}}", f"vcp_{_A}{{56}}", f"vci_{_A}{{56}}", f"vca_{_A}{{56}}", f"vcr_{_A}{{56}}",
    f"vck_{_A}{{56}}", f"dp.st.prd.{_A}{{43}}", f"dp.scim.{_A}{{43}}", f"dp.audit.{_A}{{43}}", f"pat-na1-{_X}{{8}}-{_X}{{4}}-{_X}{{4}}-{_X}{{4}}-{_X}{{12}}",
    f"squ_{_X}{{40}}", f"sqp_{_X}{{40}}", f"sqa_{_X}{{40}}", f"secret_{_A}{{43}}", "pk_[0-9]{8}_[0-9A-Z]{32}", f"sk_{_X}{{48}}",
    f"re_{_A}{{8}}_{_A}{{24}}", "napi_[a-z0-9]{64}", f"mdb_sa_sk_{_U}{{40}}", f"lin_oauth_{_X}{{64}}", f"tgp_v1_{_U}{{43}}",
    "csk-[a-z0-9]{48}", f"fc-{_X}{{32}}", f"{_A}{{52}}JQQJ99[A-Z0-9]{{10}}AAAAAAASAZDO{_A}{{4}}", f"{_A}{{52}}JQQJ99[A-Z0-9]{{10}}AAABACOG{_A}{{8}}",
    f"[A-Za-z0-9+/]{{76}}+ASt{_A}{{6}}==", f"ATBB{_A}{{32}}", f"LTAI{_A}{{20}}", f"AKID{_A}{{32}}", f"aio_{_A}{{28}}", f"apify_api_{_A}{{36}}",
    f"pgar_{_A}{{32}}", "da2-[a-z0-9]{26}", f"cmVmdGtu{_A}{{56}}", f"sgp_{_A}{{60}}", f"sdk-{_X}{{8}}-{_X}{{4}}-4{_X}{{3}}-{_X}{{4}}-{_X}{{12}}",
    f"api-{_X}{{8}}-{_X}{{4}}-4{_X}{{3}}-{_X}{{4}}-{_X}{{12}}", f"rzp_live_{_A}{{14}}", f"sk.eyJ{_A}{{80}}.{_A}{{22}}",
    f"bedrock-api-key-{_A}{{100}}", f"shpat_{_A}{{32}}", f"EAAAl{_U}{{59}}", f"ghp_{_A}{{36}}", f"glpat-{_U}{{20}}", f"sk-ant-api03-{_U}{{93}}AA",
    f"sk-proj-{_U}{{74}}T3BlbkFJ{_U}{{74}}", f"AIza{_U}{{35}}", f"xoxb-[0-9]{{12}}-[0-9]{{12}}-{_A}{{24}}", f"npm_{_A}{{36}}", "AKIA[A-Z2-7]{16}",
    f"hf_{_A}{{34}}", f"SG.{_U}{{22}}.{_U}{{43}}", f"dop_v1_{_X}{{64}}", f"pypi-AgEIcHlwaS5vcmc{_U}{{140}}",
)  # fmt: skip


def issued(chance: Chance) -> Secret:
    """Return a token whose form its issuer fixed, where nothing else gives it away."""
    value = issued_value(chance)
    place = chance.choice(_BARE)
    return Secret("generated", f"{value[:8]} in {place}", place.format(v=value), value)


def issued_value(chance: Chance) -> str:
    """Return one such token."""
    from tests.redaction.patterns import made

    return made(chance.choice(ISSUED), str(chance.random()))


# --- private keys

_KEY_KINDS = ("RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "", "PGP ", "ANY ")
_DATES = "2026-11-03T08:{:02}:11.231Z INFO [worker-{}] "


def _armoured(chance: Chance) -> tuple[list[str], str]:
    """Return the lines of a key in PEM, and what is secret in it."""
    kind = chance.choice(_KEY_KINDS)
    block = " BLOCK" if kind == "PGP " else ""
    body = [_run(chance, _LETTERS + "+/", 64) for _ in range(chance.randint(3, 12))] + [
        _run(chance, _LETTERS, 30) + "=="
    ]
    if kind == "PGP ":
        body = ["", *body, "=" + _run(chance, _LETTERS, 4)]
    begin, end = (f"-----{word} {kind}PRIVATE KEY{block}-----" for word in ("BEGIN", "END"))
    return [begin, *body, end], "".join(line for line in body if len(line) >= 30)


def _numbered(chance: Chance, lines: list[str]) -> str:
    form = chance.choice(("{:6}\t{}", "{:>5}→{}", "{:3} | {}", "{}: {}", "{:4}  {}", "L{}: {}"))
    return "\n".join(form.format(number, line) for number, line in enumerate(lines, chance.randint(1, 90)))


def _prefixed(chance: Chance, lines: list[str]) -> str:
    before = chance.choice(
        (_DATES.format(chance.randint(0, 59), 3), "> ", "+ ", "# ", "app_1  | ", "[stdout] ", "    ")
    )
    return "\n".join(before + line for line in lines)


def _in_base64(chance: Chance, lines: list[str]) -> str:
    text = base64.b64encode("\n".join(lines).encode()).decode()
    if chance.random() < 0.3:
        text = "\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    return chance.choice(("KEY_B64={}", "    client-key-data: {}", '"key": "{}"', "{}", "echo {} | base64 -d")).format(
        text
    )


_KEY_SHAPES: tuple[Callable[[Chance, list[str]], str], ...] = (
    lambda _, lines: "\n".join(lines),
    lambda _, lines: "\\n".join(lines),
    lambda _, lines: '"' + "\\n".join(lines) + '\\n"',
    lambda _, lines: "\r\n".join(lines),
    lambda _, lines: " ".join(lines),
    lambda _, lines: quote("\n".join(lines)),
    lambda _, lines: quote("\n".join(lines), safe=""),
    lambda _, lines: "\n".join(lines[:-1]),  # cut at the end
    lambda _, lines: "\n".join(lines[2:]),  # and at the front
    lambda _, lines: "\n".join(f'"{line}\\n" +' for line in lines),
    _numbered, _numbered, _prefixed, _prefixed, _in_base64, _in_base64,
)  # fmt: skip


def key(chance: Chance) -> Secret:
    """Return a private key as it is met: numbered, logged, encoded, cut off."""
    if chance.random() < 0.08:
        value = _run(chance, _URLSAFE, 43)
        curve = chance.choice(
            ('{"kty":"EC","crv":"P-256","d":"%s","x":"f8"}', '{"crv": "Ed25519", "d": "%s", "kty": "OKP"}')
        )
        return Secret("generated", "jwk", curve % value, value)
    lines, _ = _armoured(chance)
    shape = chance.randrange(len(_KEY_SHAPES))
    text = _KEY_SHAPES[shape](chance, lines)
    heart = chance.choice([line for line in lines[2:-2] if len(line) >= 30])
    if shape >= len(_KEY_SHAPES) - 2:
        encoded = max(text.split(), key=len)
        heart = encoded[len(encoded) // 2 : len(encoded) // 2 + 30]
    elif shape in (5, 6):
        heart = quote(heart, safe="/" if shape == 5 else "")
    return Secret("generated", f"key in shape {shape}", text, heart)


# --- disguises

_SPLITTERS: tuple[str, ...] = (
    "\u200b",
    "\u200d",
    "\u00ad",
    "\ufeff",
    "\u2060",
    "\x1b[0m",
    "\x1b[1;31m",
    "\n",
    "\n  ",
    "\\\n",
    "\r\n",
)


def disguised(chance: Chance) -> Secret:
    """Return a token with something in its middle that a screen or a reader takes out again."""
    value = issued_value(chance)
    at = chance.randint(len(value) // 3, 2 * len(value) // 3)
    place = chance.choice(_BARE)
    splitter = chance.choice(_SPLITTERS)
    text = place.format(v=value[:at] + splitter + value[at:])
    return Secret("generated", f"{value[:6]} split by {splitter!r}", text, value[at : at + 12])


KINDS: dict[str, tuple[Callable[[Chance], Secret], float]] = {
    "named": (named, 0.97),
    "issued": (issued, 0.95),
    "keys": (key, 0.98),
    "disguised": (disguised, 0.85),
}


def generated(kind: str, count: int, seed: str = "1") -> Iterator[Secret]:
    """Return `count` secrets of a kind, the same ones for the same seed."""
    make, _ = KINDS[kind]
    for number in range(count):
        yield make(random.Random(f"{kind} {seed} {number}"))  # noqa: S311 - repeatable on purpose
