//! What can happen, and how a seed becomes a story of it.

use crate::support::simulators::Fault;
use crate::support::simulators::officient::WebhookMeaning;
use crate::support::simulators::optedo::Oddities;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;

/// A part of a day: the hour at which it starts (`None`: Officient does not know it) and its length in hours.
pub type Part = (Option<i64>, i64);

/// What the admin decides about a leave type. A number picks an absence type.
#[derive(Debug, Clone, Copy)]
pub enum Mapping {
    AbsenceType(usize),
    /// What is in Optedo is kept or deleted.
    Exclude(&'static str),
    /// As in Officient.
    Undo,
}

/// One operation. A number picks one of the existing objects, modulo their count.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Leave of this person on this day, of this type.
    AddLeave {
        person: usize,
        day: i32,
        leave_type: usize,
        part: Option<Part>,
        is_pending: bool,
    },
    /// Other times.
    ChangeLeave {
        event: usize,
        part: Option<Part>,
    },
    /// Another day.
    MoveLeave {
        event: usize,
        day: i32,
    },
    DeleteLeave {
        event: usize,
    },
    /// All leave of this person goes at once.
    DeleteAllLeave {
        person: usize,
    },
    /// A payroll run deletes all leave of this person and adds it again under new ids.
    Payroll {
        person: usize,
    },
    /// Officient shows leave in the calendar of another person.
    GiveLeave {
        event: usize,
        person: usize,
    },
    /// Leave becomes worked time.
    BecomeWorked {
        event: usize,
    },
    /// A field of the event gets a value that Officient does not document ([`UNDOCUMENTED`]); without one, all fields
    /// are as documented again.
    Spoil {
        event: usize,
        value: Option<usize>,
    },
    Approve {
        event: usize,
    },
    Unapprove {
        event: usize,
    },
    Rename {
        person: usize,
        name: usize,
    },
    Archive {
        person: usize,
        is_archived: bool,
    },
    /// The field under *Geavanceerd*.
    Remap {
        leave_type: usize,
        code: usize,
    },
    /// Somebody in Optedo renames a user.
    RenameUser {
        user: usize,
        name: usize,
    },
    /// Somebody in Optedo renames an absence type, or gives it its name back.
    RenameType {
        absence_type: usize,
        is_renamed: bool,
    },
    /// Somebody in Optedo changes an absence of ours.
    EditInOptedo {
        absence: usize,
    },
    /// Somebody in Optedo deletes an absence of ours.
    DeleteInOptedo {
        absence: usize,
    },
    /// A webhook that Officient owes is delivered, so many times.
    Deliver {
        webhook: usize,
        times: usize,
    },
    /// It is lost.
    Drop {
        webhook: usize,
    },
    /// A webhook with an unusual body.
    DeliverNonsense {
        nonsense: usize,
    },
    /// A webhook with an unknown id.
    DeliverUnknown {
        id: i64,
    },
    /// Time passes.
    Pass {
        minutes: i64,
    },
    /// The service continues for a moment.
    Breathe {
        milliseconds: u64,
    },
    /// A replica is killed and started again.
    Kill {
        replica: usize,
    },
    /// A replica is stopped and started again.
    Restart {
        replica: usize,
    },
    /// Every connection to the database breaks.
    CutDatabase,
    /// The database is as it was at the end of the last quiet period.
    RestoreDatabase,
    /// The window begins at this day and ends at this one; `None`: far away.
    MoveWindow {
        from: Option<i32>,
        until: Option<i32>,
    },
    /// Optedo does what its contract leaves open ([`ODDITIES`]).
    BehaveOddly {
        oddity: usize,
    },
    /// The next calls to this path of Officient fail.
    OfficientFault {
        path: usize,
        fault: usize,
        times: usize,
    },
    /// The next calls to this path of Optedo fail.
    OptedoFault {
        path: usize,
        fault: usize,
        times: usize,
    },
    OfficientDown,
    OfficientUp,
    OptedoDown,
    OptedoUp,
    ExpireTokens,
    /// The admin takes the access away in Officient.
    RevokeAccess,
    RefuseRefresh {
        refuse: bool,
    },
    OmitRefreshToken {
        omit: bool,
    },
    RevokeOptedoToken,
    RestoreOptedoToken,
    Disconnect,
    Connect,
    Sweep,
    Audit,
    /// The admin links this person to this user by hand.
    Link {
        person: usize,
        user: usize,
    },
    /// The admin excludes this person; what is in Optedo is kept or deleted.
    Exclude {
        person: usize,
        existing: &'static str,
    },
    /// The names decide again about this person.
    UndoChoice {
        person: usize,
    },
    /// The admin decides which absence type this leave type becomes.
    MapType {
        leave_type: usize,
        mapping: Mapping,
    },
    /// The admin changes a setting ([`SETTINGS`]).
    ChangeSetting {
        setting: usize,
    },
    /// The admin deletes what archived people have in Optedo.
    DeleteLeavers,
}

