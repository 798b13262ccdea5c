//! The tab of attention items: open, ignored, resolved; each in the admin's language with its cause and what to do.

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};
use jiff::Timestamp;

use super::comparison::{Comparison, compare_names, compare_texts};
use super::decisions::{ToDecide, by_person};
use super::frame::{Frame, Paging, Tab, Visit, render};
use super::leave_types::built_in_name;
use super::remedy::{Known, Offers, Remedy, person_of, type_of};
use super::{person, person_choice};
use crate::clock::local_time;
use crate::db::attention::{self, ItemState, StoredItem, WaitingDays};
use crate::db::connection::{self, Connection, State as ConnectionState};
use crate::db::{decisions, people};
use crate::domain::attention::{AttentionKind, Cause};
use crate::domain::ids::{CompanyId, EventId, PersonId};
use crate::domain::mapping::{EDUCATION, SICK_DAY};
use crate::texts::{Language, Text};
use crate::web::PAGE_PATH;
use crate::web::api::attention::retry_all;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::Id;
use crate::web::state::App;

const ITEMS_PER_PAGE: usize = 20;
/// How many people an item lists.
const PEOPLE_SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "page/attention.html")]
struct AttentionPage {
    frame: Frame,
    connection: Connection,
    which: ItemState,
    items: Vec<ItemView>,
    /// What came of the last retry.
    outcome: Option<String>,
    /// What the admin keeps in Optedo although its leave is gone; on the last page of the ignored items.
    kept: ToDecide,
    paging: Paging,
}

/// `GET …/attention`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let asked = visit.frame.value("state").and_then(|state| state.parse().ok());
    let which = asked.unwrap_or(ItemState::Open);
    let mut paging = Paging::new(&visit.frame, ITEMS_PER_PAGE);
    let stored = paging.cut(attention::list(&visit.engine.db, which).await?);
    let items = item_views(&visit, stored).await?;
    let kept = match visit.connection.company_id {
        Some(company) if which == ItemState::Ignored && !paging.has_next => {
            let months = decisions::kept(&visit.engine.db, company, visit.engine.window().await?.from).await?;
            by_person(&visit, months).await?
        }
        Some(_) | None => ToDecide::default(),
    };
    let outcome = outcome(&visit).await?;
    let Visit { frame, connection, .. } = visit;
    render(&AttentionPage { frame, connection, which, items, outcome, kept, paging })
}

/// What came of the retry that the address names (`?retried=`, in milliseconds since 1970).
async fn outcome(visit: &Visit) -> Result<Option<String>, WebError> {
    let at = visit.frame.value("retried").and_then(|at| Timestamp::from_millisecond(at.parse().ok()?).ok());
    let Some(at) = at else { return Ok(None) };
    let [resolved, still_open, not_yet] = attention::outcome_since(&visit.engine.db, at).await?;
    let t = visit.frame.t;
    let text = t
        .text("retry-outcome")
        .with("at", local_time(&at))
        .with("resolved", resolved)
        .with("open", still_open)
        .with("waiting", not_yet);
    Ok(Some(text.to_string()))
}

/// `POST …/attention/retry`: all open items.
pub(super) async fn retry(State(app): State<App>) -> Result<Redirect, WebError> {
    let at = app.engine.clock.now().as_millisecond();
    retry_all(&app).await?;
    if connection::load(&app.engine.db).await?.is_paused {
        return Ok(Notice::Paused.redirect_to("/attention"));
    }
    Ok(Redirect::to(&format!("{}?retried={at}", Tab::Attention.path())))
}

/// `POST …/attention/{id}/follow`: opens an ignored item again.
pub(super) async fn follow(State(app): State<App>, Id(id): Id) -> Result<Redirect, WebError> {
    let is_open = attention::follow(&app.engine.db, id).await?;
    let notice = if is_open { Notice::Followed } else { Notice::AlreadyResolved };
    Ok(notice.redirect_to("/attention"))
}

