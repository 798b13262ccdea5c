//! The page never contradicts itself: the verdict, the tabs *Vraagt aandacht*, *Personen* and *Verloftypes*, and the
//! API say the same about each person and leave type, after every operation of a story.
//!
//! The service works between two reads. Only what was read while nothing that they show was stored ([`STORED`]) is
//! compared, and only what is wrong twice in a row counts: the lists of Optedo, which are not stored, may change
//! between two reads too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use optedo_officient::texts::Language;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::sleep;

use super::company::{Choice, Company, ensure};
use super::oracle::{self, Expected};
use crate::support::simulators::officient::Event;
use crate::support::{API_TOKEN, PAGE, PASSWORD, cookie_of};

/// How often the page is read until nothing changes meanwhile.
const ATTEMPTS: u64 = 6;

/// A digest of everything stored that the page shows.
const STORED: &str = "
    select md5(concat_ws(' ',
        (select string_agg(md5(c::text), '') from connection c),
        (select string_agg(md5(p::text), '' order by p.person_id) from people p),
        (select string_agg(md5(a::text), '' order by a.id) from attention a where resolved_at is null),
        (select string_agg(md5(h::text), '' order by h.event_id) from held_back h),
        (select string_agg(md5(d::text), '' order by d.id) from differences d where state = 'open'),
        (select string_agg(md5(c::text), '' order by c.person_id) from person_choices c),
        (select string_agg(md5(c::text), '' order by c.type_id) from leave_type_choices c),
        (select string_agg(w.id::text, ' ' order by w.id) from webhook_events w where processed_at is null),
        (select string_agg(s::text, ' ' order by s.name) from settings s)))";

/// The kinds of items that leave waits for, other than a decision of the admin.
const OF_LEAVE: [&str; 7] = [
    "unmatched_person",
    "ambiguous_person",
    "link_broken",
    "unmapped_leave_type",
    "ambiguous_leave_type",
    "invalid_event",
    "rejected_by_optedo",
];

/// How a tab says that its list is old or missing.
const OLD_LIST: &str = "<p class=\"notice bad\">Optedo of Officient antwoord";

/// One moment of the page and the API.
struct Shown {
    status: Value,
    items: Vec<Value>,
    /// `None`: the list is from Optedo or Officient, and could not be read.
    people: Option<Vec<Value>>,
    leave_types: Option<Vec<Value>>,
    /// The people with absences in the window, whose leave must be leave to copy still: no leave type was ever
    /// excluded.
    written: BTreeSet<i64>,
    overview_tab: String,
    attention_tab: String,
    people_tab: String,
    leave_types_tab: String,
}

/// A row of *Personen* or *Verloftypes*: what is in the colored mark, and how many absences wait.
#[derive(Debug, PartialEq)]
struct Row {
    state: String,
    waiting: i64,
}

