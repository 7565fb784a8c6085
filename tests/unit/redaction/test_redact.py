"""Secrets go, everything else stays. The secrets are made up while the tests run, so that no scanner finds one here."""

import base64
import random
import re
import string
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocm.redaction import redact, token_patterns, tokens
from ocm.redaction.names import MARKER
from ocm.redaction.private_text import without_private
from ocm.redaction.published_forms import PUBLISHED, PUBLISHED_INNER
from ocm.redaction.user_rules import NONE
from ocm.redaction.values import BARE, ENV, PASSWORD, PROSE, QUOTED, TOKEN, is_secret

ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"
URLSAFE = ALNUM + "-_"


def fake(length: int, alphabet: str = ALNUM, seed: int = 1) -> str:
    """Return random characters of every sort in `alphabet`, the same each time."""
    chosen = random.Random(f"{length} {alphabet} {seed}")  # noqa: S311 - made up on purpose
    sorts = [
        sort for sort in (string.ascii_lowercase, string.ascii_uppercase, string.digits) if set(sort) & set(alphabet)
    ]
    body = [chosen.choice([c for c in sort if c in alphabet]) for sort in sorts]
    body += [chosen.choice(alphabet) for _ in range(length - len(body))]
    first, *rest = body
    chosen.shuffle(rest)
    return first + "".join(rest)


def pem(kind: str, lines: int = 8) -> str:
    """Return the inside of a private key, without its last line."""
    body = "\n".join(fake(64, ALNUM + "+/", seed) for seed in range(lines))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}"


JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1234567890","admin":true}', b"\x93" * 32)
)

TOKENS = {
    "aws-access-key": ["AKI" + "A" + fake(16, UPPER), "ASI" + "A" + fake(16, UPPER)],
    "github-token": [*(f"gh{kind}_" + fake(36) for kind in "pousr"), "github" + "_pat_" + fake(22) + "_" + fake(59)],
    "gitlab-token": [
        "glpa" + "t-" + fake(20, URLSAFE),
        "gldt" + "-" + fake(20),
        "glrt" + "-" + fake(20),
        "GR1348" + "941" + fake(20),
    ],
    "slack-token": ["xox" + f"{kind}-{fake(12, string.digits)}-{fake(24)}" for kind in "bpa"]
    + ["xapp" + f"-1-{fake(11, UPPER)}-{fake(13, string.digits)}-{fake(64, HEX)}"],
    "stripe-key": [f"{kind}_{mode}_" + fake(24) for kind in ("sk", "rk") for mode in ("live", "test")],
    "webhook-secret": ["whse" + "c_" + fake(32)],
    "google-api-key": ["AIz" + "a" + fake(35, URLSAFE)],
    "google-oauth": ["GOCSP" + "X-" + fake(28, URLSAFE), "ya2" + "9." + fake(60, URLSAFE)],
    "anthropic-key": ["sk-" + "ant-api03-" + fake(93, URLSAFE) + "AA"],
    "openai-key": ["sk-" + "proj-" + fake(100, URLSAFE), "sk" + "-" + fake(48), "sk-" + "svcacct-" + fake(60, URLSAFE)],
    "openrouter-key": ["sk-" + "or-v1-" + fake(64, HEX)],
    "groq-key": ["gs" + "k_" + fake(52)],
    "hugging-face-token": ["h" + "f_" + fake(34)],
    "npm-token": ["np" + "m_" + fake(36)],
    "pypi-token": ["pypi" + "-AgEIcHlwaS5vcmc" + fake(120, URLSAFE)],
    "docker-token": ["dckr" + "_pat_" + fake(27, URLSAFE)],
    "twilio-key": ["S" + "K" + fake(32, HEX)],
    "sendgrid-key": ["S" + "G." + fake(22, URLSAFE) + "." + fake(43, URLSAFE)],
    "mailgun-key": ["ke" + "y-" + fake(32, HEX)],
    "mailchimp-key": [fake(32, HEX) + "-us" + "12"],
    "telegram-token": [fake(10, string.digits) + ":A" + "A" + fake(33, URLSAFE)],
    "digitalocean-token": ["dop" + "_v1_" + fake(64, HEX)],
    "vault-token": ["hv" + "s." + fake(90, URLSAFE)],
    "terraform-token": [fake(14) + ".atlas" + "v1." + fake(60, URLSAFE)],
    "azure-secret": [fake(3) + "8Q" + "~" + fake(34)],
    "shopify-token": ["shpa" + "t_" + fake(32, HEX)],
    "databricks-token": ["dap" + "i" + fake(32, HEX)],
    "supabase-key": ["sb" + "p_" + fake(40, HEX)],
    "sentry-token": ["sntry" + "u_" + fake(64, HEX)],
    "age-key": ["AGE-SECRET" + "-KEY-1" + fake(58, UPPER)],
    "linear-key": ["lin_" + "api_" + fake(40)],
    "jwt": [JWT],
}
FLAT = [(rule, token) for rule, tokens in TOKENS.items() for token in tokens]
INSIDE_A_WORD = {"telegram-token", "mailchimp-key", "terraform-token", "azure-secret"}  # these begin with anything
FRAMES = [
    "{}",
    "found {} in the log",
    "KEY={}\n",
    'const k = "{}";',
    "`{}`,",
    "https://example.org/?x={}&y=1",
    "- {}\n- next",
    '{{"k":"{}"}}',
    "({})",
    "a\\n{}\\nb",
]


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(("rule", "token"), FLAT, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(FLAT)])
def test_tokens_of_a_known_form(rule: str, token: str, frame: str) -> None:
    clean, counts = redact.report(frame.format(token))
    assert token not in clean
    assert token[-12:] not in clean
    assert rule in counts or frame == "KEY={}\n"
    if rule not in INSIDE_A_WORD:
        assert clean.startswith(frame.partition("{}")[0].replace("{{", "{")), "what stands before it stays"


