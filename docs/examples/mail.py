"""A mail engine in Python, standard library alone: asks the helper for a login, reads the INBOX, sends a message.

HELPER, SITE_KEY and IDENTIFIER come from the environment. Ask before each login; keep nothing.
"""

import base64
import email
import email.policy
import http.client
import imaplib
import json
import os
import smtplib
import ssl
import sys
import time
import urllib.error
import urllib.request
from email.message import EmailMessage

HELPER_TIMEOUT = 40  # Seconds: longer than the helper waits for Microsoft.
MAIL_TIMEOUT = 60


class LoginRefused(Exception):
    """The mail server takes no such token: ask for another one, and log in once more."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The site key goes to the helper and nowhere else."""

    def redirect_request(self, *_):
        return None


helper = urllib.request.build_opener(NoRedirect)


def resolve(min_ttl=300, tries=5):
    request = urllib.request.Request(
        os.environ["HELPER"] + "/api/v1/resolve",
        data=json.dumps({"identifier": os.environ["IDENTIFIER"], "min_ttl": min_ttl}).encode(),
        headers={
            "Authorization": "Bearer " + os.environ["SITE_KEY"],
            "Content-Type": "application/json",
        },
    )
    wait = 2 ** (6 - tries)  # 2, 4, 8, 16 seconds, where the helper does not say how long.
    try:
        with helper.open(request, timeout=HELPER_TIMEOUT) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        reason = explain(error)
        # 429 and 5xx pass by themselves. With any other a person has to act.
        if error.code != 429 and error.code < 500:
            raise SystemExit(reason)
        seconds = error.headers.get("Retry-After", "")
        if seconds.isdecimal():
            wait = min(int(seconds), 3600)
    except (OSError, ValueError, http.client.HTTPException) as error:
        # No answer, half of one, or the page of a proxy: that passes by itself too.
        reason = f"the helper does not answer: {error}"
    if tries == 1:
        raise SystemExit(reason)
    time.sleep(wait)
    return resolve(min_ttl, tries - 1)


def explain(error):
    try:
        answer = json.load(error)
        return " ".join([answer["error"] + ":", answer["message"], answer.get("sign_in_url", "")])
    except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException):
        return f"the helper answers {error.code}, without a reason"


def with_login(protocol, use):
    """Once more, with a token that was just refreshed, where the mail server refuses the first."""
    for min_ttl in (300, 3000):
        answer = resolve(min_ttl)
        if protocol not in answer:
            raise SystemExit(f"{protocol} was not granted")
        try:
            return use(answer["mailbox"], answer[protocol])
        except LoginRefused as error:
            refusal = error
    raise SystemExit(f"{protocol} login refused: {refusal}")


def read_inbox(_, imap):
    with imaplib.IMAP4_SSL(
        imap["host"], imap["port"], ssl_context=ssl.create_default_context(), timeout=MAIL_TIMEOUT
    ) as client:
        # imaplib encodes what it is given, and the helper's value is encoded already. A second challenge is the reason of
        # a refusal: an empty line gets the final answer.
        try:
            client.authenticate("XOAUTH2", lambda challenge: b"" if challenge else base64.b64decode(imap["xoauth2"]))
        except imaplib.IMAP4.error as error:
            raise LoginRefused(error)
        status, (count,) = client.select("INBOX", readonly=True)
        if status != "OK":
            raise SystemExit(f"INBOX cannot be opened: {count}")
        if int(count) == 0:
            return 0, None
        status, ((_, header), *_) = client.fetch(count.decode(), "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        # Mail comes as it likes: without a subject, or in a charset that nobody knows.
        subject = email.message_from_bytes(header, policy=email.policy.default)["Subject"]
        return int(count), str(subject or "(no subject)").encode(errors="replace").decode()


def connect_smtp(smtp):
    context = ssl.create_default_context()
    if smtp["security"] == "tls":
        return smtplib.SMTP_SSL(smtp["host"], smtp["port"], context=context, timeout=MAIL_TIMEOUT)
    client = smtplib.SMTP(smtp["host"], smtp["port"], timeout=MAIL_TIMEOUT)
    client.starttls(context=context)
    return client


def log_in_smtp(client, smtp):
    client.ehlo()
    code, answer = client.docmd("AUTH", "XOAUTH2")
    if code == 334:
        code, answer = client.docmd(smtp["xoauth2"])
    if code == 334:
        # The reason of a refusal: an empty line gets the final answer.
        code, answer = client.docmd("")
    if 400 <= code < 500:
        raise SystemExit("SMTP is busy, try again later: " + answer.decode(errors="replace"))
    if code != 235:
        raise LoginRefused(answer.decode(errors="replace"))


def send(mailbox, smtp):
    message = EmailMessage()
    message["From"] = message["To"] = mailbox
    message["Subject"] = "Hello from Python"
    message.set_content("Hello")
    with connect_smtp(smtp) as client:
        log_in_smtp(client, smtp)
        client.send_message(message)


try:
    count, newest = with_login("imap", read_inbox)
    print("INBOX has", count, "messages")
    if newest:
        print("the newest:", newest)
    if "--send" in sys.argv:
        with_login("smtp", send)
        print("sent")
except (OSError, imaplib.IMAP4.error, smtplib.SMTPException) as error:
    raise SystemExit(f"the mail server: {error}")
