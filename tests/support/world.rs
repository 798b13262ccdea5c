//! A small company to begin a test with: somebody who matches, a leave type that maps, and absences of others.

use std::ops::Deref;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{SignedDuration, ToSpan as _};
use optedo_officient::simulators::officient::{LeaveType, NewEvent};
use optedo_officient::simulators::optedo::{Absence, NewAbsence};
use serde_json::Value;
use sqlx::Row as _;

use super::{Options, TestApp};

/// Jan Peeters is in Officient and in Optedo, the leave type Verlof means the absence type Vakantie. In Optedo stand two
/// absences that are none of our business, of Jan and of somebody else; [`World::finish`] sees that they stayed so.
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

/// Options with a rate limit that no test of the flow meets.
pub fn options() -> Options {
    Options::default()
        .set("officient.rate_limit_calls", "10000")
        .officient(|options| options.rate_limit_calls = 10_000)
}

impl World {
    /// Not connected yet.
    pub async fn start() -> Self {
        Self::start_with(options()).await
    }

    pub async fn start_with(options: Options) -> Self {
        let app = options.start().await;
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
        Self { app, jan, user, verlof, vakantie, monday, of_others }
    }

    /// Connected, and the first import is done.
    pub async fn connected() -> Self {
        Self::connected_with(options()).await
    }

    pub async fn connected_with(options: Options) -> Self {
        let world = Self::start_with(options).await;
        world.connect_and_import().await;
        world
    }

    pub async fn connect_and_import(&self) {
        self.connect().await;
        self.settle().await;
    }

    /// The working day of this number, counted from next Monday.
    pub fn day(&self, number: i32) -> Date {
        let days = number / 5 * 7 + number % 5;
        self.monday.saturating_add(days.days())
    }

    /// A whole day of Verlof.
    pub fn leave(&self, day: i32) -> NewEvent {
        NewEvent::new(LeaveType::Custom(self.verlof), self.day(day))
    }

    /// Jan takes a whole day of Verlof; returns the event.
    pub fn take_leave(&self, day: i32) -> i64 {
        self.officient.add_event(self.jan, self.leave(day))
    }

    /// Somebody who is in both, by the same name: (Officient's id, Optedo's id).
    pub fn hire(&self, first_name: &str, last_name: &str) -> (i64, i64) {
        let person = self.officient.add_person(first_name, last_name);
        (person, self.optedo.add_user(first_name, last_name))
    }

    /// A webhook about Jan arrives and is dealt with.
    pub async fn announce(&self) {
        self.announce_about("calendar_event_updated", self.jan).await;
    }

    /// A webhook arrives and is dealt with.
    pub async fn announce_about(&self, event_type: &str, related_object_id: impl ToString) {
        assert_eq!(self.deliver(event_type, related_object_id).await, 200);
        self.settle().await;
    }

    /// What stands in Optedo, but for the absences of others.
    pub fn absences(&self) -> Vec<Absence> {
        let is_of_others = |absence: &Absence| self.of_others.iter().any(|other| other.id == absence.id);
        let mut absences = self.optedo.absences();
        absences.retain(|absence| !is_of_others(absence));
        absences
    }

    pub fn reference(&self, event: i64) -> String {
        format!("officient:{}:{event}", self.officient.company_id())
    }

    /// The absence that stands for an event.
    pub fn absence_of(&self, event: i64) -> Option<Absence> {
        let reference = self.reference(event);
        let mut absences = self.absences();
        absences.retain(|absence| absence.content.external_reference.as_ref() == Some(&reference));
        assert!(absences.len() < 2, "event {event} stands twice");
        absences.pop()
    }

    /// From when to when, and whether all day, an event stands in Optedo.
    pub fn times_of(&self, event: i64) -> Option<(DateTime, DateTime, bool)> {
        let content = self.absence_of(event)?.content;
        Some((content.start, content.end, content.all_day))
    }

    /// Time passes, and the worker looks what is due.
    pub async fn pass(&self, time: SignedDuration) {
        self.clock.advance(time);
        self.app.app.engine.work_signal.notify(&self.db).await;
    }

