//! A replica that can be killed: the real application on a runtime of its own. When the runtime is shut down, all its
//! tasks end wherever they wait, and its connections break, as at the end of a process.

use std::time::Duration;

use optedo_officient::app::{self, App};
use optedo_officient::clock::Clock;
use optedo_officient::config::Config;
use optedo_officient::db;
use optedo_officient::sync::work_signal::{Round, WorkSignal};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch::Receiver;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub struct Service {
    runtime: Option<Runtime>,
    stop: CancellationToken,
    work_signal: WorkSignal,
    serving: tokio::task::JoinHandle<()>,
}

impl Service {
    /// Starts on this port; the database is migrated already.
    pub async fn start(settings: Vec<(String, String)>, clock: Clock, port: u16) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (started, is_started) = tokio::sync::oneshot::channel();
        let serving = runtime.spawn(async move {
            let config = Config::load(None, settings).unwrap();
            let pool = db::pool(&config.database.url, config.database.max_connections).unwrap();
            let app = App::build(config, pool, clock).await.unwrap();
            let address = format!("127.0.0.1:{port}").parse().unwrap();
            let listener = loop {
                match app::bind(address).await {
                    Ok(listener) => break listener,
                    Err(_still_held_by_the_killed_one) => sleep(Duration::from_millis(5)).await,
                }
            };
            let _heard = started.send((app.engine.stop.clone(), app.engine.work_signal.clone()));
            app.serve(listener).await.unwrap();
        });
        let (stop, work_signal) = is_started.await.expect("the service starts");
        Self { runtime: Some(runtime), stop, work_signal, serving }
    }

    /// Whether it leads, as far as it knows.
    pub fn is_leading(&self) -> bool {
        self.work_signal.is_leading()
    }

    pub fn rounds(&self) -> Receiver<Round> {
        self.work_signal.rounds()
    }

    /// Ends it as `kill -9` does.
    pub async fn kill(mut self) {
        self.shut_down().await;
    }

    /// Ends it as an orchestrator does.
    pub async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.serving).await.unwrap();
        self.shut_down().await;
    }

    async fn shut_down(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            let ended = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(10)));
            ended.await.unwrap();
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
