//! How tests and the demo arrange the simulated Officient and look at what reached it.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use http::Method;

use super::state::{Event, NewEvent, Subscription};
use super::webhooks::LeaveChange;
use super::{Notifying, OfficientSim, WebhookMeaning};
use crate::simulators::clock;
use crate::simulators::faults::Fault;
use crate::simulators::server::Call;

/// The registered app and the company.
impl OfficientSim {
    /// `http://127.0.0.1:PORT`: both the web app's and the API's address, without `/1.0`.
    pub fn url(&self) -> String {
        self.0.server.url()
    }

    /// The registered app's client id.
    pub fn client_id(&self) -> &str {
        &self.0.options.client_id
    }

    /// The registered app's secret.
    pub fn client_secret(&self) -> &str {
        &self.0.options.client_secret
    }

    /// The company's id.
    pub fn company_id(&self) -> i64 {
        self.0.options.company_id
    }

    /// Registers the app's redirect address; `None` accepts any.
    pub fn set_redirect_uri(&self, redirect_uri: Option<&str>) {
        self.0.state().redirect_uri = redirect_uri.map(str::to_owned);
    }
}

/// People.
impl OfficientSim {
    /// A new person; sends `person_added`.
    pub fn add_person(&self, first_name: &str, last_name: &str) -> i64 {
        let id = self.0.state().add_person(first_name, last_name);
        self.announce_person("person_added", id);
        id
    }

    /// Gives a person another name; Officient knows no webhook for that.
    pub fn rename_person(&self, id: i64, first_name: &str, last_name: &str) {
        if let Some(person) = self.0.state().person_mut(id) {
            first_name.clone_into(&mut person.first_name);
            last_name.clone_into(&mut person.last_name);
        }
    }

    /// Takes a person out of the list without `include_archived`.
    pub fn archive_person(&self, id: i64) {
        self.set_archived(id, true);
    }

    /// Archives a person, or undoes it.
    pub fn set_archived(&self, id: i64, archived: bool) {
        if let Some(person) = self.0.state().person_mut(id) {
            person.archived = archived;
        }
    }

    /// Takes a person out of every list; the detail stays, with `deleted` 1. Sends `person_deleted`.
    pub fn delete_person(&self, id: i64) {
        let mut deleted = false;
        if let Some(person) = self.0.state().person_mut(id) {
            person.deleted = true;
            deleted = true;
        }
        if deleted {
            self.announce_person("person_deleted", id);
        }
    }
}

/// Leave types and leave.
impl OfficientSim {
    /// A new leave type; `code` is what the admin filled in on the tab Geavanceerd for our app.
    pub fn add_leave_type(&self, name: &str, code: Option<&str>) -> i64 {
        self.0.state().add_leave_type(name, code)
    }

    /// Fills in or clears our field of a leave type.
    pub fn set_leave_type_code(&self, id: i64, code: Option<&str>) {
        if let Some(leave_type) = self.0.state().leave_type_mut(id) {
            leave_type.code = code.map(str::to_owned);
        }
    }

    /// Gives a leave type another name.
    pub fn rename_leave_type(&self, id: i64, name: &str) {
        if let Some(leave_type) = self.0.state().leave_type_mut(id) {
            name.clone_into(&mut leave_type.name);
        }
    }

    /// A new event, without a request. A person has at most one event of a type a day: an existing one is
    /// replaced, and its id returned.
    pub fn add_event(&self, person_id: i64, leave: NewEvent) -> i64 {
        let ((id, is_new), event) = {
            let mut state = self.0.state();
            let added = state.add_event(person_id, leave);
            (added, state.event(added.0).cloned())
        };
        if let Some(event) = event {
            self.announce_leave(if is_new { LeaveChange::Added } else { LeaveChange::Updated }, &event);
        }
        id
    }

    /// Leave as a person asks for it: the events and one request for them together.
    pub fn add_leave(&self, person_id: i64, leave: impl IntoIterator<Item = NewEvent>) -> (i64, Vec<i64>) {
        let (request, ids, events) = {
            let mut state = self.0.state();
            let ids: Vec<i64> = leave.into_iter().map(|leave| state.add_event(person_id, leave).0).collect();
            let request = state.add_request(person_id, &ids);
            let events: Vec<Event> = ids.iter().filter_map(|id| state.event(*id).cloned()).collect();
            (request, ids, events)
        };
        for event in &events {
            self.announce_leave(LeaveChange::Added, event);
        }
        (request, ids)
    }

    /// Changes an event; false when there is none.
    pub fn change_event(&self, id: i64, change: impl FnOnce(&mut NewEvent)) -> bool {
        let changed = self.0.state().event_mut(id).map(|event| {
            change(&mut event.leave);
            event.clone()
        });
        if let Some(event) = &changed {
            self.announce_leave(LeaveChange::Updated, event);
        }
        changed.is_some()
    }

    /// Deletes an event; false when there is none.
    pub fn delete_event(&self, id: i64) -> bool {
        let deleted = self.0.state().delete_event(id);
        if let Some(event) = &deleted {
            self.announce_leave(LeaveChange::Deleted, event);
        }
        deleted.is_some()
    }

    /// A request for events that exist; it is the newest of the list.
    pub fn add_request(&self, person_id: i64, event_ids: &[i64]) -> i64 {
        self.0.state().add_request(person_id, event_ids)
    }

    /// Everything in the calendar of a person, in the order in which it was added.
    pub fn events_of(&self, person_id: i64) -> Vec<Event> {
        let state = self.0.state();
        state.events.iter().filter(|event| event.person_id == person_id).cloned().collect()
    }
}

