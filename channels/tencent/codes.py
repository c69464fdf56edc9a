"""What Tencent Cloud's error codes mean, for short messages and for calls.

Sources: the vendor's SDK (`sms/v20210111`, `vms/v20200902`: errorcodes.py) and
document/api/382/55981, 1128/51558.
"""

from channels.kit.address_codes import says
from channels.kit.carriers import SAYS as CARRIERS_SAY
from channels.kit.codes import CodeTable, classes
from channels.kit.times import after, until_hour, until_midnight
from core.errors import (
    ContentRefused,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import State

# What any product of Tencent Cloud may answer before the product itself does
# (document/api/382/52060, "common error codes").
_COMMON = classes(
    {
        Misconfigured: (
            "AuthFailure UnauthorizedOperation InvalidAction InvalidVersion "
            "NoSuchVersion NoSuchProduct UnsupportedProtocol UnsupportedRegion "
            "InternalError.RequestTimeException "
            "InternalError.RestApiInterfaceNotExist InternalError.SigVerificationFail"
        ),
        ProviderDown: "ServiceUnavailable ResourceUnavailable ResourceInsufficient",
    }
)
_PREFIXES = {
    "AuthFailure.": Misconfigured,
    "UnauthorizedOperation.": Misconfigured,
    "RequestLimitExceeded": RateLimited,
    "LimitExceeded": RateLimited,
    # A fault behind the entrance, of which nobody says that nothing was sent.
    "InternalError": OutcomeUnknown,
}

SMS = CodeTable(
    provider="tencent",
    classes=_COMMON
    | classes(
        {
            ProviderDown: (
                "InternalError.OtherError "
                "InternalError.ParseBackendResponseFail InternalError.UnknownError"
            ),
            OutcomeUnknown: "InternalError.Timeout InternalError.SendAndRecvFail",
            RateLimited: (
                "RequestLimitExceeded "
                "LimitExceeded.AppDailyLimit LimitExceeded.AppMainlandChinaDailyLimit "
                "LimitExceeded.AppGlobalDailyLimit "
                "LimitExceeded.AppCountryOrRegionDailyLimit LimitExceeded.DailyLimit "
                "LimitExceeded.PhoneNumberThirtySecondLimit "
                "LimitExceeded.PhoneNumberOneHourLimit "
                "LimitExceeded.PhoneNumberDailyLimit "
                "LimitExceeded.PhoneNumberSameContentDailyLimit "
                "LimitExceeded.DeliveryFrequencyLimit "
                "LimitExceeded.GlobalSmsSendingRateLimit "
                "FailedOperation.MarketingSendTimeConstraint"
            ),
            RecipientRefused: (
                "InvalidParameterValue.IncorrectPhoneNumber "
                "FailedOperation.PhoneNumberInBlacklist "
                "FailedOperation.PhoneNumberParseFail "
                "UnsupportedOperation.UnsupportedRegion "
                "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone "
                "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone "
                "UnsupportedOperation.ContainDomesticPhoneNumber "
                "LimitExceeded.AppCountryOrRegionInBlacklist"
            ),
            ContentRefused: (
                "FailedOperation.ContainSensitiveWord "
                "FailedOperation.TemplateParamSetNotMatchApprovedTemplate "
                "InvalidParameterValue.ContentLengthLimit "
                "InvalidParameterValue.TemplateParameterFormatError "
                "InvalidParameterValue.TemplateParameterLengthLimit "
                "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter "
                "LimitExceeded.PhoneNumberCountLimit "
                "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber"
            ),
            Misconfigured: (
                "FailedOperation.SignatureIncorrectOrUnapproved "
                "FailedOperation.MissingSignature "
                "FailedOperation.TemplateIncorrectOrUnapproved "
                "FailedOperation.TemplateUnapprovedOrNotExist "
                "FailedOperation.TemplateIdNotExist "
                "FailedOperation.InsufficientBalanceInSmsPackage "
                "FailedOperation.NotEnterpriseCertification "
                "FailedOperation.ProhibitSubAccountUse "
                "InvalidParameterValue.SdkAppIdNotExist "
                "InvalidParameterValue.UnsupportedTemplateVariable "
                "InternalError.SigFieldMissing"
            ),
        }
    ),
    prefixes=_PREFIXES,
    # Any other answer is one, so nothing was sent; the next channel is tried.
    unknown=ContentRefused,
    pauses={
        "RequestLimitExceeded": after(seconds=2),
        "LimitExceeded.GlobalSmsSendingRateLimit": after(seconds=5),
        "LimitExceeded.PhoneNumberThirtySecondLimit": after(seconds=30),
        "LimitExceeded.DeliveryFrequencyLimit": after(minutes=1),
        "LimitExceeded.PhoneNumberOneHourLimit": after(hours=1),
        "LimitExceeded.PhoneNumberDailyLimit": until_midnight,
        "LimitExceeded.PhoneNumberSameContentDailyLimit": until_midnight,
        "LimitExceeded.AppDailyLimit": until_midnight,
        "LimitExceeded.AppMainlandChinaDailyLimit": until_midnight,
        "LimitExceeded.AppGlobalDailyLimit": until_midnight,
        "LimitExceeded.AppCountryOrRegionDailyLimit": until_midnight,
        "LimitExceeded.DailyLimit": until_midnight,
        # Marketing texts go out from eight to twenty-two o'clock.
        "FailedOperation.MarketingSendTimeConstraint": until_hour(8),
    },
)


# Who is called too often hears so per number; the period is the account's own.
VOICE = CodeTable(
    provider="tencent",
    classes=_COMMON
    | classes(
        {
            OutcomeUnknown: (
                "FailedOperation.AccessUpstreamTimeout "
                "InternalError.AccessUpstreamTimeout InternalError.SsoSendRecvFail"
            ),
            ProviderDown: "InternalError.UpstreamError",
            RateLimited: "RequestLimitExceeded LimitExceeded.DeliveryFrequencyLimit",
            RecipientRefused: "InvalidParameterValue.CalledNumberVerifyFail",
            ContentRefused: (
                "FailedOperation.ContainSensitiveWord "
                "FailedOperation.FailResolvePacket "
                "FailedOperation.InvalidJsonParameters "
                "FailedOperation.InvalidParameters FailedOperation.JsonParseFail "
                "FailedOperation.ParametersOtherError "
                "InvalidParameterValue.ContentLengthLimit UnsupportedOperation"
            ),
            Misconfigured: (
                "FailedOperation.TemplateIncorrectOrUnapproved "
                "FailedOperation.InsufficientBalanceInVoicePackage "
                "FailedOperation.PhonenumberUnappliedOrExpired "
                "InvalidParameterValue.SdkAppidNotExist"
            ),
        }
    ),
    prefixes=_PREFIXES,
    unknown=ContentRefused,
    pauses={
        "RequestLimitExceeded": after(seconds=2),
        "LimitExceeded.DeliveryFrequencyLimit": after(minutes=1),
    },
)

# What its own codes and the carriers' say of a number.
SMS_SAYS = {
    **CARRIERS_SAY,
    **says(
        {
            State.BLOCKED: "FailedOperation.PhoneNumberInBlacklist",
            State.INVALID: (
                "InvalidParameterValue.IncorrectPhoneNumber "
                "FailedOperation.PhoneNumberParseFail"
            ),
        }
    ),
}
# Why a call failed (document/api/1128/37531): out of service; no such number.
GONE_CALLS = frozenset({"7", "8"})
VOICE_SAYS = says(
    {
        State.INVALID: " ".join(
            ("InvalidParameterValue.CalledNumberVerifyFail", *sorted(GONE_CALLS))
        )
    }
)
