//! A small company in both simulators, the operations that happen to it, and the invariants of every quiet period.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::time::{Duration, Instant};

use crate::support::simulators::officient::{Event, EventStatus, LeaveType, NewEvent, WebhookMeaning};
use crate::support::simulators::optedo::{Absence, NewAbsence};
use crate::support::simulators::{Fault, OfficientOptions, OfficientSim, OptedoOptions, OptedoSim};
use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use optedo_officient::clock::Clock;
use optedo_officient::http_client::http_client;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::database::Database;
use super::deletions::Deletions;
use super::operations::{
    EMPTY_CALENDAR, Mapping, NOBODY, ODDITIES, OFFICIENT_PATHS, OPTEDO_PATHS, Operation, Part, SETTINGS, Story,
    UNDOCUMENTED, officient_faults, optedo_faults,
};
use super::oracle::{self, Expected, Memory};
use super::service::Service;
use crate::support::{API, API_TOKEN, KEY, PASSWORD, cookie_of, free_port, state_of, variable};

/// A quiet period that takes longer will never end.
const PATIENCE: Duration = Duration::from_mins(2);
const NAMES: [(&str, &str); 5] =
    [("Jan", "Peeters"), ("Els", "De Smet"), ("Piet", "Janssens"), ("Zoë", "Maes"), ("jan", "Peeters")];
const CODES: [&str; 3] = ["Vakantie", "Klein verlet", "Onbekend"];
const DESCRIPTIONS: [&str; 3] = ["Vakantie", "Klein verlet", "Sick day"];
/// How often the service tries while something is broken.
const STRUGGLE: usize = 12;
const BASE_DAYS: i64 = 7;

/// A webhook that Officient has not delivered yet.
#[derive(Debug, Clone)]
struct Announcement {
    event_type: &'static str,
    related_object_id: i64,
    person: i64,
    /// Whose event it was, if it moved: until the next sweep, the service may still take its id for that person's.
    former_person: Option<i64>,
}

/// A person in Officient, as the operations have left them.
pub struct Person {
    pub id: i64,
    pub name: (&'static str, &'static str),
    pub is_archived: bool,
}

/// What the admin chose for a person or a leave type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Choice {
    /// This user, or this absence type.
    To(i64),
    /// Excluded; what is in Optedo stays.
    Keep,
    /// Excluded; what is in Optedo is deleted.
    Delete,
}

impl Choice {
    fn read(text: &str) -> Self {
        match text {
            "keep" => Self::Keep,
            "delete" => Self::Delete,
            id => Self::To(id.parse().unwrap()),
        }
    }
}

/// The days that are kept equal, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    from: Date,
    until: Date,
}

impl Window {
    pub fn contains(self, day: Date) -> bool {
        self.from <= day && day <= self.until
    }
}

/// The operations and faults that a story survived.
#[derive(Debug, Default, Clone, Copy)]
pub struct Survived {
    pub operations: usize,
    pub faults: usize,
    /// How often the page was compared with the API, and how often that was impossible.
    pub compared: usize,
    pub not_compared: usize,
}

pub struct Company<'a> {
    pub(super) database: &'a mut Database,
    services: Vec<Option<Service>>,
    ports: Vec<u16>,
    settings: Vec<(String, String)>,
    pub clock: Clock,
    pub officient: OfficientSim,
    pub optedo: OptedoSim,
    pub(super) http: reqwest::Client,
    /// The cookie of the admin who looks at the page.
    pub(super) session: String,
    meaning: WebhookMeaning,
    pub people: Vec<Person>,
    /// The admin's choices for people and for leave types, and the settings, as stored when the quiet period began.
    pub choices: BTreeMap<i64, Choice>,
    pub type_choices: BTreeMap<String, Choice>,
    pub admin_settings: BTreeMap<String, String>,
    /// The leave types for which the admin ever chose.
    pub types_ever_chosen: BTreeSet<String>,
    /// Whether absences of archived people may have been deleted since the last quiet period, because a setting said
    /// so.
    may_delete_leavers: bool,
    /// Whether an audit may have restored differences since then.
    may_restore_differences: bool,
    /// The person of each event that exists or existed.
    pub owners: BTreeMap<i64, i64>,
    /// The person of an event before it moved to another one.
    former_owners: BTreeMap<i64, i64>,
    types: Vec<LeaveType>,
    codes: [usize; 2],
    optedo_token: String,
    monday: Date,
    pub window: Window,
    /// The windows since the last quiet period.
    windows: Vec<Window>,
    /// Whether the window was ever another.
    has_moved_window: bool,
    /// The absences at the end of the last quiet period.
    stood: Vec<Absence>,
    requests: BTreeMap<i64, i64>,
    owed: Vec<Announcement>,
    /// Webhooks answered with 200: about whom, and when they were sent.
    accepted: Vec<(Announcement, Instant)>,
    webhook_url: String,
    pub(super) memory: Memory,
    max_deletions: usize,
    deletions: Deletions,
    /// When the current operation began.
    happens_at: Timestamp,
    pub(super) survived: Survived,
}

