"""Secrets out of messages and payloads (J10): known key shapes, credential members, the caller's own.

```python
mask("Incorrect API key provided: sk-proj-abc123")   # 'Incorrect API key provided: sk-***'
```
"""

import re
from collections.abc import Callable, Iterable

from streamkit.jsontypes import Json, is_array, is_object
from streamkit.lazy_patterns import LazyPattern

__all__ = ["MASK", "mask", "mask_json", "sensitive"]

MASK = "***"
"""What stands in place of a secret."""

MINIMAL_SECRET = 6
"""Characters; a shorter secret of the caller is not searched for: it would occur in ordinary words."""

DEEPEST = 100
"""Levels of nesting that are looked through; what lies deeper is left out."""

_KEYS = LazyPattern(
    r"(?<![A-Za-z0-9])"
    r"(?:(?P<openai>sk-)(?:(?:proj|ant|or|svcacct|admin|lf|litellm)-[\w*.…-]*[\w*…]|[\w*-]{8,})"
    r"|(?P<prefix>AIza|AKIA|ASIA|xai-|gsk_|hf_|r8_|pplx-|nvapi-|fw_|csk-|tgp_v1_|gh[pousr]_|github_pat_|glpat-|ya29\.|xox[abp]-)"
    r"[\w*.-]{6,}"
    r"|(?P<identity>org-|user-|proj_)[A-Za-z0-9]{12,})"
)
_TOKENS = LazyPattern(r"(?<![A-Za-z0-9])eyJ[\w-]{6,}+(?P<rest>\.[\w-]{6,}(?:\.[\w-]*)?)?")
"""Web tokens, and runs that begin like one: those are matched, too, so that none is gone through twice."""
_SCHEMES = LazyPattern(
    r"\b(?P<scheme>Bearer|Basic|Digest|AWS4-HMAC-SHA256)(?P<space>\s+)(?P<value>[\w.~+/=*:-]{8,})", re.IGNORECASE
)
_ASSIGNED = LazyPattern(
    r"(?P<name>(?:api[-_ ]?key|apikey|access[-_]?token|auth[-_]?token|refresh[-_]?token|client[-_]?secret|secret"
    r"|password|passwd|[?&](?:key|token|sig|signature))"
    r"[\"']?\s*[:=]\s*[\"']?)(?P<value>[^\s\"',;&}{)\]]{4,})",
    re.IGNORECASE,
)
_USERINFO = LazyPattern(r"(?P<scheme>[a-z][a-z0-9+.-]{0,30}://)[^/\s@:]+(?::[^/\s@]*)?@", re.IGNORECASE)

_SENSITIVE = frozenset(
    {
        "accesskey",
        "accesskeyid",
        "accesstoken",
        "apikey",
        "authorization",
        "authtoken",
        "bearertoken",
        "clientsecret",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "idtoken",
        "ocpapimsubscriptionkey",
        "passwd",
        "password",
        "privatekey",
        "proxyauthorization",
        "refreshtoken",
        "secret",
        "secretaccesskey",
        "secretkey",
        "securitytoken",
        "sessiontoken",
        "setcookie",
        "subscriptionkey",
        "xamzsecuritytoken",
        "xapikey",
        "xauthtoken",
        "xgoogapikey",
    }
)


def sensitive(name: str) -> bool:
    """Whether a header or member of this name holds a credential, whatever its value looks like."""
    return re.sub(r"[^a-z0-9]", "", name.lower()) in _SENSITIVE


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with known key shapes and the given secrets replaced; the key's prefix stays, to say whose it was."""
    for secret in sorted({s for s in secrets if len(s) >= MINIMAL_SECRET}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    folded = text.lower()
    for hints, pattern, replacement in _SHAPES:
        if any(hint in folded for hint in hints):
            text = pattern.sub(replacement, text)
    return text


def mask_json(value: Json, secrets: Iterable[str] = ()) -> Json:
    """A copy of a JSON value with secrets masked in its strings, its member names and its credential members."""
    return _masked(value, tuple(secrets), 0)


def _masked(value: Json, secrets: tuple[str, ...], depth: int) -> Json:
    if isinstance(value, str):
        return mask(value, secrets)
    if depth >= DEEPEST:
        return "…" if isinstance(value, (dict, list)) else value
    if is_object(value):
        return {
            mask(str(name), secrets): (
                MASK
                if sensitive(str(name)) and isinstance(member, str) and member
                else _masked(member, secrets, depth + 1)
            )
            for name, member in value.items()
        }
    if is_array(value):
        return [_masked(element, secrets, depth + 1) for element in value]
    return value


def _mask_token(match: re.Match[str]) -> str:
    return f"eyJ{MASK}" if match["rest"] else match[0]


def _keep_prefix(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return next(prefix for prefix in groups.values() if prefix is not None) + MASK


_PREFIXES = (
    *("sk-", "aiza", "akia", "asia", "xai-", "gsk_", "hf_", "r8_", "pplx-", "nvapi-", "fw_", "csk-", "tgp_v1_"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "ya29.", "xox", "org-", "user-", "proj_"),
)
_SHAPES: tuple[tuple[tuple[str, ...], LazyPattern, str | Callable[[re.Match[str]], str]], ...] = (
    (("bearer", "basic", "digest", "aws4-hmac-sha256"), _SCHEMES, rf"\g<scheme>\g<space>{MASK}"),
    (_PREFIXES, _KEYS, _keep_prefix),
    (("eyj",), _TOKENS, _mask_token),
    (("key", "token", "secret", "passw", "sig"), _ASSIGNED, rf"\g<name>{MASK}"),
    (("://",), _USERINFO, rf"\g<scheme>{MASK}@"),
)
"""What to look for in folded text before the expression is asked, in their order: most texts have none of it."""
