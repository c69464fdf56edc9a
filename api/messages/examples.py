"""Examples for the OpenAPI document; the people in them are made up."""

from fastapi.openapi.models import Example

MESSAGES: dict[str, Example] = {
    "registration": {
        "summary": "A registration notice to a patient, on the channels of its policy",
        "value": {
            "type": "registration-success",
            "recipient": {
                "name": "张三",
                "identities": {"patient_id": "P0012345", "mobile": "13800138000"},
            },
            "params": {
                "patient_name": "张三",
                "department": "心内科",
                "doctor": "李医生",
                "visit_time": "2026-03-02 09:30",
                "queue_no": "12",
            },
            "reference": "HIS-20260301-000123",
        },
    },
    "critical": {
        "summary": "A critical value to the ordering doctor, on every channel at once",
        "value": {
            "type": "critical-value",
            "recipient": {"identities": {"staff_no": "D1024"}},
            "params": {
                "department": "心内科",
                "bed_no": "12-03",
                "patient_name": "张*",
                "item": "血钾",
                "report_time": "2026-03-01 08:12",
            },
            "detail": {
                "title": "危急值",
                "items": [{"label": "血钾", "value": "6.8 mmol/L"}],
            },
        },
    },
}

BATCHES: dict[str, Example] = {
    "reminders": {
        "summary": "A reminder to two people, twenty messages a second",
        "value": {
            "type": "registration-success",
            "recipients": [
                {
                    "identities": {"mobile": "13800138000"},
                    "params": {
                        "patient_name": "张三",
                        "department": "心内科",
                        "doctor": "李医生",
                        "visit_time": "2026-03-02 09:30",
                        "queue_no": "12",
                    },
                    "reference": "HIS-20260301-000123",
                },
                {
                    "identities": {"patient_id": "P0012346"},
                    "params": {
                        "patient_name": "李四",
                        "department": "心内科",
                        "doctor": "李医生",
                        "visit_time": "2026-03-02 09:40",
                        "queue_no": "13",
                    },
                },
            ],
            "rate_per_second": 20,
        },
    },
}

INBOX: dict[str, Example] = {
    "own": {
        "summary": "What lies in a patient's inbox, as their app knows them",
        "value": {
            "identities": {"wechat_mini_openid": "oMini0000000000000000000001"},
            "limit": 20,
        },
    }
}
