"""The properties of the API that Schemathesis cannot know, and the findings that are accepted."""

import re
import uuid
from dataclasses import dataclass

import requests
import schemathesis


@dataclass(frozen=True)
class Accepted:
    """A finding that is no fault: `code` of Schemathesis at the operations that match, about some of these fields."""

    finding: str
    operation: str
    fields: frozenset

    def covers(self, failure, case, response):
        if failure.code != self.finding or not re.fullmatch(self.operation, case.operation.label):
            return False
        return bool(blamed(response)) and blamed(response) <= self.fields


def accepted(finding, operation, fields):
    return Accepted(finding, operation, frozenset(fields.split()))


REJECTED, TAKEN, SHARED = "ST202", "ST201", "ST402"

# `cargo xtask remove` takes out the lines of an operation with their comments.
ACCEPTED = [
    # A cursor is one that the list gave; it excludes `page`; a page ends before item 10,000.
    accepted(REJECTED, "GET /api/[a-z]+", "page cursor"),
    # `mine` excludes `category` and other orders.
    accepted(REJECTED, "GET /api/posts", "category sort mine cursor page"),
    # A name with a word that has no digits, in any script.
    accepted(REJECTED, "GET /api/weather", "city"),
    # 3,000 passwords are too common; a new one needs the present one; the token of a link is one that a mail brought.
    accepted(REJECTED, "POST /api/auth/register", "password"),
    accepted(REJECTED, "PUT /api/profile", "password newPassword currentPassword"),
    accepted(REJECTED, "POST /api/auth/email-confirmation/confirm", "token"),
    accepted(REJECTED, "POST /api/auth/password-reset/confirm", "token password"),
    # Name, type and content agree; the user exists.
    accepted(REJECTED, "POST /api/upload", "file userId"),
    accepted(REJECTED, "POST /api/upload/presign", "fileName userId"),
]

# The codes of refusals that do not follow from the document.
REFUSALS = {
    # The signature depends on the body, the time and a secret.
    "POST /api/webhooks/stripe": ["missing_signature", "invalid_signature"],
    # The token of a link is one that a mail brought.
    "POST /api/auth/email-confirmation/confirm": ["invalid_link"],
    "POST /api/auth/password-reset/confirm": ["invalid_link"],
}


def blamed(response):
    """Returns the fields that a refusal names."""
    try:
        return frozenset(detail["field"] for detail in response.json().get("details", []))
    except (ValueError, AttributeError):
        return frozenset()


def texts(case):
    """Returns the texts in a request's query and in the members of its body."""
    members = case.body if isinstance(case.body, dict) else {}
    return [value for value in [*(case.query or {}).values(), *members.values()] if isinstance(value, str)]


def is_uuid(text):
    try:
        return bool(uuid.UUID(text))
    except (TypeError, ValueError):
        return False


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return not (any(entry.covers(failure, case, response) for entry in ACCEPTED) or is_by_design(failure, case, response))


def is_by_design(failure, case, response):
    operation = case.operation.label
    # Forms send their empty fields, so an empty query parameter counts as missing.
    if failure.code == TAKEN and " in query" in failure.message and "" in (case.query or {}).values():
        return True
    # In a scenario, Schemathesis can report a case as invalid that it generated as valid.
    if failure.code == TAKEN and "Invalid component: positive test case" in failure.message:
        return True
    # In a scenario, a link puts a valid id in the place of the one that Schemathesis made invalid.
    if failure.code == TAKEN and "violates `format:uuid`" in failure.message:
        return isinstance(case.body, dict) and is_uuid(case.body.get("userId"))
    # A header of any type arrives as text, and any text is a valid key.
    if failure.code == TAKEN and "`Idempotency-Key` in header - incorrect type" in failure.message:
        return True
    if failure.code == REJECTED and response.json().get("code") in REFUSALS.get(operation, []):
        return True
    # Schemathesis sends header fields that do not match their pattern, and regards them as valid.
    if failure.code == REJECTED and blamed(response) and blamed(response) <= {"If-Match", "If-None-Match"}:
        tags = [case.headers.get(name, "*") for name in blamed(response)]
        return not all(re.fullmatch(r'\*|(W/)?"[!#-~]*"([\t ]*,[\t ]*(W/)?"[!#-~]*")*', text) for text in tags)
    # The API trims white space around a line of text, but minLength and maxLength of a schema count it.
    if failure.code == TAKEN and "larger than maxLength" in failure.message:
        return any(text != text.strip() for text in texts(case))
    if failure.code == REJECTED and blamed(response) <= {"title", "name", "category"}:
        return bool(blamed(response)) and any(text != text.strip() for text in texts(case))
    # Every caller sees every user, without the e-mail address.
    if failure.code == SHARED and operation == "GET /api/users/{id}":
        return "email" not in response.json()
    return False


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Schemathesis knows one server. The operations of a Function URL have their own, on the same origin."""
    for path, item in list(raw_schema["paths"].items()):
        operations = [operation for operation in item.values() if "servers" in operation]
        if operations:
            prefix = operations[0]["servers"][0]["url"]
            raw_schema["paths"][prefix + path] = raw_schema["paths"].pop(path)
            for operation in operations:
                del operation["servers"]


def takes_a_cookie(operation):
    return isinstance(operation, dict) and {"session": []} in operation.get("security", [])


@schemathesis.hook
def after_load_schema(context, schema):
    """Operations of sessions take a cookie. One of them ends the session, and then there is another."""

    paths = [path for path, item in schema.raw_schema["paths"].items() if any(takes_a_cookie(item[name]) for name in item)]

    @schema.auth(refresh_interval=None).apply_to(path=paths)
    class Session:
        cookies = {}

        def get(self, case, context):
            api = schema.get_base_url().rstrip("/")
            if requests.get(f"{api}/api/session", cookies=self.cookies).status_code != 200:
                account = {"email": f"{uuid.uuid4()}@example.com", "password": "the long phrase of a stranger"}
                requests.post(f"{api}/api/auth/register", json=account).raise_for_status()
                signed_in = requests.post(f"{api}/api/session", json=account)
                Session.cookies = signed_in.cookies.get_dict()
            return self.cookies

        def set(self, case, data, context):
            case.cookies.update(data)

    # The first match is used, and the accounts of schemathesis.toml match everywhere.
    schema.auth.providers.insert(0, schema.auth.providers.pop())