/// Webhooks and subscriptions.
impl OfficientSim {
    /// What webhooks about leave point at from now on.
    pub fn notify_about(&self, meaning: WebhookMeaning) {
        self.notifying_mut(|notifying| notifying.meaning = meaning);
    }

    /// Whether changes send webhooks by themselves from now on.
    pub fn set_notify(&self, on: bool) {
        self.notifying_mut(|notifying| notifying.on = on);
    }

    /// Whether changes send webhooks by themselves.
    pub fn is_notifying(&self) -> bool {
        self.0.notifying.lock().unwrap_or_else(PoisonError::into_inner).on
    }

    fn notifying_mut(&self, change: impl FnOnce(&mut Notifying)) {
        change(&mut self.0.notifying.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The subscriptions as they stand.
    pub fn subscriptions(&self) -> Vec<Subscription> {
        self.0.state().subscriptions.clone()
    }

    /// A subscription of somebody else, or one made by hand; any event name goes.
    pub fn add_subscription(&self, event: &str, target_url: &str) -> i64 {
        self.0.state().add_subscription(event, target_url)
    }

    /// Removes a subscription, as the admin may do in Officient.
    pub fn remove_subscription(&self, id: i64) {
        self.0.state().subscriptions.retain(|subscription| subscription.id != id);
    }

    /// These names, known or not, are refused from now on, instead of the ones named before.
    pub fn refuse_event_names(&self, names: &[&str]) {
        self.0.state().refused_event_names = names.iter().map(ToString::to_string).collect();
    }
}

/// OAuth.
impl OfficientSim {
    /// A code as the consent page would give it to the browser.
    pub fn issue_code(&self) -> String {
        self.0.state().issue_code(None)
    }

    /// An access and a refresh token, as connecting would have given.
    pub fn issue_tokens(&self) -> (String, String) {
        let (access, refresh) = self.0.state().tokens.issue(true);
        (access, refresh.unwrap_or_default())
    }

    /// Whether the app was ever given tokens that were not all revoked.
    pub fn is_connected(&self) -> bool {
        self.0.state().tokens.connected
    }

    /// All access tokens have had their time; refreshing works.
    pub fn expire_access_tokens(&self) {
        let now = clock::now();
        self.0.state().tokens.access.values_mut().for_each(|until| *until = now);
    }

    /// All access tokens are forgotten; refreshing works.
    pub fn revoke_access_tokens(&self) {
        self.0.state().tokens.access.clear();
    }

    /// The admin takes the app's access away: access and refresh tokens are forgotten.
    pub fn revoke_all_tokens(&self) {
        let mut state = self.0.state();
        state.tokens.access.clear();
        state.tokens.refresh.clear();
        state.tokens.connected = false;
    }

    /// Whether refreshing is answered with 400.
    pub fn refuse_refresh(&self, refuse: bool) {
        self.0.state().tokens.refuse_refresh = refuse;
    }

    /// Whether the answer to a refresh goes without a new refresh token.
    pub fn omit_refresh_token_in_refresh(&self, omit: bool) {
        self.0.state().tokens.omit_refresh_token = omit;
    }

    /// How long access tokens given from now on live.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.0.state().tokens.lifetime = lifetime;
    }
}

/// What reached it, and what goes wrong.
impl OfficientSim {
    /// All calls to `/1.0`, in order of arrival, those refused by the rate limit included.
    pub fn calls(&self) -> Vec<Call> {
        self.0.server.calls()
    }

    /// Forgets the calls so far, and the count of refused ones.
    pub fn clear_calls(&self) {
        self.0.server.clear_calls();
        self.0.state().rate_limited = 0;
    }

    /// How many calls went to paths that begin so.
    pub fn calls_to(&self, prefix: &str) -> usize {
        self.calls().iter().filter(|call| call.path.starts_with(prefix)).count()
    }

    /// How many calls were beyond the rate limit; a 429 from a [`Fault`] does not count.
    pub fn rate_limited(&self) -> usize {
        self.0.state().rate_limited
    }

    /// The most calls that arrived within any one rate-limit period, refused ones included.
    pub fn busiest_window(&self) -> usize {
        let arrivals: Vec<Instant> = self.calls().iter().map(|call| call.at).collect();
        let period = self.0.options.rate_limit_period;
        let within = |first: &Instant| {
            arrivals.iter().filter(|at| *at >= first && at.duration_since(*first) < period).count()
        };
        arrivals.iter().map(within).max().unwrap_or_default()
    }

    /// Every call that would change something other than a subscription or a token: must stay empty.
    pub fn writes(&self) -> Vec<Call> {
        let allowed = |path: &str| path == "/1.0/token" || path.starts_with("/1.0/webhooks/");
        self.calls().into_iter().filter(|call| call.method != Method::GET && !allowed(&call.path)).collect()
    }

    /// Sets the rate limit from now on.
    pub fn set_rate_limit(&self, calls: usize, period: Duration) {
        self.0.state().rate_limit = (calls, period);
    }

    /// The next call goes wrong.
    pub fn next(&self, fault: Fault) {
        self.0.server.faults.next(fault);
    }

    /// The next calls to paths (with query) that begin so go wrong; `"POST /1.0/token"` also looks at the method.
    pub fn fault_on(&self, path_prefix: &str, fault: Fault, times: usize) {
        self.0.server.faults.on_path(path_prefix, fault, times);
    }

    /// Drops the faults that wait.
    pub fn clear_faults(&self) {
        self.0.server.faults.clear();
    }

    /// How many faults still wait for a call.
    pub fn faults_left(&self) -> usize {
        self.0.server.faults.left()
    }

    /// Every API call takes so much longer from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.0.server.set_latency(latency);
    }
}
