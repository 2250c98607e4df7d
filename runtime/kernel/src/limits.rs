//! Every limit of the domain, by name and with its unit, in one place.

/// JSON request body, bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Nesting of a JSON body, levels.
pub const JSON_DEPTH_MAX: usize = 64;
/// Size or offset that a caller may claim, bytes: past it, not every reader of JSON keeps whole numbers
/// exact.
pub const CLAIMED_BYTES_MAX: u64 = 1 << 53;
/// One object of an upload ticket, bytes.
pub const OBJECT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Upload tickets that nobody has made use of.
pub const UPLOADS_WAITING_MAX: u32 = 10_000;
/// One blob, bytes.
pub const BLOB_BYTES_MAX: u64 = 100 * 1024 * 1024;

/// Titles of rooms, threads, runs, steps and tool calls, characters.
pub const TITLE_CHARS_MAX: usize = 300;
/// Short identifiers and kinds (sender ids, tool names, languages), characters.
pub const NAME_CHARS_MAX: usize = 200;
/// Markdown of one message, bytes.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// Labels of a message and tags of a run, entries.
pub const LABELS_MAX: usize = 64;
/// Idempotency key, characters.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 200;

/// Rows of a list when the caller names no limit.
pub const LIST_LIMIT_DEFAULT: u32 = 50;
/// Rows of any list.
pub const LIST_LIMIT_MAX: u32 = 200;
/// Rows of an event query when the caller names no limit.
pub const EVENT_LIMIT_DEFAULT: u32 = 100;
/// Unread events of a room that are counted; more say no more.
pub const UNREAD_MAX: u32 = 100;
/// Newest events of a room that are looked at to count the unread ones.
pub const UNREAD_SCAN_MAX: u32 = 5_000;
/// Event types that one query may name.
pub const EVENT_TYPES_MAX: usize = 128;
/// Files that one message or result names, entries.
pub const MESSAGE_FILES_MAX: usize = 256;
/// Messages of a channel's history when the caller names no number, and at most.
pub const HISTORY_MAX: u32 = 200;
/// Messages of the history of all channels when the caller names no number.
pub const HISTORY_ALL_DEFAULT: u32 = 100;
/// Channels of a list.
pub const CHANNELS_MAX: u32 = 10_000;
/// Title of a task, characters.
pub const TASK_TITLE_CHARS_MAX: usize = 1_000;
/// Tasks of a list that is not narrowed.
pub const TASKS_DEFAULT: u32 = 100;
/// Tasks of a list that is.
pub const TASKS_MAX: u32 = 10_000;
/// Shortest lease of a claimed task, seconds.
pub const TASK_LEASE_S_MIN: u32 = 1;
/// Longest lease of a claimed task, seconds: a week.
pub const TASK_LEASE_S_MAX: u32 = 7 * 24 * 3_600;
/// Channels, and details, that an agent tells of itself, as JSON, bytes.
pub const PRESENCE_BYTES_MAX: usize = 16 * 1024;
/// Time that a sign of life lasts, milliseconds.
pub const PRESENCE_MS: i64 = 60_000;
/// Age at which a sign of life is forgotten, milliseconds.
pub const PRESENCE_KEPT_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// Name of a topic of the event bus, bytes.
pub const TOPIC_BYTES_MAX: usize = 255;
/// What is published to a topic, as JSON, UTF-16 units: what other servers of this contract count.
pub const TOPIC_PAYLOAD_UNITS_MAX: usize = 16_384;
/// Messages that one principal may publish to topics in a second.
pub const TOPIC_RATE_MAX: u32 = 5;
/// Principals whose rate is remembered at once.
pub const TOPIC_RATES_MAX: usize = 10_000;
/// Name of an agent of the event bus, and of its keys, characters.
pub const USERNAME_CHARS_MAX: usize = 64;
/// Name of an app of the event bus, characters.
pub const APP_NAME_CHARS_MIN: usize = 3;
/// Name of an app of the event bus at most, characters.
pub const APP_NAME_CHARS_MAX: usize = 32;
/// Apps of one owner.
pub const APPS_MAX: u32 = 100;
/// Public keys of one agent.
pub const PUBLIC_KEYS_MAX: usize = 16;
/// Claims that wait for an answer, or to be taken up.
pub const CLAIMS_MAX: u32 = 100;
/// How long a claim waits for an answer, milliseconds.
pub const CLAIM_MS: i64 = 24 * 60 * 60 * 1_000;
/// How long the key of a confirmed claim may be fetched, milliseconds.
pub const CLAIM_PICKUP_MS: i64 = 60 * 60 * 1_000;
/// What a topic is for, characters.
pub const ADVERTISEMENT_CHARS_MAX: usize = 5_000;
/// What its payloads must be like, as JSON, bytes.
pub const SCHEMA_BYTES_MAX: usize = 32_768;
/// What is told to be wrong with one payload.
pub const SCHEMA_ERRORS_MAX: usize = 100;
/// Advertised topics of a search when the caller names no limit.
pub const ADVERTISED_DEFAULT: u32 = 20;
/// Advertised topics of a search at most.
pub const ADVERTISED_MAX: u32 = 100;
/// Locked topics, and agents, of a list.
pub const TOPICS_MAX: u32 = 10_000;
/// Agents of a list of those that are there.
pub const PRESENT_MAX: u32 = 10_000;
/// Search results when the caller names no limit, and at most.
pub const SEARCH_LIMIT_DEFAULT: u32 = 20;
/// Search results at most.
pub const SEARCH_LIMIT_MAX: u32 = 100;
/// Shortest search text, characters.
pub const SEARCH_CHARS_MIN: usize = 2;
/// Longest search text, characters.
pub const SEARCH_CHARS_MAX: usize = 256;
/// Text of a search result, characters.
pub const SEARCH_PREVIEW_CHARS: usize = 280;
/// Rows that one chain verification reads when the caller names no limit.
pub const VERIFY_LIMIT_DEFAULT: u32 = 2_000;
/// Rows that one chain verification over HTTP reads at most.
pub const VERIFY_LIMIT_MAX: u32 = 10_000;