impl Company<'_> {
    /// Compares what the page and the API say now.
    pub(super) async fn check_page(&mut self) -> Result<(), String> {
        let mut wrong_before = None;
        for attempt in 0..ATTEMPTS {
            let before = self.database.texts(STORED).await;
            let shown = self.read_page().await;
            let is_stable = before == self.database.texts(STORED).await;
            match shown.map(|shown| shown.contradiction()) {
                Some(None) if is_stable => {
                    self.survived.compared += 1;
                    return Ok(());
                }
                Some(Some(wrong)) if is_stable && wrong_before.as_ref() == Some(&wrong) => {
                    return Err(format!("the page contradicts itself: {wrong}"));
                }
                Some(Some(wrong)) if is_stable => wrong_before = Some(wrong),
                Some(_) | None => wrong_before = None,
            }
            sleep(Duration::from_millis(5 << attempt)).await;
        }
        self.survived.not_compared += 1;
        Ok(())
    }

    /// Compares them, and both with what is so, now that everybody was reconciled and nothing is broken.
    pub(super) async fn check_page_is_right(&mut self) -> Result<(), String> {
        let compared = self.survived.compared;
        self.check_page().await?;
        ensure(self.survived.compared > compared, || "the page changes although nothing happens".to_owned())?;
        let (people, items) = (self.get("/people").await?, self.get("/attention").await?);
        let (people, items) = (people.as_array().unwrap(), items.as_array().unwrap());
        let expected = oracle::expected(self);
        for person in self.people.iter().filter(|person| !person.is_archived) {
            let state =
                people.iter().find(|listed| listed["personId"] == person.id).map(|listed| text(listed, "state"));
            let is_excluded = matches!(self.choices.get(&person.id), Some(Choice::Keep | Choice::Delete));
            let has_user = oracle::user_of(self, person).is_some();
            let is_right = match state {
                Some("matched" | "linked") => has_user,
                Some("unmatched" | "ambiguous") => !has_user && !is_excluded,
                Some("excluded") => is_excluded,
                _ => false,
            };
            ensure(is_right, || format!("person {} is {state:?}, and has a user: {has_user}", person.id))?;
            let id = person.id.to_string();
            let is_blocked = |event: &Event| {
                expected.get(&event.id) == Some(&Expected::WhatStood) && !oracle::has_undocumented_value(self, event)
            };
            let is_named = |item: &Value| text(item, "subjectId") == id && text(item, "kind").ends_with("person");
            let needs_item = !has_user && !is_excluded && self.officient.events_of(person.id).iter().any(is_blocked);
            let has_item = items.iter().any(is_named);
            ensure(has_item || !needs_item, || format!("person {} has no user, and no item says so", person.id))?;
        }
        Ok(())
    }

    /// `None`: something else is broken, so that the page or the status cannot be read.
    async fn read_page(&mut self) -> Option<Shown> {
        let list = |value: Value| value.as_array().cloned();
        Some(Shown {
            status: self.read("/status").await?,
            items: list(self.read("/attention").await?)?,
            people: self.read("/people").await.and_then(list),
            leave_types: self.read("/leavetypes").await.and_then(list),
            written: self.people_with_absences(list(self.read("/absences").await?)?),
            overview_tab: self.open_tab("").await?,
            attention_tab: self.open_tab("/attention").await?,
            people_tab: self.open_tab("/people").await?,
            leave_types_tab: self.open_tab("/leave-types").await?,
        })
    }

    fn people_with_absences(&self, absences: Vec<Value>) -> BTreeSet<i64> {
        let is_in_window = |absence: &Value| self.window.contains(text(absence, "date").parse().unwrap());
        let counting =
            absences.into_iter().filter(|absence| self.types_ever_chosen.is_empty() && is_in_window(absence));
        counting.map(|absence| absence["personId"].as_i64().unwrap()).collect()
    }

    async fn read(&self, path: &str) -> Option<Value> {
        let response = self.http.get(format!("{}{path}", self.url())).bearer_auth(API_TOKEN).send().await.ok()?;
        if response.status() == StatusCode::OK { response.json().await.ok() } else { None }
    }

    /// Opens a tab as the admin, who signs in again where the session has ended.
    async fn open_tab(&mut self, path: &str) -> Option<String> {
        for _ in 0..2 {
            let request = self.http.get(format!("{}{path}", self.page_url())).header("cookie", &self.session);
            let response = request.header("accept-language", "nl").send().await.ok()?;
            let is_ok = response.status() == StatusCode::OK;
            let body = response.text().await.ok()?;
            if body.contains("class=\"tabs\"") {
                return is_ok.then_some(body);
            }
            self.sign_in().await?;
        }
        None
    }

    async fn sign_in(&mut self) -> Option<()> {
        let request = self.http.post(format!("{}/sign-in", self.page_url())).form(&[("password", PASSWORD)]);
        let signed_in = request.send().await.ok()?;
        if signed_in.headers().contains_key("set-cookie") {
            self.session = cookie_of(&signed_in);
        }
        Some(())
    }

    fn page_url(&self) -> String {
        format!("{}{PAGE}", self.origin())
    }
}

impl Shown {
    /// The first contradiction, if there is one.
    fn contradiction(&self) -> Option<String> {
        let checks = [
            self.check_numbers(),
            self.check_verdict(),
            self.check_items(),
            self.check_people(),
            self.check_leave_types(),
        ];
        checks.into_iter().find_map(Result::err)
    }