impl<'a> Company<'a> {
    /// The company of a story, connected and imported, in this database.
    pub async fn found(database: &'a mut Database, story: &Story) -> Result<Self, String> {
        database.reset().await;
        let officient = OfficientSim::start(OfficientOptions {
            notify: false,
            rate_limit_calls: 10_000,
            ..OfficientOptions::default()
        })
        .await
        .unwrap();
        let clock = Clock::default();
        let optedo = OptedoOptions { clock: clock.clone(), ..OptedoOptions::default() };
        let optedo = OptedoSim::start(optedo).await.unwrap();
        let ports: Vec<u16> = (0..story.replicas).map(|_| free_port()).collect();
        let settings = settings(database, ports[0], &officient, &optedo, story.max_deletions);
        let today = clock.today();
        let monday = today.nth_weekday(1, Weekday::Monday).unwrap().saturating_add(BASE_DAYS.days());
        let window = Window { from: today.saturating_sub(30.days()), until: today.saturating_add(300.days()) };
        let mut company = Self {
            services: Vec::new(),
            ports,
            settings,
            people: NAMES[..4]
                .iter()
                .map(|name| Person { id: officient.add_person(name.0, name.1), name: *name, is_archived: false })
                .collect(),
            choices: BTreeMap::new(),
            type_choices: BTreeMap::new(),
            admin_settings: BTreeMap::new(),
            types_ever_chosen: BTreeSet::new(),
            may_delete_leavers: false,
            may_restore_differences: false,
            owners: BTreeMap::new(),
            former_owners: BTreeMap::new(),
            types: Vec::new(),
            codes: [0, 1],
            optedo_token: optedo.token(),
            monday,
            window,
            windows: vec![window],
            has_moved_window: false,
            stood: Vec::new(),
            requests: BTreeMap::new(),
            owed: Vec::new(),
            accepted: Vec::new(),
            webhook_url: String::new(),
            memory: Memory::default(),
            max_deletions: story.max_deletions,
            deletions: Deletions::default(),
            happens_at: clock.now(),
            survived: Survived::default(),
            http: http_client(Duration::from_secs(20)),
            session: String::new(),
            meaning: story.meaning,
            database,
            clock,
            officient,
            optedo,
        };
        company.furnish();
        for replica in 0..story.replicas {
            let service = company.start_replica(replica).await;
            company.services.push(Some(service));
        }
        company.connect_in_the_end().await?;
        company.settle("the first import").await?;
        let target = company.officient.subscriptions().first().map(|row| row.target_url.clone());
        company.webhook_url = target.ok_or("no webhook was registered")?;
        company.remember().await;
        Ok(company)
    }

    /// Users, types, and absences of others.
    fn furnish(&mut self) {
        let users: Vec<i64> = NAMES[..4].iter().map(|(first, last)| self.optedo.add_user(first, last)).collect();
        let types: Vec<i64> = DESCRIPTIONS.iter().map(|name| self.optedo.add_absence_type(name)).collect();
        self.types = CODES[..2]
            .iter()
            .map(|code| LeaveType::Custom(self.officient.add_leave_type(&format!("Type {code}"), Some(code))))
            .collect();
        self.types.push(LeaveType::SickDay);
        for (user, reference) in [(users[0], None), (users[1], Some("officient:1:5001".to_owned()))] {
            let start = self.monday.at(3, 7, 0, 0);
            let end = self.monday.at(3, 11, 0, 0);
            self.optedo.add_absence(NewAbsence {
                user_id: user,
                absence_type_id: types[0],
                start,
                end,
                all_day: false,
                external_reference: reference,
            });
        }
        self.memory.of_others = self.optedo.absences();
    }

    async fn start_replica(&self, replica: usize) -> Service {
        Service::start(self.settings.clone(), self.clock.clone(), self.ports[replica]).await
    }

    pub fn survived(&self) -> Survived {
        self.survived
    }

    /// Stops everything.
    pub async fn close(mut self) {
        for service in self.services.drain(..).flatten() {
            service.kill().await;
        }
        self.officient.stop().await;
        self.optedo.stop().await;
    }

