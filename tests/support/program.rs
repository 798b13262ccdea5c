//! The real program as a process: commands that end, and services that are stopped, suspended and killed.

use std::process::{Command, Output, Stdio};

use reqwest::StatusCode;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::world::World;
use super::{Options, PATIENCE, TestApp, variable};

pub type Environment = Vec<(String, String)>;

pub fn program(environment: &[(String, String)], arguments: &[&str]) -> Command {
    program_of(env!("CARGO_BIN_EXE_optedo-officient"), environment, arguments)
}

/// Like [`program`], with the program at this path.
pub fn program_of(path: &str, environment: &[(String, String)], arguments: &[&str]) -> Command {
    let mut command = Command::new(path);
    command.args(arguments).env_clear().envs(environment.iter().cloned()).stdin(Stdio::null());
    command
}

/// The output and the exit code of a command.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs a command to its end.
pub async fn run_in(environment: Environment, arguments: &[&str]) -> Ended {
    let mut command = program(&environment, arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let mut ending = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let Ok(ended) = timeout(PATIENCE, &mut ending).await else {
        signal(id, "KILL");
        let ended = Ended::from(ending.await.unwrap());
        panic!("{arguments:?} does not end: {ended:?}");
    };
    ended.unwrap().into()
}

/// Runs a command with the configuration of the service, without a log.
pub async fn run(app: &TestApp, arguments: &[&str]) -> Ended {
    run_in(with(app.environment(), "log.filter", "off"), arguments).await
}

/// This environment with another value for a key of the configuration, or for a variable.
pub fn with(mut environment: Environment, key: &str, value: &str) -> Environment {
    let key = if key.contains('.') { variable(key) } else { key.to_owned() };
    environment.retain(|(existing, _)| *existing != key);
    environment.push((key, value.to_owned()));
    environment
}

pub fn signal(process: u32, signal: &str) {
    let kill = format!("kill -{signal} {process}");
    assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
}

/// The memory of a process in KiB.
pub fn memory_of(process: u32) -> usize {
    let ps = Command::new("ps").args(["-o", "rss=", "-p", &process.to_string()]).output().unwrap();
    String::from_utf8(ps.stdout).unwrap().trim().parse().unwrap()
}

/// The output of `hash-password`.
pub fn hash_of(password: &str) -> String {
    use std::io::Write as _;
    let mut command = program(&[], &["hash-password"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.out.trim().to_owned()
}

/// The real program in the place of a test's own service, which was stopped. It is killed with the test.
pub struct Serving {
    pub id: u32,
    ended: JoinHandle<std::io::Result<Output>>,
}

impl Serving {
    pub async fn start(app: &TestApp, environment: Environment) -> Self {
        let environment = with(environment, "server.listen", &format!("127.0.0.1:{}", app.port()));
        let mut command = tokio::process::Command::from(program(&environment, &["serve"]));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let id = child.id().unwrap();
        #[expect(clippy::disallowed_methods, reason = "the test waits for this task itself")]
        let ended = tokio::spawn(child.wait_with_output());
        app.until_ready().await;
        Self { id, ended }
    }

    pub fn signal(&self, name: &str) {
        signal(self.id, name);
    }

    /// Its output. A process that does not end fails the test.
    pub async fn ended(self) -> Ended {
        Ended::from(timeout(PATIENCE, self.ended).await.expect("the service does not stop").unwrap().unwrap())
    }

    /// Stops it as an orchestrator does.
    pub async fn stop(self) -> Ended {
        self.signal("TERM");
        self.ended().await
    }
}

/// A replica of the service as a process. It is killed with the test.
pub struct Replica {
    child: std::process::Child,
    pub url: String,
}

impl Replica {
    /// Starts a replica on this port and waits until it is ready.
    pub async fn start(w: &World, environment: &[(String, String)], port: u16) -> Self {
        Self::start_with(w, program(environment, &["serve"]), port).await
    }

    /// Like [`Self::start`], with this command.
    pub async fn start_with(w: &World, mut serve: Command, port: u16) -> Self {
        let listen = format!("127.0.0.1:{port}");
        serve.env(variable("server.listen"), &listen);
        let child = serve.stderr(Stdio::null()).spawn().unwrap();
        let replica = Self { child, url: format!("http://{listen}") };
        w.until("the replica is ready", async || {
            let ready = w.http.get(format!("{}/health/ready", replica.url)).send().await;
            ready.is_ok_and(|response| response.status() == StatusCode::OK)
        })
        .await;
        replica
    }

    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Kills it as the kernel does when memory is short.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub async fn deliver(&self, w: &World, person: i64) -> StatusCode {
        w.deliver_to(&self.url, "calendar_event_added", person).await
    }

    pub async fn receive(&self, w: &World, person: i64) {
        assert_eq!(self.deliver(w, person).await, StatusCode::OK);
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // A suspended process is killed as well; one that was killed already does not matter.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Options {
    /// A connected company whose service in this process was stopped, to make room for processes.
    pub async fn connected_without_service(self) -> World {
        let mut w = self.set("optedo.timeout", "500ms").set("log.filter", "off").connected().await;
        w.app.stop().await;
        w
    }
}