pub(super) struct ItemView {
    pub(super) item: StoredItem,
    pub(super) kind: AttentionKind,
    pub(super) title: String,
    pub(super) cause: String,
    pub(super) comparison: Option<Comparison>,
    pub(super) remedy: Remedy,
    pub(super) since: Timestamp,
    /// How much waits for it.
    pub(super) waiting: Option<Text<'static>>,
    /// Whose leave waits, and on which days.
    pub(super) waits: Vec<WaitingPerson>,
    /// Absences that wait for the admin's decision.
    pub(super) to_decide: Option<ToDecide>,
    /// The address of the page that shows the subject.
    pub(super) more: Option<String>,
    /// A person or leave type is excluded instead. An ignored item about archived people would hide who is archived
    /// later.
    pub(super) can_ignore: bool,
}

/// A person whose leave waits for an item.
pub(super) struct WaitingPerson {
    pub(super) name: String,
    /// Of the person's page, in the month of the first day.
    pub(super) address: String,
    pub(super) days: String,
}

impl ItemView {
    pub(super) fn is_about_type(&self) -> bool {
        type_of(&self.item).is_some()
    }

    /// The decision may be made for whoever is archived later too.
    pub(super) fn can_be_a_rule(&self) -> bool {
        self.kind == AttentionKind::ArchivedPeople
    }
}

/// The items in the admin's language, without those of a kind that only a newer version knows.
pub(super) async fn item_views(visit: &Visit, items: Vec<StoredItem>) -> Result<Vec<ItemView>, sqlx::Error> {
    // Only the hint of a person has names, so that another subject with the id of a person does no harm.
    let ids: Vec<i64> = items.iter().filter_map(|item| item.subject_id.parse().ok()).collect();
    let (db, company) = (&visit.engine.db, visit.connection.company_id);
    let names = people::names(db, company, &ids).await?;
    let owners = match company {
        Some(company) => people::owners_of_events(db, company, &ids).await?.into_iter().collect(),
        None => HashMap::new(),
    };
    let type_names = type_names(visit, &items).await;
    let offers = Offers::for_items(visit, &items).await?;
    let known = Known { names, owners, type_names, offers, links: &visit.engine.config.links };
    let view = |item| item_view(visit.frame.t, item, &known);
    let mut views: Vec<ItemView> = items.into_iter().filter_map(view).collect();
    if let Some(company) = company {
        add_waits(visit, company, &mut views).await?;
    }
    for view in &mut views {
        let Some(company) = company.filter(|_| view.item.resolved_at.is_none()) else { continue };
        let months = if view.kind == AttentionKind::DeletionsHeld {
            decisions::held(db, company).await?
        } else if view.kind == AttentionKind::ArchivedPeople {
            decisions::archived(db, company).await?
        } else {
            continue;
        };
        view.to_decide = Some(by_person(visit, months).await?);
    }
    Ok(views)
}

/// Adds to each item whose leave waits for it: not to one about a leave type, because no page says who has which leave.
/// What waits for a decision is listed there, by month.
async fn add_waits(visit: &Visit, company: CompanyId, views: &mut [ItemView]) -> Result<(), sqlx::Error> {
    let (db, t) = (&visit.engine.db, visit.frame.t);
    let open = views.iter().filter(|view| view.item.resolved_at.is_none());
    let open = open.filter(|view| {
        let is_to_decide = matches!(view.kind, AttentionKind::DeletionsHeld | AttentionKind::ArchivedPeople);
        !is_to_decide && type_of(&view.item).is_none()
    });
    let keys: Vec<_> = open.map(|view| (view.item.kind.clone(), view.item.subject_id.clone())).collect();
    let waiting = attention::waiting_days(db, company, keys).await?;
    let ids: Vec<i64> = waiting.iter().map(|waiting| waiting.person.0).collect();
    let names = people::names(db, Some(company), &ids).await?;
    for WaitingDays { kind, subject_id, person, days, count } in waiting {
        let of_item = views.iter_mut().find(|view| view.item.kind == kind && view.item.subject_id == subject_id);
        let Some(view) = of_item.filter(|view| view.waits.len() < PEOPLE_SHOWN) else { continue };
        let mut shown: Vec<String> = days.iter().map(|day| day.strftime("%d/%m/%Y").to_string()).collect();
        let more = count - i64::try_from(shown.len()).unwrap_or(count);
        if more > 0 {
            shown.push(t.text("more-days").with("count", more).to_string());
        }
        view.waits.push(WaitingPerson {
            name: t.person_name(person, names.get(&person)),
            address: person::address(person, days.first().copied()),
            days: shown.join(", "),
        });
    }
    Ok(())
}

