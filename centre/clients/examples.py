"""Ready lines with which a client system sends its first message."""

import json
from collections.abc import Mapping
from typing import Any

from core.base import Model


class Examples(Model):
    """The same message by curl, Python and Java; the secret is left to fill in."""

    curl: str
    python: str
    java: str


def examples(
    url: str, appkey: str, type_code: str, params: Mapping[str, str]
) -> Examples:
    """Return the lines for one client, one type and one made-up patient."""
    body = {
        "type": type_code,
        "recipient": {"identities": {"empi_id": "EMPI000003"}},
        "params": dict(params),
    }
    return Examples(
        curl=_curl(url, appkey, body),
        python=_python(url, appkey, body),
        java=_java(url, appkey, body),
    )


def _curl(url: str, appkey: str, body: Mapping[str, Any]) -> str:
    sent = json.dumps(body, ensure_ascii=False, indent=2).replace("'", r"'\''")
    return f"""export APPSECRET='...'
TOKEN=$(curl -s {url}/v1/token -u "{appkey}:$APPSECRET" \\
  -d grant_type=client_credentials | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl -s {url}/v1/messages -H "Authorization: Bearer $TOKEN" \\
  -H "Idempotency-Key: first-message-1" -H "Content-Type: application/json" -d '{sent}'
"""


def _python(url: str, appkey: str, body: Mapping[str, Any]) -> str:
    return f"""import base64, json, os, urllib.request

URL, APPKEY, APPSECRET = {url!r}, {appkey!r}, os.environ["APPSECRET"]

def post(path, data, **headers):
    request = urllib.request.Request(URL + path, data.encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)

pair = base64.b64encode(f"{{APPKEY}}:{{APPSECRET}}".encode()).decode()
token = post("/v1/token", "grant_type=client_credentials",
             Authorization=f"Basic {{pair}}")["access_token"]
message = {body!r}
print(post("/v1/messages", json.dumps(message), Authorization=f"Bearer {{token}}",
           **{{"Content-Type": "application/json",
              "Idempotency-Key": "first-message-1"}}))
"""


def _java(url: str, appkey: str, body: Mapping[str, Any]) -> str:
    # JSON escapes are Java's too; all beyond ASCII is escaped for any encoding.
    sent = json.dumps(json.dumps(body))
    return f"""import java.net.URI;
import java.net.http.*;
import java.util.Base64;

class FirstMessage {{  // Java 11: APPSECRET=... java FirstMessage.java
    static final String URL = {json.dumps(url)}, APPKEY = {json.dumps(appkey)};

    static String post(String path, String body, String... headers) throws Exception {{
        var request = HttpRequest.newBuilder(URI.create(URL + path)).headers(headers)
            .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        return HttpClient.newHttpClient()
            .send(request, HttpResponse.BodyHandlers.ofString()).body();
    }}

    public static void main(String[] args) throws Exception {{
        String pair = Base64.getEncoder().encodeToString(
            (APPKEY + ":" + System.getenv("APPSECRET")).getBytes());
        String token = post("/v1/token", "grant_type=client_credentials",
            "Authorization", "Basic " + pair,
            "Content-Type", "application/x-www-form-urlencoded")
            .replaceAll(".*\\"access_token\\":\\"([^\\"]*)\\".*", "$1");
        System.out.println(post("/v1/messages",
            {sent},
            "Authorization", "Bearer " + token, "Content-Type", "application/json",
            "Idempotency-Key", "first-message-1"));
    }}
}}
"""
