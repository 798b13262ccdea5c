//! What the tests of notifications share: a mail server, a chat service, and what arrived there.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;

use super::prelude::*;
use super::simulators::mail::{Mail, MailOptions, MailSim};

pub const SECRET: &str = "c2hoISB0aGUga2V5IG9mIHRoZSB0ZXN0cw==";

/// A chat service that receives notifications.
pub struct Chat {
    pub url: String,
    pub received: Received,
    /// The status of its responses.
    status: Arc<Mutex<u16>>,
}

pub type Received = Arc<Mutex<Vec<(HeaderMap, String)>>>;

impl Chat {
    pub async fn start() -> Self {
        let (received, status): (Received, Arc<Mutex<u16>>) = (Arc::default(), Arc::new(Mutex::new(200)));
        let receive =
            async |State((received, status)): State<(Received, Arc<Mutex<u16>>)>, headers: HeaderMap, body: Bytes| {
                let text = String::from_utf8(body.to_vec()).unwrap();
                received.lock().unwrap().push((headers, text));
                let status = StatusCode::from_u16(*status.lock().unwrap()).unwrap();
                (status, [("location", "/elsewhere")], "Jan Peeters")
            };
        let router = Router::new().fallback(receive).with_state((Arc::clone(&received), Arc::clone(&status)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?token=geheim", listener.local_addr().unwrap());
        #[expect(clippy::disallowed_methods, reason = "ends with the test")]
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, received, status }
    }

    pub fn answer_with(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    pub fn messages(&self) -> Vec<Value> {
        self.received.lock().unwrap().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect()
    }

    /// Kind and state of each message.
    pub fn kinds(&self) -> Vec<String> {
        let kind = |message: Value| format!("{} {}", message["kind"], message["state"]).replace('"', "");
        self.messages().into_iter().map(kind).collect()
    }
}

pub fn with_mail(mail: &MailSim) -> Options {
    options()
        .set("notifications.smtp_url", &mail.smtp_url())
        .set("notifications.from", "Optedo <noreply@optedo.com>")
        .set("notifications.recipients", "hr@acme.be")
        .set("notifications.digest_at", "")
}

pub fn with_chat(options: Options, chat: &Chat) -> Options {
    options.set("notifications.webhook_url", &chat.url).set("notifications.webhook_secret", &format!("whsec_{SECRET}"))
}

pub async fn mail_server() -> MailSim {
    MailSim::start(MailOptions::default()).await.unwrap()
}

pub fn subjects(mail: &MailSim) -> Vec<String> {
    mail.mails().iter().map(|mail| mail.parse().unwrap().subject().unwrap().to_owned()).collect()
}

pub fn message_id(mail: &Mail) -> String {
    mail.parse().unwrap().message_id().unwrap().to_owned()
}

pub async fn until_mails(w: &TestApp, mail: &MailSim, count: usize) {
    w.until(&format!("{count} mails"), async || mail.mails().len() >= count).await;
}

pub async fn until_state(w: &TestApp, state: &str) -> Value {
    w.until(state, async || w.get("/notifications").await["state"] == state).await;
    w.get("/notifications").await
}

pub async fn send_test_message(w: &TestApp) {
    assert_eq!(w.post("/notifications/test").await.status(), StatusCode::ACCEPTED);
}

pub async fn settings(w: &TestApp, recipients: &[&str], language: &str) {
    let body = json!({"recipients": recipients, "language": language});
    let response = w.api(Method::PUT, "/notifications").json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
}
