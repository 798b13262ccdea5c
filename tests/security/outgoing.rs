//! Outgoing calls: only to the configured hosts, over verified TLS, with bounded responses.

use optedo_officient::config::Config;
use optedo_officient::http_client::{UpstreamError, classify, http_client, send};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::support::prelude::*;

/// A server that must not be called; the task ends when it was.
pub async fn trap() -> (String, tokio::task::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    #[expect(clippy::disallowed_methods, reason = "the test ends this task itself")]
    let caught = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let read = stream.read(&mut request).await.unwrap();
        request.truncate(read);
        request
    });
    (url, caught)
}

#[tokio::test]
async fn a_redirect_is_never_followed_with_a_token() {
    let w = World::connected().await;
    w.take_leave(0);
    let (url, caught) = trap().await;
    for (path, officient) in [
        ("/1.0/people", true),
        ("/1.0/calendar", true),
        ("/1.0/webhooks", true),
        ("/api/users", false),
        ("/api/absences", false),
    ] {
        let to = Fault::RedirectTo(format!("{url}{path}"));
        if officient {
            w.officient.fault_on(path, to, 1);
        } else {
            w.optedo.fault_on(path, to, 1);
        }
    }
    w.officient.revoke_access_tokens();
    w.officient.fault_on("/1.0/token", Fault::RedirectTo(format!("{url}/1.0/token")), 1);
    w.post("/sync").await;
    w.webhook().await;
    w.retry_until_done().await;
    w.sweep().await;
    assert_eq!(w.officient.faults_left(), 0);
    assert!(!caught.is_finished(), "a redirect was followed");
    caught.abort();
    assert_eq!(w.absences().len(), 1, "and nothing was lost by it");
}

#[tokio::test]
async fn only_https_is_accepted_for_hosts_other_than_localhost() {
    let app = TestApp::start().await;
    for key in ["SERVER__PUBLIC_URL", "OFFICIENT__API_URL", "OFFICIENT__APP_URL", "OPTEDO__API_URL"] {
        for wrong in [
            "http://api.officient.io",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://10.0.0.1",
            "ftp://localhost",
            "file:///etc/passwd",
            "https://user:secret@api.officient.io",
            "https://",
        ] {
            let mut settings = app.environment();
            settings.push((format!("OPTEDO_OFFICIENT__{key}"), wrong.to_owned()));
            let error = Config::load(None, settings).unwrap_err().to_string();
            assert!(error.starts_with(&key.to_lowercase().replace("__", ".")), "{key} {wrong}: {error}");
            assert!(!error.contains("secret@"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_response_that_is_too_large_or_never_ends_is_cancelled() {
    let w = options().set("officient.timeout", "1s").set("optedo.timeout", "1s").connected().await;
    let event = w.take_leave(0);
    w.officient.fault_on("/1.0/calendar", Fault::HugeBody(11 * 1024 * 1024), 1);
    w.officient.fault_on("/1.0/calendar", Fault::AnswerHangs, 1);
    w.optedo.fault_on("/api/absences", Fault::HugeBody(11 * 1024 * 1024), 1);
    w.optedo.fault_on("/api/absences", Fault::Timeout, 1);
    w.webhook().await;
    w.retry_until_done().await;
    assert_eq!(w.officient.faults_left(), 0);
    assert!(w.absence_of(event).is_some());
    let error = send(w.http.get(format!("{}/no-such-call", w.optedo.api_url())), classify).await.unwrap_err();
    assert!(!error.to_string().contains("no-such-call"), "an error holds no address: {error}");
}

#[tokio::test]
async fn an_endless_response_is_cut_off_at_its_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    #[expect(clippy::disallowed_methods, reason = "it ends when the client hangs up")]
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _read = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
    });
    let error = send(http_client(Duration::from_secs(30)).get(url), classify).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Unreadable { .. }), "{error}");
}

#[tokio::test]
async fn a_server_with_an_untrusted_certificate_gets_no_token() {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tls-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let made = Command::new("openssl")
        .args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost".split(' '),
        )
        .args("-addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem".split(' '))
        .current_dir(&directory)
        .output();
    assert!(made.await.unwrap().status.success());
    let port = free_port();
    let mut server = Command::new("openssl")
        .args("s_server -quiet -cert cert.pem -key key.pem -accept".split(' '))
        .arg(format!("127.0.0.1:{port}"))
        .current_dir(&directory)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        tokio::task::yield_now().await;
    }
    let client = http_client(Duration::from_secs(10));
    let call = client.get(format!("https://localhost:{port}/1.0/account")).bearer_auth("the-access-token");
    let error = send(call, classify).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("no connection"), "{error}");
    server.kill().await.unwrap();
    let mut received = String::new();
    server.stdout.take().unwrap().read_to_string(&mut received).await.unwrap();
    assert_eq!(received, "", "the server received a request");
}

#[tokio::test]
async fn only_the_two_configured_services_are_called() {
    // A calendar, names and webhooks full of addresses: none of them is an address to call.
    let w = World::start().await;
    let (url, caught) = trap().await;
    w.officient.add_person(&url, "../../1.0/account");
    w.officient.add_leave_type(&format!("{url}/type"), Some(&url));
    w.officient.add_subscription("person_added", &format!("{url}/hook"));
    w.connect_and_import().await;
    for id in [url.as_str(), "../../../evil", "1/../../2", "%2e%2e%2f", "1?x=1", "1#x"] {
        w.receive("calendar_event_added", id).await;
    }
    w.settle().await;
    w.sweep().await;
    assert!(!caught.is_finished(), "an address from a text was called");
    caught.abort();
    for call in w.officient.calls() {
        assert!(call.path.starts_with("/1.0/") && !call.path.contains(".."), "{}", call.path);
        assert_ne!(call.status, 404, "{}", call.path);
    }
}