    /// Performs one operation.
    #[expect(clippy::too_many_lines, reason = "one line or two for each operation")]
    pub async fn perform(&mut self, operation: &Operation) -> Result<(), String> {
        self.survived.operations += 1;
        self.happens_at = self.clock.now();
        match *operation {
            Operation::AddLeave { person, day, leave_type, part, is_pending } => {
                let mut leave = NewEvent::new(self.types[leave_type], self.day(day));
                if let Some(part) = part {
                    leave = in_part(leave, part);
                }
                if is_pending {
                    leave = leave.pending();
                }
                let person = self.people[person].id;
                let event = self.officient.add_event(person, leave);
                self.requests.insert(event, self.officient.add_request(person, &[event]));
                self.changed("calendar_event_added", event, person, is_pending);
            }
            Operation::ChangeLeave { event, part } => {
                self.change(event, |leave| *leave = in_part(leave.clone(), part.unwrap_or((Some(9), 8))));
            }
            Operation::MoveLeave { event, day } => {
                let day = self.day(day);
                // A person has one event of a type per day: it moves only to a free day.
                if let Some(chosen) = self.event(event)
                    && let Some(date) = self.date_of(chosen.0)
                    && !self.officient.events_of(chosen.1).iter().any(|other| other.leave.date == day)
                {
                    let leaves = self.window.contains(date) && !self.window.contains(day);
                    self.change(event, |leave| leave.date = day);
                    if leaves {
                        self.event_may_go(chosen.0);
                    }
                }
            }
            Operation::DeleteLeave { event } => {
                if let Some((event, person)) = self.event(event) {
                    self.officient.delete_event(event);
                    self.changed("calendar_event_deleted", event, person, true);
                }
            }
            Operation::DeleteAllLeave { person } => {
                let person = self.people[person].id;
                for event in self.officient.events_of(person) {
                    self.officient.delete_event(event.id);
                    self.changed("calendar_event_deleted", event.id, person, true);
                }
            }
            Operation::Payroll { person } => {
                let person = self.people[person].id;
                let before = self.officient.events_of(person);
                self.officient.rewrite_events(person);
                for (old, new) in before.iter().zip(self.officient.events_of(person)) {
                    self.memory.event_changed(old.id, true);
                    self.deletions.event_went(old.id, self.happens_at);
                    self.requests.insert(new.id, self.officient.add_request(person, &[new.id]));
                    let is_pending = new.leave.status == EventStatus::Pending;
                    self.changed("calendar_event_added", new.id, person, is_pending);
                }
            }
            Operation::GiveLeave { event, person } => {
                let to = self.people[person].id;
                // A person has one event of a type per day.
                if let Some((event, from)) = self.event(event)
                    && let Some(day) = self.date_of(event)
                    && !self.officient.events_of(to).iter().any(|other| other.leave.date == day)
                {
                    self.officient.give_event(event, to);
                    self.changed("calendar_event_updated", event, from, true);
                    self.owners.insert(event, to);
                    self.former_owners.insert(event, from);
                }
            }
            Operation::BecomeWorked { event } => {
                if let Some((event, person)) = self.event(event) {
                    self.officient.change_event(event, |leave| leave.working = true);
                    self.changed("calendar_event_updated", event, person, true);
                }
            }
            Operation::Spoil { event, value } => self.change(event, |leave| {
                leave.raw.clear();
                if let Some((field, value)) = value.map(|value| UNDOCUMENTED[value]) {
                    leave.raw.insert(field.to_owned(), serde_json::from_str(value).unwrap());
                }
            }),
            Operation::Approve { event } => self.change(event, |leave| leave.status = EventStatus::Approved),
            Operation::Unapprove { event } => self.change(event, |leave| leave.status = EventStatus::Pending),
            Operation::Rename { person, name } => {
                let (first, last) = NAMES[name];
                self.officient.rename_person(self.people[person].id, first, last);
                self.people[person].name = NAMES[name];
                self.memory.everything_may_change();
            }
            Operation::Archive { person, is_archived } => {
                self.officient.set_archived(self.people[person].id, is_archived);
                self.people[person].is_archived = is_archived;
                self.memory.person_archived(self.people[person].id);
                // A person who is back is reconciled, so deletions that waited for that are made.
                if !is_archived || self.may_delete_leavers {
                    let person = self.people[person].id;
                    self.events_may_go_of(|known| known.id == person);
                }
            }
            Operation::Remap { leave_type, code } => {
                if let LeaveType::Custom(id) = self.types[leave_type] {
                    self.officient.set_leave_type_code(id, Some(CODES[code]));
                    self.codes[leave_type] = code;
                    self.list_changed();
                }
            }
            Operation::RenameUser { user, name } => {
                let (first, last) = NAMES[name];
                self.optedo.rename_user(self.optedo.users()[user].id, first, last);
                self.list_changed();
            }
            Operation::RenameType { absence_type, is_renamed } => {
                let id = self.optedo.absence_types()[absence_type].id;
                let name = if is_renamed { "Hernoemd" } else { DESCRIPTIONS[absence_type] };
                self.optedo.rename_absence_type(id, name);
                self.list_changed();
            }
            Operation::EditInOptedo { absence } => {
                if let Some(absence) = self.ours(absence) {
                    let content = NewAbsence {
                        start: absence.content.start.date().at(5, 0, 0, 0),
                        end: absence.content.start.date().at(5, 30, 0, 0),
                        all_day: false,
                        ..absence.content.clone()
                    };
                    self.optedo.change_absence(absence.id, |standing| *standing = content.clone());
                    self.memory.edit(&absence, Some(content));
                }
            }
            Operation::DeleteInOptedo { absence } => {
                if let Some(absence) = self.ours(absence) {
                    self.optedo.delete_absence(absence.id);
                    self.memory.edit(&absence, None);
                }
            }
            Operation::Deliver { webhook, times } => self.deliver_owed(webhook, times).await,
            Operation::Drop { webhook } => {
                if !self.owed.is_empty() {
                    let lost = webhook % self.owed.len();
                    self.owed.remove(lost);
                    self.survived.faults += 1;
                }
            }
            Operation::DeliverNonsense { nonsense } => self.deliver_nonsense(nonsense).await?,
            Operation::DeliverUnknown { id } => {
                self.post_webhook(&json!({"event_type": "calendar_event_added", "related_object_id": id})).await;
            }
            Operation::Pass { minutes } => {
                self.clock.advance(SignedDuration::from_mins(minutes));
                self.database.wake().await;
            }
            Operation::Breathe { milliseconds } => sleep(Duration::from_millis(milliseconds)).await,
            Operation::Kill { replica } => self.replace(replica, true).await,
            Operation::Restart { replica } => self.replace(replica, false).await,
            Operation::CutDatabase => {
                self.database.cut().await;
                self.survived.faults += 1;
            }
            Operation::RestoreDatabase => self.restore_database().await,
            Operation::MoveWindow { from, until } => self.move_window(from, until).await,
            Operation::BehaveOddly { oddity } => {
                self.optedo.behave(ODDITIES[oddity]);
                self.survived.faults += 1;
            }
            Operation::OfficientFault { path, fault, times } => {
                let is_believed = fault == EMPTY_CALENDAR || fault == NOBODY;
                let fault = officient_faults()[fault].clone();
                // The service also believes that a person does not exist.
                if is_believed || fault == Fault::Status(404) {
                    self.memory.everything_may_go();
                    self.deletions.everything_may_go(self.happens_at);
                }
                self.officient.fault_on(OFFICIENT_PATHS[path], fault, times);
                self.survived.faults += times;
            }
            Operation::OptedoFault { path, fault, times } => {
                let (mut path, fault) = (OPTEDO_PATHS[path], optedo_faults()[fault].clone());
                // The service believes the 204 of a deletion (decision 24), so only another call may get it wrongly.
                if fault == Fault::Status(204) && matches!(path, "/api/" | "DELETE /api/absences/") {
                    path = "PUT /api/absences/";
                }
                self.optedo.fault_on(path, fault, times);
                self.survived.faults += times;
            }
            Operation::OfficientDown => self.officient.stop().await,
            Operation::OfficientUp => bring_back(async || self.officient.restart().await).await,
            Operation::OptedoDown => self.optedo.stop().await,
            Operation::OptedoUp => bring_back(async || self.optedo.restart().await).await,
            Operation::ExpireTokens => self.officient.expire_access_tokens(),
            Operation::RevokeAccess => self.officient.revoke_all_tokens(),
            Operation::RefuseRefresh { refuse } => self.officient.refuse_refresh(refuse),
            Operation::OmitRefreshToken { omit } => self.officient.omit_refresh_token_in_refresh(omit),
            Operation::RevokeOptedoToken => self.optedo.revoke_token(),
            Operation::RestoreOptedoToken => self.optedo.set_token(&self.optedo_token),
            Operation::Disconnect => drop(self.post("/logout").await),
            // This may fail, because something else may be broken.
            Operation::Connect => drop(self.connect().await),
            Operation::Sweep => drop(self.post("/sync").await),
            Operation::Audit => {
                self.post("/audit").await;
                if self.may_restore_differences {
                    self.memory.everything_may_change();
                }
            }
            Operation::Link { person, user } => {
                let user = json!({"userId": self.optedo.users()[user].id});
                self.choose(Method::PUT, &self.path_of(person, "link"), &user).await;
            }
            Operation::Exclude { person, existing } => {
                self.choose(Method::PUT, &self.path_of(person, "exclusion"), &json!({"existing": existing})).await;
                if existing == "delete" {
                    let person = self.people[person].id;
                    self.events_may_go(|event| event.person_id == person);
                }
            }
            Operation::UndoChoice { person } => {
                for what in ["link", "exclusion"] {
                    self.choose(Method::DELETE, &self.path_of(person, what), &Value::Null).await;
                }
            }
            Operation::MapType { leave_type, mapping } => self.map_type(self.types[leave_type], mapping).await,
            Operation::ChangeSetting { setting } => self.change_setting(SETTINGS[setting]).await,
            Operation::DeleteLeavers => self.delete_leavers().await,
        }
        if matches!(
            operation,
            Operation::OfficientDown
                | Operation::OptedoDown
                | Operation::ExpireTokens
                | Operation::RevokeAccess
                | Operation::RefuseRefresh { refuse: true }
                | Operation::RevokeOptedoToken
                | Operation::Disconnect
        ) {
            self.survived.faults += 1;
        }
        Ok(())
    }

