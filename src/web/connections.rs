//! Accepts connections, and limits their number and how long a client may keep one without sending anything.
//!
//! `axum::serve` waits for a client for ever. Here a client that sends its headers too slowly loses its connection, and
//! a body that is not complete in time ends its request. (The time-out layer of tower-http starts again with every
//! piece of the body.) What is left of a body that nobody reads is dropped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::serve::Listener;
use futures_util::{StreamExt as _, stream};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Each connection costs memory and a file. Further clients wait until one leaves.
const MAX_CONNECTIONS: usize = 2000;
/// For the connections of both listeners, those to other systems, and everything else.
const FILES: u64 = 2 * MAX_CONNECTIONS as u64 + 1000;
/// From the last response, or from connecting, to the end of the next request's headers.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(20);
/// From the end of the headers to the end of the body.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// Of a body that nobody reads, so that its connection can be used again. As much as proxies accept by default.
const MAX_DROPPED_BYTES: usize = 1024 * 1024;
/// The request line and the headers; larger ones get 431.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Raises the limit on open files to what the connections need: many systems allow 1,024 by default, and a process
/// without any left cannot call Officient either.
pub fn raise_file_limit() {
    match rlimit::increase_nofile_limit(FILES) {
        Ok(files) if files >= FILES => {}
        Ok(files) => tracing::warn!(files, "The limit on open files (ulimit -Hn) is below {FILES}"),
        Err(error) => tracing::warn!(%error, "Could not read the limit on open files"),
    }
}

/// Serves requests until `stop`; returns when the last one has its response.
pub async fn serve(mut listener: TcpListener, router: Router, stop: CancellationToken) {
    let router = router.layer(from_fn(limit_body));
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let (connections, shutdown) = (TaskTracker::new(), GracefulShutdown::new());
    // The accept of this trait waits and tries again when the system cannot open another file.
    let mut next = async || (Arc::clone(&permits).acquire_owned().await, Listener::accept(&mut listener).await);
    while let Some((permit, (stream, peer))) = stop.run_until_cancelled(next()).await {
        let connection = serve_connection(stream, peer, router.clone(), shutdown.watcher());
        connections.spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    drop(listener);
    shutdown.shutdown().await;
}

async fn serve_connection(stream: TcpStream, peer: SocketAddr, router: Router, shutdown: Watcher) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.call(request)
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEADERS_TIMEOUT).max_buf_size(MAX_HEAD_BYTES);
    if let Err(error) = shutdown.watch(server.serve_connection(TokioIo::new(stream), service)).await {
        tracing::debug!(%error, "A connection ended early");
    }
}

/// Lets reading the body fail when the time is over. A response may come before the body was read; the rest of the body
/// then stands in the way of the next request, so it is dropped, or the response says that the connection closes.
async fn limit_body(request: Request, next: Next) -> Response {
    let deadline = Instant::now() + BODY_TIMEOUT;
    let (parts, body) = request.into_parts();
    let unread = Arc::new(Mutex::new(body.into_data_stream()));
    let chunks = stream::try_unfold(Arc::clone(&unread), move |unread| async move {
        let chunk = timeout_at(deadline, unread.lock().await.next()).await.map_err(axum::Error::new)?;
        Ok::<_, axum::Error>(chunk.transpose()?.map(|chunk| (chunk, unread)))
    });
    let mut response = next.run(Request::from_parts(parts, Body::from_stream(chunks))).await;
    if !drop_rest(&mut *unread.lock().await, deadline).await {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether the rest of the body was short enough, and came in time.
async fn drop_rest(unread: &mut BodyDataStream, deadline: Instant) -> bool {
    let mut dropped = 0;
    while dropped <= MAX_DROPPED_BYTES {
        match timeout_at(deadline, unread.next()).await {
            Ok(Some(Ok(chunk))) => dropped += chunk.len(),
            Ok(None) => return true,
            Ok(Some(Err(_))) | Err(_) => return false,
        }
    }
    false
}
