"""A mail server's report that a mail could not be delivered (RFC 3464)."""

from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import httpx

from sandbox.kit.receipts import Push


def bounced(came_from: str, recipient: str) -> Push:
    """Return the report, as a mail server pipes it to the centre."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = "MAILER-DAEMON@sandbox.example"
    report["To"] = came_from
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report.attach(MIMEText("The mail could not be delivered.\n"))
    status = EmailMessage()
    status["Reporting-MTA"] = "dns; sandbox.example"
    about = EmailMessage()
    about["Final-Recipient"] = f"rfc822; {recipient}"
    about["Action"] = "failed"
    about["Status"] = "5.1.1"
    part = MIMEMessage(status, "delivery-status")
    Message.attach(part, about)
    report.attach(part)
    return Push(report.as_bytes(), "message/rfc822", _taken, (1.0,))


def _taken(answer: httpx.Response) -> bool:
    return answer.status_code == 200
