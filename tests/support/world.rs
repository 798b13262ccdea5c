//! A small company that most tests begin with: a person who matches a user, a leave type that is mapped, and absences
//! of others that must never be touched.

use std::ops::Deref;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{SignedDuration, ToSpan as _};
use serde_json::Value;
use sqlx::Row as _;

use super::simulators::officient::{LeaveType, NewEvent};
use super::simulators::optedo::{Absence, NewAbsence};
use super::{Options, TestApp};

/// Jan Peeters is in Officient and in Optedo; the leave type Verlof is mapped to the absence type Vakantie. Optedo has
/// two absences that are not ours, of Jan and of another user; [`World::finish`] checks that they did not change.
pub struct World {
    pub app: TestApp,
    /// Jan in Officient.
    pub jan: i64,
    /// Jan in Optedo.
    pub user: i64,
    /// The leave type in Officient.
    pub verlof: i64,
    /// Its absence type in Optedo.
    pub vakantie: i64,
    monday: Date,
    of_others: Vec<Absence>,
}

impl Deref for World {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.app
    }
}

/// A rate limit that no test reaches.
pub fn options() -> Options {
    Options::default().set("officient.rate_limit_calls", "10000").officient(|options| options.rate_limit_calls = 10_000)
}

/// Officient's 30 calls, per half a second instead of five seconds, on both sides.
pub fn fast_rate_limit() -> Options {
    let period = Duration::from_millis(500);
    Options::default()
        .set("officient.rate_limit_period", "500ms")
        .officient(|options| options.rate_limit_period = period)
}

impl Options {
    /// Starts the service with the small company, not connected yet.
    pub async fn world(self) -> World {
        let app = self.start().await;
        let today = app.clock.today();
        let monday = today.nth_weekday(1, Weekday::Monday).unwrap();
        let jan = app.officient.add_person("Jan", "Peeters");
        let user = app.optedo.add_user("Jan", "Peeters");
        let vakantie = app.optedo.add_absence_type("Vakantie");
        let verlof = app.officient.add_leave_type("Verlof", Some("Vakantie"));
        let stranger = app.optedo.add_user("Wim", "Wouters");
        let mut of_others = NewAbsence {
            user_id: user,
            absence_type_id: vakantie,
            start: monday.saturating_add(11.days()).at(13, 0, 0, 0),
            end: monday.saturating_add(11.days()).at(15, 0, 0, 0),
            all_day: false,
            external_reference: None,
        };
        app.optedo.add_absence(of_others.clone());
        of_others.user_id = stranger;
        of_others.external_reference = Some("dentist:1".to_owned());
        app.optedo.add_absence(of_others);
        let of_others = app.optedo.absences();
        World { app, jan, user, verlof, vakantie, monday, of_others }
    }

    /// Like [`Self::world`], and connected; the first import is done.
    pub async fn connected(self) -> World {
        let world = self.world().await;
        world.connect_and_import().await;
        world
    }
}

/// Leave of another type or date than [`World::leave`].
pub trait LeaveBuilder {
    #[must_use]
    fn of_type(self, leave_type: LeaveType) -> Self;
    #[must_use]
    fn on(self, date: Date) -> Self;
    #[must_use]
    fn lasting(self, minutes: Option<i64>) -> Self;
}

impl LeaveBuilder for NewEvent {
    fn of_type(mut self, leave_type: LeaveType) -> Self {
        self.leave_type = leave_type;
        self
    }

    fn on(mut self, date: Date) -> Self {
        self.date = date;
        self
    }

    fn lasting(mut self, minutes: Option<i64>) -> Self {
        self.duration_minutes = minutes;
        self
    }
}

impl World {
    /// Not connected yet.
    pub async fn start() -> Self {
        options().world().await
    }

    /// Connected, and the first import is done.
    pub async fn connected() -> Self {
        options().connected().await
    }

    /// The working day with this number, counted from next Monday.
    pub fn day(&self, number: i32) -> Date {
        let days = number / 5 * 7 + number % 5;
        self.monday.saturating_add(days.days())
    }

    /// A whole day of Verlof.
    pub fn leave(&self, day: i32) -> NewEvent {
        NewEvent::new(LeaveType::Custom(self.verlof), self.day(day))
    }

    /// Jan takes this leave; returns the event.
    pub fn take(&self, leave: NewEvent) -> i64 {
        self.officient.add_event(self.jan, leave)
    }

    /// Jan takes a whole day of Verlof; returns the event.
    pub fn take_leave(&self, day: i32) -> i64 {
        self.take(self.leave(day))
    }

    /// The event becomes part of its day, from `hour` for so many minutes.
    pub fn make_partial(&self, event: i64, hour: i64, minutes: i64) {
        assert!(self.officient.change_event(event, |leave| *leave = leave.clone().part(hour * 60, minutes)));
    }

    /// A person in Officient and the user of the same name in Optedo: their ids.
    pub fn hire(&self, first_name: &str, last_name: &str) -> (i64, i64) {
        let person = self.officient.add_person(first_name, last_name);
        (person, self.optedo.add_user(first_name, last_name))
    }

    /// Hires so many people: Piet Pieters0, Piet Pieters1, …
    pub fn hire_people(&self, count: usize) -> Vec<(i64, i64)> {
        (0..count).map(|number| self.hire("Piet", &format!("Pieters{number}"))).collect()
    }