@pytest.mark.parametrize(("rule", "token"), FLAT, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(FLAT)])
def test_a_token_inside_a_longer_word_is_none_of_its_issuer(rule: str, token: str) -> None:
    assert rule not in redact.report(f"x{token}")[1] or rule in INSIDE_A_WORD


SLACK_HOOK = "https://hooks.slack" + f".com/services/T{fake(8, UPPER)}/B{fake(8, UPPER)}/{fake(24)}"
DISCORD_HOOK = f"https://discord.com/api/webhooks/{fake(18, string.digits)}/{fake(68, URLSAFE)}"
WORD = "hun" + "ter2"
SIGNS = "p@ss" + "W0rd!x"
HEX32 = fake(32, HEX)
MIXED = fake(24)
BASE = fake(40, ALNUM + "+/")
BASIC = base64.b64encode(b"admin:" + WORD.encode()).decode()

UUID_OF_A_KEY = "-".join(fake(length, HEX) for length in (8, 4, 4, 4, 12))

# (text, what must be gone)
GIVEN_AWAY = [
    (SLACK_HOOK, SLACK_HOOK[-24:]),
    (DISCORD_HOOK, DISCORD_HOOK[-60:]),
    # in a URL
    (f"postgres://app:{WORD}@db.example.org:5432/prod", WORD),
    (f"mongodb+srv://app:{SIGNS}@cluster0.example.net", SIGNS),
    (f"redis://:{MIXED}@cache:6379/0", MIXED),
    (f"git clone https://bot:{MIXED}@git.example.org/x.git", MIXED),
    (f"jdbc:mysql://db/x?user=app&password={WORD}&ssl=true", WORD),
    (f"amqp://guest2:{WORD}@mq", WORD),
    (f"https://acc.blob.example.net/c?sv=2022&sp=r&sig={fake(43)}%3D", fake(43)),
    # in a header or a command line
    (f"Authorization: Bearer {MIXED}", MIXED),
    (f"authorization: token {MIXED}", MIXED),
    (f"-H 'Authorization: Basic {BASIC}'", BASIC),
    (f'{{"Authorization": "Bearer {MIXED}"}}', MIXED),
    (f"sent with bearer {MIXED}.", MIXED),
    (f"X-Api-Key: {MIXED}", MIXED),
    (f"PRIVATE-TOKEN: {MIXED}", MIXED),
    (f"curl -s -u admin:{WORD} https://example.org", WORD),
    (f"curl --user 'admin:{SIGNS}' https://example.org", SIGNS),
    (f"mysql -u root -p{WORD} shop", WORD),
    (f"sshpass -p '{WORD}' ssh host", WORD),
    (f"redis-cli -h cache -a {MIXED} ping", MIXED),
    (f"docker login -u me -p {MIXED} registry", MIXED),
    (f"deploy --password {WORD} --force", WORD),
    (f"deploy --api-key={MIXED}", MIXED),
    (f"tool --token {MIXED}", MIXED),
    (f"machine example.org login me password {WORD}", WORD),
    # in settings
    (f"DB_PASSWORD={WORD}", WORD),
    ("DB_PASSWORD=" + "correct" + "horse", "correct" + "horse"),
    (f"export SECRET_KEY='{BASE}'", BASE),
    (f"AWS_SECRET_ACCESS_KEY={BASE}", BASE),
    (f"aws_secret_access_key = {BASE}", BASE),
    (f"STRIPE_KEY={MIXED}", MIXED),
    (f"db:\n  password: {WORD}\n  port: 5432", WORD),
    (f"spring.datasource.password={WORD}", WORD),
    (f"Server=db;User Id=sa;Password={SIGNS};Encrypt=true", SIGNS),
    (f"AccountName=x;AccountKey={fake(86, ALNUM + '+/')}==;Suffix=y", fake(86, ALNUM + "+/")),
    (f"//registry.example.org/:_authToken={MIXED}", MIXED),
    (f'"auth": "{BASIC}"', BASIC),
    (f"ENV API_TOKEN {MIXED}", MIXED),
    (f'<add key="Password" value="{WORD}"/>', WORD),
    (f"<password>{WORD}</password>", WORD),
    (f"password = {WORD}", WORD),
    (f"APP_KEY=base64:{fake(43)}=", fake(43)),
    ("password=" + "123" + "456", "123" + "456"),
    # in code
    (f'password = "{WORD}"', WORD),
    (f"password: str = '{WORD}'", WORD),
    (f'String clientSecret = "{MIXED}";', MIXED),
    (f'const char api_key[] = "{HEX32}";', HEX32),
    (f"'password' => '{WORD}',", WORD),
    (f'let token: &str = "{MIXED}";', MIXED),
    (f"token := `{MIXED}`", MIXED),
    (f"define('DB_PASSWORD', '{SIGNS}');", SIGNS),
    (f'headers["X-Api-Key"] = "{MIXED}"', MIXED),
    (f'connect(user="app", password="{WORD}")', WORD),
    (f'if password == "{WORD}":', WORD),
    (f"CREATE ROLE x WITH PASSWORD '{WORD}';", WORD),
    (f'{{"client_secret": "{MIXED}", "id": 1}}', MIXED),
    (f'{{\\"password\\": \\"{WORD}\\"}}', WORD),
    (f'"db_pass": "{WORD}"', WORD),
    (f'dbPass = "{WORD}"', WORD),
    (f'passphrase: "{"correct horse"} {"battery staple"}"', "battery staple"),
    (f'password = "my cat {WORD} rules"', WORD),
    (f'password = "cut off {WORD}', WORD),
    (f'heroku_api_key = "{fake(8, HEX)}-{fake(4, HEX)}-{fake(4, HEX)}-{fake(4, HEX)}-{fake(12, HEX)}"', fake(12, HEX)),
    # in prose and tables
    (f"The password is {WORD}.", WORD),
    (f"the admin password was `{WORD}` until today", WORD),
    (f"**Password:** {WORD}", WORD),
    (f"| password | {WORD} |", WORD),
    (f"API key is {MIXED}, rotate it", MIXED),
    (f'the token "{MIXED}" leaked', MIXED),
    (f"('api_key', '{HEX32}')", HEX32),
    (f'password = "a\\"b{WORD}"', WORD),
    (f"password=[REDACTED:jwt]{MIXED}", MIXED),
    (f"password={MIXED}[REDACTED:jwt]", MIXED),
    # what a function of that name is given, or returns
    (f'client.setToken("{MIXED}")', MIXED),
    (f"withApiKey('{MIXED}')", MIXED),
    (f'func getShopToken() string {{ return "{MIXED}" }}', MIXED),
    (f'apiKey() => "{MIXED}"', MIXED),
    # in a list, in a header, in a key of any owner
    (f'header.Set("x-shop-api-key", "{HEX32}-{fake(32, HEX, 2)}")', HEX32),
    (f"-H 'Jenkins-Crumb:{HEX32}'", HEX32),
    (f"DUO_SKEY={fake(40)}", fake(40)),
    ("shop_key = u+3xVszZ-b4m+T6d23KA", "3xVszZ-b4m+T6d23KA"),
    (f"Key={fake(16)}:c*X", fake(16)),
    (f"shopAuth := {fake(40)}", fake(40)),
    (f"shop auth: {fake(20)}", fake(20)),
    (f"shop access is {fake(20)}", fake(20)),
    ("shop_key = k7Xq2VbR9mTz", "k7Xq2VbR9mTz"),
    (f"SHOP_PASSWORD-{fake(20)}", fake(20)),
    (f"SHOP_API_KEY-{UUID_OF_A_KEY}", UUID_OF_A_KEY),
    # over the end of a line
    (f"curl -X POST https://example.org \\\n  -u app:{MIXED}", MIXED),
    # in parts that are long and random each, with a known beginning or none
    (".".join((JWT.split(".")[0], fake(60, URLSAFE), fake(43, URLSAFE))), fake(43, URLSAFE)),
    (".".join(fake(length, URLSAFE) for length in (60, 70, 80)), fake(80, URLSAFE)),
    # near an access key
    (f"{'AKI' + 'A' + fake(16, UPPER)}\n{BASE}\n", BASE),
]


