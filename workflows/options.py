"""How long each kind of work may take, and how often it is tried again."""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig, LocalActivityConfig

# One provider call is bounded at 8 s (channels/kit/http.py), so a worker that died
# in the middle of one is noticed soon after.
SEND_TRY = timedelta(seconds=15)
# A delivery waits this long for a worker, or for the provider; a message with
# `expires_at` waits only until then.
SEND_WHOLE = timedelta(hours=24)

SEND = ActivityConfig(
    start_to_close_timeout=SEND_TRY,
    schedule_to_close_timeout=SEND_WHOLE,
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=timedelta(seconds=10),
        maximum_attempts=3,
    ),
)
# A critical value is worth more tries before its channel is given up.
SEND_CRITICAL = ActivityConfig(
    start_to_close_timeout=SEND_TRY,
    schedule_to_close_timeout=SEND_WHOLE,
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=timedelta(seconds=10),
        maximum_attempts=5,
    ),
)
# Where a provider was found away before, each further try is one call, and the
# pauses between are timers of the workflow (workflows/away.py).
SEND_AGAIN = ActivityConfig(
    start_to_close_timeout=SEND_TRY,
    schedule_to_close_timeout=SEND_WHOLE,
    retry_policy=RetryPolicy(maximum_attempts=1),
)
# A "later" within this time is waited for, else the next channel is taken: of a
# provider, and of a limit of ours. What is sent in bulk is in no hurry.
RATE_LIMIT_PATIENCE = timedelta(seconds=30)
RATE_LIMIT_PATIENCE_BULK = timedelta(minutes=10)
# Where our own limit has no room again and again, it is waited for so long in all.
HOLD = timedelta(seconds=30)
HOLD_CRITICAL = timedelta(minutes=5)
HOLD_BULK = SEND_WHOLE

# What may not go out yet is looked at again after so long at least.
LEAST_WAIT = timedelta(seconds=1)

# Providers list a message some seconds after they took it.
ASK_AFTER = timedelta(seconds=5)
ASK = ActivityConfig(
    start_to_close_timeout=SEND_TRY,
    schedule_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=5),
        backoff_coefficient=1.0,
        maximum_attempts=3,
    ),
)

# A receipt that is waited for may be asked for, less and less often; asking is
# cheap beside a second message.
POLL_AFTER = (
    timedelta(seconds=15),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=30),
)
# Once, of a delivery that a receipt or the provider's return may tell of.
POLL = ActivityConfig(
    start_to_close_timeout=SEND_TRY,
    schedule_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(maximum_attempts=1),
)

# A recall waits until no more of the message goes out.
AFTER_MESSAGE = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=SEND_WHOLE,
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=timedelta(seconds=30),
    ),
)
WITHDRAW = ActivityConfig(
    start_to_close_timeout=SEND_TRY,
    schedule_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=timedelta(seconds=20),
        maximum_attempts=5,
    ),
)

# A page of a batch: a worker that died in it is noticed by its silence. Begun
# again, it begins no message twice, so it is tried until it is done.
PAGE = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=2),
    heartbeat_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=timedelta(seconds=10),
    ),
)
# Then the batch goes on in a new run: a history stays below 1,000 events.
PAGES_A_RUN = 100

# The store is ours: a message waits for it rather than fail.
STORE = LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        maximum_interval=timedelta(seconds=10),
    ),
)

# Callbacks follow Standard Webhooks: ten tries in about three days. The pause
# before each comes from the activity (activities/notify.py), which knows the
# schedule and the client's Retry-After.
NOTIFY = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    schedule_to_close_timeout=timedelta(hours=80),
    retry_policy=RetryPolicy(maximum_attempts=10),
)

# A query hangs while no worker serves the queue: then the store answers.
QUERY_WAIT = timedelta(seconds=2)
# A query and then a signal, or a look into a history: 5 s together.
AFTER_QUERY = timedelta(seconds=3)
# Other calls to Temporal from an edge.
RPC_WAIT = timedelta(seconds=5)
