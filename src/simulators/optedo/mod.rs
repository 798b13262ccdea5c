//! The simulated Optedo: the absence API of `optedo-api.yaml` and a month's planning, on one port.
//!
//! It knows nothing of Officient, and accepts whatever the contract does not forbid: two absences with one
//! `externalReference` too, because only then a test can see that the service never writes them.

mod api;
mod pages;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State as AxumState};
use axum::response::Response;
use axum::routing::any;
use http::Method;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;

use super::faults::Fault;
use super::page;
use super::server::{Call, Line, Server};

/// How a simulated Optedo begins.
#[derive(Debug, Clone)]
pub struct OptedoOptions {
    /// Where it listens; port 0 chooses a free one.
    pub listen: SocketAddr,
    /// The API token of the tenant.
    pub token: String,
    /// On which it notes when something was deleted.
    pub clock: Clock,
}

impl Default for OptedoOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: "demo-optedo-token".to_owned(),
            clock: Clock::default(),
        }
    }
}

/// A user of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Optedo's id.
    pub id: i64,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Whether the user still works there.
    pub active: bool,
}

/// An absence type of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AbsenceType {
    /// Optedo's id.
    pub id: i64,
    /// What people see.
    pub description: String,
}

/// The content of an absence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAbsence {
    /// Whose it is.
    pub user_id: i64,
    /// Its absence type.
    pub absence_type_id: i64,
    /// Wall clock.
    pub start: DateTime,
    /// Wall clock, exclusive.
    pub end: DateTime,
    /// Whether it is shown as a whole day.
    pub all_day: bool,
    /// What its writer calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<String>,
}

/// An absence as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absence {
    /// Optedo's id.
    pub id: i64,
    /// Its content.
    #[serde(flatten)]
    pub content: NewAbsence,
}

/// A deletion by the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// What stood until then.
    pub absence: Absence,
    /// When.
    pub at: Timestamp,
    /// When an absence of the same reference was made again.
    pub undone_at: Option<Timestamp>,
}

type Predicate = Box<dyn Fn(&NewAbsence) -> bool + Send>;

/// What is not accepted although the contract allows it.
struct Rejection {
    status: u16,
    message: String,
    when: Predicate,
    left: usize,
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection")
            .field("status", &self.status)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct State {
    token: String,
    clock: Clock,
    users: Vec<User>,
    types: Vec<AbsenceType>,
    absences: Vec<Absence>,
    deletions: Vec<Deletion>,
    last_type: i64,
    next_absence: i64,
    created: usize,
    max_same_reference: usize,
    rejections: Vec<Rejection>,
}

impl State {
    fn add(&mut self, content: NewAbsence) -> Absence {
        let absence = Absence { id: self.next_absence, content };
        self.next_absence += 1;
        self.created += 1;
        self.absences.push(absence.clone());
        let reference = &absence.content.external_reference;
        let is_of_it = |deletion: &&mut Deletion| {
            deletion.undone_at.is_none() && deletion.absence.content.external_reference == *reference
        };
        if reference.is_some() {
            let now = self.clock.now();
            self.deletions.iter_mut().filter(is_of_it).for_each(|deletion| deletion.undone_at = Some(now));
        }
        self.count_references(absence.content.external_reference.as_deref());
        absence
    }

    fn replace(&mut self, id: i64, content: NewAbsence) -> Option<Absence> {
        let absence = self.absences.iter_mut().find(|absence| absence.id == id)?;
        absence.content = content;
        let absence = absence.clone();
        self.count_references(absence.content.external_reference.as_deref());
        Some(absence)
    }

    fn remove(&mut self, id: i64) -> Option<Absence> {
        let at = self.absences.iter().position(|absence| absence.id == id)?;
        Some(self.absences.remove(at))
    }

    fn delete(&mut self, id: i64) -> Option<Absence> {
        let absence = self.remove(id)?;
        self.deletions.push(Deletion { absence: absence.clone(), at: self.clock.now(), undone_at: None });
        Some(absence)
    }