/// A story: the operations between the quiet periods, and the options of the company.
#[derive(Debug, Clone)]
pub struct Story {
    /// What a webhook's id means.
    pub meaning: WebhookMeaning,
    /// `sync.max_deletions`
    pub max_deletions: usize,
    /// Replicas of the service on the one database.
    pub replicas: usize,
    /// After each of these comes a quiet period.
    pub rounds: Vec<Vec<Operation>>,
    /// An admin looks at the page after every operation. This reads lists again that the service would read later,
    /// and meets some of the faults in its place, so that in the other stories nobody looks before a quiet period.
    pub is_watched: bool,
}

pub const OFFICIENT_PATHS: [&str; 9] = [
    "/1.0/",
    "/1.0/calendar/",
    "/1.0/people/list",
    "/1.0/people/",
    "/1.0/calendar/requests/",
    "/1.0/calendar/events/types/",
    "/1.0/webhooks/",
    "POST /1.0/webhooks/add",
    "POST /1.0/token",
];

pub const OPTEDO_PATHS: [&str; 7] = [
    "/api/",
    "POST /api/absences",
    "PUT /api/absences/",
    "DELETE /api/absences/",
    "GET /api/absences",
    "GET /api/users",
    "GET /api/absencetypes",
];

/// A calendar that is suddenly empty: good evidence, so absences may be deleted until the leave is back.
pub const EMPTY_CALENDAR: usize = 0;
/// An empty list of people: everybody counts as archived until the next list.
pub const NOBODY: usize = 1;

/// Values that Officient does not document: the field and what it contains.
pub const UNDOCUMENTED: [(&str, &str); 6] = [
    ("status", "\"bevestigd\""),
    ("status", "[2]"),
    ("type", "\"jubilee\""),
    ("duration_minutes", "{}"),
    ("start_time_minutes", "32400"),
    ("working", "\"misschien\""),
];

/// What the admin may set: the setting and its value. Without a value, the default is in effect.
pub const SETTINGS: [(&str, &str); 9] = [
    ("includePending", "true"),
    ("includePending", "null"),
    ("leavers", "\"keep\""),
    ("leavers", "\"delete\""),
    ("leavers", "null"),
    ("onDifference", "\"restore\""),
    ("onDifference", "null"),
    ("defaultStart", "\"10:15\""),
    ("defaultStart", "null"),
];

pub const ODDITIES: [Oddities; 4] = [
    Oddities::NONE,
    Oddities { repeats_last_page: true, ..Oddities::NONE },
    Oddities { hides_new_absences: true, ..Oddities::NONE },
    Oddities { refuses_overlaps: Some(409), ..Oddities::NONE },
];

pub fn officient_faults() -> Vec<Fault> {
    let mut faults = vec![
        Fault::WrongContent(json!({"data": {"time_off": [], "company_days_off": []}})),
        Fault::WrongContent(json!({"data": [], "total_record_count": 0})),
        Fault::EmptyRateLimit,
        Fault::WrongContent(json!({"data": {"time_off": null}})),
        Fault::WrongContent(json!({"data": [{"id": 264, "name": "Jan Peeters"}], "total_record_count": 99})),
        Fault::WrongContent(json!({"data": {"id": 999, "first_name": "Wim", "last_name": "Wouters"}})),
        Fault::WrongContent(json!([])),
        Fault::DataNull,
    ];
    faults.extend(common_faults());
    faults.extend([403, 404].map(Fault::Status));
    faults
}