/// Life of a lease without a heartbeat, milliseconds.
pub const LEASE_MS: i64 = 30_000;
/// Attempts of one run before it fails for good.
pub const RUN_ATTEMPTS_MAX: u32 = 5;
/// Attempts of one run after which a release ends it too: whoever claims it gives it back.
pub const RUN_RELEASES_MAX: u32 = 50;
/// Leases, or approvals, that one look at the clock ends; the next look ends more.
pub const EXPIRIES_MAX: u32 = 100;

/// Time that a request for an approval waits when it names no end, milliseconds: a person who has
/// gone home finds it in the morning.
pub const APPROVAL_MS_DEFAULT: i64 = 24 * 3_600 * 1_000;
/// Time that an approval may wait, or allow, at most, milliseconds.
pub const APPROVAL_MS_MAX: i64 = 365 * 24 * 3_600 * 1_000;
/// What a resource goes by within its type, characters: with the type, it is the target of an action.
pub const RESOURCE_ID_CHARS_MAX: usize = 1_024;
/// What an action is done to: an address, a folder, a pattern of them; characters.
pub const TARGET_CHARS_MAX: usize = 2_048;

/// How far a capability may be delegated: the owner's grant is 0, each delegation one more.
pub const DELEGATION_DEPTH_MAX: u32 = 3;
/// Entries of one list of a capability's scopes.
pub const SCOPE_ENTRIES_MAX: usize = 100;
/// Delegations of one list.
pub const DELEGATIONS_MAX: u32 = 500;
/// Search text of a list of agents, characters.
pub const AGENT_QUERY_CHARS_MAX: usize = 128;
/// What the egress quota counts over, milliseconds.
pub const QUOTA_WINDOW_MS: i64 = 3_600 * 1_000;
/// Events of one run before it takes no more steps, tool calls, artifacts and questions: its evidence
/// is a look at all of them in one transaction.
pub const RUN_EVENTS_MAX: u64 = 100_000;
/// Tool calls of one run that are open at a time: they all end with it, in one transaction.
pub const OPEN_TOOL_CALLS_MAX: usize = 1_000;
/// Headers of a request that is performed, entries.
pub const EGRESS_HEADERS_MAX: usize = 64;
/// Headers of a request that is performed, or of its answer, bytes.
pub const EGRESS_HEADER_BYTES_MAX: usize = 16 * 1024;
/// Body of a request that is performed, bytes.
pub const EGRESS_BODY_BYTES_MAX: usize = 512 * 1024;
/// Body of the answer to a request that is performed, bytes.
pub const EGRESS_RESPONSE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Time to find an address and connect to it, with TLS, milliseconds.
pub const EGRESS_CONNECT_MS: u64 = 10_000;
/// Time that a performed request may take in all when nothing else is set, seconds.
pub const EGRESS_TIMEOUT_SECONDS_DEFAULT: u32 = 60;
/// The same at most.
pub const EGRESS_TIMEOUT_SECONDS_MAX: u32 = 600;
/// Time that whoever asks is kept waiting for the outcome, milliseconds; later it is looked up.
pub const EGRESS_ANSWER_MS: u64 = 20_000;
/// Requests that are performed at the same time.
pub const EGRESS_AT_ONCE_MAX: usize = 8;
/// Requests that are performed or wait for their turn.
pub const EGRESS_OPEN_MAX: usize = 64;
/// Hosts that one list of the configuration, or one secret, may name.
pub const EGRESS_HOSTS_MAX: usize = 200;
/// Name of a secret, characters.
pub const SECRET_NAME_CHARS_MAX: usize = 64;
/// A secret, bytes.
pub const SECRET_BYTES_MAX: usize = 8 * 1024;
/// Shortest secret, bytes: it is masked in answers, and a shorter text stands everywhere.
pub const SECRET_BYTES_MIN: usize = 8;
/// Secrets of one installation.
pub const SECRETS_MAX: usize = 500;
/// Events of a run that its evidence lists one by one; its hashes cover all of them.
pub const EVIDENCE_POINTERS_MAX: usize = 1_000;
/// Steps, tool calls and artifacts that the evidence of a run lists, each.
pub const EVIDENCE_IDS_MAX: u32 = 1_000;
/// What an experiment is to find out, characters.
pub const HYPOTHESIS_CHARS_MAX: usize = 8_000;
/// What an experiment may cost at most, units.
pub const BUDGET_UNITS_MAX: f64 = 1e12;
/// Measures of one scorecard, entries.
pub const METRICS_MAX: usize = 100;
/// A measured value without its sign, and a weight.
pub const METRIC_VALUE_MAX: f64 = 1e9;
/// What an incident is about, and why it was closed, characters.
pub const INCIDENT_SUMMARY_CHARS_MAX: usize = 4_000;
/// Details of an incident, and the analysis of its cause, as JSON, bytes.
pub const INCIDENT_JSON_BYTES_MAX: usize = 64 * 1024;
/// Members of an error that the incident of a failed run repeats.
pub const INCIDENT_MEMBERS_MAX: usize = 16;
/// Open incidents that are counted; past it there are too many to tell.
pub const INCIDENTS_COUNTED_MAX: u32 = 1_000;
/// One learning of an incident, characters.
pub const INCIDENT_NOTE_CHARS_MAX: usize = 8_000;
/// Learnings of one incident: they are shown together.
pub const INCIDENT_LEARNINGS_MAX: u32 = 200;

