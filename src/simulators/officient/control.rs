//! How a test or the demo arranges the company, and how it inspects what happened.

use std::time::{Duration, Instant};

use http::Method;

use super::access::TokenEncoding;
use super::model::{CustomLeaveType, Event, LeaveChange, NewEvent, Subscription, WebhookMeaning};
use super::sim::{CLIENT_ID, CLIENT_SECRET, OfficientSim};
use crate::simulators::server::{Call, Server};

/// The registered app and the company.
impl OfficientSim {
    pub fn client_id(&self) -> &'static str {
        CLIENT_ID
    }

    pub fn client_secret(&self) -> &'static str {
        CLIENT_SECRET
    }

    pub fn company_id(&self) -> i64 {
        self.options().company_id
    }

    /// Registers the app's redirect address; `None` accepts any address.
    pub fn set_redirect_uri(&self, redirect_uri: Option<&str>) {
        self.company().redirect_uri = redirect_uri.map(str::to_owned);
    }
}

/// People.
impl OfficientSim {
    /// Adds a person and sends `person_added`.
    pub fn add_person(&self, first_name: &str, last_name: &str) -> i64 {
        let id = self.company().add_person(first_name, last_name);
        self.send_person_webhook("person_added", id);
        id
    }

    /// Renames a person; Officient has no webhook for this change.
    pub fn rename_person(&self, id: i64, first_name: &str, last_name: &str) {
        if let Some(person) = self.company().person_mut(id) {
            first_name.clone_into(&mut person.first_name);
            last_name.clone_into(&mut person.last_name);
        }
    }

    /// Sets the insertion of a Dutch name, for example "van den".
    pub fn set_insertion(&self, id: i64, insertion: &str) {
        if let Some(person) = self.company().person_mut(id) {
            insertion.clone_into(&mut person.insertion);
        }
    }

    pub fn archive_person(&self, id: i64) {
        self.set_archived(id, true);
    }

    /// The API lists an archived person only with `include_archived`.
    pub fn set_archived(&self, id: i64, archived: bool) {
        if let Some(person) = self.company().person_mut(id) {
            person.archived = archived;
        }
    }

    /// Removes a person from every list and sends `person_deleted`. The detail remains, with `deleted` 1.
    pub fn delete_person(&self, id: i64) {
        let person = self.company().person_mut(id).map(|person| person.deleted = true);
        if person.is_some() {
            self.send_person_webhook("person_deleted", id);
        }
    }
}

/// Leave types, events and requests.
impl OfficientSim {
    /// Adds a leave type; `code` is what the admin fills in for our app on the tab «Geavanceerd».
    pub fn add_leave_type(&self, name: &str, code: Option<&str>) -> i64 {
        self.company().add_leave_type(name, code)
    }

    pub fn set_leave_type_code(&self, id: i64, code: Option<&str>) {
        if let Some(leave_type) = self.company().leave_type_mut(id) {
            leave_type.code = code.map(str::to_owned);
        }
    }

    /// Each leave type with its id, name and code.
    pub fn leave_types(&self) -> Vec<(i64, String, Option<String>)> {
        let company = self.company();
        company.leave_types.iter().map(|kind| (kind.id, kind.name.clone(), kind.code.clone())).collect()
    }

    /// The types of this year, each with its id, name and code; the other years keep theirs.
    pub fn set_leave_types_of_year(&self, year: i64, types: &[(i64, &str, Option<&str>)]) {
        let types = types.iter().map(|(id, name, code)| CustomLeaveType {
            id: *id,
            name: (*name).to_owned(),
            code: code.map(str::to_owned),
        });
        self.company().leave_types_of_year.insert(year, types.collect());
    }

    pub(super) fn rename_leave_type(&self, id: i64, name: &str) {
        if let Some(leave_type) = self.company().leave_type_mut(id) {
            name.clone_into(&mut leave_type.name);
        }
    }

    /// Adds an event without a request. A person has at most one event of a leave type a day: an existing one gets
    /// the new content, and this returns its id.
    pub fn add_event(&self, person_id: i64, leave: NewEvent) -> i64 {
        let (event, change) = self.company().add_event(person_id, leave);
        self.send_leave_webhook(change, &event);
        event.id
    }

    /// Adds events and one request for all of them, as an employee does; returns the ids of the request and the events.
    pub fn add_leave(&self, person_id: i64, leave: impl IntoIterator<Item = NewEvent>) -> (i64, Vec<i64>) {
        let (request, events) = {
            let mut company = self.company();
            let events: Vec<Event> = leave.into_iter().map(|leave| company.add_event(person_id, leave).0).collect();
            (company.add_request(person_id, events.clone()), events)
        };
        for event in &events {
            self.send_leave_webhook(LeaveChange::Added, event);
        }
        (request, events.iter().map(|event| event.id).collect())
    }

    /// Changes an event; returns whether it exists.
    pub fn change_event(&self, id: i64, change: impl FnOnce(&mut NewEvent)) -> bool {
        let changed = self.company().event_mut(id).map(|event| {
            change(&mut event.leave);
            event.clone()
        });
        if let Some(event) = &changed {
            self.send_leave_webhook(LeaveChange::Updated, event);
        }
        changed.is_some()
    }

    /// Deletes an event; returns whether it existed.
    pub fn delete_event(&self, id: i64) -> bool {
        let deleted = self.company().delete_event(id);
        if let Some(event) = &deleted {
            self.send_leave_webhook(LeaveChange::Deleted, event);
        }
        deleted.is_some()
    }