@pytest.mark.parametrize(("text", "secret"), GIVEN_AWAY)
def test_what_its_place_gives_away(text: str, secret: str) -> None:
    clean, count = redact.redact(text)
    assert secret not in clean
    assert count >= 1
    assert "[REDACTED:" in clean
    assert redact.redact(clean) == (clean, 0)


SHA1, SHA256 = fake(40, HEX), fake(64, HEX)
UUID = "123e4567-e89b-12d3-a456-426614174000"
INNOCENT = [
    # names without a value, or with one that is none
    "password: str",
    "password: str | None = None",
    "def login(user: str, password: str) -> Token:",
    "token = get_token()",
    "token = os.environ['TOKEN']",
    "password=${DB_PASSWORD}",
    "password = $1",
    "PASSWORD=$(cat /run/secrets/db)",
    "api_key: {{ vault_api_key }}",
    "api_key = <your-api-key>",
    "API_KEY=your-api-key-123",
    "token: ${{ secrets.GITHUB_TOKEN }}",
    "token = process.env.API_TOKEN2",
    "secret = settings.SECRET_KEY",
    "password=****************",
    "password = xxxxxxxxxxxx",
    'password = "changeme"',
    'password: "example123"',
    "PASSWORD=/run/secrets/db_password1",
    "ssl_key: certs/server2.key",
    "secret: my-app-tls",
    "imagePullSecret: regcred",
    "client_secret = op://vault/item1/field2",
    "max_tokens: 4096, token_count = len(tokens2)",
    "tokenizer = AutoTokenizer.from_pretrained('bert2')",
    "token_type=bearer2go",
    "page_token = CAUQAA1234567890",
    "pad_token: <pad1>",
    "primary_key = user_id_2",
    "cache-key: v1-deps-" + SHA1,
    "sort_key = created_at_2024",
    "public_key: " + fake(44),
    "keyboard: logitech-k380s",
    'monkey = "abc123def456ghi789"',
    "compass: n42w71abc123",
    "author: jane123doe456",
    'type="password" name="pw1"',
    '["password", "token", "secret"]',
    '("password", "password2")',
    '"password": "required|min:8|max:20"',
    '"password": "Passwort"',
    '"password": "The password must be at least 8 characters."',
    '"token": "Bearer"',
    "the token is expired",
    "password is required!",
    "The password is base64-encoded and the secret is sha256-hashed.",
    "password is 12-character long",
    "token = sha256Digest",
    "password = password2",
    "token=token1",
    "sort by pass: 120/120",
    "tests pass: 42",
    "passed=1234567",
    "token expires_in: 3600s",
    "session_token: 24h",
    "secret_version: v1.2.3",
    "api_key = #f0f0f0",
    'password: "#password-1 > input"',
    "auth: oauth2",
    "credentials: same-origin",
    "PWD=/home/me/project1",
    "curl -u $USER:$PASS https://example.org",
    "docker run -u 1000:1000 -p 8080:80 image",
    "mysql -u root -p shop",
    "token = values2[index1]",
    "private_key: Ed25519PrivateKey | Ed448PrivateKey",
    "api_key=rust_openssl.hpke.MLKEM768X25519PrivateKey",
    "the password 'tis hunter or so",
    "password=list1[0]",
    "('token', 'user_token_id2')",
    # hashes, ids, encoded data
    "commit " + SHA1,
    f"see {SHA1[:12]} and {SHA256}",
    "id: " + UUID,
    '"integrity": "sha512-' + fake(86, ALNUM + "+/") + '=="',
    "flask==3.0 --hash=sha256:" + SHA256,
    "image@sha256:" + SHA256,
    "docker://alpine:3.18@sha256:" + SHA256,
    "data:image/png;base64,iVBORw0KGgo" + fake(400, ALNUM + "+/"),
    "eyJ" + fake(30),
    "etag: W/" + MIXED,
    # URLs, paths, versions, words that look like the beginning of a token
    "https://user@example.org/path",
    "ssh://git@example.org:22/x.git",
    "git@example.org:group/project.git",
    "http://localhost:8080/a@b",
    "https://example.org/@scope/package@1.2.3",
    "postgres://user:password@localhost/db",
    "postgres://${USER}:${PASSWORD}@localhost/db",
    "https://{user}:{password}@host",
    "/home/me/very/long/path/to/password/file2.txt",
    "C:\\Users\\me\\secrets\\token2.txt",
    "python 3.11.7, node v20.10.0",
    "task-runner-with-a-very-long-name-12345678901234567890",
    "sk-fading-circle sk-learn",
    "risk-assessment-2024-0123456789012345678901234567",
    "ghp_short gho_x xoxo- npm_config_registry hf_hub_download",
    "Authorization: Bearer <token>",
    "Authorization: Bearer ${TOKEN}",
    "Basic authentication is disabled",
    "Authorization: Basic authentication",
    "bearer authentication-middleware-handler",
    "the private key is in the vault",
    'text.startswith("-----BEGIN RSA PRIVATE ' + 'KEY-----") and "-----END RSA PRIVATE KEY-----" in text',
    "-----BEGIN PUBLIC KEY-----\n" + fake(64) + "\n-----END PUBLIC KEY-----",
    "mail ops@example.org about the secret: see ops2@example.org",
    # what code calls something, with a number in it
    "private Saml2X509Credential(@Nullable PrivateKey privateKey, X509Certificate certificate,",
    "private X509ClientCertificateAuthenticationProvider authenticationProvider;",
    "OAuth2Authorization authorization = TestOAuth2Authorizations.authorization(registeredClient)",
    "this.verificationX509Credentials = verificationX509Credentials;",
    "new Saml2X509Credential(key, Saml2X509Credential.Saml2X509CredentialType.SIGNING)",
    "(assertionToken) -> SAML20AssertionValidators.attributeValidator,",
    "Saml2AuthenticationToken token = (Saml2AuthenticationToken) authentication;",
    "String saltedPassword = rawPassword + salt;",
    # code before an `@`
    "assert_not ActiveStorage::Blob.service.exist?(@user.highlights.first.key)",
    'to ||= "#{@scope[:controller]}##{@scope[:action]}"',
    "@media screen{body{color:#00f}}@media print{body{color:green}}",
    "[:selenium, :cuprite, :rack_test, :playwright].include?(@driver_type)",
    'image_tag("cid:thi%25%25sis@acontentid")',
    # words that are no names, and values that are no keys
    "# Override +type_cast+ we pass to mysql2 Date and Time objects instead",
    '// Here the function identified by "repeat" is overwritten.',
    "options << PRIVATE if control[:private]",
    "Set-Cookie: user=j%3A%7B%22name%22%3A%22tobi%22%7D; Path=/",
    "sadd set foo {" + "A" * 140,
    'path("id_token_alg_values_supported").value(SignatureAlgorithm.RS256.getName()),',
    'new RememberMe("password", "key", RememberMeTokenAlgorithm.SHA256)',
    "Saml2X509Credential.Saml2X509CredentialType.VERIFICATION);",
    'credential(loadCert("rod2.cer"), null)',
    "key: sha256:" + SHA256,
    "const basicAuth = useBasicAuth2(request)",
    "oneAuth = provider2",
    "key = Row12Column34",
    f"a pass-{fake(20)}",
    f"the key {UUID}",
    "a_part_that_is_long_enough.another_one_that_is_long.and_a_third_one_just_as_long",
    "curl https://example.org \\\n  -o file1.txt",
]


