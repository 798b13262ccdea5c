//! The handle to a running simulated Optedo: how a test or the demo arranges the tenant and inspects what happened.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};

use http::Method;
use tokio::net::TcpListener;

use super::model::{Absence, AbsenceType, Deletion, NewAbsence, Oddities, Predicate, Rejection, Tenant, User};
use crate::clock::Clock;
use crate::simulators::server::{Server, lock};

/// The API token that is accepted at first.
pub const API_TOKEN: &str = "demo-optedo-token";

#[derive(Debug, Clone)]
pub struct OptedoOptions {
    /// Port 0 chooses a free port.
    pub listen: SocketAddr,
    /// Gives the times of [`Deletion`].
    pub clock: Clock,
}

impl Default for OptedoOptions {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), clock: Clock::default() }
    }
}

#[derive(Debug)]
struct Inner {
    server: Server,
    tenant: Mutex<Tenant>,
}

/// A running simulated Optedo. Clones share the same tenant and server; `Server` has what both simulators offer.
#[derive(Debug, Clone)]
pub struct OptedoSim(Arc<Inner>);

impl Deref for OptedoSim {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0.server
    }
}

/// The server and the API token.
impl OptedoSim {
    /// Binds the port without responding on it yet.
    pub(super) async fn bind(options: OptedoOptions) -> io::Result<(Self, TcpListener)> {
        let (server, listener) = Server::bind(options.listen).await?;
        let tenant = Mutex::new(Tenant::new(API_TOKEN, options.clock));
        Ok((Self(Arc::new(Inner { server, tenant })), listener))
    }

    pub(super) fn tenant(&self) -> MutexGuard<'_, Tenant> {
        lock(&self.0.tenant)
    }

    /// The base address of the API.
    pub fn api_url(&self) -> String {
        format!("{}/api", self.url())
    }

    pub fn token(&self) -> String {
        self.tenant().token.clone()
    }

    pub fn set_token(&self, token: &str) {
        token.clone_into(&mut self.tenant().token);
    }

    /// Accepts no token until [`Self::set_token`].
    pub fn revoke_token(&self) {
        self.set_token("");
    }
}

/// Users.
impl OptedoSim {
    /// Adds an active user.
    pub fn add_user(&self, first_name: &str, last_name: &str) -> i64 {
        self.tenant().add_user(first_name, last_name)
    }

    pub fn rename_user(&self, id: i64, first_name: &str, last_name: &str) {
        if let Some(user) = self.tenant().user_mut(id) {
            first_name.clone_into(&mut user.first_name);
            last_name.clone_into(&mut user.last_name);
        }
    }

    pub fn set_user_active(&self, id: i64, active: bool) {
        if let Some(user) = self.tenant().user_mut(id) {
            user.active = active;
        }
    }

    pub fn remove_user(&self, id: i64) {
        self.tenant().users.retain(|user| user.id != id);
    }

    pub fn users(&self) -> Vec<User> {
        self.tenant().users.clone()
    }
}

/// Absence types.
impl OptedoSim {
    pub fn add_absence_type(&self, description: &str) -> i64 {
        self.tenant().add_absence_type(description)
    }

    pub fn rename_absence_type(&self, id: i64, description: &str) {
        if let Some(absence_type) = self.tenant().absence_type_mut(id) {
            description.clone_into(&mut absence_type.description);
        }
    }

    /// Deletes an absence type unless absences have it; returns whether it did.
    pub fn delete_absence_type(&self, id: i64) -> bool {
        let mut tenant = self.tenant();
        let is_used = tenant.absences.iter().any(|absence| absence.content.absence_type_id == id);
        if !is_used {
            tenant.types.retain(|row| row.id != id);
        }
        !is_used
    }

    pub fn absence_types(&self) -> Vec<AbsenceType> {
        self.tenant().types.clone()
    }
}

/// Absences that a person adds, changes and deletes by hand.
impl OptedoSim {
    /// All absences, in the order in which they were created.
    pub fn absences(&self) -> Vec<Absence> {
        self.tenant().absences.clone()
    }

    pub fn absences_of(&self, user_id: i64) -> Vec<Absence> {
        self.absences().into_iter().filter(|absence| absence.content.user_id == user_id).collect()
    }

    pub fn add_absence(&self, content: NewAbsence) -> i64 {
        self.tenant().add_absence(content).id
    }

    /// Changes an absence; returns whether it exists.
    pub fn change_absence(&self, id: i64, change: impl FnOnce(&mut NewAbsence)) -> bool {
        let mut tenant = self.tenant();
        let Some(mut content) = tenant.absence(id).map(|absence| absence.content.clone()) else {
            return false;
        };
        change(&mut content);
        tenant.replace_absence(id, content).is_some()
    }

    /// Deletes an absence; returns whether it existed.
    pub fn delete_absence(&self, id: i64) -> bool {
        self.tenant().remove_absence(id).is_some()
    }
}

/// Rejections of absences that the contract allows.
impl OptedoSim {
    /// Responds to creating or changing an absence for which `applies_to` holds with this status and message, until
    /// [`Self::accept_everything`].
    pub fn reject_with(&self, status: u16, message: &str, applies_to: impl Fn(&NewAbsence) -> bool + Send + 'static) {
        self.reject(status, message, Box::new(applies_to), usize::MAX);
    }

    /// Responds to the next creations and changes with this status and message.
    pub fn reject_next(&self, times: usize, status: u16, message: &str) {
        self.reject(status, message, Box::new(|_| true), times);
    }

    fn reject(&self, status: u16, message: &str, applies_to: Predicate, remaining: usize) {
        let message = message.to_owned();
        self.tenant().rejections.push(Rejection { status, message, applies_to, remaining });
    }

    pub fn accept_everything(&self) {
        self.tenant().rejections.clear();
    }

    /// Makes the API behave as some do, although the contract does not say so.
    pub fn behave(&self, oddities: Oddities) {
        self.tenant().oddities = oddities;
    }
}

/// What happened.
impl OptedoSim {
    /// The highest number of absences with a reference that a user ever had at the same time.
    pub fn max_at_once_ever(&self) -> usize {
        self.tenant().max_at_once
    }

    /// The highest number of absences that ever had the same `externalReference` at the same time. It must never
    /// exceed 1.
    pub fn max_same_reference_ever(&self) -> usize {
        self.tenant().max_same_reference
    }

    /// The highest number of absences of one day that ever had the same reference at the same time.
    pub fn max_same_reference_and_day_ever(&self) -> usize {
        self.tenant().max_same_reference_and_day
    }

    /// The number of absences that were ever created, by hand or through the API.
    pub fn created_ever(&self) -> usize {
        self.tenant().created
    }

    /// The deletions through the API, in their order.
    pub fn deletions(&self) -> Vec<Deletion> {
        self.tenant().deletions.clone()
    }

    /// The number of calls that were not a GET, successful or not.
    pub fn writes(&self) -> usize {
        self.calls().iter().filter(|call| call.method != Method::GET).count()
    }
}
