//! The simulation: stories of operations and faults, generated from seeds, played on the real service with a real
//! Postgres, real HTTP and the simulators, on a clock that the story moves. See docs/reliability.md.
//!
//! A seed always gives the same story. How the steps of the service interleave with it depends on the machine, as in
//! production: a story that fails sometimes has found a race.

#![expect(clippy::print_stdout, reason = "the output of make simulate")]

mod audit;
mod company;
mod database;
mod deletions;
mod notifications;
mod operations;
mod oracle;
mod page;
mod regressions;
mod service;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use optedo_officient::config::{Log, LogFormat};
use optedo_officient::telemetry::logs;
use proptest::strategy::ValueTree as _;

use company::{Company, Survived};
use database::Database;
use operations::{Story, story_of};

/// Stories played concurrently: most of the time each waits for a response.
const SIDE_BY_SIDE: usize = 10;
/// The most simpler stories that are tried.
const SIMPLER_STORIES: usize = 60;

/// Plays a story to its end; the error names the violated invariant and the round.
async fn play(story: &Story, database: &mut Database) -> Result<Survived, String> {
    let mut company = Company::found(database, story).await?;
    for (number, round) in story.rounds.iter().enumerate() {
        for operation in round {
            company.perform(operation).await?;
            if story.is_watched {
                company.check_page().await.map_err(|what| format!("in round {number}, after {operation:?}: {what}"))?;
            }
        }
        let is_last = number + 1 == story.rounds.len();
        company.quiet(is_last).await.map_err(|what| format!("after round {number}: {what}"))?;
    }
    let survived = company.survived();
    company.close().await;
    Ok(survived)
}

/// The simplest story like that of this seed that fails, and its error.
async fn shrink(seed: u64, what: String, database: &mut Database) -> (Story, String) {
    let mut tree = story_of(seed);
    let mut simplest = (tree.current(), what);
    let mut is_going_on = tree.simplify();
    for _ in 0..SIMPLER_STORIES {
        if !is_going_on {
            break;
        }
        let story = tree.current();
        match play(&story, database).await {
            Err(what) => {
                simplest = (story, what);
                is_going_on = tree.simplify();
            }
            Ok(_) => is_going_on = tree.complicate(),
        }
    }
    simplest
}

/// Plays the stories of these seeds, prints and shrinks the failing ones, and counts the survived operations and
/// faults.
async fn play_seeds(first: u64, count: u64) -> (Survived, Vec<u64>) {
    let next = AtomicU64::new(first);
    let total = Mutex::new((Survived::default(), Vec::new()));
    let player = async || {
        let mut database = Database::create().await;
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return;
            }
            let story = story_of(seed).current();
            match play(&story, &mut database).await {
                Ok(survived) => {
                    let mut total = total.lock().unwrap();
                    total.0.operations += survived.operations;
                    total.0.faults += survived.faults;
                    total.0.compared += survived.compared;
                    total.0.not_compared += survived.not_compared;
                }
                Err(what) => {
                    println!("seed {seed} fails: {what}");
                    total.lock().unwrap().1.push(seed);
                    let (simplest, what) = shrink(seed, what, &mut database).await;
                    println!("seed {seed}, shrunk: {what}\n{simplest:?}");
                }
            }
            if seed.is_multiple_of(100) {
                println!("… seed {seed}");
            }
        }
    };
    futures_util::future::join_all((0..SIDE_BY_SIDE).map(|_| player())).await;
    total.into_inner().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_stories_of_faults_end_in_the_expected_state() {
    let (_, failed) = play_seeds(1, 12).await;
    assert!(failed.is_empty(), "failing seeds: {failed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stories_that_failed_before_end_in_the_expected_state() {
    let mut database = Database::create().await;
    for (name, story) in regressions::stories() {
        if let Err(what) = play(&story, &mut database).await {
            panic!("{name}: {what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "make simulate: takes minutes"]
async fn simulate() {
    #[expect(clippy::disallowed_methods, reason = "set on the command line of make simulate")]
    let variable = |name: &str| std::env::var(name).ok();
    let number = |name: &str, default: u64| variable(name).map_or(default, |value| value.parse().unwrap());
    if let Some(filter) = variable("LOG") {
        logs::start(&Log { format: LogFormat::Pretty, filter });
    }
    let (first, count) = (number("FROM", 1), number("SEEDS", 2000));
    let (survived, failed) = play_seeds(first, count).await;
    println!(
        "simulate: {count} seeds from {first}, {} failed, {} operations and {} faults survived, \
         the page compared {} times, {} times impossible",
        failed.len(),
        survived.operations,
        survived.faults,
        survived.compared,
        survived.not_compared
    );
    assert!(failed.is_empty(), "failing seeds: {failed:?}");
}
