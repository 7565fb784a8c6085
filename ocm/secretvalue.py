"""Whether what stands behind a name such as `password` or `api_key` is a secret, or a placeholder, a reference, a word.

Pure, and about one value of at most a line. The rule of thumb: a secret mixes letters and digits or signs within one word;
what code, prose and templates put in that place does not.
"""

import re

QUOTED, ENV, BARE, PROSE = "quoted", "env", "bare", "prose"
LONGEST = 4_000

# Words with digits that are no secret, wherever they stand.
_TECHNICAL = re.compile(
    r"sha\d{1,3}|md5|base\d\d|utf[-_]?\d{1,2}|u?int\d{1,2}|float\d\d|oauth\d?|http/?\d?|v\d{1,2}(?![a-z0-9])|x509|[rhep]s\d{3}|"
    r"ed25519|argon2(?:id|i|d)?|pbkdf2|bcrypt\d?|i18n|l10n|a11y|k8s|s3|ec2|[12]fa|aes\d{0,3}|rsa\d{0,4}|amd64|arm64|x86|"
    r"win\d\d|python\d|latin\d|ipv\d|tls\d|h264|neo4j|log4j|auth0|web3|d3|b2b",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\$\{|\$\(|\$env:|\{\{|\$\{?\w+\}?$|%\w+%$|%\(|%[sdrv]$|<[^<>]*>$|\{[\w.\[\]'\"!:]*\}$|`|"
    r"!(?:ref|secret|vault|sub|getatt|env|env_var|include|file)\b|"
    r"(?:op|vault|env|file|ref|arn|ssm|aws|gcp|azure|kms|sops|keyring|secretsmanager|https?|s3|gs|ref\+\w+):|"
    r"(?:process|os|self|this|config|settings|options|opts|props|args|params|ctx|context|request|req|secrets|vars|var|local|"
    r"data|env|cfg|conf|app|module|std|import|steps|github|inputs|values|user|form|state)\.[A-Za-z_]|@\w+\.\w+\(",
    re.IGNORECASE,
)
_EXPRESSION = re.compile(r"[A-Za-z_$][\w.$:>-]*[(\[<]|[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+$|(?:new|await|function|lambda)\b")
_PATH = re.compile(
    r"(?:~|\.{1,2})?/|[A-Za-z]:[\\/]|\\\\|[\w@.-]+(?:/[\w@.-]+)*\.(?:json|ya?ml|pem|key|txt|env|crt|cfg|ini|toml|py|js|tsx?|sh|md|html?|"
    r"php|rb|go|rs|java|cs|db|sqlite|gpg|p12|pfx|jks)$"
)
_NUMBER = re.compile(r"[\d.,:/_+-]+\s?(?:[a-zA-Z]{1,3}|bits?|bytes?|chars?|characters|seconds|minutes|hours|days)?$")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+$")
_VERSION = re.compile(r"[v^~=<>]{0,2}\d+(?:\.\d+)+(?:[-+.][\w.]+)?$")
_PLACEHOLDER = re.compile(
    r"(?:your|my|change|replace|insert|enter|put|add|some|todo|dummy|fake|mock|sample|placeholder|example|redacted|hidden|"
    r"masked|removed|generated?|fill|set|to[-_ ]?be|default|here|none|null|nil|undefined|n/a)(?:$|[-_ .:a-z])|"
    r"test(?:ing|er)?(?:$|[-_ ])|foo|bar(?:$|[-_ ])|baz|qux|(?:pass(?:wor[dt]|wd|phrase)?|pwd|secrets?|tokens?|keys?|api[-_ ]?key|"
    r"credentials?|user(?:name)?|admin|root|required|optional|string|bearer|basic|hunter)$|"
    r"(?:the|a|an|this|that)[-_ ]",
    re.IGNORECASE,
)
_PLACEHOLDER_INSIDE = re.compile(r"example|placeholder|change[-_]?me|your[-_]|redacted|x{4}|\*{3}|\.{3}|…|goes[-_ ]here", re.IGNORECASE)
_AWS_SECRET = re.compile(r"[A-Za-z0-9/+]{40}$")
_STOP_WORDS = frozenset(
    "a an the your you my our is are was be been must should may can will to of for from in on at by with and or not no please "
    "enter if when that this it its as has have had do does only than least most too new old reset set use used using".split()
)
_SEPARATORS = re.compile(r"[-_./:+, |=]+")
_CAMEL = re.compile(r"[a-z]+(?:[A-Z][a-z]+)*$|(?:[A-Z][a-z]+)+$")
