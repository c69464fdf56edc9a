"""A morning in the hospital: what the demonstration sends, and what must come of it."""

from dataclasses import dataclass
from typing import Literal

Rule = dict[str, str | int]

# What the templates of the seeded types ask for.
VALUES = {
    "ahead": "3",
    "amount": "128.50元",
    "bed_no": "12",
    "booking_no": "B20261123",
    "check_time": "2026-11-25 08:30",
    "department": "心血管内科",
    "doctor": "李医生",
    "event_no": "EV1123",
    "exam_time": "2026-11-24 10:00",
    "follow_up_no": "F0098",
    "follow_up_time": "2026-11-30 09:00",
    "invoice_no": "INV10086",
    "issue_time": "2026-11-23 09:05",
    "item": "血钾",
    "level": "III级",
    "location": "门诊楼3层",
    "patient_name": "王**",
    "queue_no": "A012",
    "remind_time": "2026-11-24 08:00",
    "report_no": "R778812",
    "report_time": "2026-11-23 09:12",
    "room": "5号手术间",
    "stage": "手术开始",
    "subject": "复诊",
    "update_time": "2026-11-23 09:20",
    "visit_time": "2026-11-24 09:30",
}

SATISFIED = "skipped: policy_satisfied"


@dataclass(frozen=True)
class Scene:
    """One message: who sends what to whom, how the providers behave, the end.

    `outcomes` gives each channel's expected outcome, with its reason where it
    has one. `then` is what a person does once the message has failed, waits, or lies
    in their inbox.
    """

    title: str
    client: str
    type: str
    to: dict[str, str]
    outcomes: dict[str, str]
    status: str = "delivered"
    rules: tuple[Rule, ...] = ()
    channels: tuple[str, ...] | None = None
    wait_seconds: float = 0
    then: Literal["resend", "cancel", "read"] | None = None


def person(number: int) -> dict[str, str]:
    """Return the addresses of somebody whom no index knows."""
    return {
        "wechat_openid": f"oDemo{number:023d}",
        "mobile": f"1390000{number:04d}",
        "wecom_userid": f"demo{number:02d}",
    }


def rule(channel: str, to: dict[str, str], outcome: str, times: int = 0) -> Rule:
    """Return a sandbox rule for one person on one channel."""
    address = {"wechat": "wechat_openid", "sms": "mobile", "wecom": "wecom_userid"}
    made: Rule = {
        "channel": channel,
        "recipient": to[address[channel]],
        "outcome": outcome,
    }
    return made | ({"times": times} if times else {})


def _down(to: dict[str, str]) -> tuple[Rule, ...]:
    """Every channel is down for three calls, the tries of one delivery."""
    every = ("wechat", "sms", "wecom")
    return tuple(rule(channel, to, "server_error", times=3) for channel in every)


