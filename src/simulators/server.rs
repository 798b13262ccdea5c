//! One simulator's port: started, stopped and started again, with latency, faults and a record of the calls.
//!
//! The port stays the same over restarts. Stopping is hard, as a crash is: whatever hangs is cut off. An answer is
//! made by a plain function that never waits, so that an effect either happens whole or not at all.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::extract::connect_info::Connected;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::clock;
use super::faults::{Fault, Faults};

const LARGEST_REQUEST: usize = 1 << 20;
const LONGEST_HANG: Duration = Duration::from_mins(1);

/// One call that reached the API of a simulator.
#[derive(Debug, Clone)]
pub struct Call {
    /// The HTTP method.
    pub method: Method,
    /// The path with its query.
    pub path: String,
    /// The status answered; 0 as long as, or when, there was no answer.
    pub status: u16,
    /// When it arrived.
    pub at: Instant,
}

/// A call as the answering function sees it.
#[derive(Debug)]
pub(super) struct ApiCall {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl ApiCall {
    /// The first value of this query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The token of the `Authorization` header.
    pub(super) fn bearer(&self) -> Option<&str> {
        let value = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }
}

/// What is answered to a call.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        Self { status, content_type: "application/json", body: body.to_string().into_bytes() }
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, content_type: "", body: Vec::new() }
    }

    pub(super) fn html(status: StatusCode, page: &str) -> Self {
        Self { status, content_type: "text/html; charset=utf-8", body: page.as_bytes().to_vec() }
    }

    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        if !self.content_type.is_empty() {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        response
    }
}

/// A switch that breaks one connection the next time that something is written to it.
#[derive(Debug, Clone, Default)]
pub(super) struct Line(Arc<AtomicBool>);

impl Line {
    fn cut(&self) -> Response {
        self.0.store(true, Ordering::SeqCst);
        Response::new(Body::empty())
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A connection that can be broken by its [`Line`].
pub(super) struct Wire {
    stream: TcpStream,
    line: Line,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.line.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

struct Lines(TcpListener);

impl Listener for Lines {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Without this a small answer waits for the acknowledgement of the one before it.
        let _ = stream.set_nodelay(true);
        (Wire { stream, line: Line::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().line.clone()
    }
}

/// The tasks of one run, from start to stop.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

#[derive(Debug, Default)]
struct Record {
    calls: Vec<(u64, Call)>,
    next: u64,
}

/// The part that both simulators share.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    runtime: Handle,
    run: Mutex<Option<Run>>,
    record: Mutex<Record>,
    latency: Mutex<Duration>,
    pub(super) faults: Faults,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Takes the port; nothing is answered on it before [`Server::run`].
    pub(super) async fn bind(listen: SocketAddr) -> io::Result<(Self, TcpListener)> {
        let listener = TcpListener::bind(listen).await?;
        let server = Self {
            address: listener.local_addr()?,
            runtime: Handle::current(),
            run: Mutex::default(),
            record: Mutex::default(),
            latency: Mutex::default(),
            faults: Faults::default(),
        };
        Ok((server, listener))
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes the same port as before; nothing when it is still held.
    pub(super) async fn bind_again(&self) -> io::Result<Option<TcpListener>> {
        if locked(&self.run).is_some() {
            return Ok(None);
        }
        TcpListener::bind(self.address).await.map(Some)
    }

    pub(super) fn run(&self, listener: TcpListener, router: axum::Router) {
        let run = Run { stop: CancellationToken::new(), tasks: TaskTracker::new() };
        let service = router.into_make_service_with_connect_info::<Line>();
        let serving = axum::serve(Lines(listener), service)
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
        *locked(&self.run) = Some(run);
    }

    /// Frees the port and cuts off what is under way.
    pub(super) async fn stop(&self) {
        let Some(run) = locked(&self.run).take() else {
            return;
        };
        run.stop.cancel();
        run.tasks.close();
        if tokio::time::timeout(Duration::from_secs(3), run.tasks.wait()).await.is_err() {
            tracing::warn!("A connection to a simulator outlived its stop");
        }
    }

    /// Runs a task until it is done or the simulator stops; not at all when it is stopped.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(run) = locked(&self.run).clone() {
            let stop = run.stop;
            let task = async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = task => {}
                }
            };
            run.tasks.spawn_on(task, &self.runtime);
        }
    }

    pub(super) fn set_latency(&self, latency: Duration) {
        *locked(&self.latency) = latency;
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        locked(&self.record).calls.iter().map(|(_, call)| call.clone()).collect()
    }

    pub(super) fn clear_calls(&self) {
        locked(&self.record).calls.clear();
    }

    fn record_call(&self, method: Method, path: String) -> u64 {
        let mut record = locked(&self.record);
        let number = record.next;
        record.next += 1;
        record.calls.push((number, Call { method, path, status: 0, at: clock::now() }));
        number
    }

    fn record_status(&self, number: u64, status: StatusCode) {
        if let Some((_, call)) = locked(&self.record).calls.iter_mut().rev().find(|(at, _)| *at == number) {
            call.status = status.as_u16();
        }
    }

