//! A Postgres of the test's own, which it can crash, stop and suspend.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};

use crate::support::free_port;
use crate::support::program::signal;

/// A Postgres that keeps what it has confirmed, as in production.
pub struct Postgres {
    script: Child,
    pub url: String,
    /// Where it listens too, on 127.0.0.1.
    pub port: u16,
    data: PathBuf,
    /// The server, where the test started it again.
    restarted: Option<Child>,
}

impl Postgres {
    pub async fn start(name: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/with-postgres");
        let name = format!("{name}-{}", std::process::id());
        // Ends when its standard input does: with this process, whatever becomes of it.
        let arguments = [name.as_str(), "sh", "-c", "echo \"$DATABASE_URL\"; exec cat >/dev/null"];
        let mut command = Command::new(script);
        let port = free_port();
        command.args(arguments).env("DURABLE", "1").env("POSTGRES_PORT", port.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let data: String = sqlx::query_scalar("show data_directory").fetch_one(&mut connection).await.unwrap();
        Self { script, url, port, data: data.into(), restarted: None }
    }

    /// From now on, this rule decides who may connect over TCP (`pg_hba.conf`).
    pub async fn admit(&self, rule: &str) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let file = self.data.join("pg_hba.conf");
        let sql = format!("copy (values ('local all all trust'), ('{rule}')) to '{}'", file.display());
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        let loaded_at = "select pg_conf_load_time()::text";
        let before: String = sqlx::query_scalar(loaded_at).fetch_one(&mut connection).await.unwrap();
        sqlx::raw_sql("select pg_reload_conf()").execute(&mut connection).await.unwrap();
        while before == sqlx::query_scalar::<_, String>(loaded_at).fetch_one(&mut connection).await.unwrap() {}
    }

    /// One of its processes is killed: it breaks every connection at once and begins again from its log.
    pub async fn crash(&self) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await.unwrap();
        signal(u32::try_from(pid).unwrap(), "KILL");
        assert!(connection.ping().await.is_err());
    }

    /// What the server noted about itself: its process first.
    fn pid(&self) -> Option<u32> {
        let noted = std::fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        noted.lines().next()?.trim().parse().ok()
    }

    /// As `pg_ctl stop -m immediate`: no farewell, no checkpoint.
    pub async fn stop_immediately(&mut self) {
        signal(self.pid().unwrap(), "QUIT");
        let began = Instant::now();
        while self.pid().is_some() {
            assert!(began.elapsed() < Duration::from_secs(20), "Postgres does not stop");
            if let Some(restarted) = &mut self.restarted {
                let _reaped = restarted.try_wait().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Starts it again, as the same user and with the same settings; it begins from its log.
    pub fn start_again(&mut self) {
        let noted = std::fs::read_to_string(self.data.join("postmaster.opts")).unwrap();
        let program = noted.split(' ').next().unwrap();
        let mut command = Command::new(program);
        command.arg("-D").arg(&self.data).current_dir("/");
        // Nothing of this process may be kept open by it.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let owner = std::fs::metadata(&self.data).unwrap();
        if std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
            command.uid(owner.uid()).gid(owner.gid());
        }
        if let Some(mut former) = self.restarted.replace(command.spawn().unwrap()) {
            let _ended = former.wait();
        }
    }

    /// All of its processes.
    fn processes(&self) -> Vec<u32> {
        let server = self.pid().unwrap();
        let listed = Command::new("ps").args(["-ax", "-o", "pid=,ppid="]).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let pairs = listed.lines().filter_map(|line| {
            let mut numbers = line.split_whitespace().map(|number| number.parse::<u32>().unwrap());
            Some((numbers.next()?, numbers.next()?))
        });
        pairs.filter(|(pid, parent)| *pid == server || *parent == server).map(|(pid, _)| pid).collect()
    }

    /// Suspends or resumes all of its processes: connections stay open, and nothing responds.
    pub fn hang(&self, signal_name: &str) {
        for process in self.processes() {
            // One that has ended meanwhile hangs for good.
            let kill = format!("kill -{signal_name} {process}");
            let _gone = Command::new("/bin/sh").args(["-c", &kill]).stderr(Stdio::null()).status().unwrap();
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.pid().is_some() {
            self.hang("CONT");
        }
        // The script stops whichever server it finds.
        drop(self.script.stdin.take());
        let _ended = self.script.wait();
        if let Some(mut restarted) = self.restarted.take() {
            let _ended = restarted.wait();
        }
    }
}