    fn tabs(&self) -> [(&'static str, &str); 4] {
        [
            ("connection", &self.overview_tab),
            ("attention", &self.attention_tab),
            ("people", &self.people_tab),
            ("leave-types", &self.leave_types_tab),
        ]
    }

    fn open_items(&self) -> i64 {
        self.status["attention"]["open"].as_i64().unwrap()
    }

    /// The number of open items is the same everywhere.
    fn check_numbers(&self) -> Result<(), String> {
        let open = self.open_items();
        let listed = i64::try_from(self.items.len()).unwrap();
        ensure(open == listed, || format!("the status says {open} items, GET /attention {:?}", self.items))?;
        for (tab, body) in self.tabs() {
            let counted = between(body, "<span class=\"count\"", "</span>").and_then(|count| count.split_once('>'));
            let counted: i64 = counted.map_or(0, |(_, count)| count.parse().unwrap());
            ensure(counted == open, || format!("the status says {open} items, tab {tab} {counted}"))?;
        }
        Ok(())
    }

    /// Each tab has the sentence of the verdict, and "up to date" is said only if nothing is missing.
    fn check_verdict(&self) -> Result<(), String> {
        let (verdict, open) = (&self.status["verdict"], self.open_items());
        let number = |field: &str| verdict[field].as_i64().unwrap();
        let (expected, present) = (number("expected"), number("inOptedo"));
        let there = format!("{present} van {expected}");
        let sentences = match verdict["state"].as_str().unwrap() {
            "up_to_date" => {
                let is_so = open == 0 && expected == present;
                ensure(is_so, || format!("up to date with {open} items, {there}"))?;
                vec![format!("Alles is bij: {there} ")]
            }
            "behind" if verdict["comparedAt"].is_null() => vec!["Nog niet iedereen".to_owned()],
            "behind" => vec!["Loopt achter: ".to_owned()],
            "action_required" if open == 1 => vec![format!("1 punt wacht op jou: {there} ")],
            "action_required" => vec![format!("{open} punten wachten op jou: {there} ")],
            "failing" => vec!["Officient of Optedo werkt al een tijd niet".to_owned()],
            "paused" => vec!["Er wordt nu niets in Optedo geschreven".to_owned()],
            _disconnected => vec![String::new()],
        };
        for (tab, body) in self.tabs() {
            let said = between(body, "<p class=\"verdict", "</p>").and_then(|said| said.split_once('>'));
            let said = said.map_or("", |(_, sentence)| sentence);
            let is_same = sentences.iter().any(|sentence| said.starts_with(sentence));
            ensure(is_same, || format!("tab {tab} says {said:?}, the status {verdict} and {}", self.status["queue"]))?;
            let says_all_is_there = body.contains("Alles wat in Optedo hoort te staan, staat er.");
            let is_up_to_date = verdict["state"] == "up_to_date";
            ensure(is_up_to_date || !says_all_is_there, || format!("tab {tab} says that all is there, and {verdict}"))?;
        }
        Ok(())
    }

    /// The tab has the items of the API, with the same numbers.
    fn check_items(&self) -> Result<(), String> {
        let label = |kind: &str| Language::Dutch.text("attention-kind").with("kind", kind).to_string();
        let says_number = |item: &Value| !["deletions_held", "differs_in_optedo"].contains(&text(item, "kind"));
        let number = |item| if says_number(item) { waits(item) } else { 0 };
        let listed = self.items.iter().map(|item| (label(text(item, "kind")), number(item)));
        let mut listed: Vec<(String, i64)> = listed.collect();
        let shown = self.attention_tab.split("<li class=\"item").skip(1).map(|item| {
            let kind = unescaped(between(item, "<span class=\"kind\">", "</span>").unwrap());
            (kind, waiting_of_item(item))
        });
        let mut shown: Vec<(String, i64)> = shown.collect();
        listed.sort();
        shown.sort();
        ensure(listed == shown, || format!("tab attention shows {shown:?}, GET /attention {:?}", self.items))
    }

    /// The state of each person, and how much of their leave waits.
    fn check_people(&self) -> Result<(), String> {
        let rows = rows(&self.people_tab, "/history?person=");
        let is_up_to_date_list = !self.people_tab.contains(OLD_LIST);
        if let Some(people) = self.people.as_ref().filter(|_| is_up_to_date_list) {
            let label = |state: &str| Language::Dutch.text("match-state").with("state", state).to_string();
            let present = people.iter().filter(|person| person["state"] != "archived");
            let listed: BTreeMap<String, String> =
                present.map(|person| (person["personId"].to_string(), label(text(person, "state")))).collect();
            let shown: BTreeMap<String, String> =
                rows.iter().map(|(id, row)| (id.clone(), row.state.clone())).collect();
            ensure(listed == shown, || format!("tab people shows {shown:?}, GET /people {listed:?}"))?;
        }
        for item in &self.items {
            let states: &[&str] = match text(item, "kind") {
                "unmatched_person" => &["geen gebruiker"],
                "ambiguous_person" => &["dubbele naam"],
                // Its leave may wait no longer where the person is gone.
                "link_broken" if waits(item) > 0 => &["geen gebruiker"],
                _ => continue,
            };
            let row = rows.get(text(item, "subjectId"));
            let is_same = row.is_some_and(|row| states.contains(&row.state.as_str()) && row.waiting >= waits(item));
            ensure(is_same, || format!("tab people shows {row:?}, and this item is open: {item}"))?;
        }
        // Nothing waits and no item is open, so everybody whose leave is in Optedo has a user.
        for id in self.written.iter().filter(|_| self.status["verdict"]["state"] == "up_to_date") {
            let row = rows.get(&id.to_string());
            let has_user = row.is_none_or(|row| row.state != "geen gebruiker" && row.state != "dubbele naam");
            ensure(has_user, || {
                format!("tab people shows {row:?} for {id}, who has absences, and the verdict is good")
            })?;
        }
        let shown: i64 = rows.values().map(|row| row.waiting).sum();
        let of_leave = self.items.iter().filter(|item| OF_LEAVE.contains(&text(item, "kind")));
        let listed: i64 = of_leave.map(waits).sum();
        ensure(shown == listed || !self.is_known(), || {
            format!("tab people shows {rows:?}, GET /attention {:?}", self.items)
        })
    }

    /// The state of each leave type, and how much leave waits for it.
    fn check_leave_types(&self) -> Result<(), String> {
        let rows = rows(&self.leave_types_tab, "id=\"type-");
        let is_up_to_date_list = !self.leave_types_tab.contains(OLD_LIST);
        let Some(types) = self.leave_types.as_ref().filter(|_| is_up_to_date_list) else { return Ok(()) };
        let label = |state: &str| Language::Dutch.text("mapping-state").with("state", state).to_string();
        let listed: BTreeMap<String, String> =
            types.iter().map(|kind| (text(kind, "typeId").to_owned(), label(text(kind, "state")))).collect();
        let shown: BTreeMap<String, String> = rows.iter().map(|(id, row)| (id.clone(), row.state.clone())).collect();
        ensure(listed == shown, || format!("tab leave-types shows {shown:?}, GET /leavetypes {listed:?}"))?;
        for (id, row) in &rows {
            let is_of_type =
                |item: &&Value| item["kind"].as_str().unwrap().ends_with("leave_type") && item["subjectId"] == **id;
            let items: Vec<&Value> = self.items.iter().filter(is_of_type).collect();
            let listed: i64 = items.iter().copied().map(waits).sum();
            let is_blocked = ["niet gevonden", "meer dan één", "per dag gezocht"].contains(&row.state.as_str());
            ensure(listed == row.waiting && (items.is_empty() || is_blocked), || {
                format!("tab leave-types shows {row:?} for type {id}, and these items are open: {items:?}")
            })?;
        }
        Ok(())
    }

    /// Whether a company was ever connected.
    fn is_known(&self) -> bool {
        self.people_tab.contains("data-live=\"people\"")
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

fn waits(item: &Value) -> i64 {
    item["waiting"].as_i64().unwrap()
}

/// The text between the first `start` and the next `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

fn unescaped(text: &str) -> String {
    text.replace("&#39;", "'").replace("&#38;", "&")
}

/// "Hierop wachten 3 afwezigheden."
fn waiting_of_item(item: &str) -> i64 {
    let said = between(item, "<strong>Hierop wacht", "</strong>").unwrap_or_default();
    said.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(0)
}

/// The rows of a table by the id of their subject, which follows `before_id`.
fn rows(tab: &str, before_id: &str) -> BTreeMap<String, Row> {
    let rows = tab.split("<tr role=\"row\"").filter_map(|row| {
        let id = between(row, before_id, "\"")?;
        let state = between(row, "<span class=\"chip ", "</span>")?.split_once('>')?.1;
        // "3 afwezigheden wachten"
        let waiting = row.split("<small>").find_map(|said| said.split_once(" afwezighe")?.0.parse().ok());
        Some((id.to_owned(), Row { state: unescaped(state), waiting: waiting.unwrap_or(0) }))
    });
    rows.collect()
}
