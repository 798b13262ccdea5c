//! The tab of the preview: what reconciling everybody would change in Optedo.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{Redirect, Response};

use super::attention::{ItemView, item_views};
use super::frame::{Frame, Paging, Tab, Visit, render, return_tab};
use super::view::Progress;
use super::{leave_types, settings};
use crate::db::connection::{Connection, State as ConnectionState};
use crate::db::queue::Backlog;
use crate::db::{people, preview};
use crate::domain::company::Names;
use crate::domain::ids::{CompanyId, PersonId};
use crate::domain::proposal::ProposedChange;
use crate::texts::Text;
use crate::web::api::leave_types::form_value;
use crate::web::api::sync::connected_company;
use crate::web::error::WebError;
use crate::web::state::App;

const LINES_PER_PAGE: usize = 100;

/// The lists of a preview, in their order on the page: the actions of its lines.
const LISTS: [&str; 6] = ["create", "change", "delete", "take_over", "skip", "fail"];

#[derive(Template)]
#[template(path = "page/preview.html")]
struct PreviewPage {
    frame: Frame,
    connection: Connection,
    preview: preview::Progress,
    proposal: Option<ProposalView>,
    progress: Option<Progress>,
    /// Each list with its number of lines.
    lists: [(&'static str, i64); 6],
    shown: &'static str,
    lines: Vec<preview::ListedLine>,
    names: HashMap<PersonId, Names>,
    /// Why leave would be skipped.
    items: Vec<ItemView>,
    paging: Paging,
}

/// The change whose effect is shown.
struct ProposalView {
    /// What it says.
    sentences: Vec<String>,
    /// The tab where it was made, and where its form is sent to.
    tab: Tab,
    /// The tab to return to, instead of that one.
    back: Option<Tab>,
    fields: Vec<(&'static str, String)>,
}

impl ProposalView {
    fn tab_after(&self) -> Tab {
        self.back.unwrap_or(self.tab)
    }
}

impl PreviewPage {
    /// "34 absences change, 0 disappear, 2 appear".
    fn effect(&self) -> Text<'static> {
        let count = |list| self.lists.iter().find(|(name, _)| *name == list).map_or(0, |(_, count)| *count);
        let (changed, deleted, created) = (count("change"), count("delete"), count("create") + count("take_over"));
        self.frame.t.text("effect").with("changed", changed).with("deleted", deleted).with("created", created)
    }
}

/// `GET …/preview`
pub(super) async fn show(mut visit: Visit) -> Result<Response, WebError> {
    let db = &visit.engine.db;
    let preview = preview::progress(db).await?;
    let progress = if preview.is_under_way() {
        let (done, total) = (preview.people_done, preview.people_total);
        let backlog = preview.started_at.map(|_| Backlog { urgent: total - done, unhurried: 0, names: 0 });
        Some(Progress::new(&visit.engine, visit.frame.t, (done, total), backlog).await?)
    } else {
        None
    };
    visit.frame.is_changing = progress.is_some();
    let proposal = match (&preview.proposal, visit.connection.company_id) {
        (Some(proposed), Some(company)) => Some(proposal_view(&visit, company, proposed).await?),
        _ => None,
    };
    if let Some(proposal) = &proposal {
        visit.frame.tab = Some(proposal.tab);
    }
    let counts: HashMap<String, i64> = preview::count_lines(db).await?.into_iter().collect();
    let lists = LISTS.map(|list| (list, counts.get(list).copied().unwrap_or(0)));
    let asked = visit.frame.value("list");
    let asked = LISTS.into_iter().find(|list| asked.as_deref() == Some(list));
    let first = || lists.iter().find(|(_, count)| *count > 0).map(|(list, _)| *list);
    let shown = asked.or_else(first).unwrap_or("create");
    let mut paging = Paging::new(&visit.frame, LINES_PER_PAGE);
    let lines = preview::lines(db, shown, paging.limit(), paging.offset()).await?;
    let lines = paging.keep(lines);
    let people: Vec<i64> = lines.iter().map(|line| line.person.0).collect();
    let names = people::names(db, visit.connection.company_id, &people).await?;
    let items = if shown == "skip" { preview::items(db, visit.engine.clock.now()).await? } else { Vec::new() };
    let items = item_views(&visit, items).await?;
    let Visit { frame, connection, .. } = visit;
    render(&PreviewPage { frame, connection, preview, proposal, progress, lists, shown, lines, names, items, paging })
}

async fn proposal_view(visit: &Visit, company: CompanyId, proposed: &ProposedChange) -> Result<ProposalView, WebError> {
    let (engine, t) = (&visit.engine, visit.frame.t);
    let back = return_tab(visit.frame.value("back"));
    Ok(match proposed {
        ProposedChange::Type(proposed) => ProposalView {
            sentences: vec![leave_types::describe_proposal(engine, company, t, proposed).await],
            tab: Tab::LeaveTypes,
            back,
            fields: vec![("type_id", proposed.type_id.clone()), ("choice", form_value(proposed.choice))],
        },
        ProposedChange::Settings(proposed) => ProposalView {
            sentences: settings::describe(engine, company, t, proposed).await?,
            tab: Tab::Settings,
            back,
            fields: proposed
                .settings
                .iter()
                .map(|(setting, text)| (setting.into_str(), text.clone().unwrap_or_default()))
                .collect(),
        },
    })
}

/// `POST …/preview`: of a choice that is not stored yet, or of what is stored.
pub(super) async fn request(
    State(app): State<App>,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(mut form) = form?;
    let back = return_tab(form.remove("back"));
    let proposal = leave_types::proposal(&mut form)?.map(ProposedChange::Type);
    let engine = &app.engine;
    connected_company(engine).await?;
    preview::request(&engine.db, proposal.as_ref(), engine.clock.now()).await?;
    engine.work_signal.notify(&engine.db).await;
    let query = back.map(|tab| format!("?back={}", tab.into_str())).unwrap_or_default();
    Ok(Redirect::to(&format!("{}{query}", Tab::Preview.path())))
}