    /// Users or types are other ones. The page shows it as soon as it reads the lists again, before anybody is
    /// reconciled.
    fn list_changed(&mut self) {
        self.memory.everything_may_change();
        self.clock.advance(SignedDuration::from_secs(61));
    }

    /// The admin decides. This may fail, because something else may be broken: [`Self::read_choices`] shows what is
    /// stored.
    async fn choose(&mut self, method: Method, path: &str, body: &Value) {
        let request = self.http.request(method, format!("{}{path}", self.url())).bearer_auth(API_TOKEN);
        drop(request.json(body).send().await);
        self.memory.everything_may_change();
    }

    fn path_of(&self, person: usize, what: &str) -> String {
        format!("/people/{}/{what}", self.people[person].id)
    }

    async fn map_type(&mut self, leave_type: LeaveType, mapping: Mapping) {
        let type_id = oracle::type_id(leave_type);
        let body = match mapping {
            Mapping::AbsenceType(kind) => {
                json!({"mode": "absence_type", "absenceTypeId": self.optedo.absence_types()[kind].id})
            }
            Mapping::Exclude(existing) => json!({"mode": "exclude", "existing": existing}),
            Mapping::Undo => json!({"mode": "officient"}),
        };
        self.choose(Method::PUT, &format!("/leavetypes/{type_id}/mapping"), &body).await;
        self.types_ever_chosen.insert(type_id);
        if matches!(mapping, Mapping::Exclude("delete")) {
            self.events_may_go(|event| event.leave.leave_type == leave_type);
        }
    }

    async fn change_setting(&mut self, (setting, value): (&str, &str)) {
        let new: Value = serde_json::from_str(value).unwrap();
        self.choose(Method::PUT, "/settings", &json!({setting: new})).await;
        match (setting, new.as_str()) {
            ("includePending", _) => self.events_may_go(|event| event.leave.status == EventStatus::Pending),
            ("leavers", Some("delete")) => {
                self.may_delete_leavers = true;
                self.events_may_go_of(|person| person.is_archived);
            }
            ("onDifference", Some("restore")) => self.may_restore_differences = true,
            _ => {}
        }
    }

    /// The admin decides about the item `archived_people`, if it is open.
    async fn delete_leavers(&mut self) {
        let items = self.get("/attention").await.unwrap_or_default();
        let mut items = items.as_array().into_iter().flatten();
        if let Some(item) = items.find(|item| item["kind"] == "archived_people") {
            self.choose(Method::POST, &format!("/attention/{}/decide", item["id"]), &json!({"action": "delete"})).await;
            // All people: the service may not know yet that somebody is archived or is back.
            self.events_may_go_of(|_| true);
        }
    }

    async fn read_choices(&mut self) {
        let [people, types, settings] = [
            "select person_id || ' ' || coalesce(optedo_user_id::text, existing) from person_choices",
            "select type_id || ' ' || coalesce(absence_type_id::text, existing) from leave_type_choices
             where absence_type_id is not null or existing is not null",
            "select name || ' ' || value from settings",
        ];
        let people = self.database.pairs(people).await;
        self.choices = people.iter().map(|(id, choice)| (id.parse().unwrap(), Choice::read(choice))).collect();
        let types = self.database.pairs(types).await;
        self.type_choices = types.into_iter().map(|(id, choice)| (id, Choice::read(&choice))).collect();
        self.admin_settings = self.database.pairs(settings).await.into_iter().collect();
    }

    /// Whether the admin chose this value.
    pub fn is_set(&self, setting: &str, value: &str) -> bool {
        self.admin_settings.get(setting).is_some_and(|chosen| chosen == value)
    }

    /// Repairs everything, delivers all webhooks, and checks the invariants.
    pub async fn quiet(&mut self, is_last: bool) -> Result<(), String> {
        self.read_choices().await;
        self.struggle().await;
        self.officient.restart().await.unwrap();
        self.optedo.restart().await.unwrap();
        // A fault that no call met was not survived.
        self.survived.faults -= self.officient.faults_left() + self.optedo.faults_left();
        self.officient.clear_faults();
        self.optedo.clear_faults();
        self.optedo.behave(ODDITIES[0]);
        self.officient.refuse_refresh(false);
        self.optedo.set_token(&self.optedo_token);
        if self.state().await? != "connected" || !self.officient.is_connected() {
            self.connect_in_the_end().await?;
        }
        while !self.owed.is_empty() {
            let owed = self.owed.len();
            self.deliver_owed(0, 1).await;
            if self.owed.len() == owed {
                return Err("a webhook is refused although nothing is broken".to_owned());
            }
        }
        self.settle("what webhooks asked for").await?;
        if self.state().await? != "connected" {
            // The refused refresh was noticed only now.
            self.connect_in_the_end().await?;
            self.settle("connecting again").await?;
        }
        self.check_webhooks_were_followed_by_a_reconciliation()?;

        // A sweep finds what no webhook announced; nothing is cached.
        self.sweep().await?;
        self.confirm_deletions().await?;
        self.deletions.judge(&self.optedo.deletions(), self.max_deletions)?;
        self.check_everything_stands_as_it_should().await?;
        self.audit().await?;
        self.check_notifications().await?;
        self.check_everything_stands_as_it_should().await?;
        self.check_page_is_right().await?;
        if is_last {
            let writes = self.optedo.writes();
            self.sweep().await?;
            ensure(self.optedo.writes() == writes, || "a sweep without changes wrote something".to_owned())?;
        }
        self.remember().await;
        Ok(())
    }

