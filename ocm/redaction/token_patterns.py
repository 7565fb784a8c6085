"""What gives a secret away: tokens whose form their issuer fixed, and the words near which a secret stands.

Tables of strings and one cheap question, without a regular expression: all that a hook can afford. `redact.py` works
from the same tables, so a text that `may_need_redaction` waves through is one that it would not change.
"""

from ocm.redaction.name_words import SPOKEN

_A, _U, _X, _B = "[A-Za-z0-9]", "[A-Za-z0-9_-]", "[0-9a-f]", "[A-Za-z0-9+/]"

# (rule, fixed beginning, what follows). The shortest form ever issued is the bound; a fixed length ends at a boundary.
TOKENS = (
    *(("aws-access-key", literal, "[A-Z0-9]{16}") for literal in ("AKIA", "ASIA", "ABIA", "ACCA")),
    *(("github-token", literal, f"{_A}{{30,}}") for literal in ("ghp_", "gho_", "ghu_", "ghr_")),
    ("github-token", "ghs_", r"[A-Za-z0-9_.-]{30,}"),
    ("github-token", "github_pat_", "[A-Za-z0-9_]{36,}"),
    *(
        ("gitlab-token", literal, r"[A-Za-z0-9_.-]{20,}")
        for literal in (
            "glpat-",
            "gldt-",
            "glrt-",
            "glptt-",
            "glft-",
            "glsoat-",
            "glimt-",
            "glagent-",
            "glcbt-",
            "gloas-",
        )
    ),
    ("gitlab-token", "glffct-", f"{_U}{{20,}}"),
    ("gitlab-token", "GR1348941", f"{_U}{{20,}}"),
    *(("slack-token", f"xox{kind}", r"(?:\.xox[bp])?-[A-Za-z0-9-]{14,}") for kind in "abceoprs"),
    ("slack-token", "xapp-", "[A-Za-z0-9-]{20,}"),
    ("slack-webhook", "hooks.slack.com/", "(?:services|workflows|triggers)/[A-Za-z0-9+/]{20,}"),
    ("discord-webhook", "/api/webhooks/", f"[0-9]{{17,20}}/{_U}{{60,}}"),
    ("teams-webhook", "webhook.office.com/", r"[A-Za-z0-9@/_-]{40,}"),
    *(
        ("stripe-key", literal, f"{_A}{{10,}}")
        for literal in ("sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_")
    ),
    ("webhook-secret", "whsec_", f"{_B}{{24,}}={{0,2}}"),
    ("google-api-key", "AIza", f"{_U}{{35}}"),
    ("google-api-key", "AQ.Ab", f"{_U}{{40,}}"),
    ("google-oauth", "GOCSPX-", f"{_U}{{20,}}"),
    ("google-oauth", "ya29.", f"{_U}{{20,}}"),
    ("google-oauth", "1//0", f"{_U}{{40,}}"),
    ("anthropic-key", "sk-ant-", f"{_U}{{20,}}"),
    *(
        ("openai-key", literal, f"{_U}{{20,}}")
        for literal in ("sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-", "sk-service-")
    ),
    ("openai-key", "sk-", f"{_A}{{32,}}"),
    ("openrouter-key", "sk-or-", f"{_U}{{32,}}"),
    ("langfuse-key", "sk-lf-", f"{_U}{{32,}}"),
    ("groq-key", "gsk_", f"{_A}{{40,}}"),
    ("xai-key", "xai-", f"{_A}{{60,}}"),
    ("perplexity-key", "pplx-", f"{_A}{{40,}}"),
    ("replicate-token", "r8_", f"{_A}{{37}}"),
    ("nvidia-key", "nvapi-", f"{_U}{{60,}}"),
    ("langsmith-key", "lsv2_", f"(?:pt|sk)_{_X}{{32}}_{_X}{{10}}"),
    ("pinecone-key", "pcsk_", "[A-Za-z0-9_]{40,}"),
    ("tavily-key", "tvly-", f"{_U}{{20,}}"),
    ("hugging-face-token", "hf_", f"{_A}{{30,}}"),
    ("hugging-face-token", "api_org_", f"{_A}{{30,}}"),
    ("npm-token", "npm_", f"{_A}{{36}}"),
    ("pypi-token", "pypi-AgE", f"{_U}{{50,}}"),
    ("rubygems-key", "rubygems_", f"{_X}{{48}}"),
    ("crates-token", "cio", f"{_A}{{32}}"),
    ("nuget-key", "oy2", "[a-z0-9]{43}"),
    ("docker-token", "dckr_pat_", f"{_U}{{27,}}"),
    ("docker-token", "dckr_oat_", f"{_U}{{27,}}"),
    ("twilio-key", "SK", f"{_X}{{32}}"),
    ("sendgrid-key", "SG.", rf"{_U}{{16,32}}\.{_U}{{32,64}}"),
    ("mailgun-key", "key-", f"{_X}{{32}}"),
    *(("digitalocean-token", f"do{kind}_v1_", f"{_X}{{64}}") for kind in "opr"),
    *(("shopify-token", literal, "[0-9a-fA-F]{32}") for literal in ("shpat_", "shpca_", "shppa_", "shpss_")),
    *(("square-token", literal, f"{_U}{{22,}}") for literal in ("sq0atp-", "sq0csp-")),
    ("square-token", "EAAAE", f"{_U}{{59,}}"),
    ("facebook-token", "EAAM", f"{_A}{{100,}}"),
    ("facebook-token", "EAAC", f"{_A}{{100,}}"),
    ("linear-key", "lin_api_", f"{_A}{{32,}}"),
    ("notion-token", "ntn_", f"{_A}{{40,}}"),
    ("databricks-token", "dapi", f"{_X}{{32}}"),
    *(("doppler-token", f"dp.{kind}.", f"{_A}{{40,}}") for kind in ("pt", "st", "ct", "sa")),
    *(("vault-token", literal, f"{_U}{{24,}}") for literal in ("hvs.", "hvb.", "hvr.")),
    ("pulumi-token", "pul-", f"{_X}{{40}}"),
    ("supabase-key", "sbp_", f"{_X}{{40}}"),
    ("supabase-key", "sb_secret_", f"{_U}{{20,}}"),
    ("netlify-token", "nfp_", f"{_A}{{36}}"),
    *(("fly-token", literal, r"[A-Za-z0-9+/=_]{60,}") for literal in ("fm2_", "fm1r_", "fm1a_")),
    ("fly-token", "fo1_", f"{_U}{{43}}"),
    *(("planetscale-token", f"pscale_{kind}_", r"[A-Za-z0-9_.-]{32,}") for kind in ("tkn", "pw", "oauth")),
    *(("sentry-token", literal, r"[A-Za-z0-9+/=_]{60,}") for literal in ("sntrys_", "sntryu_")),
    ("posthog-key", "phx_", f"{_A}{{40,}}"),
    ("new-relic-key", "NRAK-", "[A-Z0-9]{27}"),
    ("postman-key", "PMAK-", f"{_X}{{24}}-{_X}{{34}}"),
    *(("grafana-token", literal, r"[A-Za-z0-9+/=_]{32,}") for literal in ("glsa_", "glc_")),
    *(("atlassian-token", literal, r"[A-Za-z0-9=_-]{60,}") for literal in ("ATATT3", "ATCTT3")),
    ("artifactory-token", "AKCp", f"{_A}{{60,}}"),
    ("figma-token", "figd_", f"{_U}{{40,}}"),
    ("typeform-token", "tfp_", r"[A-Za-z0-9_.=-]{40,}"),
    ("contentful-token", "CFPAT-", f"{_U}{{43}}"),
    ("dynatrace-token", "dt0c01.", r"[A-Z2-7]{24}\.[A-Z2-7]{64}"),
    ("onepassword-token", "ops_eyJ", f"{_B}{{100,}}={{0,2}}"),
    ("buildkite-token", "bkua_", f"{_X}{{40}}"),
    ("circleci-token", "CCIPAT_", r"[A-Za-z0-9_]{40,}"),
    ("prefect-key", "pnu_", f"{_A}{{36}}"),
    ("age-key", "AGE-SECRET-KEY-1", "[A-Z0-9]{50,}"),
    ("airtable-token", "pat", rf"{_A}{{14}}\.{_X}{{64}}"),
    ("onepassword-key", "A3-", r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"),
    ("bedrock-key", "ABSK", r"[A-Za-z0-9+/]{100,}={0,2}"),
    ("adobe-secret", "p8e-", f"{_X}{{32}}"),
    ("cloudflare-key", "v1.0-", rf"{_X}{{24}}-{_X}{{100,}}"),
    ("clojars-token", "CLOJARS_", "[a-z0-9]{60}"),
    ("dropbox-token", "sl.", f"{_U}{{130,}}"),
    ("duffel-token", "duffel_", f"(?:test|live)_{_U}{{40,}}"),
    *(("easypost-key", literal, f"{_A}{{54}}") for literal in ("EZAK", "EZTK")),
    ("flutterwave-key", "FLWSECK_TEST-", f"{_X}{{12,}}"),
    ("flutterwave-key", "FLWSECK-", f"{_X}{{12,}}"),
    ("frameio-token", "fio-u-", f"{_U}{{64}}"),
    *(("harness-key", literal, rf"{_A}{{22}}\.{_A}{{24}}\.{_A}{{20}}") for literal in ("pat.", "sat.")),
    ("heroku-key", "HRKU-AA", f"{_U}{{58}}"),
    ("intra42-secret", "s-s4t2", f"(?:ud|af)-{_X}{{64}}"),
    *(("new-relic-key", literal, f"{_X}{{19,}}") for literal in ("NRII-", "NRJS-")),
    ("octopus-key", "API-", "[A-Z0-9]{26}"),
    ("plaid-token", "access-", rf"(?:sandbox|development|production)-{_X}{{8}}(?:-{_X}{{4}}){{3}}-{_X}{{12}}"),
    ("readme-key", "rdme_", "[a-z0-9]{70}"),
    *(("scalingo-token", literal, f"{_U}{{48}}") for literal in ("tk-us-", "tk-eu-")),
    ("sendinblue-key", "xkeysib-", f"{_X}{{64}}-{_A}{{16}}"),
    *(("shippo-token", literal, f"{_X}{{40}}") for literal in ("shippo_live_", "shippo_test_")),
    ("sourcegraph-token", "sgp_", "(?:[a-fA-F0-9]{16}_|local_)?[a-fA-F0-9]{40}"),
    ("tailscale-key", "tskey-", f"{_A}{{3,12}}-{_U}{{20,}}"),
    ("yandex-key", "AQVN", f"{_U}{{35,38}}"),
    ("yandex-token", "t1.", rf"{_U}{{8,}}={{0,2}}\.{_U}{{86}}"),
    *(("cloudflare-token", literal, f"{_A}{{40,}}") for literal in ("cfut_", "cfat_", "cfk_")),
    *(("vercel-token", f"vc{kind}_", f"{_A}{{24,}}") for kind in "piark"),
    *(("sonar-token", f"sq{kind}_", f"{_X}{{40}}") for kind in "upa"),
    ("clickup-key", "pk_", "[0-9]{5,}_[A-Z0-9]{32}"),
    ("resend-key", "re_", f"{_A}{{8}}_{_A}{{20,}}"),
    ("neon-key", "napi_", "[a-z0-9]{40,}"),
    ("cerebras-key", "csk-", "[a-z0-9]{40,}"),
    ("tencent-key", "AKID", f"{_A}{{32}}"),
    ("atlas-secret", "mdb_sa_sk_", f"{_U}{{32,}}"),
    ("linear-key", "lin_oauth_", f"{_A}{{40,}}"),
    ("together-key", "tgp_v1_", f"{_U}{{40,}}"),
    ("signature", "sig=", r"[A-Za-z0-9%+/=_-]{40,}"),
    ("signature", "X-Amz-Signature=", f"{_X}{{64}}"),
    ("signature", "X-Goog-Signature=", f"{_X}{{64,}}"),
)
# (rule, fixed middle, the characters before it, how many, what follows)
INNER_TOKENS = (
    ("telegram-token", ":AA", "[0-9]", 8, f"{_U}{{33}}"),
    ("mailchimp-key", "-us", _X, 32, "[0-9]{1,2}"),
    ("terraform-token", ".atlasv1.", _A, 14, f"{_U}{{60,}}"),
    ("azure-key", "JQQJ99", _A, 40, f"{_A}{{20,}}"),
    ("azure-storage-key", "+ASt", _B, 70, f"{_B}{{6}}=="),
    ("azure-secret", "8Q~", "[A-Za-z0-9_~.-]", 3, "[A-Za-z0-9_~.-]{31,}"),
)
CONTROLS = "".join(map(chr, (*range(9), *range(14, 28), 127)))  # which no screen shows
SHORTEST_TOKEN = 18
LONGEST_PLAIN = 30  # a word of this length may be a token without anything fixed in it
# How the published forms begin that may be shorter, or go on behind a slash; a test holds them against the tables.
SHORT_PUBLISHED = (
    "3MVG9", "ABSK", "BBDC-", "EAAA", "FLWSECK_TEST-", "LS0tLS1CRUdJTi", "LTAI", "NRBR-", "NRJS-", "account-", "act_",
    "authress_", "cli_", "endr+", "ext_", "flb_live_", "glpat-", "lk_", "master-", "na1.", "oauth-", "ops_eyJ", "ptr_",
    "rzp_live_", "sc_", "scauth_", "secret_", "sk.", "sk_", "sm_aat_", "sm_pat_", "sm_sat_", "sq0i", "thog-key-",
    "tk.", "xapp-",
)  # fmt: skip
# In lower case: how the hash of a password begins, as systems store it.
HASH_MARKS = (
    "$1$", "$2$", "$2a$", "$2b$", "$2x$", "$2y$", "$5$", "$6$", "$7$", "$8$", "$9$", "$y$", "$gy$", "$p$", "$h$",
    "$apr1$", "$md5$", "$sha", "$argon2", "$pbkdf2", "$scrypt", "$bcrypt", "$krb5", "sha}", "md5}", "crypt}", "{sha",
    "{ssha", "{pbkdf2",
)  # fmt: skip
_DIGITS = frozenset("0123456789")
# In lower case: what the other rules look for. The names' other letters (`api_key`, `clientSecret`) stand around these.
NAMES = ("pass", "pwd", "secret", "token", "key", "credential", "auth", "pw", "pat")
# Names by themselves, but in prose a key hardly ever follows them.
LOOSE = ("access", "private", "login", "crumb", "csrf", "auth")
COMMANDS = (
    "curl", "mysql", "mongo", "redis-cli", "sshpass", "docker login", "identified by", "7z ", "htpasswd", "login",
    "credentials", "user/pass",
)  # fmt: skip
_WORDS = (
    *NAMES,
    *SPOKEN,
    *COMMANDS,
    *LOOSE,
    *HASH_MARKS,
    "://",
    "bearer",
    "eyj",
    "cookie",
    "signature",
    "-----",
    "ls0tls1",
    "tls0tlujfr0lo",
    "0tls0tqkvhsu4",
    "kty",
    "crv",
    "@",
)


def may_need_redaction(text: str) -> bool:
    """Return whether anything in `text` gives a secret or private text away; if not, redacting it changes nothing."""
    lower = text.lower()
    if any(word in lower for word in _WORDS):
        return True
    if not text.isascii() or any(sign in text for sign in CONTROLS):  # something in it may hide the rest
        return True
    parts = text.replace("/", " ").replace("\\", " ").split()  # none of those tokens has a slash: a path is plain
    if max(map(len, parts), default=0) >= LONGEST_PLAIN:
        return True
    if any(literal in text for table in (TOKENS, INNER_TOKENS) for _, literal, *_ in table):
        return True
    # of a published form the rest has to look random, which takes a digit
    return not _DIGITS.isdisjoint(text) and any(literal in text for literal in SHORT_PUBLISHED)