    fn count_references(&mut self, reference: Option<&str>) {
        if let Some(reference) = reference {
            let same = |absence: &&Absence| absence.content.external_reference.as_deref() == Some(reference);
            let count = self.absences.iter().filter(same).count();
            self.max_same_reference = self.max_same_reference.max(count);
        }
    }

    /// Uses up the first rejection that is meant for this absence.
    fn rejection(&mut self, content: &NewAbsence) -> Option<(u16, String)> {
        let rejection =
            self.rejections.iter_mut().find(|rejection| rejection.left > 0 && (rejection.when)(content))?;
        rejection.left -= 1;
        Some((rejection.status, rejection.message.clone()))
    }
}

#[derive(Debug)]
struct Inner {
    server: Server,
    state: Mutex<State>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running simulated Optedo; clones are the same one.
#[derive(Debug, Clone)]
pub struct OptedoSim(Arc<Inner>);

/// Starting and stopping.
impl OptedoSim {
    /// Takes the port and answers on it.
    pub async fn start(options: OptedoOptions) -> io::Result<Self> {
        let (server, listener) = Server::bind(options.listen).await?;
        let OptedoOptions { token, clock, .. } = options;
        let state = State { token, clock, next_absence: 70_001, ..State::default() };
        let sim = Self(Arc::new(Inner { server, state: Mutex::new(state) }));
        sim.0.server.run(listener, sim.router());
        Ok(sim)
    }

    /// Frees the port, so that connections are refused, and drops what is under way.
    pub async fn stop(&self) {
        self.0.server.stop().await;
    }

    /// Answers again on the same port, with everything as it was; nothing when it runs.
    pub async fn restart(&self) -> io::Result<()> {
        if let Some(listener) = self.0.server.bind_again().await? {
            self.0.server.run(listener, self.router());
        }
        Ok(())
    }

    fn router(&self) -> Router {
        pages::router().merge(page::router()).route("/api/{*rest}", any(answer)).with_state(self.clone())
    }

    /// `http://127.0.0.1:PORT`: the address of the pages.
    pub fn url(&self) -> String {
        self.0.server.url()
    }

    /// The base address of the API.
    pub fn api_url(&self) -> String {
        format!("{}/api", self.url())
    }

    /// The API token that is accepted now.
    pub fn token(&self) -> String {
        self.0.state().token.clone()
    }

    /// Another API token from now on.
    pub fn set_token(&self, token: &str) {
        token.clone_into(&mut self.0.state().token);
    }

    /// No token is accepted until [`Self::set_token`].
    pub fn revoke_token(&self) {
        self.set_token("");
    }
}

/// Users, absence types and absences, as people in Optedo arrange them.
impl OptedoSim {
    /// A new active user.
    pub fn add_user(&self, first_name: &str, last_name: &str) -> i64 {
        let mut state = self.0.state();
        let id = state.users.last().map_or(11, |user| user.id + 1);
        let (first_name, last_name) = (first_name.to_owned(), last_name.to_owned());
        state.users.push(User { id, first_name, last_name, active: true });
        id
    }

    /// Gives a user another name.
    pub fn rename_user(&self, id: i64, first_name: &str, last_name: &str) {
        if let Some(user) = self.0.state().users.iter_mut().find(|user| user.id == id) {
            first_name.clone_into(&mut user.first_name);
            last_name.clone_into(&mut user.last_name);
        }
    }

    /// Whether a user still works there.
    pub fn set_user_active(&self, id: i64, active: bool) {
        if let Some(user) = self.0.state().users.iter_mut().find(|user| user.id == id) {
            user.active = active;
        }
    }

    /// All users.
    pub fn users(&self) -> Vec<User> {
        self.0.state().users.clone()
    }

    /// A new absence type.
    pub fn add_absence_type(&self, description: &str) -> i64 {
        let mut state = self.0.state();
        // Never one that a deleted type had: who knows the type by its id must not take another for it.
        let id = state.last_type + 1;
        state.last_type = id;
        state.types.push(AbsenceType { id, description: description.to_owned() });
        id
    }

    /// Gives an absence type another description.
    pub fn rename_absence_type(&self, id: i64, description: &str) {
        if let Some(absence_type) = self.0.state().types.iter_mut().find(|row| row.id == id) {
            description.clone_into(&mut absence_type.description);
        }
    }