    /// Remembers the state at the end of a quiet period.
    async fn remember(&mut self) {
        let unended = self.database.numbers("select event_id from absences where intent is not null").await;
        let (standing, expected) = (self.optedo.absences(), oracle::expected(self));
        self.deletions.remember(&standing, &expected, &unended);
        self.stood.clone_from(&standing);
        self.memory.remember(standing);
        self.windows = vec![self.window];
        self.may_delete_leavers = self.is_set("leavers", "delete");
        self.may_restore_differences = self.is_set("onDifference", "restore");
        self.database.back_up().await;
    }

    /// The service tries for a while although something may be broken.
    async fn struggle(&mut self) {
        if self.max_deletions == 1 {
            // First without a moving clock: otherwise deletions that are planned together happen more than ten minutes
            // apart.
            for _ in 0..self.owed.len() {
                self.deliver_owed(0, 1).await;
            }
            self.until_leader_is_idle().await;
        }
        for _ in 0..STRUGGLE {
            self.deliver_owed(0, 1).await;
            self.clock.advance(SignedDuration::from_mins(1));
            self.database.wake().await;
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until the leader has processed what is due now; a leader that never is idle is not waited for long.
    async fn until_leader_is_idle(&mut self) {
        for replica in self.services.iter().flatten().filter(|replica| replica.is_leading()) {
            let mut rounds = replica.rounds();
            let begun = rounds.borrow_and_update().number;
            for _ in 0..200 {
                self.database.wake().await;
                let idle = rounds.wait_for(|round| round.number >= begun + 2 && round.jobs == 0);
                if tokio::time::timeout(Duration::from_millis(50), idle).await.is_ok() {
                    break;
                }
            }
        }
    }

    async fn sweep(&mut self) -> Result<(), String> {
        self.clock.advance(SignedDuration::from_hours(2));
        let mut asked = self.post("/sync").await;
        // On a busy machine, the database may take too long to give a connection.
        for _ in 0..5 {
            if asked != StatusCode::SERVICE_UNAVAILABLE {
                break;
            }
            sleep(Duration::from_secs(1)).await;
            asked = self.post("/sync").await;
        }
        ensure(asked == StatusCode::ACCEPTED, || format!("a sweep was not accepted: {asked}"))?;
        self.settle("a sweep").await
    }

    pub(super) async fn confirm_deletions(&mut self) -> Result<(), String> {
        let held = self.get("/attention").await?;
        let held = held.as_array().cloned().unwrap_or_default();
        for item in held.iter().filter(|item| item["kind"] == "deletions_held") {
            let (standing, expected) = (self.optedo.absences(), oracle::expected(self));
            self.deletions.confirm(&standing, &expected);
            let confirmed = self.post(&format!("/attention/{}/retry", item["id"])).await;
            ensure(confirmed == StatusCode::ACCEPTED, || format!("not confirmed: {confirmed}"))?;
            self.settle("confirmed deletions").await?;
        }
        Ok(())
    }

    /// Waits until no reconciliation is requested; time passes meanwhile.
    pub(super) async fn settle(&mut self, what: &str) -> Result<(), String> {
        let waiting = "select (select count(*) from webhook_events where processed_at is null)
                           + (select count(*) from people where sync_requested_at is not null)
                           + (select count(*) from connection where sweep_asked_at is not null
                              or (sweep_started_at is not null and sweep_finished_at is null))";
        self.until_none(waiting, what).await
    }

    /// Waits until this query counts nothing; time passes meanwhile.
    pub(super) async fn until_none(&mut self, query: &'static str, what: &str) -> Result<(), String> {
        let began = Instant::now();
        let mut rounds = 0_u32;
        loop {
            let waiting = self.database.number(query).await;
            let is_connected = "select count(*) from connection where state = 'connected'";
            if waiting == 0 || self.database.number(is_connected).await == 0 {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("stuck: {what}: {waiting} wait\n{}", self.what_waits().await));
            }
            rounds += 1;
            if rounds.is_multiple_of(4) {
                self.clock.advance(SignedDuration::from_mins(4));
            }
            self.database.wake().await;
            // Ever slower: on a busy machine, calls that time out must not be repeated immediately.
            sleep(Duration::from_millis(u64::from(rounds.min(400)) + 4)).await;
        }
    }

    /// Everything that waits and its cause, to find out why nothing continues.
    async fn what_waits(&mut self) -> String {
        let leads = |replica: &Option<Service>| replica.as_ref().is_some_and(Service::is_leading);
        let leading: Vec<bool> = self.services.iter().map(leads).collect();
        let now = self.clock.now();
        let mut said = vec![format!("it is {now} by the story's clock; which replica leads: {leading:?}")];
        said.extend(self.database.what_waits().await);
        for (who, calls) in [("Officient", self.officient.calls()), ("Optedo", self.optedo.calls())] {
            let last = calls.iter().rev().take(8).rev();
            said.extend(last.map(|call| format!("{who}: {} {} {}", call.method, call.path, call.status)));
        }
        said.join("\n")
    }

    fn check_webhooks_were_followed_by_a_reconciliation(&mut self) -> Result<(), String> {
        let calls = self.officient.calls();
        for (Announcement { person, former_person, .. }, sent_at) in self.accepted.drain(..) {
            let people = iter::once(person).chain(former_person);
            let about: Vec<String> =
                people.flat_map(|id| [format!("/1.0/calendar/{id}/"), format!("/1.0/people/{id}/")]).collect();
            let is_look = |path: &str| about.iter().any(|about| path.starts_with(about.as_str()));
            // Only the list of people, at the next sweep, shows that an archived person is back.
            let is_archived = self.people.iter().any(|known| known.id == person && known.is_archived);
            ensure(
                is_archived
                    || self.memory.was_archived(person)
                    || calls.iter().any(|call| call.at >= sent_at && is_look(&call.path)),
                || format!("no reconciliation of person {person} after a webhook that got 200"),
            )?;
        }
        self.officient.clear_calls();
        Ok(())
    }

    async fn check_everything_stands_as_it_should(&mut self) -> Result<(), String> {
        let standing = self.optedo.absences();
        ensure(self.officient.writes().is_empty(), || format!("written: {:?}", self.officient.writes()))?;
        // What lies outside the window stays, also when its event moves into it.
        let most_at_once = if self.has_moved_window {
            self.optedo.max_same_reference_and_day_ever()
        } else {
            self.optedo.max_same_reference_ever()
        };
        ensure(most_at_once <= 1, || "an event had two absences".to_owned())?;
        self.check_nothing_outside_changed(&standing)?;
        for other in &self.memory.of_others {
            ensure(standing.contains(other), || format!("an absence of others was changed: {other:?}"))?;
        }
        let prefix = format!("officient:{}:", self.officient.company_id());
        let mut stands: BTreeMap<i64, NewAbsence> = BTreeMap::new();
        for absence in standing {
            let reference = absence.content.external_reference.clone().unwrap_or_default();
            if let Some(event) = reference.strip_prefix(&prefix) {
                if self.window.contains(absence.content.start.date()) {
                    stands.insert(event.parse().unwrap(), absence.content);
                }
            } else {
                ensure(self.memory.of_others.iter().any(|other| other.id == absence.id), || {
                    format!("an absence without an event: {absence:?}")
                })?;
            }
        }
        let expected = oracle::expected(self);
        let events: BTreeSet<i64> =
            expected.keys().chain(stands.keys()).chain(self.memory.stood.keys()).copied().collect();
        let stood = |event: i64| {
            let absences = self.stood.iter().filter(move |absence| oracle::event_of(absence) == Some(event));
            absences.map(|absence| absence.content.start.date())
        };
        for event in events {
            // What the window does not contain was checked above.
            if !stands.contains_key(&event) && stood(event).any(|day| !self.window.contains(day)) {
                continue;
            }
            if self.may_stand_for_another(event, &expected) {
                continue;
            }
            let expected = expected.get(&event).unwrap_or(&Expected::Nothing);
            let stands = stands.get(&event);
            self.memory
                .judge(event, expected, stands)
                .map_err(|what| format!("event {event} {what}: expected {expected:?}, stands {stands:?}"))?;
        }
        // A write that was rejected, or whose result is unknown, waits together with its leave.
        for event in self.database.numbers("select event_id from absences where intent is not null").await {
            let day = self.date_of(event);
            if day.is_none_or(|day| !self.window.contains(day)) && self.has_moved_window {
                continue;
            }
            let is_blocked = matches!(expected.get(&event), Some(Expected::WhatStood | Expected::Kept))
                || self.may_stand_for_another(event, &expected);
            ensure(is_blocked, || format!("a write of event {event} has no end"))?;
        }
        let decided = "select event_id || ' ' || date from absences a join people p using (company_id, person_id)
                       where p.archived and deletion_requested_at is not null and deleted_at is null";
        for (event, day) in self.database.pairs(decided).await {
            let is_left = self.window.contains(day.parse().unwrap());
            ensure(!is_left, || {
                format!("event {event} of an archived person should be deleted, as the admin decided")
            })?;
        }
        let standing = "select coalesce((select sum(standing)::bigint from absences_standing), 0) - (
                            select count(*) from absences where deleted_at is null and optedo_absence_id is not null)";
        let difference = self.database.number(standing).await;
        ensure(difference == 0, || format!("{difference} absences are counted wrongly"))?;
        let miscounted = self
            .database
            .texts(
                "select kind || ' ' || subject_id || ' ' || waiting from attention a
                 where resolved_at is null and kind in ('unmatched_person', 'ambiguous_person',
                     'unmapped_leave_type', 'ambiguous_leave_type', 'invalid_event', 'rejected_by_optedo')
                     and waiting is distinct from (
                         select count(*) filter (where not in_optedo) from held_back h
                         where h.kind = a.kind and h.subject_id = a.subject_id having count(*) > 0)
                 union all
                 select 'no item for ' || event_id from held_back h where not exists (
                     select from attention a where a.kind = h.kind and a.subject_id = h.subject_id and resolved_at is null)",
            )
            .await;
        ensure(miscounted.is_empty(), || format!("items that do not count right: {miscounted:?}"))?;
        self.check_items_of_undocumented_values().await
    }

