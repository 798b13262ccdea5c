//! A Postgres that crashes, is stopped, or hangs while changes are being written: one of the test's own.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use optedo_officient::db;
use reqwest::StatusCode;
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use crate::commands::signal;
use crate::processes::{Copy, Dice, change, free_port, port_of, standing, wanted, without_service};
use crate::support::world::{World, options};
use crate::support::{Options, create_database};

/// A Postgres of its own, which keeps what it said it kept, as in production.
struct Postgres {
    script: Child,
    url: String,
    data: PathBuf,
    /// The server, where the test started it again.
    restarted: Option<Child>,
}

impl Postgres {
    async fn start(name: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/with-postgres");
        let name = format!("{name}-{}", std::process::id());
        // Ends when its standard input does: with this process, whatever becomes of it.
        let arguments = [name.as_str(), "sh", "-c", "echo \"$DATABASE_URL\"; exec cat >/dev/null"];
        let mut command = Command::new(script);
        command.args(arguments).env("DURABLE", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let data: String =
            sqlx::query_scalar("show data_directory").fetch_one(&mut connection).await.unwrap();
        Self { script, url, data: data.into(), restarted: None }
    }

    /// One of its processes is killed: it breaks every connection at once and begins again from its log.
    async fn crash(&self) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let pid: i32 =
            sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await.unwrap();
        signal(u32::try_from(pid).unwrap(), "KILL");
        assert!(connection.ping().await.is_err());
    }

    /// What the server noted about itself: its process first.
    fn pid(&self) -> Option<u32> {
        let noted = std::fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        noted.lines().next()?.trim().parse().ok()
    }

    /// As `pg_ctl stop -m immediate`: no farewell, no checkpoint.
    async fn stop_immediately(&mut self) {
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
    fn start_again(&mut self) {
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

    /// Every process of it stops, or goes on: connections stay, and nobody answers.
    fn hang(&self, signal_name: &str) {
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

/// A company on this Postgres, and the people whose leave changes all day.
fn on(postgres: &Postgres) -> Options {
    let patient = options().officient(|options| options.first_redelivery = Duration::from_millis(50));
    let settings = patient.set("sync.max_deletions", "1000").set("database.url", &postgres.url);
    settings.set("optedo.timeout", "500ms").set("sync.adopt_existing", "false")
}

fn people_of(w: &World) -> Vec<(i64, i64)> {
    let mut people = vec![(w.jan, w.user)];
    people.extend((0..4).map(|number| w.hire("Piet", &format!("Pieters{number}"))));
    people
}

/// What sqlx 0.9 forgets: the next statement over that connection would be written inside an open transaction, and lost.
#[tokio::test]
async fn a_transaction_given_up_while_it_begins_is_not_left_open() {
    let url = create_database().await;
    let pool = db::pool(&url.clone().into(), 1).unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("create table seen (n integer)").execute(&mut other).await.unwrap();
    for given_up_after in 0..200 {
        drop(pool.acquire().await.unwrap());
        // At every point of the round trip.
        let begun = timeout(Duration::from_micros(given_up_after), db::begin(&pool));
        drop(begun.await);
        sqlx::raw_sql("insert into seen values (1)").execute(&pool).await.unwrap();
        let seen: i64 = sqlx::query_scalar("select count(*) from seen").fetch_one(&mut other).await.unwrap();
        assert_eq!(seen, i64::try_from(given_up_after).unwrap() + 1, "given up after {given_up_after} µs");
    }
}

#[tokio::test]
async fn a_postgres_that_crashes_in_the_middle_of_writes_loses_and_doubles_nothing() {
    let postgres = Postgres::start("crash").await;
    let w = World::connected_with(on(&postgres)).await;
    let people = people_of(&w);
    w.officient.set_notify(true);
    w.optedo.set_latency(Duration::from_millis(2));
    let mut dice = Dice(7);
    for _ in 0..4 {
        for _ in 0..25 {
            change(&w, &people, &mut dice);
        }
        let writes = w.optedo.writes();
        w.until_optedo("it writes", || w.optedo.writes() > writes + 2).await;
        postgres.crash().await;
        w.until_ready().await;
    }
    w.officient.webhooks_delivered().await;
    w.retry_until_done().await;
    w.sweep().await;
    assert_eq!(standing(&w), wanted(&w, &people));
    w.finish(&[]).await;
}

/// Delivers a webhook, which must be refused in time.
async fn is_refused_in_time(w: &World, copy: &Copy) {
    let began = Instant::now();
    assert_eq!(copy.deliver(w, w.jan).await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_postgres_stopped_at_once_and_started_again_amid_changes_loses_and_doubles_nothing() {
    let mut postgres = Postgres::start("stop").await;
    let w = without_service(on(&postgres)).await;
    let people = people_of(&w);
    let environment = w.environment();
    let copies =
        [Copy::start(&w, &environment, port_of(&w)).await, Copy::start(&w, &environment, free_port()).await];
    w.officient.set_notify(true);
    w.optedo.set_latency(Duration::from_millis(2));
    let mut dice = Dice(11);
    for _ in 0..3 {
        for _ in 0..25 {
            change(&w, &people, &mut dice);
        }
        let writes = w.optedo.writes();
        w.until_optedo("it writes", || w.optedo.writes() > writes + 2).await;
        postgres.stop_immediately().await;
        for copy in &copies {
            is_refused_in_time(&w, copy).await;
        }
        postgres.start_again();
        // Both copies are the same processes as before.
        w.until_ready().await;
    }
    w.officient.webhooks_delivered().await;
    // The webhooks alone bring it about: no sweep, no change, no restart of the service.
    w.until_optedo("everything stands as it should", || standing(&w) == wanted(&w, &people)).await;
    let accepted = w.officient.deliveries().iter().filter(|delivery| delivery.status == Some(200)).count();
    assert!(accepted >= 75, "{accepted}");
    let mut connection = PgConnection::connect(&postgres.url).await.unwrap();
    let count = sqlx::query_scalar("select count(*) from webhook_events");
    let stored: i64 = count.fetch_one(&mut connection).await.unwrap();
    assert!(stored >= i64::try_from(accepted).unwrap(), "{stored} of {accepted} answered with 200 are there");
    w.settle().await;
    w.sweep().await;
    assert_eq!(standing(&w), wanted(&w, &people));
    w.finish(&[]).await;
}

#[tokio::test]
async fn while_postgres_hangs_webhooks_are_refused_in_time_and_then_taken_again() {
    let postgres = Postgres::start("hang").await;
    let w = without_service(on(&postgres)).await;
    let copy = Copy::start(&w, &w.environment(), port_of(&w)).await;
    let first = w.take_leave(0);
    assert_eq!(copy.deliver(&w, w.jan).await, StatusCode::OK);
    w.until_optedo("it is written", || w.absence_of(first).is_some()).await;
    postgres.hang("STOP");
    for _ in 0..2 {
        // More than there are connections to hang on.
        futures_util::future::join_all((0..7).map(|_| is_refused_in_time(&w, &copy))).await;
    }
    let second = w.take_leave(1);
    postgres.hang("CONT");
    w.until_ready().await;
    w.until("webhooks are taken", async || copy.deliver(&w, w.jan).await == StatusCode::OK).await;
    w.until_optedo("it is written", || w.absence_of(second).is_some()).await;
    w.finish(&[]).await;
}
