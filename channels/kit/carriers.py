"""What China's carriers report of a short message, whoever passes it on.

Tencent Cloud hands these words on as they are; CMPP and SMPP gateways deliver
them. Source: the states of CMPP 3.0's delivery reports, and the codes that the
carriers' gateways are known to put in their place.
"""

import re
from collections.abc import Mapping

from channels.kit.address_codes import says
from channels.kit.codes import CodeTable, classes
from channels.kit.times import after
from core.errors import RateLimited, RecipientRefused
from core.words import Outcome, State

# A report's final states and those on the way, in CMPP's and SMPP's seven letters
# and as gateways write them out.
# ACCEPTD: the carrier's staff has read it out to the person (SMPP 3.4, 5.2.28).
_STATES: Mapping[Outcome, str] = {
    Outcome.DELIVERED: "DELIVRD DELIVERED ACCEPTD ACCEPTED SUCCESS",
    Outcome.ACCEPTED: (
        "ENROUTE EN_ROUTE SCHEDULED BUFFERED BUFFERD QUEUED PENDING SUBMITD SUBMITTED"
    ),
    Outcome.FAILED: (
        "UNDELIV UNDELIVERED UNDELIVERABLE REJECTD REJECTED EXPIRED DELETED "
        "FAIL FAILED MBBLACK DBBLACK"
    ),
}
STATES: Mapping[str, Outcome] = {
    word: outcome for outcome, words in _STATES.items() for word in words.split()
}
# The code of an element that answered with an error, and its error's number: SMSC,
# SCP, DSMP, SP and ISMG end in B (CMPP 3.0, 8.4.5.1); MK, MI, MN and MH are the
# phone network's, ID the ISMG's own. Where an element did not answer (MA, IA …) or
# no report came (MC, IC), nobody knows what became of the text.
_ERROR = re.compile(r"(?:[MCDSI]B|M[KINH]|ID):[0-9A-Z]{1,5}")
# What some gateways put around a word.
_AROUND = " \t\r\n\0\"'.,;"
# The number is not in use, or somebody put it on a blacklist.
SAYS = says(
    {
        State.BLOCKED: "MBBLACK DBBLACK DB:0144",
        State.INVALID: "MK:0001 MK:0005 MK:0013",
    }
)
GONE = frozenset(SAYS)

# A phone that was off, or that no route led to, was not reached either: the
# next channel's turn.
CARRIERS = CodeTable(
    provider="carrier",
    classes=classes(
        {
            RecipientRefused: (
                "UNDELIV REJECTD EXPIRED DELETED UNKNOWN MK:0001 MK:0005 MK:0013 "
                "MBBLACK DBBLACK DB:0144 MK:0023 MI:0024 MK:0010"
            ),
            RateLimited: "IB:0008 MI:0061",
        }
    ),
    unknown=RecipientRefused,
    pauses={"IB:0008": after(minutes=1), "MI:0061": after(minutes=1)},
)


def state_word(state: str) -> str:
    """Return a state's word as it stands in the tables."""
    return state.strip(_AROUND).upper()


def outcome_of(word: str) -> Outcome | None:
    """Return what a state's word says became of a text; None for an unknown word."""
    if word in STATES:
        return STATES[word]
    return Outcome.FAILED if _ERROR.fullmatch(word) else None