    /// Whoever looks at *Vraagt aandacht* sees each event that was not understood.
    async fn check_items_of_undocumented_values(&mut self) -> Result<(), String> {
        let waiting = self.database.numbers("select event_id from held_back").await;
        let is_excluded = |person: &Person| {
            person.is_archived || matches!(self.choices.get(&person.id), Some(Choice::Keep | Choice::Delete))
        };
        for person in self.people.iter().filter(|person| !is_excluded(person)) {
            for event in self.officient.events_of(person.id) {
                let Event { id, leave, .. } = &event;
                let is_leave = oracle::is_to_be_written(self, leave.status) || leave.raw.contains_key("status");
                if is_leave && oracle::has_undocumented_value(self, &event) && self.window.contains(leave.date) {
                    ensure(waiting.contains(id), || format!("event {id} is not understood, and no item says so"))?;
                }
            }
        }
        Ok(())
    }

    /// What no window contained since the last quiet period is as it was.
    fn check_nothing_outside_changed(&self, standing: &[Absence]) -> Result<(), String> {
        let is_outside = |absence: &&Absence| {
            let day = absence.content.start.date();
            !self.windows.iter().any(|window| window.contains(day)) && !self.memory.was_edited(absence)
        };
        for absence in self.stood.iter().filter(is_outside) {
            ensure(standing.contains(absence), || format!("changed outside the window: {absence:?}"))?;
        }
        Ok(())
    }

