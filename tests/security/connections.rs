//! Connections of clients that are slow, silent, or do not speak HTTP: bounded, and harmless to others.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::support::prelude::*;
use crate::support::program::{memory_of, program_of};

async fn connect(app: &TestApp) -> TcpStream {
    let port = app.url.rsplit(':').next().unwrap().parse::<u16>().unwrap();
    TcpStream::connect(("127.0.0.1", port)).await.unwrap()
}

/// All that comes back before the connection ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    // Whether it ends in order or is broken off does not matter here.
    let _ended = timeout(PATIENCE, stream.read_to_end(&mut response)).await.expect("it ends");
    String::from_utf8_lossy(&response).into_owned()
}

async fn answer_to(app: &TestApp, request: &[u8]) -> String {
    let mut stream = connect(app).await;
    stream.write_all(request).await.unwrap();
    stream.shutdown().await.unwrap();
    rest(&mut stream).await
}

#[tokio::test]
async fn a_slow_or_silent_client_loses_its_connection_and_delays_nobody() {
    let app = TestApp::start().await;
    let webhook = app.webhook_url();
    let path = webhook.strip_prefix(&app.url).unwrap();
    let [mut silent, mut half, mut dripping, mut body, mut idle] =
        join_all((0..5).map(|_| connect(&app))).await.try_into().unwrap_or_else(|_| unreachable!("five clients"));
    half.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let post = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{");
    body.write_all(post.as_bytes()).await.unwrap();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let drip = async {
        while dripping.write_all(b"G").await.is_ok() {
            sleep(Duration::from_millis(200)).await;
        }
    };
    let others = async {
        for person in 0..50 {
            app.receive("person_added", person).await;
        }
    };
    let (silent, half, body, idle, (), ()) =
        tokio::join!(rest(&mut silent), rest(&mut half), rest(&mut body), rest(&mut idle), drip, others);
    assert_eq!((silent.as_str(), half.as_str()), ("", ""));
    assert!(body.starts_with("HTTP/1.1 4"), "{body}");
    assert_eq!(idle.matches("HTTP/1.1 200").count(), 1, "{idle}");
}

/// The real program with the low default limit of open files.
#[tokio::test]
async fn of_2001_clients_the_last_one_is_served_when_another_leaves() {
    const MOST: usize = 2000;
    // In the test's process each connection is a file, too.
    assert!(rlimit::increase_nofile_limit(3000).unwrap() >= 3000, "ulimit -Hn is too low for this test");
    let mut app = TestApp::start().await;
    app.stop().await;
    let listen = app.url.replace("http://localhost", "127.0.0.1");
    let serve = format!("ulimit -S -n 1024 && exec {} serve", env!("CARGO_BIN_EXE_optedo-officient"));
    let mut serve = program_of("/bin/sh", &app.environment(), &["-c", &serve]);
    serve.env(variable("server.listen"), &listen).env(variable("log.filter"), "off");
    let service = tokio::process::Command::from(serve).kill_on_drop(true).spawn().unwrap();
    // Without a request: a connection of the test is one of the two thousand.
    until("the service listens", || std::net::TcpStream::connect(&listen).is_ok()).await;
    let is_served = async |client: &mut TcpStream| {
        client.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut response = [0; 4096];
        let length = timeout(PATIENCE, client.read(&mut response)).await.expect("a response").unwrap();
        assert!(response[..length].starts_with(b"HTTP/1.1 200"));
    };

    let before = memory_of(service.id().unwrap());
    let mut clients = Vec::new();
    for _ in 0..=MOST {
        clients.push(TcpStream::connect(&listen).await.unwrap());
    }
    let [.., last_but_one, last] = clients.as_mut_slice() else { unreachable!() };
    last.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    for _ in 0..20 {
        is_served(last_but_one).await;
    }
    assert!(last.try_read(&mut [0; 1]).is_err(), "client {} is served too", MOST + 1);
    let taken = memory_of(service.id().unwrap()) - before;
    assert!(taken < 100_000, "{taken} KiB for {MOST} clients");
    drop(clients.swap_remove(0));
    // Takes the place of the client that left.
    is_served(&mut clients[0]).await;
}

#[tokio::test]
async fn a_request_that_two_servers_may_read_differently_is_refused() {
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
        let response = answer_to(&app, request.as_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 400"), "{headers:?}: {response}");
        assert_eq!(response.matches("HTTP/1.1").count(), 1, "{headers:?}: {response}");
    }
    // Both: the chunks count, and the connection is not used again.
    let both = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}"
    );
    let response = answer_to(&app, both.as_bytes()).await;
    assert_eq!(response.matches("HTTP/1.1").count(), 1, "{response}");
    for request in [
        "GET / HTTP/1.1\r\n\r\n\0",
        "\x16\x03\x01\x02\0",
        "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        let response = answer_to(&app, request.as_bytes()).await;
        assert!(response.is_empty() || response.starts_with("HTTP/1.1 4"), "{request:?}: {response}");
    }
    let count: i64 = sqlx::query_scalar("select count(*) from webhook_events").fetch_one(&app.db).await.unwrap();
    assert_eq!(count, 0);
}

