"""What China's carriers report of a short message, whoever passes it on.

Tencent Cloud hands these words on as they are; CMPP and SMPP gateways deliver
them. Source: the states of CMPP 3.0's delivery reports, and the codes that the
carriers' gateways are known to put in their place.
"""

from collections.abc import Mapping

from channels.codes import CodeTable, classes
from channels.times import after
from core.errors import RateLimited, RecipientRefused
from core.words import Outcome

# A report's final states and those on the way; every other one is a failure.
# ACCEPTD: the carrier's staff has read it out to the person (SMPP 3.4, 5.2.28).
STATES: Mapping[str, Outcome] = {
    "DELIVRD": Outcome.DELIVERED,
    "ACCEPTD": Outcome.DELIVERED,
    "ENROUTE": Outcome.ACCEPTED,
}
# The number is not in use, or somebody put it on a blacklist.
GONE = frozenset(
    {"MK:0001", "MK:0005", "MK:0013", "MBBLACK", "DBBLACK", "DB:0144"},
)

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
