//! Connections of clients that are slow, silent, or no HTTP at all: bounded, and of no harm to others.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::commands::program_of;
use crate::support::{API, PAGE, TestApp};

async fn connect(app: &TestApp) -> TcpStream {
    let port = app.url.rsplit(':').next().unwrap().parse::<u16>().unwrap();
    TcpStream::connect(("127.0.0.1", port)).await.unwrap()
}

/// All that comes back before the connection ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // Whether it ends in order or is broken off does not matter here.
    let _ended = timeout(Duration::from_secs(40), stream.read_to_end(&mut answer)).await.expect("it ends");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn answer_to(app: &TestApp, request: &[u8]) -> String {
    let mut stream = connect(app).await;
    stream.write_all(request).await.unwrap();
    stream.shutdown().await.unwrap();
    rest(&mut stream).await
}

#[tokio::test]
async fn whoever_is_slow_or_silent_loses_the_connection_and_costs_nobody_else_anything() {
    let app = TestApp::start().await;
    let webhook = app.webhook_url();
    let path = webhook.strip_prefix(&app.url).unwrap();
    let [mut silent, mut half, mut dripping, mut body, mut idle] = [
        connect(&app).await,
        connect(&app).await,
        connect(&app).await,
        connect(&app).await,
        connect(&app).await,
    ];
    half.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let post = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{");
    body.write_all(post.as_bytes()).await.unwrap();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let drip = async {
        while dripping.write_all(b"G").await.is_ok() {
            sleep(Duration::from_millis(200)).await;
        }
    };
    let began = Instant::now();
    let others = async {
        while began.elapsed() < Duration::from_secs(5) {
            assert_eq!(app.deliver("person_added", 1).await, StatusCode::OK);
            sleep(Duration::from_millis(100)).await;
        }
    };
    let (said, nothing, refused, once, (), ()) =
        tokio::join!(rest(&mut silent), rest(&mut half), rest(&mut body), rest(&mut idle), drip, others);
    assert!(began.elapsed() < Duration::from_secs(35), "{:?}", began.elapsed());
    assert_eq!((said.as_str(), nothing.as_str()), ("", ""));
    assert!(refused.starts_with("HTTP/1.1 4"), "{refused}");
    assert_eq!(once.matches("HTTP/1.1 200").count(), 1, "{once}");
}

/// The real program where the system lets it open as few files as many do unless asked.
#[tokio::test]
async fn of_two_thousand_and_one_clients_the_last_is_answered_when_another_leaves() {
    const MOST: usize = 2000;
    const ASK: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    // Here too each of them is a file.
    assert!(rlimit::increase_nofile_limit(3000).unwrap() >= 3000, "ulimit -Hn is too low for this test");
    let mut app = TestApp::start().await;
    app.stop().await;
    let listen = app.url.replace("http://localhost", "127.0.0.1");
    let serve = format!("ulimit -S -n 1024 && exec {} serve", env!("CARGO_BIN_EXE_optedo-officient"));
    let mut serve = program_of("/bin/sh", &app.environment(), &["-c", &serve]);
    serve.env("OPTEDO_OFFICIENT__SERVER__LISTEN", &listen).env("OPTEDO_OFFICIENT__LOG__FILTER", "off");
    let service = tokio::process::Command::from(serve).kill_on_drop(true).spawn().unwrap();
    let asked_at_start = async {
        while TcpStream::connect(&listen).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(30), asked_at_start).await.expect("it listens");
    let memory = async || {
        let of_it = ["-o", "rss=", "-p", &service.id().unwrap().to_string()].map(str::to_owned);
        let said = tokio::process::Command::new("ps").args(of_it).output().await.unwrap();
        String::from_utf8(said.stdout).unwrap().trim().parse::<usize>().unwrap()
    };
    let is_answered = async |client: &mut TcpStream, within: Duration| {
        let mut answer = [0; 12];
        let read = timeout(within, client.read_exact(&mut answer)).await;
        read.is_ok() && &answer == b"HTTP/1.1 200"
    };

    let before = memory().await;
    let began = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..=MOST {
        clients.push(TcpStream::connect(&listen).await.unwrap());
    }
    let [.., last_but_one, last] = clients.as_mut_slice() else { unreachable!() };
    last_but_one.write_all(ASK).await.unwrap();
    assert!(is_answered(last_but_one, Duration::from_secs(10)).await, "client {MOST} has a place");
    last.write_all(ASK).await.unwrap();
    assert!(!is_answered(last, Duration::from_secs(1)).await, "client {} has one too", MOST + 1);
    let taken = memory().await - before;
    assert!(taken < 100_000, "{taken} KiB for {MOST} clients");
    // None has lost its place by being silent for too long.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    drop(clients.swap_remove(0));
    let last = &mut clients[0];
    assert!(is_answered(last, Duration::from_secs(5)).await, "it has the place of who left");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_two_servers_might_read_differently_is_refused() {
    let app = TestApp::start().await;
    let webhook = app.webhook_url();
    let path = webhook.strip_prefix(&app.url).unwrap();
    let inner = "POST /x HTTP/1.1\r\nHost: x\r\n\r\n";
    for headers in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        " Content-Length: 5\r\n",
    ] {
        let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n{inner}");
        let answer = answer_to(&app, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{headers:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{headers:?}: {answer}");
    }
    // Both: the chunks count, and the connection is not used again.
    let both = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}"
    );
    let answer = answer_to(&app, both.as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    for request in [
        "GET / HTTP/1.1\r\n\r\n\0",
        "\x16\x03\x01\x02\0",
        "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        let answer = answer_to(&app, request.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{request:?}: {answer}");
    }
    let count: i64 =
        sqlx::query_scalar("select count(*) from webhook_events").fetch_one(&app.db).await.unwrap();
    assert_eq!(count, 0);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_without_being_kept() {
    let app = TestApp::start().await;
    let large = "x".repeat(200_000);
    let many = "A: b\r\n".repeat(500);
    for (case, request) in [
        ("header", format!("GET / HTTP/1.1\r\nHost: x\r\nCookie: {large}\r\n\r\n")),
        ("address", format!("GET /{large} HTTP/1.1\r\nHost: x\r\n\r\n")),
        ("many", format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n")),
    ] {
        let mut stream = connect(&app).await;
        let (mut read, mut write) = stream.split();
        let mut answer = Vec::new();
        let (_refused, _broken_off) =
            tokio::join!(write.write_all(request.as_bytes()), read.read_to_end(&mut answer));
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{case}: {answer}");
        assert!(!answer.contains("xxx"), "{case}");
    }
}

#[tokio::test]
async fn no_other_spelling_of_a_path_and_no_other_method_leads_anywhere() {
    let app = TestApp::start().await;
    let inside = ["metrics", "health/ready"];
    for prefix in [API, PAGE] {
        for path in inside {
            for way in [
                "/../../../",
                "/..%2f..%2f..%2f",
                "/%2e%2e/%2e%2e/%2e%2e/",
                "//../../../../",
                "/..;/..;/..;/",
                "\\..\\..\\..\\",
            ] {
                let request =
                    format!("GET {prefix}{way}{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                let answer = answer_to(&app, request.as_bytes()).await;
                assert!(answer.starts_with("HTTP/1.1 4"), "{prefix}{way}{path}: {answer}");
            }
        }
    }
    for path in [
        format!("/{API}/status"),
        format!("{API}//status"),
        format!("{API}/status/"),
        API.to_uppercase(),
        format!("{PAGE}//log"),
        format!("{PAGE};/log"),
        "/%69nstellingen/integraties/hr".to_owned(),
    ] {
        let answer = answer_to(
            &app,
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes(),
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 401"), "{path}: {answer}");
    }
    for method in ["TRACE", "TRACK", "OPTIONS", "PATCH", "DEBUG", "PROPFIND"] {
        for path in [API, PAGE, "/health/live"] {
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: x\r\nX-Secret: echo-me\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: PUT\r\nConnection: close\r\n\r\n"
            );
            let answer = answer_to(&app, request.as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 405"), "{method} {path}: {answer}");
            assert!(
                !answer.contains("echo-me") && !answer.to_lowercase().contains("access-control"),
                "{answer}"
            );
        }
    }
    // HEAD is GET without the body.
    for path in [PAGE, "/health/live", "/metrics", &format!("{PAGE}/style.css")] {
        let get = app.http.get(format!("{}{path}", app.url)).send().await.unwrap();
        let head = app.http.head(format!("{}{path}", app.url)).send().await.unwrap();
        assert_eq!((get.status(), get.headers().len()), (head.status(), head.headers().len()), "{path}");
        assert_eq!(head.text().await.unwrap(), "", "{path}");
    }
}