    /// Answers one call: the record, `admit` (a rate limit), latency, a fault, then `effect`.
    pub(super) async fn answer(
        &self,
        line: Line,
        request: Request,
        admit: impl FnOnce() -> Option<Answer>,
        effect: impl FnOnce(&ApiCall) -> Answer,
    ) -> Response {
        let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
        let number = self.record_call(request.method().clone(), path.clone());
        let stop = match locked(&self.run).as_ref() {
            Some(run) => run.stop.clone(),
            None => return line.cut(),
        };
        let answering = async {
            let (head, body) = request.into_parts();
            let Ok(body) = axum::body::to_bytes(body, LARGEST_REQUEST).await else {
                return Answer::empty(StatusCode::PAYLOAD_TOO_LARGE).into_response();
            };
            if let Some(refusal) = admit() {
                return refusal.into_response();
            }
            let latency = *locked(&self.latency);
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            let query = url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
            let call = ApiCall {
                method: head.method,
                path: head.uri.path().to_owned(),
                query: query.into_owned().collect(),
                headers: head.headers,
                body,
            };
            match self.faults.take(&call.method, &path) {
                Some(fault) => spoil(fault, &line, || effect(&call), &stop).await,
                None => effect(&call).into_response(),
            }
        };
        let response = tokio::select! {
            biased;
            () = stop.cancelled() => line.cut(),
            response = answering => response,
        };
        if !line.is_cut() {
            self.record_status(number, response.status());
        }
        response
    }
}

async fn spoil(
    fault: Fault,
    line: &Line,
    effect: impl FnOnce() -> Answer,
    stop: &CancellationToken,
) -> Response {
    match fault {
        Fault::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let reason = status.canonical_reason().unwrap_or("Error");
            let body = json!({"status_code": status.as_u16(), "reason_phrase": reason, "message": reason});
            if status == StatusCode::NO_CONTENT || status.is_informational() {
                return Answer::empty(status).into_response();
            }
            Answer::json(status, &body).into_response()
        }
        Fault::EmptyRateLimit => Answer::empty(StatusCode::TOO_MANY_REQUESTS).into_response(),
        Fault::RetryAfter { status, seconds } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            let mut response = Answer::empty(status).into_response();
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Fault::Html200 => Answer::html(StatusCode::OK, super::page::SHELL).into_response(),
        Fault::EmptyObject => Answer::json(effect().status, &json!({})).into_response(),
        Fault::DataNull => Answer::json(effect().status, &json!({"data": null})).into_response(),
        Fault::WrongContent(content) => Answer::json(effect().status, &content).into_response(),
        Fault::CutOffJson => {
            let mut answer = effect();
            answer.body.truncate(answer.body.len() / 2);
            answer.into_response()
        }
        Fault::Timeout => {
            tokio::time::sleep(LONGEST_HANG).await;
            line.cut()
        }
        Fault::AnswerHangs => {
            effect();
            tokio::time::sleep(LONGEST_HANG).await;
            line.cut()
        }
        Fault::AnswerLost => {
            effect();
            line.cut()
        }
        Fault::FailBeforeEffect => line.cut(),
        Fault::RedirectTo(url) => {
            let mut response = Answer::empty(StatusCode::TEMPORARY_REDIRECT).into_response();
            if let Ok(url) = HeaderValue::from_str(&url) {
                response.headers_mut().insert(header::LOCATION, url);
            }
            response
        }
        Fault::ResetMidBody => reset_mid_body(effect(), line),
        Fault::HugeBody(size) => {
            let status = effect().status;
            let mut response = Response::new(huge_body(size, stop.clone()));
            *response.status_mut() = status;
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
    }
}

fn reset_mid_body(mut answer: Answer, line: &Line) -> Response {
    let whole = answer.body.len().max(2);
    answer.body.truncate(whole / 2);
    let (status, content_type) = (answer.status, answer.content_type);
    let first = Bytes::from(answer.body);
    let line = line.clone();
    let broken = stream::once(async move {
        // Long enough that the first half is on its way before the line breaks.
        tokio::time::sleep(Duration::from_millis(30)).await;
        line.cut();
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    let body = stream::once(async move { Ok::<Bytes, io::Error>(first) }).chain(broken);
    let mut response = Response::new(Body::from_stream(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A JSON string that is as long as asked, in pieces, so that it is never in memory as a whole.
fn huge_body(size: usize, stop: CancellationToken) -> Body {
    const PIECE: usize = 1 << 16;
    let opening = stream::once(async { Ok::<Bytes, io::Error>(Bytes::from_static(b"{\"data\":\"")) });
    let filling = stream::unfold(size, move |left| {
        let piece = left.min(PIECE);
        let stopped = stop.is_cancelled();
        async move { (piece > 0 && !stopped).then(|| (Ok(Bytes::from(vec![b'x'; piece])), left - piece)) }
    });
    let closing = stream::once(async { Ok(Bytes::from_static(b"\"}")) });
    Body::from_stream(opening.chain(filling).chain(closing))
}
