"""An address to open for each page whose path has parameters."""

EXAMPLES: dict[str, str] = {
    "/clients/{code}": "/clients/his",
    "/types/{code}": "/types/registration-success",
    "/types/{code}/policy": "/types/registration-success/policy",
    "/types/{code}/templates/{channel}": "/types/registration-success/templates/sms",
    "/channels/{code}": "/channels/sms",
    "/sending-times/{type_class}": "/sending-times/marketing",
}
