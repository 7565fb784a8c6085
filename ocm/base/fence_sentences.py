"""Stored text that tells a model what to do: recognised once decoration, look-alike letters and gaps are taken off it.

Pure, and without a pattern that backtracks.
"""

import itertools
import re
import unicodedata

from ocm.base.late_patterns import late

_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u043a\u043c\u0442\u0432\u043d\u03bf\u03b1\u03b9\u03bd\u03c1\u03c4\u03c5\u03ba\u0131",
    "aeopcyxijsdhkmtbhoaivptuki",
)
_LETTERS_FOR_DIGITS = [str.maketrans("013457@$!|", f"o{one}eastasi{one}") for one in "li"]
_SPACES = re.compile(r"[\s_\u2800]+")
_APART = re.compile(r"(?<![a-z])(?:[a-z][ .\-*/\\|\u00b7\u2022,'~+]{1,2}){4,60}[a-z](?![a-z])")
_ENDS = re.compile(
    r"(?:[.!?;\u3002\uff01\uff1f\u2026](?=\s|$)|\n|\\n|<br ?/?>|[\u2013\u2014\u2022\u2192>}\])\"]\s"
    r"|\|\s(?!\s{0,3}(?:[^\s|]{4,8}\s{1,3})?[^\s|]{2,12}\s{0,3}(?:[|)\]}\"\u00bb\u201d*#;=~`<>]|'(?!\w)|--|\n|$)))"
)  # a pipe into one program is no end
_LEAD = (
    r"(?:(?:please|now|and|then|also|so|but|first|next|finally|important|note|attention|warning"
    r"|urgent|critical|reminder|hey|hi|ok|okay|"
    r"dear|kindly|just|claude|assistant|ai|model|agent|gpt|chatgpt|copilot|you (?:must|should|have to"
    r"|need to|will|are to)|must|should|"
    r"always|immediately|the user (?:wants|asks|asked|needs|told) you to|i (?:want|need|order|command"
    r"|ask) you to|todo|fixme|step|"
    r"your (?:new )?(?:task|job|goal) is to|to|[0-9ivx]{1,3}|[a-z])[ ,:.!)-]{1,3}){0,6}"
)
_OLD = (
    r"(?:instruction|prompt|rule|direction|directive|guideline|message|command|context|constraint"
    r"|restriction|polic|conversation|"
    r"safeguard|filter|order|everything|above|told|said|request|guidance)"
)
# What tells a model what to do, each with words without which no sentence does: one of the first, one of the second.
# So a pattern is compiled for the text that may need it, and no other is tried.
_VERBS = (
    "ignore", "disregard", "forget", "override", "bypass", "dismiss", "overrule", "neglect", "discard", "cancel",
    "skip", "follow", "obey", "heed", "respect", "hono", "apply", "attention to",
)  # fmt: skip
_EARLIER = ("previous", "prior", "above", "earlier", "former", "preceding", "other", "safety", "system", "existing")
_SAID_BEFORE = (
    "instruction", "prompt", "rule", "directi", "guideline", "message", "command", "context", "constraint",
    "restriction", "polic", "conversation", "safeguard", "filter", "order", "everything", "above", "told", "said",
    "request", "guidance",
)  # fmt: skip
_MODES = ("developer", "debug", "god", "admin", "root", "unrestricted", "dan", "yolo", "jailbreak")
_NEW = ("new ", "updated ", "real ", "actual ", "revised ", "additional ", "hidden ", "true ")
_KEPT_BACK = (
    "system prompt", "instructions", "hidden prompt", "secrets", "credentials", "api keys", "environment variables",
    "passwords", "initial prompt", ".env",
)  # fmt: skip
_SHOWING = (
    "reveal", "print", "output", "show", "repeat", "leak", "dump", "expose", "tell me", "display", "disclose",
)  # fmt: skip
_COLONS = (":", "\uff1a", ">")
_SPEAKING = (
    *_COLONS, " :", " \uff1a", " >", " prompt", " message", " note", " notice", " override", " role", " turn", " says",
    " said", " update", " alert",
)  # fmt: skip
_SPEAKERS = tuple(f"{who}{how}" for who in ("system", "developer", "assistant", "human") for how in _SPEAKING)
_WHO_ELSE = ("user", "tool", "function", "operator", "admin", "administrator")
_OTHERS = tuple(f"{who}{how}" for who in _WHO_ELSE for how in _SPEAKING)
_FOREIGN = (
    "ignor", "vergiss", "oublie", "\u5ffd\u7565", "\u65e0\u89c6", "\u5fd8\u8bb0", "\u3092\u7121\u8996",
    "\u3092\u5fd8\u308c", "\u0438\u0433\u043d\u043e\u0440\u0438\u0440\u0443\u0439",
    "\u0437\u0430\u0431\u0443\u0434\u044c",
)  # fmt: skip
_ANY = ("",)


