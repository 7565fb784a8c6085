"""The words that names of secrets are made of, and those that make a name one of something else."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What may stand behind each word of NAMES and still be its name.
ENDS = {
    "pass": r"(?:w(?:or[dt]|d)|phrase|code)?s?",
    "secret": r"s?(?:[_-]?(?:access)?[_-]?(?:key|token|value))?(?:[_-]?base)?",
    "credential": "s?",
    "auth": "(?:orization)?",
    "pw": "(?![a-z0-9])",
    "pat": "(?![a-z0-9])",
}
# Before `token`: it counts words, or says where a list goes on.
NO_TOKEN = _words(
    "page next cursor sync continuation pad eos bos unk mask sep cls stop start end special num max min total count per"
)
# Before `key`: whatever follows it may be a secret, however it looks.
KEY = _words(
    "api access private secret account auth encryption encrypt decryption signing sign master service licence license "
    "deploy storage admin app application client session crypt jwt hmac aes webhook integration consumer subscription "
    "function bot write ingest backend shared sas rest fernet vault bearer activation"
)
# Before `key`: everybody may have it.
PUBLIC = _words("public pub gpg pgp fingerprint")
# Before `key`: it is a place in a table, a cache or a list of messages.
NO_KEY = _words(
    "primary foreign sort partition idempotency cache object row index group dict dedup unique order column "
    "i18n message translation lookup routing commit content etag checksum integrity react item list node"
)
# What people and tools call a password, in other languages, too.
SPOKEN = (
    "contrase\xf1a", "mot de passe", "senha", "kennwort", "wachtwoord", "has\u0142o", "heslo",
    "parola d'ordine", "l\xf6senord", "salasana", "jelsz\xf3", "\u015fifre", "parol\u0103", "kata sandi",
    "m\u1eadt kh\u1ea9u", "\u03ba\u03c9\u03b4\u03b9\u03ba\u03cc\u03c2", "\u043f\u0430\u0440\u043e\u043b\u044c",
    "\u5bc6\u7801", "\u5bc6\u78bc", "\u30d1\u30b9\u30ef\u30fc\u30c9", "\ube44\ubc00\ubc88\ud638",
    "\u0633\u0631", "\u05e1\u05d9\u05e1\u05de\u05d4", "\u092a\u093e\u0938\u0935\u0930\u094d\u0921",
)  # fmt: skip
