//! Taking connections: a bounded number of them, each with a bounded time for the head of every request.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Connections open at once; further ones wait in the system's queue. Feeds and requests are bounded apart, so most
/// of these are idle; each takes a few kilobytes and one file descriptor.
const CONNECTIONS_MAX: usize = 4_096;
/// The wait after the system refused a connection for want of descriptors or memory.
const REFUSED_WAIT: Duration = Duration::from_secs(1);

/// Answers requests until `stopping`, then lets the connections end what they are at.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    header_time: Duration,
    stopping: CancellationToken,
) {
    let mut protocol = http1::Builder::new();
    // The time runs from the end of the last answer: it ends idle connections as well.
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(header_time);
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            () = stopping.cancelled() => break,
        };
        let Some((stream, peer, permit)) = accepted else {
            continue;
        };
        let router = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request)
        });
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, %error, "connection ended");
            }
            drop(permit);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// The next connection, once there is room for it; none if it failed.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are written whole; waiting for more would only delay them.
            drop(stream.set_nodelay(true));
            Some((stream, peer, permit))
        }
        Err(error) => {
            let gone = matches!(
                error.kind(),
                ErrorKind::ConnectionAborted
                    | ErrorKind::ConnectionReset
                    | ErrorKind::ConnectionRefused
            );
            if !gone {
                tracing::error!(%error, "connections cannot be taken");
                tokio::time::sleep(REFUSED_WAIT).await;
            }
            None
        }
    }
}