    /// Like [`Self::hire_people`]; each takes leave on day 0.
    pub fn hire_people_with_leave(&self, count: usize) -> Vec<(i64, i64)> {
        let people = self.hire_people(count);
        for (person, _) in &people {
            self.officient.add_event(*person, self.leave(0));
        }
        people
    }

    /// A webhook about Jan arrives and is processed.
    pub async fn webhook(&self) {
        self.webhook_about("calendar_event_updated", self.jan).await;
    }

    /// A webhook arrives and is processed.
    pub async fn webhook_about(&self, event_type: &str, related_object_id: impl ToString) {
        self.receive(event_type, related_object_id).await;
        self.settle().await;
    }

    /// The absences in Optedo, except those of others.
    pub fn absences(&self) -> Vec<Absence> {
        let is_of_others = |absence: &Absence| self.of_others.iter().any(|other| other.id == absence.id);
        let mut absences = self.optedo.absences();
        absences.retain(|absence| !is_of_others(absence));
        absences
    }

    /// The absences of a user, except those of others.
    pub fn absences_of(&self, user: i64) -> Vec<Absence> {
        let mut absences = self.absences();
        absences.retain(|absence| absence.content.user_id == user);
        absences
    }

    pub fn reference(&self, event: i64) -> String {
        format!("officient:{}:{event}", self.officient.company_id())
    }

    /// The absence of an event.
    pub fn absence_of(&self, event: i64) -> Option<Absence> {
        let reference = self.reference(event);
        let mut absences = self.absences();
        absences.retain(|absence| absence.content.external_reference.as_ref() == Some(&reference));
        assert!(absences.len() < 2, "event {event} has two absences");
        absences.pop()
    }

    /// Start, end, and whether it is all day, of the absence of an event.
    pub fn times_of(&self, event: i64) -> Option<(DateTime, DateTime, bool)> {
        let content = self.absence_of(event)?.content;
        Some((content.start, content.end, content.all_day))
    }

    /// The sweep interval passes, and its sweep ends.
    pub async fn periodic_sweep(&self) {
        let finished = async || self.status().await["sync"]["finishedAt"].clone();
        let before = finished().await;
        self.advance(SignedDuration::from_mins(16)).await;
        self.until("a sweep ended", async || finished().await != before).await;
        self.settle().await;
    }

    /// Lets time pass until nobody waits for another attempt.
    pub async fn retry_until_done(&self) {
        self.until("nobody waits for another attempt", async || {
            self.advance(SignedDuration::from_mins(16)).await;
            let queue = self.status().await["queue"].clone();
            queue["waiting"] == 0 && queue["retrying"] == 0
        })
        .await;
    }

    /// The one open attention item of this kind.
    pub async fn item(&self, kind: &str) -> Value {
        let items = self.attention_of(kind).await;
        assert_eq!(items.len(), 1, "{kind}: {:?}", self.attention().await);
        items[0].clone()
    }

    /// How many calendar years the whole window touches.
    pub fn window_years(&self) -> usize {
        let engine = &self.app.app.engine;
        engine.window_of(&engine.config.settings()).years().count()
    }

    /// All tables as text.
    pub async fn dump(&self) -> String {
        dump(&self.app).await
    }

    /// The end of a test: the open attention items are of these kinds, absences of others did not change, nothing was
    /// written to Officient, and no event ever had two absences.
    pub async fn finish(&self, open_kinds: &[&str]) {
        self.assert_one_way_and_once();
        let absences = self.optedo.absences();
        for other in &self.of_others {
            assert!(absences.contains(other), "an absence of others was changed: {other:?}");
        }
        // The worker resolves items about failures after the person was reconciled.
        let is_over = |item: &Value| {
            let kind = item["kind"].as_str().unwrap();
            !kind.ends_with("_failing") || open_kinds.contains(&kind)
        };
        self.until("items about failures are resolved", async || self.attention().await.iter().all(is_over)).await;
        let open = self.attention().await;
        let mut kinds: Vec<&str> = open.iter().map(|item| item["kind"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, open_kinds, "{open:?}");
    }
}

/// All tables of the service's database as text: a line per row, which begins with the name of the table.
pub async fn dump(app: &TestApp) -> String {
    let tables = sqlx::query("select table_name::text from information_schema.tables where table_schema = 'public'");
    let mut dump = String::new();
    for table in tables.fetch_all(&app.db).await.unwrap() {
        let table: String = table.get(0);
        let rows = sqlx::AssertSqlSafe(format!("select row_to_json(t)::text from \"{table}\" t"));
        for row in sqlx::query(rows).fetch_all(&app.db).await.unwrap() {
            for part in [&table, " ", &row.get::<String, _>(0), "\n"] {
                dump.push_str(part);
            }
        }
    }
    dump
}

/// From midnight to midnight.
#[expect(clippy::unnecessary_wraps, reason = "compared with the times of an absence, which may not exist")]
pub fn whole_day(day: Date) -> Option<(DateTime, DateTime, bool)> {
    Some((day.at(0, 0, 0, 0), day.saturating_add(1.day()).at(0, 0, 0, 0), true))
}

/// From (hour, minute) to (hour, minute) of a day.
#[expect(clippy::unnecessary_wraps, reason = "compared with the times of an absence, which may not exist")]
pub fn part(day: Date, from: (i8, i8), to: (i8, i8)) -> Option<(DateTime, DateTime, bool)> {
    Some((day.at(from.0, from.1, 0, 0), day.at(to.0, to.1, 0, 0), false))
}
