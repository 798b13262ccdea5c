//! A simulated mail server: it takes mail over real SMTP, keeps it in memory, and shows it on a page.
//!
//! It speaks plain SMTP on the loopback address only, and delivers nothing.

mod mailbox;
mod page;
mod smtp;

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use mailbox::Sim;
pub use mailbox::{Mail, MailBehaviour};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::server::{Server, lock};

/// Where a [`MailSim`] listens; port 0 is any free one.
#[derive(Clone, Debug)]
pub struct MailOptions {
    pub smtp: SocketAddr,
    pub page: SocketAddr,
}

impl Default for MailOptions {
    fn default() -> Self {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { smtp: any_port, page: any_port }
    }
}

/// A running mail server; it stops when this is dropped.
pub struct MailSim {
    sim: Arc<Sim>,
    smtp: SocketAddr,
    stop: CancellationToken,
}

impl Deref for MailSim {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.sim.server
    }
}

impl Drop for MailSim {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl MailSim {
    pub async fn start(options: MailOptions) -> std::io::Result<Self> {
        let (server, page) = Server::bind(options.page).await?;
        let listener = TcpListener::bind(options.smtp).await?;
        let smtp = listener.local_addr()?;
        let (mails, behaviour, connections) = Default::default();
        let sim = Arc::new(Sim { server, mails, behaviour, connections });
        sim.server.serve(page, page::router(Arc::clone(&sim)));
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let (accepting, stopped) = (Arc::clone(&sim), stop.clone());
        let accept = async move {
            while let Ok((stream, _)) = listener.accept().await {
                *lock(&accepting.connections) += 1;
                let (sim, stopped) = (Arc::clone(&accepting), stopped.clone());
                tasks.spawn(async move {
                    // A client that goes away is no fault of the server.
                    let _ended = stopped.run_until_cancelled(smtp::converse(stream, &sim)).await;
                });
            }
        };
        let until_stopped = stop.clone();
        TaskTracker::new().spawn(async move { until_stopped.run_until_cancelled(accept).await });
        Ok(Self { sim, smtp, stop })
    }

    /// A value for `notifications.smtp_url`.
    pub fn smtp_url(&self) -> String {
        format!("smtp://{}", self.smtp)
    }

    /// Every mail so far, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        lock(&self.sim.mails).clone()
    }

    /// How many clients have connected so far.
    pub fn connections(&self) -> usize {
        *lock(&self.sim.connections)
    }

    /// For all connections from now on.
    pub fn behave(&self, behaviour: MailBehaviour) {
        *lock(&self.sim.behaviour) = behaviour;
    }
}
