"""The codes and statuses by which providers say what went wrong: tables, no logic (G06-G08, G12, G14, G18, G24).

Codes are compared without case, spaces and punctuation: `RateLimitError`, `rate_limit_error` and `rate-limit error` are
one word. A verdict is (category, retryable); None leaves retryability to the category.
"""

import re
from typing import Final

from streamkit.errors import Category

__all__ = [
    "CATEGORY_RETRYABLE",
    "GENERIC_CODES",
    "GENERIC_TYPES",
    "OVERFLOW_CODES",
    "SPECIFIC_CODES",
    "STATUS_BY_CODE",
    "STATUS_CATEGORIES",
    "Verdict",
    "compact",
]

Verdict = tuple[Category, bool | None]


def compact(word: str) -> str:
    """A code as the tables spell it: lower case, letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _rows(category: Category, retryable: bool | None, words: str) -> dict[str, Verdict]:
    return dict.fromkeys(words.split(), (category, retryable))


CATEGORY_RETRYABLE: Final[dict[Category, bool | None]] = {
    "": None,
    "rate_limited": True,
    "overloaded": True,
    "refused": False,
    "quota_exceeded": False,
    "context_too_long": False,
    "content_blocked": False,
    "invalid_request": False,
    "entitlement": False,
}
"""Whether the same request may succeed later, by category (G24)."""

GENERIC_TYPES: Final = frozenset(
    {
        "",
        "aboutblank",
        "error",
        "errors",
        "exception",
        "responseerror",
        "responsefailed",
        "responseincomplete",
        "failed",
        "null",
        "none",
    }
)
"""Words that say no more than that there is an error."""

SPECIFIC_CODES: Final[dict[str, Verdict]] = {
    **_rows(
        "rate_limited",
        None,
        """
        1002 1039 ratelimit ratelimited ratelimiterror ratelimitexceeded ratelimitreached
        ratelimitreachederror requestlimitexceeded requests resourceexhausted slowdown throttled throttling
        throttlingexception tokenlimitexceeded tokens toomanyrequests toomanyrequestsexception
        """,
    ),
    **_rows(
        "overloaded",
        None,
        """
        aborted apiconnectionerror apierror backenderror badgateway bedrockexception capacity deadlineexceeded
        engineoverloaded engineoverloadederror gatewaytimeout internal internalerror internalfailure
        internalservererror internalserverexception modelnotreadyexception modeloverloaded
        modelstreamerrorexception modeltimeoutexception overloaded overloadederror requesttimeout servererror
        serverisoverloaded serveroverloaded serviceunavailable serviceunavailableerror
        serviceunavailableexception timeout timeouterror unavailable upstreamerror vectorstoretimeout
        """,
    ),
    **_rows(
        "quota_exceeded",
        None,
        """
        1008 arrearage billing billingerror billinghardlimitreached billingnotactive exceededcurrentquotaerror
        freetierexhausted insufficientbalance insufficientcredits insufficientquota paymentrequired
        quotaexceeded servicequotaexceededexception usagelimitreached usagenotincluded
        """,
    ),
    **_rows(
        "entitlement",
        None,
        """
        1004 accessdenied accessdeniedexception accountdeactivated authenticationerror authenticationfailed
        expiredtoken expiredtokenexception forbidden incorrectapikey invalidapikey invalidauthenticationerror
        invalidtoken permissiondenied permissiondeniederror permissionerror tokenexpired unauthenticated
        unauthorized unrecognizedclientexception
        """,
    ),
    **_rows(
        "content_blocked",
        None,
        """
        1026 1027 biospolicy contentblocked contentfilter contentfiltererror contentmoderation
        contentpolicyviolation cyberpolicy cyberpolicyviolation datainspectionfailed
        imagecontentpolicyviolation moderation moderationblocked prohibitedcontent
        responsibleaipolicyviolation safety
        """,
    ),
    **_rows(
        "refused",
        None,
        """
        modelrefusal refusal refused
        """,
    ),
    **_rows(
        "invalid_request",
        None,
        """
        conversationnotfound emptyimagefile failedprecondition imagetoolarge invalidargument
        invalidencryptedcontent invalidparameter invalidparametererror invalidprompt invalidrequest
        invalidtype invalidvalue missingrequiredparameter modelerrorexception modelnotfound notfound
        notfounderror outofrange previousresponsenotfound requesttoolarge resourcenotfoundexception
        templateerror unimplemented unknownparameter unprocessableentityerror unsupportedparameter
        unsupportedvalue validationerror validationexception
        """,
    ),
    **_rows(
        "",
        True,
        """
        emptystream jsonvalidatefailed tooluseerror toolusefailed upstreamcut
        """,
    ),
    **_rows(
        "",
        None,
        """
        responsefailed
        """,
    ),
}
"""Codes that say precisely what is the matter. The numbers are MiniMax's (G06)."""