pub fn optedo_faults() -> Vec<Fault> {
    let mut faults: Vec<Fault> = [404, 409, 422].map(Fault::Status).to_vec();
    faults.push(Fault::RetryAfter { status: 429, seconds: 60 });
    faults.extend(common_faults());
    // Claims that a write was done.
    faults.push(Fault::Answer { status: 200, body: json!({"success": false}) });
    faults.push(Fault::Status(204));
    faults
}

fn common_faults() -> Vec<Fault> {
    vec![
        Fault::Status(400),
        Fault::Status(401),
        Fault::Status(500),
        Fault::RetryAfter { status: 503, seconds: 120 },
        Fault::Html200,
        Fault::EmptyObject,
        Fault::CutOffJson,
        Fault::Timeout,
        Fault::AnswerHangs,
        Fault::ResetMidBody,
        Fault::AnswerLost,
        Fault::FailBeforeEffect,
        Fault::RedirectTo("http://127.0.0.1:9/".to_owned()),
        Fault::HugeBody(11 << 20),
    ]
}

fn any_part() -> impl Strategy<Value = Option<Part>> {
    prop::option::of((prop::option::weighted(0.8, 7_i64..22), 1_i64..7))
}

fn any_existing() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("keep"), Just("delete")]
}

fn any_mapping() -> impl Strategy<Value = Mapping> {
    prop_oneof![
        (0_usize..3).prop_map(Mapping::AbsenceType),
        any_existing().prop_map(Mapping::Exclude),
        Just(Mapping::Undo)
    ]
}

