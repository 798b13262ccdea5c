//! Accepting connections: how many at once, and how long a client may keep one without asking anything.
//!
//! `axum::serve` waits for a client for ever. Here one that sends its headers too slowly, or nothing any more, loses its
//! connection, and a body that is not there in time ends its request.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Beyond these, who connects waits until another one leaves: a connection costs memory and a file.
const MOST: usize = 2000;
/// For the connections of both addresses, ours to others, and what else is open.
const FILES: u64 = 2 * MOST as u64 + 1000;
/// From the last answer, or from connecting, to the last line of the next request's headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(20);
/// From the headers to the last byte of the body.
const BODY_WITHIN: Duration = Duration::from_secs(20);
/// Address line and headers of a request; a larger one is answered 431.
const LONGEST_HEAD: usize = 64 * 1024;
/// Where there are no files left for another connection.
const BREATHER: Duration = Duration::from_millis(200);

/// Lets the process open as many files as its connections take: many systems allow 1,024 unless it asks for more, and
/// without any left nobody is called either.
pub fn allow_for_files() {
    match rlimit::increase_nofile_limit(FILES) {
        Ok(files) if files >= FILES => {}
        Ok(files) => tracing::warn!(files, "Fewer files may be open (ulimit -Hn) than clients may connect"),
        Err(error) => tracing::warn!(%error, "Could not see how many files may be open"),
    }
}

/// Answers requests until told to stop; returns when those under way are answered.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let router = router.layer(from_fn(read_in_time));
    let places = Arc::new(Semaphore::new(MOST));
    let connections = TaskTracker::new();
    let next = async || (Arc::clone(&places).acquire_owned().await, accept(&listener).await);
    while let Some((place, (stream, peer))) = stop.run_until_cancelled(next()).await {
        let answered = answer(stream, peer, router.clone(), stop.clone());
        connections.spawn(async move {
            answered.await;
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// The next connection; one that broke before it was accepted is nobody's fault.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                tracing::error!(%error, "Could not accept a connection");
                sleep(BREATHER).await;
            }
        }
    }
}

/// Answers the requests of one connection.
async fn answer(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.call(request)
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN).max_buf_size(LONGEST_HEAD);
    let mut connection = std::pin::pin!(server.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "A connection broke off");
    }
}

/// A body that is not there in time is an error to whoever reads it, and its connection ends.
async fn read_in_time(request: Request, next: Next) -> Response {
    let deadline = Instant::now() + BODY_WITHIN;
    let (parts, body) = request.into_parts();
    let chunks = stream::try_unfold(body.into_data_stream(), move |mut chunks| async move {
        match timeout_at(deadline, chunks.next()).await {
            Ok(chunk) => Ok(chunk.transpose()?.map(|chunk| (chunk, chunks))),
            Err(too_slow) => Err(axum::Error::new(too_slow)),
        }
    });
    next.run(Request::from_parts(parts, Body::from_stream(chunks))).await
}