    /// Whether the event is gone, and another event of that person is blocked: on the same day it may be the same
    /// leave, so the absence stays.
    fn may_stand_for_another(&self, event: i64, expected: &BTreeMap<i64, Expected>) -> bool {
        let Some(person) = self.owners.get(&event).filter(|_| !expected.contains_key(&event)) else {
            return false;
        };
        let events = self.officient.events_of(*person);
        events.iter().any(|other| expected.get(&other.id) == Some(&Expected::WhatStood))
    }

    /// The description in our field of a leave type.
    pub fn code_of(&self, id: i64) -> &'static str {
        let known = self.types.iter().position(|known| *known == LeaveType::Custom(id));
        CODES[self.codes[known.unwrap()]]
    }

    fn day(&self, number: i32) -> Date {
        self.monday.saturating_add((number / 5 * 7 + number % 5).days())
    }

    /// One of all events, and its person.
    fn event(&self, pick: usize) -> Option<(i64, i64)> {
        let events: Vec<(i64, i64)> = self
            .people
            .iter()
            .flat_map(|person| self.officient.events_of(person.id))
            .map(|event| (event.id, event.person_id))
            .collect();
        events.get(pick % events.len().max(1)).copied()
    }

    fn date_of(&self, event: i64) -> Option<Date> {
        let events = self.people.iter().flat_map(|person| self.officient.events_of(person.id));
        events.into_iter().find_map(|known| (known.id == event).then_some(known.leave.date))
    }

    /// One of our absences in Optedo.
    fn ours(&self, pick: usize) -> Option<Absence> {
        let mut ours = self.optedo.absences();
        ours.retain(|absence| self.memory.of_others.iter().all(|other| other.id != absence.id));
        let count = ours.len().max(1);
        ours.into_iter().nth(pick % count)
    }

    fn change(&mut self, pick: usize, change: impl FnOnce(&mut NewEvent)) {
        if let Some((event, person)) = self.event(pick) {
            self.officient.change_event(event, change);
            let is_pending = self
                .officient
                .events_of(person)
                .iter()
                .any(|standing| standing.id == event && standing.leave.status == EventStatus::Pending);
            self.changed("calendar_event_updated", event, person, is_pending);
        }
    }

    /// From now on Officient owes a webhook about this change.
    fn changed(&mut self, event_type: &'static str, event: i64, person: i64, may_go: bool) {
        let related_object_id = match self.meaning {
            WebhookMeaning::Person | WebhookMeaning::None => person,
            WebhookMeaning::Event => event,
            WebhookMeaning::Request => self.requests.get(&event).copied().unwrap_or(person),
        };
        self.memory.event_changed(event, false);
        if may_go {
            self.event_may_go(event);
        }
        self.owners.insert(event, person);
        let former_person = self.former_owners.get(&event).copied();
        self.owed.push(Announcement { event_type, related_object_id, person, former_person });
    }

    /// The absences of these events may be deleted.
    fn events_may_go(&mut self, is_concerned: impl Fn(&Event) -> bool) {
        let events = self.people.iter().flat_map(|person| self.officient.events_of(person.id));
        let events: Vec<i64> = events.filter(is_concerned).map(|event| event.id).collect();
        for event in events {
            self.event_may_go(event);
        }
    }

    /// The absences of these people may be deleted, also those whose event does not exist any more.
    fn events_may_go_of(&mut self, is_concerned: impl Fn(&Person) -> bool) {
        let people: Vec<i64> =
            self.people.iter().filter(|person| is_concerned(person)).map(|person| person.id).collect();
        let events = self.owners.iter().filter(|(_, person)| people.contains(person));
        for event in events.map(|(event, _)| *event).collect::<Vec<_>>() {
            self.event_may_go(event);
        }
    }

    /// The absence of this event may be deleted.
    pub(super) fn event_may_go(&mut self, event: i64) {
        self.memory.event_changed(event, true);
        self.deletions.event_went(event, self.happens_at);
    }

    async fn deliver_owed(&mut self, pick: usize, times: usize) {
        if self.owed.is_empty() {
            return;
        }
        let announcement = self.owed.remove(pick % self.owed.len());
        let body = json!({
            "account": "acme", "event_type": announcement.event_type,
            "related_object_id": announcement.related_object_id.to_string(),
        });
        for _ in 0..times {
            let sent_at = Instant::now();
            if self.post_webhook(&body).await == StatusCode::OK {
                self.accepted.push((announcement.clone(), sent_at));
            } else {
                self.owed.push(announcement.clone());
                self.survived.faults += 1;
                return;
            }
        }
        self.survived.faults += times - 1;
    }

    /// Delivers a webhook to one of the replicas, as the proxy in front of them does.
    async fn post_webhook(&self, body: &Value) -> StatusCode {
        let port = self.ports[self.accepted.len() % self.ports.len()];
        let url = self.webhook_url.replace(&self.ports[0].to_string(), &port.to_string());
        let response = self.http.post(url).json(body).send().await;
        response.map_or(StatusCode::GATEWAY_TIMEOUT, |response| response.status())
    }

    async fn deliver_nonsense(&mut self, nonsense: usize) -> Result<(), String> {
        let bodies = [
            json!([]),
            json!({"event_type": 7}),
            json!({"account": "somebody-else", "event_type": "calendar_event_added", "related_object_id": {}}),
            json!({"event_type": "person_deleted", "related_object_id": 424_242}),
            json!({"event_type": "x".repeat(5000), "related_object_id": "99999999999999999999"}),
            json!({"event_type": "person_added", "related_object_id": self.people[0].id}),
        ];
        let status = self.post_webhook(&bodies[nonsense]).await;
        self.survived.faults += 1;
        let is_understood = [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::SERVICE_UNAVAILABLE];
        ensure(is_understood.contains(&status), || format!("{status} for {}", bodies[nonsense]))
    }

    /// Kills all replicas, and starts them again after `change`.
    async fn replace_all(&mut self, change: impl AsyncFnOnce(&mut Self)) {
        for replica in 0..self.services.len() {
            if let Some(service) = self.services[replica].take() {
                service.kill().await;
            }
        }
        self.database.until_nobody_is_connected().await;
        change(self).await;
        for replica in 0..self.services.len() {
            self.services[replica] = Some(self.start_replica(replica).await);
        }
    }

    async fn restore_database(&mut self) {
        self.replace_all(async |company| {
            company.memory.database_restored(&company.optedo.absences());
            // The webhooks and the deletions since the backup are forgotten too.
            company.accepted.clear();
            company.deletions.database_restored();
            company.database.restore().await;
        })
        .await;
        self.survived.faults += 1;
    }

    async fn move_window(&mut self, from: Option<i32>, until: Option<i32>) {
        let today = self.clock.today();
        let from = from.map_or(today.saturating_sub(30.days()), |day| self.day(day));
        let until = until.map_or(today.saturating_add(300.days()), |day| self.day(day));
        self.window = Window { from, until };
        self.windows.push(self.window);
        self.has_moved_window = true;
        self.memory.everything_may_change();
        let events: Vec<i64> = self.owners.keys().copied().collect();
        for event in events {
            if self.date_of(event).is_some_and(|day| !self.window.contains(day)) {
                self.event_may_go(event);
            }
        }
        self.replace_all(async |company| {
            let window =
                [("sync.from", from), ("sync.until", until)].map(|(key, day)| (variable(key), day.to_string()));
            company.settings.retain(|(key, _)| window.iter().all(|(changed, _)| changed != key));
            company.settings.extend(window);
        })
        .await;
    }

    /// Kills or stops a replica, and starts another in its place.
    async fn replace(&mut self, replica: usize, is_killed: bool) {
        let replica = replica % self.services.len();
        if let Some(service) = self.services[replica].take() {
            self.survived.faults += 1;
            if is_killed { service.kill().await } else { service.stop().await }
        }
        if self.services.len() == 1 {
            // Otherwise the next one would find the lock still held and wait for it in real time.
            self.database.until_nobody_is_connected().await;
        }
        self.services[replica] = Some(self.start_replica(replica).await);
    }

    pub(super) fn url(&self) -> String {
        format!("{}{API}", self.origin())
    }

    /// The address of the first replica.
    pub(super) fn origin(&self) -> String {
        format!("http://localhost:{}", self.ports[0])
    }

    pub(super) async fn post(&self, path: &str) -> StatusCode {
        let request = self.http.post(format!("{}{path}", self.url())).bearer_auth(API_TOKEN);
        request.send().await.map_or(StatusCode::GATEWAY_TIMEOUT, |response| response.status())
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, String> {
        let request = self.http.get(format!("{}{path}", self.url())).bearer_auth(API_TOKEN);
        let response = request.send().await.map_err(|error| error.to_string())?;
        response.json().await.map_err(|error| error.to_string())
    }

    async fn state(&mut self) -> Result<String, String> {
        let state = self.database.texts("select state from connection").await;
        state.into_iter().next().ok_or_else(|| "no connection row".to_owned())
    }

    /// Like [`Self::connect`], with retries: on a busy machine a call may take too long.
    async fn connect_in_the_end(&mut self) -> Result<(), String> {
        for _ in 0..5 {
            if self.connect().await.is_ok() {
                return Ok(());
            }
        }
        self.connect().await
    }

    /// The admin signs in at Officient.
    async fn connect(&mut self) -> Result<(), String> {
        let failed = |error: reqwest::Error| format!("connecting: {error}");
        let credentials =
            json!({"clientId": self.officient.client_id(), "clientSecret": self.officient.client_secret()});
        let request = self.http.put(format!("{}/credentials", self.url())).bearer_auth(API_TOKEN);
        request.json(&credentials).send().await.map_err(failed)?;
        let request = self.http.post(format!("{}/login", self.url())).bearer_auth(API_TOKEN);
        let begun = request.header("accept", "application/json").send().await.map_err(failed)?;
        ensure(begun.status() == StatusCode::OK, || format!("no login: {}", begun.status()))?;
        let cookie = cookie_of(&begun);
        let begun: Value = begun.json().await.map_err(failed)?;
        let state = state_of(&begun["authorizeUrl"].as_str().unwrap_or_default().parse().unwrap());
        let code = self.officient.issue_code();
        let request = self.http.get(self.url()).query(&[("code", &code), ("state", &state)]);
        let back = request.header("cookie", cookie).send().await.map_err(failed)?;
        let location = back.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
        ensure(location.ends_with("notice=connected"), || format!("not connected: {location}"))
    }
}