/// The names of the leave types that these items are about.
async fn type_names(visit: &Visit, items: &[StoredItem]) -> HashMap<String, String> {
    let t = visit.frame.t;
    let built_in = [SICK_DAY, EDUCATION].into_iter();
    let mut names: HashMap<String, String> =
        built_in.filter_map(|type_id| Some((type_id.to_owned(), built_in_name(t, type_id)?.to_string()))).collect();
    let years: BTreeSet<i16> = items.iter().filter_map(|item| type_of(item)?.1.parse().ok()).collect();
    let years = years.into_iter().chain([visit.engine.clock.today().year()]);
    let is_about_types = items.iter().any(|item| type_of(item).is_some());
    let Some(company) = visit.connection.company_id.filter(|_| is_about_types) else { return names };
    for year in years {
        if let Some(shown) = visit.engine.reference_data.show_leave_types(company, year).await {
            names.extend(shown.value.iter().filter_map(|kind| Some((kind.id.to_string(), kind.name.clone()?))));
        }
    }
    names
}

fn item_view(t: Language, item: StoredItem, known: &Known<'_>) -> Option<ItemView> {
    let kind: AttentionKind = item.kind.parse().ok()?;
    let subject = item.subject.as_deref().unwrap_or_default();
    let person = item.subject_id.parse().ok().and_then(|id| known.names.get(&PersonId(id)));
    let comparison = item.hint.as_ref().map(|hint| match (person, &hint.names) {
        (Some(ours), Some(theirs)) => compare_names(t, hint.difference, ours, theirs),
        _ => compare_texts(t, hint.difference, subject, &hint.candidate),
    });
    // An item that an older version stored has no cause.
    let mut cause = item.cause.as_ref().map(|cause| cause_text(t, cause, item.waiting)).unwrap_or_default();
    let since = if let Some(Cause::UpstreamFailing(failure) | Cause::PersonFailing(failure)) = &item.cause {
        failure.since
    } else {
        item.first_seen_at
    };
    let is_upstream = matches!(kind, AttentionKind::OfficientFailing | AttentionKind::OptedoFailing);
    let waiting = match item.waiting {
        0 => None,
        _ if matches!(kind, AttentionKind::DeletionsHeld | AttentionKind::DiffersInOptedo) => None,
        count if is_upstream => Some(t.text("people-waiting").with("count", count)),
        count => Some(t.text("items-waiting").with("count", count)),
    };
    let type_name = type_of(&item).and_then(|(type_id, _)| known.type_names.get(type_id));
    let title = match (type_name, subject) {
        (Some(name), _) => name.clone(),
        (None, "") => t.text("attention-title").with("kind", kind.into_str()).to_string(),
        // Several people may have this name.
        (None, name) if kind == AttentionKind::AmbiguousPerson => {
            t.text("name-with-number").with("name", name).with("id", &item.subject_id).to_string()
        }
        (None, subject) => subject.to_owned(),
    };
    // Of a built-in type, that is Officient's English name, unless the operator configured another.
    let is_own_name = type_of(&item).is_some_and(|(type_id, _)| known.offers.has_own_name(type_id));
    if type_name.is_some_and(|name| name != subject) && !is_own_name {
        cause = format!("{cause} {}", t.text("description-looked-for").with("description", subject));
    }
    Some(ItemView {
        kind,
        title,
        cause,
        comparison,
        remedy: Remedy::new(t, kind, &item, known),
        since,
        waiting,
        waits: Vec::new(),
        to_decide: None,
        more: more(kind, &item, &known.owners),
        can_ignore: !matches!(
            kind,
            AttentionKind::UnmatchedPerson
                | AttentionKind::AmbiguousPerson
                | AttentionKind::UnmappedLeaveType
                | AttentionKind::AmbiguousLeaveType
                | AttentionKind::ArchivedPeople
        ),
        item,
    })
}