@pytest.mark.parametrize("text", INNOCENT)
def test_what_must_stay(text: str) -> None:
    assert redact.redact(text) == (text, 0)


def test_a_password_in_sql_may_be_a_word() -> None:
    assert redact.redact("ALTER USER app IDENTIFIED BY 'repeat'")[0].endswith("BY '[REDACTED:command-password]'")
    assert redact.redact("  IDENTIFIED BY 'r3peat!x'")[0].endswith("BY '[REDACTED:command-password]'")


def test_a_signed_cookie_is_one_however_it_is_escaped() -> None:
    signed = f"Set-Cookie: name=s%3Atobi.{fake(43)}%2B; Path=/"
    assert redact.redact(signed)[0] == "Set-Cookie: name=[REDACTED:authorization]; Path=/"


def test_what_is_passed_on_is_no_password_but_a_password_set_to_something_is() -> None:
    assert redact.redact(f"the password was set to {WORD}") == ("the password was set to [REDACTED:password]", 1)
    assert redact.redact(f"I changed the password to {WORD}") == ("I changed the password to [REDACTED:password]", 1)


def test_both_lists_are_long_enough() -> None:
    assert len(FLAT) + len(GIVEN_AWAY) >= 100
    assert len(INNOCENT) >= 90


# --- private keys


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "DSA "])
def test_private_keys(kind: str) -> None:
    whole = f"{pem(kind)}\nshort==\n-----END {kind}PRIVATE KEY-----"
    assert redact.redact(f"before\n{whole}\nafter") == ("before\n[REDACTED:private-key]\nafter", 1)