def _spoken_by(*alternatives: str) -> re.Pattern[str]:
    return late(f"{_LEAD}(?:{'|'.join(alternatives)})")


_SPOKEN: tuple[tuple[tuple[str, ...], tuple[str, ...], re.Pattern[str]], ...] = (
    (
        _VERBS,
        _SAID_BEFORE,
        _spoken_by(
            r"(?:ignore|disregard|forget|override|bypass|dismiss|overrule|neglect|discard|(?:do not|don'?t"
            r"|never|no longer|refuse to) (?:follow|obey|heed|respect|honou?r|apply)|stop following"
            r"|pay no attention to|cancel|skip)(?: \w{1,15}){0,6}? (?:previous|prior|above|earlier|former"
            r"|preceding|before|all|any|every|your|system|safety|existing|other|these|those"
            rf"|the)(?: \w{{1,15}}){{0,4}}? ?{_OLD}",
        ),
    ),
    (
        ("ignore ", "disregard ", "forget ", "override ", "bypass "),
        (*_EARLIER, "everything", "anything", "all of", "what"),
        _spoken_by(
            r"(?:ignore|disregard|forget|override|bypass) (?:(?:all|any|every|the|your|of"
            r"|my) ){0,4}(?:previous|prior|above|earlier|former|preceding|other|safety|system|existing)\b",
            r"(?:forget|disregard) (?:everything|anything|all of|what)\b",
            r"ignore everything (?:above|before|you|that|i)\b",
        ),
    ),
    (
        ("you are now", "you are no longer", "you're now", "you're no longer"),
        _ANY,
        _spoken_by(
            r"you(?:'re| are) (?:now|no longer)\b",
        ),
    ),
    (
        ("from now on", "henceforth", "from this point on", "starting now", "pretend "),
        _ANY,
        _spoken_by(
            r"(?:from now on|henceforth|from this point on|starting now),? (?:you|always|never|do|answer"
            r"|reply|act|respond|use|treat)\b",
            r"pretend (?:to be|you are|that you)",
        ),
    ),
    (
        (" mode",),
        _MODES,
        _spoken_by(
            r"(?:enter|enable|activate|switch to) (?:developer|debug|god|admin|root|unrestricted|dan"
            r"|yolo) mode",
            r"(?:developer|debug|god|admin|unrestricted|jailbreak) mode (?:is )?(?:enabled|on|active)",
        ),
    ),
    (
        (" as ",),
        ("unrestricted", "root", "admin", "dan", "different", "new", "evil", "uncensored", "system"),
        _spoken_by(
            r"(?:act|answer|behave|function|operate|pose|reply|respond|speak|work) as (?:an? "
            r"|the )?(?:unrestricted|root|admin|dan\b|different|new|evil|uncensored|system)",
        ),
    ),
    (
        ("instruction", "prompt", "rules", "directive", "order"),
        _NEW,
        _spoken_by(
            r"(?:new|updated|real|actual|revised|additional|hidden|true) (?:system )?(?:instructions?"
            r"|prompt|rules|directives?|orders?) ?(?:follow|:|from)",
        ),
    ),
    (
        _KEPT_BACK,
        _SHOWING,
        _spoken_by(
            r"(?:reveal|print|output|show|repeat|leak|dump|expose|tell me|display"
            r"|disclose) (?:me )?(?:(?:all|the|your|every|full|entire|of|any) ){0,4}(?:system prompt"
            r"|instructions|hidden prompt|secrets|credentials|api keys|environment variables|passwords"
            r"|initial prompt|\.env)",
        ),
    ),
    (
        ("do not ", "don't ", "dont ", "never "),
        ("user", "human", "operator", "anyone"),
        _spoken_by(
            r"(?:do not|don'?t|never) (?:tell|inform|mention|reveal|show|ask|notify|warn"
            r"|alert)\b.{0,60}\b(?:user|human|operator|anyone)\b",
        ),
    ),
    (
        ("run ", "execute ", "call ", "invoke ", "use "),
        ("command", "tool", "script", "code", "function"),
        _spoken_by(
            r"(?:run|execute|call|invoke|use) (?:the |this |these |following |below ){1,3}(?:commands?"
            r"|tool|script|code|function)\b",
        ),
    ),
    (
        ("run ", "run:", "execute ", "execute:", "curl ", "wget "),
        _ANY,
        _spoken_by(
            r"(?:run|execute)[ :]{1,2}['\"]?(?:curl|wget|bash|sh|rm|sudo|powershell|nc|eval|base64"
            r"|python3? -c|node -e)\b",
            r"(?:curl|wget) .{0,200}\| ?(?:sudo )?(?:ba|z)?sh\b",
        ),
    ),
    (
        ("to http", "attacker"),
        _ANY,
        _spoken_by(
            r"(?:send|post|upload|exfiltrate|forward|e?mail|transmit|leak|copy)\b.{0,100}\bto (?:https?:"
            r"|the attacker|attacker)",
        ),
    ),
    (
        ("delete ", "erase ", "wipe ", "destroy "),
        ("all", "every"),
        _spoken_by(
            r"(?:delete|erase|wipe|destroy) (?:all|every|everything)\b(?: of)?(?: the| your"
            r"| my)? ?(?:files|data|repositor|branches|history|home|code|tests)",
        ),
    ),
    (
        _COLONS,
        _SPEAKERS,
        _spoken_by(
            r"(?:system|developer|assistant|human)(?: (?:prompt|message|note|notice|override|role|turn"
            r"|says|said|update|alert))? ?[:\uff1a>] ?\S",
        ),
    ),
    (
        _COLONS,
        _OTHERS,
        _spoken_by(
            r"(?:user|tool|function|operator|admin|administrator)(?: (?:message|note|notice|role|turn|says"
            r"|said))? ?[:\uff1a>](?: \S{1,40}){4}",
        ),
    ),
    (
        ("the user", "the human", "the owner", "the operator"),
        ("approved", "authori", "agreed", "consented", "granted", "permission"),
        _spoken_by(
            r"the (?:user|human|owner|operator) (?:has |have )?(?:already )?(?:approved|authori[sz]ed"
            r"|agreed|consented|granted|pre-?approved|given permission)",
        ),
    ),
    (
        ("approve ", "accept ", "allow ", "grant ", "confirm "),
        ("all ", "every ", "any "),
        _spoken_by(
            r"(?:approve|accept|allow|grant|confirm) (?:all|every|any) (?:tool|command|permission|request"
            r"|call|prompt)",
        ),
    ),
    (
        ("disable ", "turn off ", "switch off ", "deactivate "),
        _ANY,
        _spoken_by(
            r"(?:disable|turn off|switch off|deactivate) (?:all |the |your |any ){0,2}(?:safety|security"
            r"|guard|gate|redaction|sandbox|approval|confirmation)",
        ),
    ),
    (
        ("end of ", "begin of ", "start of "),
        ("notes", "prompt", "instructions", "conversation", "untrusted", "context"),
        _spoken_by(
            r"(?:end|begin|start) of (?:the )?(?:notes|system prompt|instructions|prompt|conversation"
            r"|untrusted|stored notes|context)\b",
        ),
    ),
    (
        _FOREIGN,
        _ANY,
        _spoken_by(
            r"ignorier\w{0,3} (?:alle |bitte |die |deine ){0,3}(?:vorherigen|bisherigen|fr[u\u00fc]heren"
            r"|obigen)",
            r"vergiss (?:alle|alles|die)\b",
            r"ignora (?:todas |las |tus |tutte |le |todas as |as ){1,3}(?:instrucciones|istruzioni"
            r"|instru[c\u00e7][o\u00f5]es|reglas|anteriores|precedenti)",
            r"(?:ignore[zr]?|oublie[zr]?) (?:toutes |les |tes |vos |tous ){1,3}(?:instructions|consignes"
            r"|r[e\u00e8]gles)",
            r"(?:\u5ffd\u7565|\u65e0\u89c6|\u5fd8\u8bb0|\u8bf7\u5ffd\u7565).{0,12}(?:\u6307\u4ee4"
            r"|\u6307\u793a|\u63d0\u793a|\u89c4\u5219)",
            r".{0,14}(?:\u6307\u793a|\u547d\u4ee4|\u30eb\u30fc\u30eb)\u3092(?:\u7121\u8996|\u5fd8\u308c)",
            r"(?:\u0438\u0433\u043d\u043e\u0440\u0438\u0440\u0443\u0439"
            r"|\u0437\u0430\u0431\u0443\u0434\u044c)\w{0,2} .{0,24}(?:\u0438\u043d\u0441\u0442\u0440\u0443\u043a\u0446"
            r"|\u043f\u0440\u0430\u0432\u0438\u043b)",
        ),
    ),
)
_ANY_TAG = late(r"</?[a-zA-Z][\w-]{0,30}+(?:\s[^<>=]{0,40}=[^<>]{0,200})?\s{0,3}/?>")
_COLON = re.compile(": ")
_AS_DIGITS = re.compile(r"[a-z][013457@$!|]|[013457@$!|][a-z]")
_LEFT_OF_WORDS = re.compile(r"^[\W_]{1,40}")
_LONGEST, _LONGEST_PIECE = 50_000, 400


