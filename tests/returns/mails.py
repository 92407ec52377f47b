"""Mails as they come back: delivery reports of several mail systems, read receipts, automatic answers, replies.

Written by hand after what these systems send, with made-up names. Each gives the raw bytes.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

OFFICE = "office@example.org"


@dataclass(frozen=True)
class Sent:
    """A message of ours that a report is about."""

    message: str
    envid: str
    bounces: str
    to: str


def raw(text: str, encoding: str = "utf-8") -> bytes:
    """A message written as text, with the line ends of mail."""
    return text.lstrip("\n").encode(encoding).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def postfix(
    sent: Sent,
    action: str = "failed",
    status: str = "5.1.1",
    *,
    to: str | None = None,
    envid: str | None = None,
    returned: str | None = None,
    final: str | None = None,
    original: str | None = None,
    more: str = "",
    report_type: str = "delivery-status",
) -> bytes:
    """Postfix: headers of the message returned, ENVID and ORCPT told. A field given as "" is left out."""

    def field(name: str, given: str | None, usual: str) -> str:
        value = usual if given is None else given
        return f"{name}: {value}\n" if value else ""

    return raw(f"""
Return-Path: <>
Delivered-To: {OFFICE}
{field("X-Original-To", to, sent.bounces)}Received: by mx.example.org (Postfix)
	id 4Q7sJq0TZkz9sWQ; Mon, 23 Nov 2026 09:12:31 +0800 (CST)
Date: Mon, 23 Nov 2026 09:12:31 +0800 (CST)
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
{field("To", to, sent.bounces)}Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={report_type};
	boundary="4Q7sJp6sq8z9sWP.1764000751/mx.example.org"
Content-Transfer-Encoding: 8bit
Message-Id: <4Q7sJq0TZkz9sWQ@mx.example.org>

This is a MIME-encapsulated message.

--4Q7sJp6sq8z9sWP.1764000751/mx.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.org.

--4Q7sJp6sq8z9sWP.1764000751/mx.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
{field("Original-Envelope-Id", envid, sent.envid)}X-Postfix-Queue-ID: 4Q7sJp6sq8z9sWP
X-Postfix-Sender: rfc822; {sent.bounces}
Arrival-Date: Mon, 23 Nov 2026 09:12:30 +0800 (CST)

{field("Final-Recipient", final, f"rfc822; {sent.to}")}{field("Original-Recipient", original, f"rfc822;{sent.to}")}\
Action: {action}
Status: {status}
Remote-MTA: dns; mail.unit.example
Diagnostic-Code: smtp; 550 5.1.1 <{sent.to}>: Recipient address rejected:
    User unknown in virtual mailbox table
{more}
--4Q7sJp6sq8z9sWP.1764000751/mx.example.org
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: 8bit

Return-Path: <{sent.bounces}>
From: {OFFICE}
To: {sent.to}
{field("Message-ID", returned, sent.message)}Subject: =?utf-8?b?5YWz5LqO5YGa5aW95bel5L2c55qE6YCa55+l?=

--4Q7sJp6sq8z9sWP.1764000751/mx.example.org--
""")


def exchange(sent: Sent) -> bytes:
    """Exchange: no ENVID, the whole message returned, a long diagnostic, texts in UTF-8 and HTML."""
    text = base64.encodebytes("未能传递到以下收件人或组：\n你输入的电子邮件地址找不到。".encode()).decode()
    return raw(f"""
Received: from EX01.unit.example (10.0.0.5) by EX02.unit.example (10.0.0.6) with Microsoft
 SMTP Server (version=TLS1_2) id 15.2.1544.4; Mon, 23 Nov 2026 09:15:02 +0800
MIME-Version: 1.0
From: <postmaster@unit.example>
To: <{sent.bounces}>
Date: Mon, 23 Nov 2026 09:15:02 +0800
Content-Type: multipart/report; report-type=delivery-status;
	boundary="b1c7-4c5e"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: zh-CN
Message-ID: <1f6a7c@unit.example>
In-Reply-To: {sent.message}
References: {sent.message}
Subject: =?utf-8?B?5peg5rOV6YCB6L6+OiDpgJrnn6U=?=
Auto-Submitted: auto-replied

--b1c7-4c5e
Content-Type: multipart/alternative; differences=Content-Type;
	boundary="inner"

--inner
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

{text}
--inner
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

<html><body><p>=E6=97=A0=E6=B3=95=E9=80=81=E8=BE=BE</p></body></html>

--inner--

--b1c7-4c5e
Content-Type: message/delivery-status

Reporting-MTA: dns;EX02.unit.example
Received-From-MTA: dns;mx.example.org
Arrival-Date: Mon, 23 Nov 2026 01:15:01 +0000

Final-Recipient: rfc822;{sent.to.upper()}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient
 {sent.to} not found by SMTP address lookup
X-Display-Name: {sent.to}

--b1c7-4c5e
Content-Type: message/rfc822

From: {OFFICE}
To: {sent.to}
Subject: x
Message-ID: {sent.message}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="ours"

