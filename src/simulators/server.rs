//! One simulator's HTTP server: it starts, stops and starts again on the same port, and records the calls to its API.
//!
//! Stopping is abrupt, like a crash: calls in progress get no response. A function that never waits computes each
//! response, so that the effect of a call happens either completely or not at all.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::api::{ApiRequest, ApiResponse};
use super::connection::{BreakableListener, ConnectionBreaker};
use super::faults::{Fault, FaultQueue, Target};
use super::hold::{Hold, Holds};

const MAX_REQUEST_BYTES: usize = 1 << 20;

/// One call that arrived at the API of a simulator.
#[derive(Debug, Clone)]
pub struct Call {
    number: u64,
    pub method: Method,
    /// The path with its query.
    pub path: String,
    /// The status of the response; 0 before the response, and for a call that got none.
    pub status: u16,
    /// When the call arrived.
    pub at: Instant,
}

/// The tasks between one start and the next stop.
#[derive(Debug, Clone)]
struct Run {
    stop: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug, Default)]
struct CallRecord {
    calls: Vec<Call>,
    next_number: u64,
}

/// What both simulators offer to tests; they dereference to it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    runtime: Handle,
    run: Mutex<Option<Run>>,
    record: Mutex<CallRecord>,
    latency: Mutex<Duration>,
    faults: Mutex<FaultQueue>,
    holds: Mutex<Holds>,
}

/// Locks a mutex; a test that panicked with the lock does not matter to the next one.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starting and stopping.
impl Server {
    /// Binds the port; [`Server::serve`] begins to respond on it.
    pub(super) async fn bind(listen: SocketAddr) -> io::Result<(Self, TcpListener)> {
        let listener = TcpListener::bind(listen).await?;
        let server = Self {
            address: listener.local_addr()?,
            runtime: Handle::current(),
            run: Mutex::default(),
            record: Mutex::default(),
            latency: Mutex::default(),
            faults: Mutex::default(),
            holds: Mutex::default(),
        };
        Ok((server, listener))
    }

    pub(super) fn serve(&self, listener: TcpListener, router: Router) {
        let run = Run { stop: CancellationToken::new(), tasks: TaskTracker::new() };
        let service = router.into_make_service_with_connect_info::<ConnectionBreaker>();
        let serving = axum::serve(BreakableListener(listener), service)
            .with_graceful_shutdown(run.stop.clone().cancelled_owned())
            .into_future();
        run.tasks.spawn_on(
            async move {
                if let Err(error) = serving.await {
                    tracing::error!(%error, "A simulator stopped serving");
                }
            },
            &self.runtime,
        );
        *lock(&self.run) = Some(run);
    }

    /// Binds the same port as before and serves on it; does nothing while the server runs.
    pub(super) async fn serve_again(&self, router: Router) -> io::Result<()> {
        if lock(&self.run).is_none() {
            self.serve(TcpListener::bind(self.address).await?, router);
        }
        Ok(())
    }

    /// Closes the port and aborts the calls and webhooks in progress; clients get a refused connection from now on.
    pub async fn stop(&self) {
        let Some(run) = lock(&self.run).take() else {
            return;
        };
        run.stop.cancel();
        run.tasks.close();
        if tokio::time::timeout(Duration::from_secs(3), run.tasks.wait()).await.is_err() {
            tracing::warn!("A connection to a simulator stayed open for 3 s after the simulator stopped");
        }
    }

    /// Runs a task until it is done or the server stops; does nothing when the server does not run.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(Run { stop, tasks }) = lock(&self.run).clone() {
            let task = async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = task => {}
                }
            };
            tasks.spawn_on(task, &self.runtime);
        }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// The record of calls to the API.
impl Server {
    /// All calls, in order of arrival, including those beyond the rate limit.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.record).calls.clone()
    }

    pub fn clear_calls(&self) {
        lock(&self.record).calls.clear();
    }

    /// The number of calls whose path begins with this prefix.
    pub fn calls_to(&self, prefix: &str) -> usize {
        lock(&self.record).calls.iter().filter(|call| call.path.starts_with(prefix)).count()
    }

    fn record_call(&self, method: Method, path: String) -> u64 {
        let mut record = lock(&self.record);
        let number = record.next_number;
        record.next_number += 1;
        record.calls.push(Call { number, method, path, status: 0, at: Instant::now() });
        number
    }

    fn record_status(&self, number: u64, status: StatusCode) {
        if let Some(call) = lock(&self.record).calls.iter_mut().rev().find(|call| call.number == number) {
            call.status = status.as_u16();
        }
    }
}

/// Faults and latency.
impl Server {
    /// The next call fails.
    pub fn next(&self, fault: Fault) {
        lock(&self.faults).add(Target::Any, fault, 1);
    }

    /// The next call that is not a GET fails.
    pub fn next_write(&self, fault: Fault) {
        lock(&self.faults).add(Target::Write, fault, 1);
    }

    /// The next calls whose path with query begins with this prefix fail. A method before the path restricts the
    /// fault to that method: `"POST /1.0/token"`, `"PUT /api/absences/"`.
    pub fn fault_on(&self, prefix: &str, fault: Fault, times: usize) {
        lock(&self.faults).add(Target::Prefix(prefix.to_owned()), fault, times);
    }

    pub fn clear_faults(&self) {
        lock(&self.faults).clear();
    }

    /// The number of faults that no call has met yet.
    pub fn faults_left(&self) -> usize {
        lock(&self.faults).remaining()
    }

    /// Holds the calls whose path with query begins with this prefix, after the first `free` ones, until the returned
    /// value is dropped. A fault applies to a held call only when it continues.
    pub fn hold(&self, prefix: &str, free: usize) -> Hold {
        lock(&self.holds).add(Target::Prefix(prefix.to_owned()), free)
    }

    /// Adds this delay to every API call.
    pub fn set_latency(&self, latency: Duration) {
        *lock(&self.latency) = latency;
    }
}

/// Responding to API calls.
impl Server {
    /// Records the call and responds to it. `admit` returns a response when the call is beyond the rate limit;
    /// `effect` does what the call asks.
    pub(super) async fn respond(
        &self,
        connection: ConnectionBreaker,
        request: Request,
        admit: impl FnOnce() -> Option<ApiResponse>,
        effect: impl FnOnce(&ApiRequest) -> ApiResponse,
    ) -> Response {
        let path_and_query = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
        let number = self.record_call(request.method().clone(), path_and_query.clone());
        let Some(stop) = lock(&self.run).as_ref().map(|run| run.stop.clone()) else {
            return connection.break_connection();
        };
        let responding = async {
            let Ok(request) = read_request(request).await else {
                return StatusCode::PAYLOAD_TOO_LARGE.into_response();
            };
            if let Some(refusal) = admit() {
                return refusal.into_response();
            }
            let latency = *lock(&self.latency);
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            let released = lock(&self.holds).take(&request.method, &path_and_query);
            if let Some(released) = released {
                released.wait().await;
            }
            let fault = lock(&self.faults).take(&request.method, &path_and_query);
            match fault {
                Some(fault) => fault.respond(&connection, || effect(&request), &stop).await,
                None => effect(&request).into_response(),
            }
        };
        let response = tokio::select! {
            biased;
            () = stop.cancelled() => connection.break_connection(),
            response = responding => response,
        };
        if !connection.is_broken() {
            self.record_status(number, response.status());
        }
        response
    }
}

async fn read_request(request: Request) -> Result<ApiRequest, axum::Error> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_REQUEST_BYTES).await?;
    let query = url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
    Ok(ApiRequest {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: query.into_owned().collect(),
        headers: head.headers,
        body,
    })
}