def spoken(text: str, opening: str, closing: str) -> str:
    """Return `text` with each part that tells a model what to do between two marks."""
    parts, at = [], 0
    for end in [*(match.end() for match in _ENDS.finditer(text)), len(text)]:
        piece = text[at:end]
        parts.append(_marked(piece, opening, closing) if opening not in piece and closing not in piece else piece)
        at = end
    return "".join(parts)


def _marked(piece: str, opening: str, closing: str) -> str:
    words = piece.strip()
    if not words or not is_spoken(words[:_LONGEST_PIECE]):
        return piece
    start = piece.index(words)
    return f"{piece[:start]}{opening}{words}{closing}{piece[start + len(words) :]}"


def is_spoken(words: str) -> bool:
    """Return whether a sentence tells a model what to do, whatever stands around its words and between its letters."""
    bare = _ANY_TAG.sub(" ", words) if "<" in words else words
    lower = (bare if bare.isascii() else unicodedata.normalize("NFKC", bare)).lower()
    said = [_undressed(lower)]
    folded = lower if lower.isascii() else _folded(lower)
    if folded != lower:
        said.append(_undressed(folded))
    if _AS_DIGITS.search(folded):
        said += [_undressed(folded).translate(letters) for letters in _LETTERS_FOR_DIGITS]
    joined = _APART.sub(lambda run: re.sub(r"[^a-z]", "", run[0]), folded)
    if joined != folded:
        said.append(_undressed(joined))
    return any(_tells(part) for one in said for part in _from_each_colon(one))


def _tells(part: str) -> bool:
    return any(
        pattern.match(part)
        for first, second, pattern in _SPOKEN
        if any(word in part for word in first) and any(word in part for word in second)
    )


def _folded(lower: str) -> str:
    """Return letters without their accents, and look-alikes of other scripts as the letters that they look like."""
    spread = unicodedata.normalize("NFKD", lower.translate(_ALIKE))
    return "".join(sign for sign in spread if not unicodedata.combining(sign))


def _from_each_colon(words: str) -> list[str]:
    """Return a sentence, and all of it that stands behind each of its first colons."""
    behind = [words[colon.end() :] for colon in itertools.islice(_COLON.finditer(words), 3)]
    return [words, *(_LEFT_OF_WORDS.sub("", part) for part in behind)]


def _undressed(text: str) -> str:
    """Return a sentence without what decorates it: marks of emphasis, bullets, numbers, quotes, arrows."""
    bare = _SPACES.sub(" ", re.sub(r"[*~`\u00b7]+", "", text))
    return _LEFT_OF_WORDS.sub("", bare).strip()