--ours
Content-Type: text/plain

--ours
Content-Type: application/pdf; name="package.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQK

--ours--

--b1c7-4c5e--
""")


def coremail(sent: Sent) -> bytes:
    """A large Chinese provider: text in GBK, status in base64, the returned headers as a message, no ENVID."""
    text = base64.encodebytes("很抱歉，您的邮件被退回，收件人邮箱不存在。".encode("gb18030")).decode()
    status = base64.encodebytes(
        f"Reporting-MTA: dns; mail-m1.provider.example\n\nFinal-Recipient: rfc822; {sent.to}\n"
        "Action: failed\nStatus: 5.2.2 (mailbox full)\nDiagnostic-Code: smtp; 552 Quota exceeded\n".encode()
    ).decode()
    return raw(
        f"""
Received: from localhost (localhost [127.0.0.1])
	by mail-m1.provider.example (Coremail) with SMTP id AQAAfwDX; Mon, 23 Nov 2026 09:20:11 +0800 (CST)
X-Coremail-Antispam: 1U
Date: Mon, 23 Nov 2026 09:20:11 +0800 (CST)
From: Postmaster@provider.example
To: {sent.bounces}
Subject: =?gb2312?B?z7XNs83L0MU=?=
MIME-Version: 1.0
Content-Type: Multipart/Report; Report-Type="delivery-status"; boundary="----=_Part_1_2.3"
Message-Id: <65601F0B.1@provider.example>

------=_Part_1_2.3
Content-Type: text/plain; charset=gb2312
Content-Transfer-Encoding: base64

{text}
------=_Part_1_2.3
Content-Type: message/delivery-status
Content-Transfer-Encoding: base64

{status}
------=_Part_1_2.3
Content-Type: message/rfc822

Message-ID: {sent.message}
From: {OFFICE}
To: {sent.to}
Subject: 原样的中文主题

------=_Part_1_2.3--
""",
        "gb18030",
    )


def text_only(sent: Sent) -> bytes:
    """A provider that sends back a web page and no report."""
    return raw(f"""
From: "=?utf-8?B?6YKu5Lu257O757uf?=" <PostMaster@mail.provider.example>
To: <{sent.bounces}>
Subject: =?utf-8?B?6YCA5L+h6YCa55+l?=
MIME-Version: 1.0
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: 8bit
Date: Mon, 23 Nov 2026 09:22:00 +0800
Message-ID: <tencent_1A2B3C@provider.example>

<p>抱歉，您的邮件被退回来了……</p><p>550 Mailbox not found</p>
""")


def read_receipt(
    sent: Sent, disposition: str = "manual-action/MDN-sent-manually; displayed", final: str | None = None
) -> bytes:
    """A read receipt as Outlook and Thunderbird send it."""
    return raw(f"""
From: {final or sent.to}
To: {OFFICE}
Subject: =?utf-8?B?5bey6K+7?=
Date: Mon, 23 Nov 2026 10:02:00 +0800
Message-ID: <mdn-1@unit.example>
References: {sent.message}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification;
	boundary="mdn"

--mdn
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

您的邮件已被阅读。

--mdn
Content-Type: message/disposition-notification

Reporting-UA: unit.example; Outlook
Final-Recipient: rfc822;{final or sent.to}
Original-Message-ID: {sent.message}
Disposition: {disposition}

--mdn--
""")


def vacation(sent: Sent, *marks: str) -> bytes:
    """An out-of-office answer; `marks`: the header lines by which it says so."""
    lines = "\n".join(marks or ("Auto-Submitted: auto-replied (vacation)",))
    return raw(f"""
From: {sent.to}
To: {sent.bounces}
Subject: =?utf-8?B?6Ieq5Yqo5Zue5aSNOiDpgJrnn6U=?=
In-Reply-To: {sent.message}
{lines}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

我出差至 12 月 1 日。User unknown, delivery failed, 550 5.1.1。
""")


def reply(
    sent: Sent | None,
    files: Sequence[tuple[str, bytes]] = (),
    *,
    text: str = "已签收，回执见附件。",
    sender: str = "zhang@unit.example",
    subject: str = "回复：关于做好工作的通知",
    headers: Sequence[tuple[str, str]] = (),
    inline: Sequence[bytes] = (),
) -> bytes:
    """A person's answer with attachments."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, OFFICE, subject
    mail["Message-ID"] = f"<reply-{len(files)}-{abs(hash(subject)) % 997}@unit.example>"
    if sent:
        mail["In-Reply-To"] = sent.message
    for name, value in headers:
        mail[name] = value
    mail.set_content(text)
    for name, data in files:
        kinds = {"pdf": ("application", "pdf"), "jpg": ("image", "jpeg"), "png": ("image", "png")}
        kind = kinds.get(name.rpartition(".")[2], ("application", "octet-stream"))
        mail.add_attachment(data, *kind, filename=name)
    for data in inline:
        mail.add_attachment(data, "image", "png", disposition="inline", cid="<logo@unit.example>")
    return mail.as_bytes(policy=SMTP)