def test_private_key_that_is_cut_off() -> None:
    assert redact.redact(f"before\n{pem('OPENSSH ')}") == ("before\n[REDACTED:private-key]", 1)
    clean, _ = redact.redact(f"{pem('RSA ', 2)}\nThen the file ended, and I went on.")
    assert clean == "[REDACTED:private-key]\nThen the file ended, and I went on."


def test_private_key_with_headers_and_in_json() -> None:
    head, _, body = pem("RSA ").partition("\n")
    encrypted = f"{head}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{fake(32, HEX)}\n\n{body}"
    assert redact.redact(encrypted)[0] == "[REDACTED:private-key]"
    inline = pem("").replace("\n", "\\n") + "\\n-----END PRIVATE KEY-----\\n"
    assert redact.redact(f'{{"private_key": "{inline}", "x": 1}}')[0].endswith('", "x": 1}')
    assert fake(64, ALNUM + "+/", 3) not in redact.redact(f'{{"private_key": "{inline}", "x": 1}}')[0]
    cut = pem("").replace("\n", "\\n")
    assert redact.redact(f"key {cut} end") == ("key [REDACTED:private-key] end", 1)


def test_two_private_keys_and_a_stray_end() -> None:
    end = "-----END RSA PRIVATE KEY-----"
    text = f"{end}\n{pem('RSA ')}\n{pem('RSA ')}\n{end}\nx"
    clean, count = redact.redact(text)
    assert (clean, count) == (f"{end}\n[REDACTED:private-key]\n[REDACTED:private-key]\nx", 2)


