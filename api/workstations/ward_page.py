"""`/ward`: how a ward's screen looks, in a browser (docs/workstations.md)."""

import json

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.http.languages import preferred
from api.pages import page

router = APIRouter(tags=["ward screen"])

_WORDS = {
    "zh": {
        "title": "病区工作站",
        "workstation": "工作站编号",
        "secret": "工作站密钥",
        "enter": "登录",
        "leave": "退出",
        "other": "English",
        "user": "工号或姓名",
        "read_back": "复读数值",
        "confirm": "确认",
        "reject": "退回",
        "close": "关闭",
        "none": "暂无待处理的消息",
        "online": "已连接",
        "offline": "连接中断，正在重连…",
        "refused": "工作站编号或密钥不对，或已停用",
        "who": "请先填写工号或姓名",
        "wrong": "未确认：请核对复读数值",
        "later": "暂时无法登记，将自动重试",
        "sending": "正在登记…",
        "confirmed": "已确认",
        "rejected": "已退回",
        "recalled": "发送方已撤回",
        "cancelled": "发送方已取消",
        "expired": "消息已过期",
        "elsewhere": "已在其他工作站确认",
        "critical": "危急",
        "high": "紧急",
        "normal": "一般",
        "bulk": "通知",
        "messages": "消息",
    },
    "en": {
        "title": "Ward workstation",
        "workstation": "Workstation id",
        "secret": "Workstation secret",
        "enter": "Sign in",
        "leave": "Sign out",
        "other": "中文",
        "user": "Staff number or name",
        "read_back": "Value read back",
        "confirm": "Confirm",
        "reject": "Reject",
        "close": "Close",
        "none": "Nothing waits for you",
        "online": "Connected",
        "offline": "The connection is lost; trying again…",
        "refused": "The id or the secret is wrong, or the workstation is disabled",
        "who": "Give your staff number or name first",
        "wrong": "Not confirmed: check the value you read back",
        "later": "It can't be recorded now and will be tried again",
        "sending": "Recording…",
        "confirmed": "Confirmed",
        "rejected": "Rejected",
        "recalled": "Taken back by its sender",
        "cancelled": "Cancelled by its sender",
        "expired": "It has expired",
        "elsewhere": "Confirmed at another workstation",
        "critical": "Critical",
        "high": "Urgent",
        "normal": "Normal",
        "bulk": "Notice",
        "messages": "Messages",
    },
}


@router.get("/ward", response_class=HTMLResponse)
async def show_ward(
    request: Request,
    lang: str = "",
) -> Response:
    """Show the page on which a ward sees and confirms its pop-ups."""
    accepted = lang or request.headers.get("accept-language", "")
    language = preferred(accepted, ("zh", "en"))
    words = _WORDS[language]
    answer = page(
        "ward.html",
        style="ward.css",
        script="ward.js",
        lang="zh-CN" if language == "zh" else "en",
        other="en" if language == "zh" else "zh",
        words=words,
        texts=json.dumps(words, ensure_ascii=False),
    )
    answer.headers["Content-Language"] = language
    return answer
