//! The list for HR: the names that differ, and how, as a file for a spreadsheet.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::frame::Visit;
use super::remedy::edit;
use crate::db::audit_log::{self, Act};
use crate::db::{people, person_choices};
use crate::sync::SyncError;
use crate::sync::lists::MatchState;
use crate::sync::reference_data::Fresh;
use crate::web::api::sync::connected_company;
use crate::web::error::WebError;
use crate::web::session::Admin;
use crate::web::state::App;

/// The byte order mark, without which spreadsheets take the text for another encoding.
const BOM: &str = "\u{feff}";

/// `GET …/people/names.csv`: everybody whom no user matches, or more than one. Semicolons, as spreadsheets here expect.
pub(super) async fn download(
    State(app): State<App>,
    admin: Admin,
    Visit { frame, .. }: Visit,
) -> Result<Response, WebError> {
    let (engine, t) = (&app.engine, frame.t);
    let company = connected_company(engine).await?;
    let snapshot = engine.reference_data.snapshot(company, &[], Fresh::to_show(&engine.clock)).await;
    let directory = snapshot.map_err(SyncError::from)?.users;
    let everybody = people::all(&engine.db, company).await?;
    let choices = person_choices::choices(&engine.db, company).await?;
    let mut lines = vec![line([
        t.text("column-person").to_string(),
        t.text("first-name").to_string(),
        t.text("last-name").to_string(),
        t.text("state").to_string(),
        t.text("column-user").to_string(),
        t.text("in-optedo").to_string(),
        t.text("column-edit").to_string(),
    ])];
    let matches = engine.shown_matches(company, &everybody, (&directory, true), &choices).await?;
    for (person, matched) in everybody.iter().zip(matches) {
        let Some(names) = &person.names else { continue };
        if !matches!(matched.state, MatchState::Unmatched | MatchState::Ambiguous) {
            continue;
        }
        let hint = matched.item.as_ref().and_then(|item| item.hint.as_ref());
        let user = hint.and_then(|hint| hint.names.as_ref()?.user).map(|user| user.to_string());
        lines.push(line([
            person.id.to_string(),
            names.first.clone(),
            names.last.clone(),
            t.text("match-state").with("state", matched.state.into_str()).to_string(),
            user.unwrap_or_default(),
            hint.map(|hint| hint.candidate.clone()).unwrap_or_default(),
            hint.and_then(|hint| edit(t, names, hint)).unwrap_or_default(),
        ]));
    }
    let count = (lines.len() - 1).to_string();
    audit_log::insert(&engine.db, Act::NamesDownloaded, Some(&count), &admin.actor, engine.clock.now()).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"hr.csv\""),
    ];
    Ok((headers, format!("{BOM}{}", lines.concat())).into_response())
}

/// A line (RFC 4180) whose fields no spreadsheet takes for formulas.
fn line<const N: usize>(fields: [String; N]) -> String {
    let field = |text: String| {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        format!("\"{}{}\"", if is_formula { "'" } else { "" }, text.replace('"', "\"\""))
    };
    format!("{}\r\n", fields.map(field).join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_and_is_no_formula() {
        let fields = ["Jan", "O\"Neil; x", "=cmd|' /C calc'!A0", "-1", "\tx", ""].map(str::to_owned);
        let expected = "\"Jan\";\"O\"\"Neil; x\";\"'=cmd|' /C calc'!A0\";\"'-1\";\"'\tx\";\"\"\r\n";
        assert_eq!(line(fields), expected);
    }
}