/// The address of the page of the person whose leave waits, or of the tab that shows the subject.
fn more(kind: AttentionKind, item: &StoredItem, owners: &HashMap<EventId, PersonId>) -> Option<String> {
    if let Some((type_id, year)) = type_of(item) {
        let query = if year.is_empty() { String::new() } else { format!("?year={year}") };
        return Some(format!("{}{query}#type-{type_id}", Tab::LeaveTypes.path()));
    }
    if kind == AttentionKind::Paused {
        return Some(Tab::Connection.path());
    }
    if matches!(kind, AttentionKind::UnmatchedPerson | AttentionKind::AmbiguousPerson) {
        // The remedy leads there.
        return None;
    }
    let person = person_of(kind, item, owners)?;
    Some(match (kind, &item.cause) {
        (AttentionKind::DiffersInOptedo, _) => format!("{PAGE_PATH}/differences"),
        (AttentionKind::PersonFailing, _) => person::address(person, None),
        (_, Some(Cause::Invalid { date, .. } | Cause::Rejected { date, .. })) => person::address(person, *date),
        _ => person_choice::address(person),
    })
}

pub(super) fn cause_text(t: Language, cause: &Cause, waiting: i64) -> String {
    let text = match cause {
        Cause::NoSuchUser => t.text("cause-no-such-user"),
        Cause::Archived => t.text("cause-archived"),
        Cause::LinkedUserGone { user } => t.text("cause-linked-user-gone").with("id", user.to_string()),
        Cause::LinkedPersonGone { user } => t.text("cause-linked-person-gone").with("id", user.to_string()),
        Cause::SeveralUsers { count } => t.text("cause-several-users").with("count", count),
        Cause::SeveralPeople { count } => t.text("cause-several-people").with("count", count),
        Cause::NoSuchType => t.text("cause-no-such-type"),
        Cause::UnmappedNextYear { year } => t.text("cause-unmapped-next-year").with("year", year.to_string()),
        Cause::ChosenTypeGone { .. } => t.text("cause-chosen-type-gone"),
        Cause::SeveralTypes { count } => t.text("cause-several-types").with("count", count),
        Cause::Invalid { fault, .. } => t.text("event-fault").with("fault", fault.into_str()),
        Cause::Rejected { status, message, .. } if message.is_empty() => {
            t.text("cause-rejected").with("message", status.to_string())
        }
        Cause::Rejected { message, .. } => t.text("cause-rejected").with("message", message),
        // The cause has the first number; `waiting` goes down as deletions are confirmed.
        Cause::DeletionsHeld { .. } if waiting > 0 => t.text("cause-deletions-held").with("count", waiting),
        Cause::DeletionsHeld { count } => t.text("cause-deletions-held").with("count", count),
        Cause::Paused { since } => t.text("paused-since").with("at", local_time(since)),
        Cause::DiffersInOptedo { count } => t.text("cause-differs-in-optedo").with("count", count),
        Cause::WebhookRefused { .. } => t.text("cause-webhook-refused"),
        Cause::WebhooksSilent { .. } => t.text("cause-webhooks-silent"),
        Cause::ReauthorizationRequired => t.text("reauthorization-text"),
        Cause::OptedoUnauthorized => t.text("cause-optedo-unauthorized"),
        Cause::UpstreamFailing(failure) | Cause::PersonFailing(failure) => {
            t.text("failure").with("kind", failure.failure.into_str())
        }
    };
    if let Cause::Invalid { date: Some(date), .. } | Cause::Rejected { date: Some(date), .. } = cause {
        format!("{text} {}", t.text("on-day").with("day", date.strftime("%d/%m/%Y").to_string()))
    } else {
        text.to_string()
    }
}