GENERIC_CODES: Final[dict[str, Verdict]] = {
    "badrequest": ("invalid_request", None),
    "badrequesterror": ("invalid_request", None),
    "badrequestexception": ("invalid_request", None),
    "clienterror": ("invalid_request", None),
    "invalidrequesterror": ("invalid_request", None),
    "upstreamservererror": ("overloaded", None),
}
"""Codes under which providers file all sorts of things: believed only when nothing more precise is said."""

STATUS_BY_CODE: Final[dict[str, int]] = {
    "apierror": 500,
    "authenticationerror": 401,
    "billingerror": 402,
    "invalidrequesterror": 400,
    "notfounderror": 404,
    "overloadederror": 529,
    "permissionerror": 403,
    "ratelimiterror": 429,
    "requesttoolarge": 413,
    "timeouterror": 504,
    # Google's words
    "deadlineexceeded": 504,
    "internal": 500,
    "invalidargument": 400,
    "notfound": 404,
    "permissiondenied": 403,
    "resourceexhausted": 429,
    "unauthenticated": 401,
    "unavailable": 503,
    # Bedrock's words
    "accessdeniedexception": 403,
    "badgatewayexception": 502,
    "conflictexception": 409,
    "dependencyfailedexception": 424,
    "internalserverexception": 500,
    "modelnotreadyexception": 429,
    "modelstreamerrorexception": 424,
    "modeltimeoutexception": 408,
    "resourcenotfoundexception": 404,
    "servicequotaexceededexception": 400,
    "serviceunavailableexception": 503,
    "throttlingexception": 429,
    "validationexception": 400,
}
"""The HTTP status that a provider documents for its code: in-band errors come on a 200 (G08)."""

STATUS_CATEGORIES: Final[dict[int, Verdict]] = {
    400: ("invalid_request", None),
    401: ("entitlement", None),
    402: ("quota_exceeded", None),
    403: ("entitlement", None),
    404: ("invalid_request", None),
    405: ("invalid_request", None),
    406: ("invalid_request", None),
    408: ("overloaded", None),
    409: ("", True),
    410: ("invalid_request", None),
    411: ("invalid_request", None),
    413: ("invalid_request", None),
    414: ("invalid_request", None),
    415: ("invalid_request", None),
    421: ("", True),
    422: ("invalid_request", None),
    424: ("overloaded", None),
    425: ("", True),
    429: ("rate_limited", None),
    431: ("invalid_request", None),
    451: ("content_blocked", None),
    501: ("invalid_request", None),
    505: ("invalid_request", None),
}
"""What a status says where no word does; every other 5xx is an overload or a fault inside."""

OVERFLOW_CODES: Final = frozenset(
    {
        "contextlengthexceeded",
        "contextlengthexceedederror",
        "contextoverflow",
        "contextwindowexceeded",
        "contextwindowexceedederror",
        "exceedcontextsizeerror",
        "maxcontextlengthexceeded",
        "modelcontextwindowexceeded",
        "promptistoolong",
        "stringabovemaxlength",
        "tokenlimitreached",
    }
)
"""Codes of a request that does not fit the context window (G19)."""