def test_putty_key() -> None:
    body = "\n".join(fake(64, ALNUM + "+/", seed) for seed in range(4))
    assert redact.redact(f"PuTTY-User-Key-File-3\nPrivate-Lines: 4\n{body}\nx")[0] == (
        "PuTTY-User-Key-File-3\n[REDACTED:private-key]\nx"
    )


# --- private text


def test_private_text_is_counted_and_goes_first() -> None:
    assert redact.report(f"a<private>password={WORD}</private>b") == ("ab", {"private": 1})
    assert redact.report(f"<private>x</private>password={WORD}") == (
        "password=[REDACTED:password]",
        {"private": 1, "password": 1},
    )
    assert redact.redact(f"password=<private>x</private>{WORD}")[0] == "password=[REDACTED:password]"


def test_a_commit_near_an_access_key_stays() -> None:
    key = TOKENS["aws-access-key"][0]
    assert redact.redact(f"{key} {SHA1}")[0] == f"[REDACTED:aws-access-key] {SHA1}"


# --- how it is replaced


def test_only_the_value_goes() -> None:
    assert redact.redact(f'{{"password": "{WORD}", "port": 1}}') == (
        '{"password": "[REDACTED:password]", "port": 1}',
        1,
    )
    assert redact.redact(f"DB_PASSWORD={WORD} # note")[0] == "DB_PASSWORD=[REDACTED:password] # note"
    assert redact.redact(f"postgres://app:{WORD}@db/x")[0] == "postgres://app:[REDACTED:url-password]@db/x"
    assert redact.redact(f"password: {WORD}, user: x")[0] == "password: [REDACTED:password], user: x"
    assert redact.redact(f"see https://x?token={MIXED}&a=1")[0] == "see https://x?token=[REDACTED:secret]&a=1"