    /// The sweep interval passes, and its sweep comes to its end.
    pub async fn periodic_sweep(&self) {
        let finished = async || self.status().await["sync"]["finishedAt"].clone();
        let before = finished().await;
        self.pass(SignedDuration::from_mins(16)).await;
        self.until("a sweep ended", async || finished().await != before).await;
        self.settle().await;
    }

    /// Whoever waits for another attempt is looked at again, until nobody does.
    pub async fn retry_until_done(&self) {
        self.until("nobody waits for another attempt", async || {
            self.pass(SignedDuration::from_mins(16)).await;
            let queue = self.status().await["queue"].clone();
            queue["waiting"] == 0 && queue["retrying"] == 0
        })
        .await;
    }

    /// Waits until the looks under way have come to their end and none begins: nothing happens for half a second.
    pub async fn until_quiet(&self) {
        let seen = async || (self.optedo.calls().len(), self.officient.calls().len(), self.status().await);
        self.until("nothing happens", async || {
            let before = seen().await;
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            seen().await == before
        })
        .await;
    }

    /// Waits until a claim about the simulators holds, whether or not the service answers.
    pub async fn until_optedo(&self, claim: &str, holds: impl Fn() -> bool) {
        let began = std::time::Instant::now();
        while !holds() {
            assert!(began.elapsed().as_secs() < 30, "waited in vain: {claim}");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// The one open item of this kind.
    pub async fn item(&self, kind: &str) -> Value {
        let items = self.attention_of(kind).await;
        assert_eq!(items.len(), 1, "{kind}: {:?}", self.attention().await);
        items[0].clone()
    }

    /// The admin presses Retry at this item.
    pub async fn retry(&self, item: &Value) {
        let id =
            item["id"].as_i64().map_or_else(|| item["id"].as_str().unwrap().to_owned(), |id| id.to_string());
        assert_eq!(self.post(&format!("/attention/{id}/retry")).await.status(), 202);
        self.settle().await;
    }

    /// How many calendar years a look at the whole window reads.
    pub fn window_years(&self) -> usize {
        self.app.app.engine.window().years().count()
    }

    /// All tables as text.
    pub async fn dump(&self) -> String {
        let tables = sqlx::query(
            "select table_name::text from information_schema.tables where table_schema = 'public'",
        );
        let mut dump = String::new();
        for table in tables.fetch_all(&self.db).await.unwrap() {
            let table: String = table.get(0);
            let rows = sqlx::AssertSqlSafe(format!("select row_to_json(t)::text from \"{table}\" t"));
            for row in sqlx::query(rows).fetch_all(&self.db).await.unwrap() {
                dump.push_str(&table);
                dump.push(' ');
                dump.push_str(&row.get::<String, _>(0));
                dump.push('\n');
            }
        }
        dump
    }

    /// The end of every test: the open items are of these kinds, absences of others are as they were, nothing was
    /// written to Officient, and nothing ever stood twice.
    pub async fn finish(&self, open_kinds: &[&str]) {
        self.assert_one_way_and_once();
        let absences = self.optedo.absences();
        for other in &self.of_others {
            assert!(absences.contains(other), "an absence of others was touched: {other:?}");
        }
        let open = self.attention().await;
        let mut kinds: Vec<&str> = open.iter().map(|item| item["kind"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, open_kinds, "{open:?}");
    }
}

/// From midnight to midnight.
#[expect(clippy::unnecessary_wraps, reason = "compared with what stands, which may be nothing")]
pub fn whole_day(day: Date) -> Option<(DateTime, DateTime, bool)> {
    Some((day.at(0, 0, 0, 0), day.saturating_add(1.day()).at(0, 0, 0, 0), true))
}

/// From (hour, minute) to (hour, minute) of a day.
#[expect(clippy::unnecessary_wraps, reason = "compared with what stands, which may be nothing")]
pub fn part(day: Date, from: (i8, i8), to: (i8, i8)) -> Option<(DateTime, DateTime, bool)> {
    Some((day.at(from.0, from.1, 0, 0), day.at(to.0, to.1, 0, 0), false))
}
