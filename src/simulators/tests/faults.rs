use std::time::{Duration, Instant};

use serde_json::json;

use super::{Officient, Optedo, absence};
use crate::simulators::Fault;

#[tokio::test]
async fn a_fault_applies_to_the_first_call_that_it_is_meant_for() {
    let officient = Officient::start().await;
    officient.sim.fault_on("/1.0/people", Fault::Status(503), 2);
    officient.sim.next(Fault::EmptyRateLimit);
    officient.sim.fault_on("POST /1.0/account", Fault::Status(500), 1);
    assert_eq!(officient.get("/1.0/account").await, (429, String::new()));
    assert_eq!(officient.get("/1.0/people/list").await.0, 503);
    assert_eq!(officient.get("/1.0/account").await.0, 200);
    assert_eq!(officient.get("/1.0/people/list").await.0, 503);
    assert_eq!(officient.get("/1.0/people/list").await.0, 200);
    assert_eq!((officient.sim.faults_left(), officient.sim.rate_limited()), (1, 0));
    officient.sim.clear_faults();
    assert_eq!(officient.sim.faults_left(), 0);
}

#[tokio::test]
async fn each_fault_spoils_the_response_in_its_own_way() {
    let officient = Officient::start().await;
    let whole = officient.get("/1.0/account").await.1;
    let spoiled = async |fault| {
        officient.sim.next(fault);
        officient.get("/1.0/account").await
    };
    assert_eq!(spoiled(Fault::EmptyObject).await, (200, "{}".to_owned()));
    assert_eq!(spoiled(Fault::DataNull).await, (200, r#"{"data":null}"#.to_owned()));
    assert_eq!(spoiled(Fault::WrongContent(json!([1]))).await, (200, "[1]".to_owned()));
    assert_eq!(spoiled(Fault::CutOffJson).await, (200, whole[..whole.len() / 2].to_owned()));
    let (status, html) = spoiled(Fault::Html200).await;
    assert!(status == 200 && html.starts_with("<!doctype html>"));
    let (status, huge) = spoiled(Fault::HugeBody(1_000_000)).await;
    assert_eq!((status, huge.len()), (200, 1_000_011));
}

#[tokio::test]
async fn redirects_and_retry_after_have_their_headers() {
    let optedo = Optedo::start().await;
    let url = format!("{}/users", optedo.sim.api_url());
    optedo.sim.next(Fault::RedirectTo("https://elsewhere.example/".to_owned()));
    let response = optedo.http.get(&url).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (307, &"https://elsewhere.example/".parse().unwrap())
    );
    optedo.sim.next(Fault::RetryAfter { status: 503, seconds: 7 });
    let response = optedo.http.get(&url).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &7.into()));
}

#[tokio::test]
async fn a_reset_mid_body_breaks_the_body_and_not_the_headers() {
    let officient = Officient::start().await;
    officient.sim.next(Fault::ResetMidBody);
    let url = format!("{}/1.0/account", officient.sim.url());
    let response = officient.http.get(url).bearer_auth(&officient.token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_lost_response_has_its_effect_and_a_failed_call_has_none() {
    let optedo = Optedo::start().await;
    let write = async |fault, reference: &str| {
        optedo.sim.next_write(fault);
        assert_eq!(optedo.get("/users").await.0, 200, "a read is not affected");
        let url = format!("{}/absences", optedo.sim.api_url());
        let request = optedo.http.post(url).bearer_auth(optedo.sim.token()).json(&absence(reference));
        request.timeout(Duration::from_millis(200)).send().await.unwrap_err()
    };
    assert!(!write(Fault::AnswerLost, "lost").await.is_timeout());
    assert!(write(Fault::AnswerHangs, "hangs").await.is_timeout());
    assert!(!write(Fault::FailBeforeEffect, "before").await.is_timeout());
    assert!(write(Fault::Timeout, "timeout").await.is_timeout());
    let kept = optedo.sim.absences().into_iter().filter_map(|absence| absence.content.external_reference);
    assert_eq!(kept.collect::<Vec<_>>(), ["lost", "hangs"]);
    let without_response = optedo.sim.calls().iter().filter(|call| call.status == 0).count();
    assert_eq!((without_response, optedo.sim.writes()), (4, 4));
}

#[tokio::test]
async fn stopping_aborts_calls_in_progress_and_frees_the_port() {
    let optedo = Optedo::start().await;
    let url = format!("{}/users", optedo.sim.api_url());
    optedo.sim.next(Fault::Timeout);
    let begun = Instant::now();
    let hanging = optedo.http.get(&url).send();
    let stopping = async {
        while optedo.sim.calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        optedo.sim.stop().await;
    };
    let (response, ()) = tokio::join!(hanging, stopping);
    assert!(!response.unwrap_err().is_timeout());
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(optedo.http.get(&url).send().await.unwrap_err().is_connect());
    optedo.sim.restart().await.unwrap();
    optedo.sim.restart().await.unwrap();
    assert_eq!(optedo.get("/users").await.0, 200);
}

#[tokio::test]
async fn latency_delays_every_call() {
    let officient = Officient::start().await;
    officient.sim.set_latency(Duration::from_millis(80));
    let begun = Instant::now();
    officient.get("/1.0/account").await;
    assert!(begun.elapsed() >= Duration::from_millis(80));
}