#[tokio::test]
async fn too_large_headers_are_refused_without_being_kept() {
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
        let mut response = Vec::new();
        let (_refused, _broken_off) =
            tokio::join!(write.write_all(request.as_bytes()), read.read_to_end(&mut response));
        let response = String::from_utf8_lossy(&response);
        assert!(response.is_empty() || response.starts_with("HTTP/1.1 4"), "{case}: {response}");
        assert!(!response.contains("xxx"), "{case}");
    }
}

#[tokio::test]
async fn no_other_spelling_of_a_path_and_no_other_method_is_routed() {
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
                let request = format!("GET {prefix}{way}{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                let response = answer_to(&app, request.as_bytes()).await;
                assert!(response.starts_with("HTTP/1.1 4"), "{prefix}{way}{path}: {response}");
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
        let response =
            answer_to(&app, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 404") || response.starts_with("HTTP/1.1 401"), "{path}: {response}");
    }
    for method in ["TRACE", "TRACK", "OPTIONS", "PATCH", "DEBUG", "PROPFIND"] {
        for path in [API, PAGE, "/health/live"] {
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: x\r\nX-Secret: echo-me\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: PUT\r\nConnection: close\r\n\r\n"
            );
            let response = answer_to(&app, request.as_bytes()).await;
            assert!(response.starts_with("HTTP/1.1 405"), "{method} {path}: {response}");
            assert!(!response.contains("echo-me") && !response.to_lowercase().contains("access-control"), "{response}");
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

/// Sends a request on a connection that stays open, and reads the response, whose length it says.
async fn exchange(stream: &mut TcpStream, head: &str, body_bytes: usize) -> String {
    let head = format!("{head}\r\nHost: x\r\nContent-Length: {body_bytes}\r\n\r\n");
    let body = vec![b'x'; body_bytes];
    // The service may answer and close before it has read all.
    let _sent = stream.write_all(&[head.as_bytes(), &body].concat()).await;
    let mut response = String::new();
    while !response.contains("\r\n\r\n") {
        let mut part = [0; 4096];
        let length = timeout(PATIENCE, stream.read(&mut part)).await.expect("a response").unwrap_or(0);
        assert_ne!(length, 0, "the connection ended without a response: {response}");
        response.push_str(&String::from_utf8_lossy(&part[..length]));
    }
    let length = response.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let missing =
        response.split("\r\n\r\n").next().unwrap().len() + 4 + length.parse::<usize>().unwrap() - response.len();
    let mut rest = vec![0; missing];
    stream.read_exact(&mut rest).await.unwrap();
    response
}

#[tokio::test]
async fn an_early_answer_leaves_the_connection_usable_or_says_that_it_closes() {
    let app = TestApp::start().await;
    let webhook = app.webhook_url();
    let path = webhook.strip_prefix(&app.url).unwrap();
    let paths = [
        (path, "413"),
        ("/api/externalauthentication/officient/webhook/wrong", "404"),
        ("/nothing", "404"),
        ("/health/live", "405"),
        ("/api/externalauthentication/officient/sync", "401"),
        ("/instellingen/integraties/hr/credentials", "303"),
        ("/instellingen/integraties/hr/sign-in", "413"),
    ];
    for (path, status) in paths {
        for bytes in [70_000, 300_000, 1_000_000, 3_000_000] {
            let mut stream = connect(&app).await;
            let head = format!("POST {path} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded");
            let response = exchange(&mut stream, &head, bytes).await;
            assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{path} {bytes}: {response}");
            let closes = response.contains("connection: close");
            assert_eq!(closes, bytes > 1_100_000, "{path} {bytes}: {response}");
            if !closes {
                let next = exchange(&mut stream, "GET /health/live HTTP/1.1", 0).await;
                assert!(next.starts_with("HTTP/1.1 200"), "{path} {bytes}: {next}");
            }
        }
    }
}
