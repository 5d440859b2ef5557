"""A mail engine in Python, standard library alone: asks the helper for a login, reads the INBOX, sends a message.

HELPER, SITE_KEY and IDENTIFIER come from the environment. Ask before each login; keep nothing.
"""

import base64
import email.header
import email.parser
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


def resolve(tries=5):
    request = urllib.request.Request(
        os.environ["HELPER"] + "/api/v1/resolve",
        data=json.dumps({"identifier": os.environ["IDENTIFIER"]}).encode(),
        headers={
            "Authorization": "Bearer " + os.environ["SITE_KEY"],
            "Content-Type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        # 429 and 503 pass by themselves. Nothing else does: a person has to act.
        if error.code in (429, 503) and tries > 1:
            time.sleep(int(error.headers.get("Retry-After", "5")))
            return resolve(tries - 1)
        answer = json.load(error)
        raise SystemExit(" ".join([answer["error"] + ":", answer["message"], answer.get("sign_in_url", "")]))


def read_inbox():
    imap = resolve()["imap"]
    with imaplib.IMAP4_SSL(imap["host"], imap["port"], ssl_context=ssl.create_default_context()) as client:
        # imaplib encodes what it is given, and the helper's value is encoded already.
        client.authenticate("XOAUTH2", lambda _: base64.b64decode(imap["xoauth2"]))
        status, (count,) = client.select("INBOX", readonly=True)
        if int(count) == 0:
            return 0, None
        status, ((_, header), *_) = client.fetch(count.decode(), "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        subject = email.parser.BytesParser().parsebytes(header)["Subject"]
        return int(count), str(email.header.make_header(email.header.decode_header(subject)))


def connect_smtp(smtp):
    context = ssl.create_default_context()
    if smtp["security"] == "tls":
        return smtplib.SMTP_SSL(smtp["host"], smtp["port"], context=context)
    client = smtplib.SMTP(smtp["host"], smtp["port"])
    client.starttls(context=context)
    return client


def send():
    login = resolve()
    smtp = login["smtp"]
    message = EmailMessage()
    message["From"] = message["To"] = login["mailbox"]
    message["Subject"] = "Hello from Python"
    message.set_content("Hello")
    with connect_smtp(smtp) as client:
        client.ehlo()
        client.docmd("AUTH", "XOAUTH2")
        code, answer = client.docmd(smtp["xoauth2"])
        if code != 235:
            raise SystemExit("SMTP login refused: " + answer.decode())
        client.send_message(message)


count, newest = read_inbox()
print("INBOX has", count, "messages")
if newest:
    print("the newest:", newest)
if "--send" in sys.argv:
    send()
    print("sent")