fn any_operation() -> impl Strategy<Value = Operation> {
    use Operation::{
        AddLeave, Approve, Archive, Audit, BecomeWorked, BehaveOddly, Breathe, ChangeLeave, ChangeSetting, Connect,
        CutDatabase, DeleteAllLeave, DeleteInOptedo, DeleteLeave, DeleteLeavers, Deliver, DeliverNonsense,
        DeliverUnknown, Disconnect, Drop, EditInOptedo, Exclude, ExpireTokens, GiveLeave, Kill, Link, MapType,
        MoveLeave, MoveWindow, OfficientDown, OfficientFault, OfficientUp, OmitRefreshToken, OptedoDown, OptedoFault,
        OptedoUp, Pass, Payroll, RefuseRefresh, Remap, Rename, RenameType, RenameUser, Restart, RestoreDatabase,
        RestoreOptedoToken, RevokeAccess, RevokeOptedoToken, Spoil, Sweep, Unapprove, UndoChoice,
    };
    let pick = 0_usize..64;
    let leave = (0_usize..4, 0_i32..12, 0_usize..3, any_part(), prop::bool::weighted(0.2));
    let changes = prop_oneof![
        10 => leave.prop_map(|(person, day, leave_type, part, is_pending)| AddLeave { person, day, leave_type, part, is_pending }),
        5 => (pick.clone(), any_part()).prop_map(|(event, part)| ChangeLeave { event, part }),
        1 => (pick.clone(), 0_i32..12).prop_map(|(event, day)| MoveLeave { event, day }),
        5 => pick.clone().prop_map(|event| DeleteLeave { event }),
        1 => (0_usize..4).prop_map(|person| DeleteAllLeave { person }),
        2 => (0_usize..4).prop_map(|person| Payroll { person }),
        1 => (pick.clone(), 0_usize..4).prop_map(|(event, person)| GiveLeave { event, person }),
        1 => pick.clone().prop_map(|event| BecomeWorked { event }),
        3 => (pick.clone(), prop::option::weighted(0.7, 0..UNDOCUMENTED.len())).prop_map(|(event, value)| Spoil { event, value }),
        2 => pick.clone().prop_map(|event| Approve { event }),
        2 => pick.clone().prop_map(|event| Unapprove { event }),
        2 => (0_usize..4, 0_usize..5).prop_map(|(person, name)| Rename { person, name }),
        1 => (0_usize..4, prop::bool::ANY).prop_map(|(person, is_archived)| Archive { person, is_archived }),
        2 => (0_usize..2, 0_usize..3).prop_map(|(leave_type, code)| Remap { leave_type, code }),
        1 => (0_usize..4, 0_usize..5).prop_map(|(user, name)| RenameUser { user, name }),
        1 => (0_usize..3, prop::bool::ANY).prop_map(|(absence_type, is_renamed)| RenameType { absence_type, is_renamed }),
        1 => pick.clone().prop_map(|absence| EditInOptedo { absence }),
        1 => pick.clone().prop_map(|absence| DeleteInOptedo { absence }),
        2 => (0_usize..4, 0_usize..4).prop_map(|(person, user)| Link { person, user }),
        1 => (0_usize..4, any_existing()).prop_map(|(person, existing)| Exclude { person, existing }),
        2 => (0_usize..4).prop_map(|person| UndoChoice { person }),
        3 => (0_usize..3, any_mapping()).prop_map(|(leave_type, mapping)| MapType { leave_type, mapping }),
        3 => (0..SETTINGS.len()).prop_map(|setting| ChangeSetting { setting }),
        1 => Just(DeleteLeavers),
    ];
    let webhooks = prop_oneof![
        8 => (pick.clone(), 1_usize..4).prop_map(|(webhook, times)| Deliver { webhook, times }),
        1 => pick.clone().prop_map(|webhook| Drop { webhook }),
        1 => (0_usize..6).prop_map(|nonsense| DeliverNonsense { nonsense }),
        1 => (1_i64..10_000).prop_map(|id| DeliverUnknown { id }),
    ];
    let time = prop_oneof![
        2 => (0_i64..200).prop_map(|minutes| Pass { minutes }),
        5 => (0_u64..40).prop_map(|milliseconds| Breathe { milliseconds }),
        1 => Just(Sweep),
        1 => Just(Audit),
    ];
    let of_officient = (0..OFFICIENT_PATHS.len(), 0..officient_faults().len(), 1_usize..4);
    // Faults of writes matter most.
    let path = prop_oneof![3 => 1..4_usize, 1 => 0..OPTEDO_PATHS.len()];
    let of_optedo = (path, 0..optedo_faults().len(), 1_usize..3);
    let faults = prop_oneof![
        8 => of_officient.prop_map(|(path, fault, times)| OfficientFault { path, fault, times }),
        16 => of_optedo.prop_map(|(path, fault, times)| OptedoFault { path, fault, times }),
        4 => (0_usize..2).prop_map(|replica| Kill { replica }),
        1 => (0_usize..2).prop_map(|replica| Restart { replica }),
        1 => Just(CutDatabase),
        1 => Just(RestoreDatabase),
        1 => (prop::option::of(0_i32..6), prop::option::of(6_i32..12)).prop_map(|(from, until)| MoveWindow { from, until }),
        3 => (0..ODDITIES.len()).prop_map(|oddity| BehaveOddly { oddity }),
        1 => Just(OfficientDown),
        1 => Just(OfficientUp),
        1 => Just(OptedoDown),
        1 => Just(OptedoUp),
        1 => Just(ExpireTokens),
        1 => Just(RevokeAccess),
        1 => prop::bool::ANY.prop_map(|refuse| RefuseRefresh { refuse }),
        1 => prop::bool::ANY.prop_map(|omit| OmitRefreshToken { omit }),
        1 => Just(RevokeOptedoToken),
        1 => Just(RestoreOptedoToken),
        1 => Just(Disconnect),
        1 => Just(Connect),
    ];
    prop_oneof![8 => changes, 8 => webhooks, 5 => time, 6 => faults]
}

fn any_story() -> impl Strategy<Value = Story> {
    let meaning = prop_oneof![Just(WebhookMeaning::Person), Just(WebhookMeaning::Event), Just(WebhookMeaning::Request)];
    let max_deletions = prop_oneof![2 => Just(1000_usize), 1 => Just(1_usize)];
    let replicas = prop_oneof![15 => Just(1_usize), 1 => Just(2_usize)];
    let rounds = prop::collection::vec(prop::collection::vec(any_operation(), 4..24), 1..4);
    let story = (meaning, max_deletions, replicas, rounds, prop::bool::ANY);
    story.prop_map(|(meaning, max_deletions, replicas, rounds, is_watched)| Story {
        meaning,
        max_deletions,
        replicas,
        rounds,
        is_watched,
    })
}

/// The story of a seed, and the tree of simpler ones.
pub fn story_of(seed: u64) -> impl ValueTree<Value = Story> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    any_story().new_tree(&mut runner).unwrap()
}