def test_the_more_precise_rule_names_it() -> None:
    token = TOKENS["github-token"][0]
    assert redact.report(f'GITHUB_TOKEN="{token}"') == ('GITHUB_TOKEN="[REDACTED:github-token]"', {"github-token": 1})
    assert redact.redact(f"password=a{token}")[0] == "password=[REDACTED:password]"


def test_what_is_redacted_stays_so() -> None:
    for text in (
        "password=[REDACTED:password]",
        "postgres://u:[REDACTED:url-password]@h",
        "Authorization: Bearer [REDACTED:authorization]",
        "curl -u a:[REDACTED:command-password] x",
        '"token": "[REDACTED:secret]"',
    ):
        assert redact.redact(text) == (text, 0)
    half = f"password={WORD}[REDACTED:jwt]{WORD}"
    clean, _ = redact.redact(half)
    assert WORD not in clean
    assert redact.redact(clean) == (clean, 0)


def test_capital_i_with_a_dot_moves_nothing() -> None:
    assert redact.redact(f"İİİ password={WORD} İ")[0] == "İİİ password=[REDACTED:password] İ"
    assert redact.redact(f"İİİ\nApi_Key: |\n  {MIXED}\nİ")[0] == "İİİ\nApi_Key: |\n  [REDACTED:secret]\nİ"


def test_count_is_the_sum_of_the_report() -> None:
    text = f"password={WORD} and {JWT} and <private>x</private>"
    clean, counts = redact.report(text)
    assert redact.redact(text) == (clean, 3)
    assert counts == {"password": 1, "jwt": 1, "private": 1}


# --- laws

SNIPPETS = st.sampled_from([text for text, _ in GIVEN_AWAY] + INNOCENT + [token for _, token in FLAT] + [pem("RSA ")])
PIECES = st.sampled_from(
    [
        "password",
        "token",
        "api_key",
        "=",
        ": ",
        '"',
        "'",
        "`",
        "\\",
        "\n",
        " is ",
        "://",
        "@",
        ":",
        "[REDACTED:",
        "[REDACTED:jwt]",
        "]",
        "<private>",
        "</private>",
        "Bearer ",
        "Authorization: Basic ",
        "-----BEGIN PRIVATE KEY-----",
        WORD,
        MIXED,
        JWT,
        "AKIA",
    ]
)
TEXTS = st.lists(st.one_of(SNIPPETS, PIECES, st.text(max_size=20)), max_size=12).map("".join)


@given(TEXTS)
def test_twice_is_once(text: str) -> None:
    clean, count = redact.redact(text)
    assert redact.redact(clean) == (clean, 0)
    assert count > 0 or clean == without_private(text)[0]


@given(TEXTS)
def test_what_the_quick_look_waves_through_has_nothing(text: str) -> None:
    if not token_patterns.may_need_redaction(text):
        assert redact._found_in_lines(text, NONE) == []
        assert without_private(text)[0] == text


@st.composite
def published_tokens(draw: st.DrawFn) -> str:
    """Return what has the form of one row of the published tables."""
    outer = [(re.escape(literal) + after) for _, literal, after in PUBLISHED]
    inner = [f"{before}{{{count}}}{re.escape(literal)}{after}" for _, literal, before, count, after in PUBLISHED_INNER]
    form: str = draw(st.sampled_from(outer + inner))
    found: str = draw(st.from_regex(f"(?a:{form})", fullmatch=True))
    return found


@given(published_tokens())
@settings(max_examples=1_000)
def test_the_quick_look_misses_no_published_form(text: str) -> None:
    assert token_patterns.may_need_redaction(text) or redact.redact(text)[1] == 0
    assert token_patterns.may_need_redaction(text) or list(tokens.find(text, tokens.long_words(text))) == []


@pytest.mark.parametrize(
    "path",
    [
        "home/u/projects/my-long-project-name/tests/test_session_file.py",
        "home/user1/application/web_controllers/warehouse_client.py",
        "C:\\work\\customers2\\inventory-service\\src\\stock.cs",
    ],
)
def test_an_everyday_path_needs_no_redaction(path: str) -> None:
    """Hooks ask for every edit; whatever is not plain costs them twice the time."""
    assert not token_patterns.may_need_redaction(path)


@given(SNIPPETS)
def test_the_quick_look_misses_no_secret(text: str) -> None:
    assert token_patterns.may_need_redaction(text) or redact.redact(text)[1] == 0