fn in_part(leave: NewEvent, (from, long): Part) -> NewEvent {
    match from {
        Some(from) => leave.part(from * 60, long * 60),
        None => leave.unknown_start(long * 60),
    }
}

pub(super) fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

fn settings(
    database: &Database,
    port: u16,
    officient: &OfficientSim,
    optedo: &OptedoSim,
    max_deletions: usize,
) -> Vec<(String, String)> {
    let own = [
        ("server.public_url", format!("http://localhost:{port}")),
        ("officient.app_url", officient.url()),
        ("officient.api_url", officient.url()),
        ("officient.timeout", "250ms".to_owned()),
        ("officient.rate_limit_calls", "10000".to_owned()),
        ("officient.rate_limit_period", "20ms".to_owned()),
        ("optedo.api_url", optedo.api_url()),
        ("optedo.api_token", optedo.token()),
        ("optedo.timeout", "250ms".to_owned()),
        ("admin.password", PASSWORD.to_owned()),
        ("admin.api_token", API_TOKEN.to_owned()),
        ("security.encryption_key", KEY.to_owned()),
        ("sync.sweep_interval", "0s".to_owned()),
        ("sync.audit_at", String::new()),
        ("sync.max_deletions", max_deletions.to_string()),
        ("notifications.webhook_url", database.chat.url.clone()),
        ("notifications.digest_at", String::new()),
    ];
    let database = ("DATABASE_URL".to_owned(), database.url.clone());
    [database].into_iter().chain(own.map(|(key, value)| (variable(key), value))).collect()
}

/// Restarts a simulator on its port, as soon as no other process uses the port.
async fn bring_back(restart: impl AsyncFn() -> std::io::Result<()>) {
    for _ in 0..3000 {
        match restart().await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                sleep(Duration::from_millis(10)).await;
            }
            result => return result.unwrap(),
        }
    }
    panic!("a simulator's port stays in use");
}