BOOKING = "registration-success"
SCENES = (
    Scene(
        "挂号成功，微信可达 · booking, WeChat works",
        "his",
        BOOKING,
        {"empi_id": "EMPI000003"},
        {"wechat": "accepted", "sms": SATISFIED, "wecom": SATISFIED},
    ),
    Scene(
        "挂号成功，未关注服务号 · booking, not following",
        "his",
        BOOKING,
        person(2),
        {"wechat": "failed: invalid_recipient", "sms": "accepted", "wecom": SATISFIED},
        rules=(rule("wechat", person(2), "unsubscribed"),),
    ),
    Scene(
        "挂号成功，无微信 · booking, no WeChat known",
        "self-service",
        BOOKING,
        {"empi_id": "EMPI000005"},
        {"wechat": "skipped: no_address", "sms": "accepted", "wecom": SATISFIED},
    ),
    Scene(
        "危急值，全渠道 · critical value, every channel",
        "lis",
        "critical-value",
        {"staff_no": "S00003"},
        {"wechat": "accepted", "sms": "accepted", "wecom": "accepted"},
    ),
    Scene(
        "危急值，短信停机 · critical value, SMS number gone",
        "lis",
        "critical-value",
        person(5),
        {"wechat": "accepted", "sms": "failed: invalid_recipient", "wecom": "accepted"},
        rules=(rule("sms", person(5), "invalid_recipient"),),
    ),
    Scene(
        "全部渠道故障，人工重发 · all down, then resent",
        "pacs",
        "exam-booking",
        person(6),
        {"wechat": "accepted", "sms": SATISFIED, "wecom": SATISFIED},
        rules=_down(person(6)),
        then="resend",
    ),
    Scene(
        "空号，不重试换渠道 · bad number, next channel at once",
        "his",
        BOOKING,
        person(7),
        {"sms": "failed: invalid_recipient", "wecom": "accepted"},
        rules=(rule("sms", person(7), "invalid_recipient"),),
        channels=("sms", "wecom"),
    ),
    Scene(
        "微信瞬时故障，重试 · WeChat down for a moment",
        "internet-hospital",
        BOOKING,
        person(8),
        {"wechat": "accepted", "sms": SATISFIED, "wecom": SATISFIED},
        rules=(rule("wechat", person(8), "server_error", times=1),),
    ),
    Scene(
        "短信无应答，查询后确认 · SMS gives no answer, asked after",
        "his",
        BOOKING,
        person(9),
        {"sms": "delivered", "wecom": SATISFIED},
        rules=(rule("sms", person(9), "timeout"),),
        channels=("sms", "wecom"),
    ),
    Scene(
        "令牌过期，自动刷新 · token expired, refreshed",
        "his",
        BOOKING,
        person(10),
        {"wechat": "accepted", "sms": SATISFIED, "wecom": SATISFIED},
        rules=(rule("wechat", person(10), "expired_token", times=1),),
    ),
    Scene(
        "检验报告 · lab report",
        "lis",
        "lab-report",
        {"empi_id": "EMPI000006"},
        {"wechat": "accepted", "sms": SATISFIED, "inbox": SATISFIED},
    ),
    Scene(
        "检验报告，在小程序中阅读 · lab report, read in the mini program",
        "lis",
        "lab-report",
        {"empi_id": "EMPI000007"},
        {"inbox": "read"},
        channels=("inbox",),
        then="read",
    ),
    Scene(
        "电子发票，邮件 · e-invoice by e-mail",
        "e-invoice",
        "e-invoice",
        {"empi_id": "EMPI000015"},
        {
            "wechat": "skipped: no_address",
            "email": "accepted",
            "alipay": SATISFIED,
            "inbox": SATISFIED,
        },
    ),
    Scene(
        "手术进程，院内与家属 · surgery progress, two at once",
        "surgery",
        "surgery-progress",
        {"staff_no": "S00011"},
        {
            "wecom": "accepted",
            "wechat": "accepted",
            "sms": SATISFIED,
            "voice": SATISFIED,
        },
    ),
    Scene(
        "不良事件，工作站弹窗 · adverse event, workstation",
        "nursing",
        "adverse-event",
        {"staff_no": "S00001"},
        {
            "wecom": "accepted",
            "workstation": "accepted",
            "email": SATISFIED,
            "sms": SATISFIED,
        },
    ),
    Scene(
        "定时提醒 · reminder in three seconds",
        "follow-up",
        "service-reminder",
        {"empi_id": "EMPI000009"},
        {"wechat": "accepted", "email": SATISFIED, "inbox": SATISFIED},
        wait_seconds=3,
    ),
    Scene(
        "定时提醒，已取消 · reminder, cancelled in time",
        "follow-up",
        "service-reminder",
        {"empi_id": "EMPI000012"},
        dict.fromkeys(("wechat", "email", "inbox"), "skipped: cancelled"),
        status="cancelled",
        wait_seconds=3600,
        then="cancel",
    ),
)