/// One chunk of live output of a tool call, bytes.
pub const OUTPUT_CHUNK_BYTES_MAX: usize = 16 * 1024;
/// Live output of one tool call kept as events, bytes; the whole output is its artifact.
pub const OUTPUT_EVENT_BYTES_MAX: u64 = 1024 * 1024;
/// Pieces that the live output of one tool call is kept in, events.
pub const OUTPUT_EVENTS_MAX: u64 = 4_096;
/// Arguments of a command, entries.
pub const ARGV_MAX: usize = 1_000;
/// All arguments of a command together, bytes.
pub const ARGV_BYTES_MAX: usize = 128 * 1024;
/// Time a command may run when its run names none, seconds.
pub const COMMAND_TIMEOUT_SECONDS_DEFAULT: u64 = 3_600;
/// Time a command may run at most, seconds.
pub const COMMAND_TIMEOUT_SECONDS_MAX: u64 = 7 * 24 * 3_600;

/// Shortest passphrase that is taken, characters.
pub const PASSPHRASE_CHARS_MIN: usize = 8;
/// Longest passphrase, characters.
pub const PASSPHRASE_CHARS_MAX: usize = 1_024;
/// Wrong passphrases in a row that cost no waiting.
pub const LOGIN_FAILURES_FREE: u32 = 5;
/// Time to wait after the next wrong one, milliseconds; it doubles with each that follows.
pub const LOGIN_WAIT_MS: i64 = 30_000;
/// Time to wait after a wrong passphrase at most, milliseconds: about a hundred attempts a day.
pub const LOGIN_WAIT_MS_MAX: i64 = 15 * 60 * 1_000;
/// Life of an access token, milliseconds.
pub const ACCESS_TOKEN_MS: i64 = 3_600 * 1_000;
/// Life of a refresh token that is not used, milliseconds.
pub const REFRESH_TOKEN_MS: i64 = 30 * 24 * 3_600 * 1_000;
/// Sessions that are open at once; the oldest gives way.
pub const SESSIONS_MAX: u32 = 256;