    /// Deletes all events of a person and adds them again under new ids, as a payroll run does. Sends no webhook.
    pub fn rewrite_events(&self, person_id: i64) {
        self.company().rewrite_events(person_id);
    }

    /// Moves an event to the calendar of another person, as when records are merged. Sends no webhook.
    pub fn give_event(&self, id: i64, person_id: i64) {
        if let Some(event) = self.company().event_mut(id) {
            event.person_id = person_id;
        }
    }

    /// Adds a request for existing events; it is the first of the list of requests.
    pub fn add_request(&self, person_id: i64, event_ids: &[i64]) -> i64 {
        let mut company = self.company();
        let events = event_ids.iter().filter_map(|id| company.event(*id).cloned()).collect();
        company.add_request(person_id, events)
    }

    /// The events of a person, in the order in which they were added.
    pub fn events_of(&self, person_id: i64) -> Vec<Event> {
        self.company().events.iter().filter(|event| event.person_id == person_id).cloned().collect()
    }
}

/// Webhooks and subscriptions.
impl OfficientSim {
    /// Chooses what `related_object_id` means in webhooks about leave.
    pub fn notify_about(&self, meaning: WebhookMeaning) {
        self.company().webhook_meaning = meaning;
    }

    /// Chooses whether a change of a person or of leave sends webhooks.
    pub fn set_notify(&self, sends_webhooks: bool) {
        self.company().sends_webhooks = sends_webhooks;
    }

    pub fn sends_webhooks(&self) -> bool {
        self.company().sends_webhooks
    }

    pub fn subscriptions(&self) -> Vec<Subscription> {
        self.company().subscriptions.clone()
    }

    /// Adds a subscription that the service did not make, with any event name.
    pub fn add_subscription(&self, event: &str, target_url: &str) -> i64 {
        self.company().add_subscription(event, target_url)
    }

    /// Removes a subscription, as the admin can do in Officient.
    pub fn remove_subscription(&self, id: i64) {
        self.company().subscriptions.retain(|subscription| subscription.id != id);
    }

    /// Refuses subscriptions to exactly these event names from now on.
    pub fn refuse_event_names(&self, names: &[&str]) {
        self.company().refused_webhook_events = names.iter().map(ToString::to_string).collect();
    }
}

/// OAuth.
impl OfficientSim {
    /// Issues an authorization code, as the consent page gives it to the browser.
    pub fn issue_code(&self) -> String {
        self.company().tokens.issue_code(None)
    }

    /// Issues an access token without the authorization code flow.
    #[cfg(test)]
    pub fn issue_access_token(&self) -> String {
        self.company().tokens.issue_access_token()
    }

    /// Whether the app has received tokens that the admin did not revoke.
    pub fn is_connected(&self) -> bool {
        self.company().tokens.connected
    }

    /// Lets all access tokens expire; a refresh token still works.
    pub fn expire_access_tokens(&self) {
        let now = Instant::now();
        self.company().tokens.access.values_mut().for_each(|expires_at| *expires_at = now);
    }

    /// Deletes all access tokens; a refresh token still works.
    pub fn revoke_access_tokens(&self) {
        self.company().tokens.access.clear();
    }

    /// Deletes all access and refresh tokens, as when the admin withdraws the app's access.
    pub fn revoke_all_tokens(&self) {
        let mut company = self.company();
        company.tokens.access.clear();
        company.tokens.refresh.clear();
        company.tokens.connected = false;
    }

    /// Chooses whether a refresh gets 400.
    pub fn refuse_refresh(&self, refuse: bool) {
        self.company().tokens.refuses_refresh = refuse;
    }

    /// Accepts requests for tokens in this encoding only; another gets `status`.
    pub fn accept_tokens_only_as(&self, encoding: TokenEncoding, status: u16) {
        self.company().tokens.only_encoding = Some((encoding, status));
    }

    /// Chooses whether the response to a refresh lacks a new refresh token.
    pub fn omit_refresh_token_in_refresh(&self, omit: bool) {
        self.company().tokens.omits_refresh_token = omit;
    }

    /// Chooses the lifetime of the access tokens that are issued from now on.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.company().tokens.lifetime = lifetime;
    }
}

/// The calls that arrived; `Server` has more.
impl OfficientSim {
    /// Clears the record of calls and the count of [`Self::rate_limited`].
    pub fn clear_calls(&self) {
        Server::clear_calls(self);
        self.company().rate_limit.rejected = 0;
    }

    /// The number of calls beyond the rate limit; a 429 from a fault does not count.
    pub fn rate_limited(&self) -> usize {
        self.company().rate_limit.rejected
    }

    /// The highest number of calls that arrived within one rate-limit period, including those beyond the limit.
    pub fn busiest_window(&self) -> usize {
        let arrivals: Vec<Instant> = self.calls().iter().map(|call| call.at).collect();
        let period = self.options().rate_limit_period;
        let count_from =
            |first: &Instant| arrivals.iter().filter(|at| *at >= first && at.duration_since(*first) < period).count();
        arrivals.iter().map(count_from).max().unwrap_or_default()
    }

    /// All calls that would change anything but a subscription or a token. The service may make none.
    pub fn writes(&self) -> Vec<Call> {
        let is_allowed = |path: &str| path == "/1.0/token" || path.starts_with("/1.0/webhooks/");
        self.calls().into_iter().filter(|call| call.method != Method::GET && !is_allowed(&call.path)).collect()
    }
}