    /// Deletes an absence type; false when absences have it.
    pub fn delete_absence_type(&self, id: i64) -> bool {
        let mut state = self.0.state();
        let is_used = state.absences.iter().any(|absence| absence.content.absence_type_id == id);
        if !is_used {
            state.types.retain(|row| row.id != id);
        }
        !is_used
    }

    /// All absence types.
    pub fn absence_types(&self) -> Vec<AbsenceType> {
        self.0.state().types.clone()
    }

    /// All absences, in the order in which they were made.
    pub fn absences(&self) -> Vec<Absence> {
        self.0.state().absences.clone()
    }

    /// The absences of one user.
    pub fn absences_of(&self, user_id: i64) -> Vec<Absence> {
        self.absences().into_iter().filter(|absence| absence.content.user_id == user_id).collect()
    }

    /// An absence made by hand; the caller decides whether it has a reference.
    pub fn add_absence(&self, content: NewAbsence) -> i64 {
        self.0.state().add(content).id
    }

    /// Changes an absence by hand; false when there is none.
    pub fn change_absence(&self, id: i64, change: impl FnOnce(&mut NewAbsence)) -> bool {
        let mut state = self.0.state();
        let Some(mut content) = state.absences.iter().find(|row| row.id == id).map(|row| row.content.clone())
        else {
            return false;
        };
        change(&mut content);
        state.replace(id, content).is_some()
    }

    /// Deletes an absence by hand; false when there is none.
    pub fn delete_absence(&self, id: i64) -> bool {
        self.0.state().remove(id).is_some()
    }
}

/// What reached it, and what goes wrong.
impl OptedoSim {
    /// Creates and changes for which `when` holds are answered with this status and message, until
    /// [`Self::accept_everything`].
    pub fn reject_with(
        &self,
        status: u16,
        message: &str,
        when: impl Fn(&NewAbsence) -> bool + Send + 'static,
    ) {
        self.reject(status, message, Box::new(when), usize::MAX);
    }

    /// So many of the next creates and changes are answered with this status and message.
    pub fn reject_next(&self, times: usize, status: u16, message: &str) {
        self.reject(status, message, Box::new(|_| true), times);
    }

    fn reject(&self, status: u16, message: &str, when: Predicate, left: usize) {
        let message = message.to_owned();
        self.0.state().rejections.push(Rejection { status, message, when, left });
    }

    /// Drops all rejections.
    pub fn accept_everything(&self) {
        self.0.state().rejections.clear();
    }

    /// The most absences that ever had one and the same `externalReference` at one time: 1 when all is well, 0
    /// when none ever had one.
    pub fn max_same_reference_ever(&self) -> usize {
        self.0.state().max_same_reference
    }

    /// How many absences were ever created, by hand or by the API.
    pub fn created_ever(&self) -> usize {
        self.0.state().created
    }

    /// What the API deleted, in that order.
    pub fn deletions(&self) -> Vec<Deletion> {
        self.0.state().deletions.clone()
    }

    /// All calls to `/api`, in order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.0.server.calls()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.0.server.clear_calls();
    }

    /// How many calls went to paths that begin so.
    pub fn calls_to(&self, prefix: &str) -> usize {
        self.calls().iter().filter(|call| call.path.starts_with(prefix)).count()
    }

    /// How many calls were not reads, whatever came of them.
    pub fn writes(&self) -> usize {
        self.calls().iter().filter(|call| call.method != Method::GET).count()
    }

    /// The next call goes wrong.
    pub fn next(&self, fault: Fault) {
        self.0.server.faults.next(fault);
    }

    /// The next create, change or delete goes wrong.
    pub fn next_write(&self, fault: Fault) {
        self.0.server.faults.on_write(fault, 1);
    }

    /// The next calls to paths (with query, `/api` included) that begin so go wrong; `"PUT /api/absences/"` also
    /// looks at the method.
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

async fn answer(
    AxumState(sim): AxumState<OptedoSim>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let inner = &*sim.0;
    inner.server.answer(line, request, || None, |call| api::answer(&mut inner.state(), call)).await
}