/// Distinct secrets reported for one event; all are masked.
pub const REDACTION_MATCHES_MAX: usize = 20;
/// Depth of a value below which a member that holds a secret is masked whole.
pub const REDACTION_DEPTH_MAX: usize = 20;

const _: () = assert!(OUTPUT_CHUNK_BYTES_MAX * 4 < BODY_BYTES_MAX);
const _: () = assert!(EGRESS_BODY_BYTES_MAX < BODY_BYTES_MAX);
const _: () = assert!((EGRESS_RESPONSE_BYTES_MAX as u64) < BLOB_BYTES_MAX);
const _: () = assert!(SECRET_BYTES_MAX < EGRESS_HEADER_BYTES_MAX);
const _: () = assert!(NAME_CHARS_MAX + 1 + RESOURCE_ID_CHARS_MAX <= TARGET_CHARS_MAX);
const _: () = assert!(MESSAGE_BYTES_MAX < BODY_BYTES_MAX);
const _: () = assert!(INCIDENT_JSON_BYTES_MAX < BODY_BYTES_MAX);
const _: () = assert!(TITLE_CHARS_MAX <= INCIDENT_SUMMARY_CHARS_MAX);
const _: () = assert!(LEASE_MS < APPROVAL_MS_DEFAULT && APPROVAL_MS_DEFAULT <= APPROVAL_MS_MAX);
const _: () =
    assert!(LIST_LIMIT_DEFAULT <= LIST_LIMIT_MAX && EVENT_LIMIT_DEFAULT <= LIST_LIMIT_MAX);
const _: () = assert!(HISTORY_ALL_DEFAULT <= HISTORY_MAX && TASKS_DEFAULT <= TASKS_MAX);
const _: () = assert!(PRESENCE_MS < PRESENCE_KEPT_MS);
const _: () = assert!(JSON_DEPTH_MAX > REDACTION_DEPTH_MAX);