@given(st.text())
def test_any_text_passes(text: str) -> None:
    assert redact.redact(text + "\ud800 password=")[1] >= 0


@pytest.mark.parametrize(
    ("value", "kind", "style", "secret"),
    [
        ("abcdefgh", PASSWORD, ENV, True),
        ("abcdefgh", PASSWORD, QUOTED, False),
        ("abcdefghijkl", PASSWORD, QUOTED, True),
        ("abcdefghijkl", PASSWORD, BARE, False),
        ("abcdefghijkl", TOKEN, QUOTED, False),
        ("abcdEFgh", PASSWORD, QUOTED, True),
        ("accessToken", PASSWORD, QUOTED, False),
        ("correct-horse-battery-staple", PASSWORD, ENV, True),
        ("correct horse battery staple", TOKEN, QUOTED, False),
        ("please enter your password", PASSWORD, QUOTED, False),
        ("Correct Horse Battery Staple", PASSWORD, QUOTED, False),
        ("admin-2024", PASSWORD, QUOTED, True),
        ("admin-2024", TOKEN, QUOTED, False),
        ("12345", PASSWORD, QUOTED, False),
        ("123456", TOKEN, QUOTED, False),
        ("\u043f\u0430\u0440\u043e\u043b\u044c", PASSWORD, ENV, False),
        ("\u043f\u0430\u0440\u043e\u043b\u044c7", PASSWORD, QUOTED, True),
        ("var12", TOKEN, BARE, False),
        ("x" * 5000 + "1", TOKEN, QUOTED, False),
        ("a", PASSWORD, QUOTED, False),
        ("PASSWORD", PASSWORD, QUOTED, False),
        ("A" * 12 + "BCDEFGHIJKLMN", TOKEN, QUOTED, True),
        ("one2three4", PASSWORD, PROSE, True),
        ("2024-01-01", PASSWORD, QUOTED, False),
        ("1.2.3-beta4", TOKEN, QUOTED, False),
        ("me@example.org", PASSWORD, QUOTED, False),
    ],
)
def test_values(value: str, kind: str, style: str, *, secret: bool) -> None:
    assert is_secret(value, kind, style) is secret


# --- time


WORST = [
    "password=",
    "token",
    "api_token: |\n",
    "<apiToken>\n" + "a" * 4000,
    "M" * 26 + ".",
    'token="',
    "token='a",
    "eyJ-",
    "eyJaaaaaaaaaa.",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----" + "A" * 64 + "\n",
    "://a:b",
    "://",
    "a@b:",
    "curl -u ",
    "mysql ",
    "Authorization: Basic ",
    "bearer abcdefghijklmnop1 ",
    "<private ",
    "<private>",
    "</private>",
    "sk-",
    "xoxb-",
    "glpat-",
    "SG." + "a" * 16,
    "12345678:AA",
    "0" * 31,
    "AKIA" + "A" * 16,
    "[REDACTED:x]",
    "api_key ",
    "secret_key_" * 3,
    'password: "\\',
    "passpasspass",
    "/",
    " ",
    "0",
    "aA1",
    "-us1",
    ".atlasv1.",
    "8Q~",
    "aA1" * 9 + ".",
    "token (",
    "Aa1" * 9 + " token\n",
    "<token>a</",
    "$1$a$",
    "curl \\\n -u ",
]


@pytest.mark.timeout(20)  # half a second when the time grows with the length, an hour when it grows with its square
@pytest.mark.parametrize("piece", WORST)
def test_time_grows_with_the_length(piece: str) -> None:
    text = (piece * (400_000 // len(piece) + 1))[:400_000]
    clean, _ = redact.redact(text)
    assert redact.redact(clean[:2000])[0] is not None


def test_rules_are_named_like_a_rule() -> None:
    for rule, literal, *_ in (*token_patterns.TOKENS, *token_patterns.INNER_TOKENS):
        assert MARKER.fullmatch(f"[REDACTED:{rule}]")
        assert literal
    literals = [literal for _, literal, _ in token_patterns.TOKENS]
    assert all(first != second for first, second in pairwise(sorted(literals)))


@pytest.mark.parametrize("text", [
    "M" + "a" * 23 + ".abcdef." + "b" * 27, "NNNNNNNNNNNNNNNNNNNNNNNN.000000.000000000000000000000000000",
])  # fmt: skip
def test_three_parts_of_the_same_letters_are_no_token(text: str) -> None:
    assert redact.report(text) == (text, {})
