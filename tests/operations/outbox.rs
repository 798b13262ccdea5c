//! Sending notifications: whatever the mail server or the webhook does, nothing else is slower, and nothing is lost.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::support::notifications::{
    Chat, SECRET, mail_server, message_id, send_test_message, settings, until_mails, until_state, with_chat, with_mail,
};
use crate::support::prelude::*;
use crate::support::program::{Serving, with};
use crate::support::simulators::mail::MailBehaviour;

#[tokio::test]
async fn a_process_that_is_killed_while_it_sends_sends_the_message_after_its_restart_once() {
    let mail = mail_server().await;
    let mut w = with_mail(&mail).connected().await;
    w.app.stop().await;
    mail.behave(MailBehaviour::Hang);
    let environment = with(w.environment(), "log.filter", "off");
    let serving = Serving::start(&w.app, environment.clone()).await;
    send_test_message(&w).await;
    w.until("the mail server is asked", async || mail.connections() == 1).await;
    serving.signal("KILL");
    serving.ended().await;
    mail.behave(MailBehaviour::Accept);
    let serving = Serving::start(&w.app, environment).await;
    until_mails(&w, &mail, 1).await;
    until_state(&w, "ok").await;
    serving.stop().await;
    assert_eq!(mail.mails().len(), 1);
}

#[tokio::test]
async fn a_mail_server_that_hangs_delays_neither_leave_nor_the_webhook() {
    let (mail, chat) = (mail_server().await, Chat::start().await);
    let w = with_chat(with_mail(&mail), &chat).connected().await;
    mail.behave(MailBehaviour::Hang);
    send_test_message(&w).await;
    w.until("the mail server is asked", async || mail.connections() == 1).await;
    w.until("the webhook has it", async || chat.kinds() == ["test info"]).await;
    assert!(
        w.holds("select failed_at is null from outbox where channel = 'mail'").await,
        "it waited for the mail server"
    );
    let event = w.take_leave(0);
    w.webhook().await;
    assert!(w.absence_of(event).is_some());
    assert_eq!(mail.connections(), 1, "the first attempt was over before the leave was written");
    let status = until_state(&w, "failing").await;
    assert_eq!(status["lastError"], "mail: the server did not respond in time");
    mail.behave(MailBehaviour::Accept);
    w.advance(SignedDuration::from_mins(1)).await;
    until_mails(&w, &mail, 1).await;
    until_state(&w, "ok").await;
    assert_eq!((mail.mails().len(), chat.kinds().len()), (1, 1));
    w.finish(&[]).await;
}

#[tokio::test]
async fn whatever_the_mail_server_does_the_page_says_it_and_the_mail_arrives_later() {
    let mail = mail_server().await;
    let w = with_mail(&mail).connected().await;
    let browser = Browser::signed_in(&w).await;
    let mut sent = 0;
    let refused = |command, reply| MailBehaviour::Reply(command, reply);
    for (behaviour, says, api) in [
        (refused("RCPT", "550 No such user hr@acme.be"), "de server weigerde het bericht (550)", "refused it (550)"),
        (refused("DATA", "554 Spam"), "de server weigerde het bericht (554)", "refused it (554)"),
        (refused("MAIL", "451 Later"), "de server weigerde het bericht (451)", "refused it (451)"),
        (MailBehaviour::Close, "ontbreekt, is onvolledig", "missing, cut off"),
        (MailBehaviour::HalfAnswer, "ontbreekt, is onvolledig", "missing, cut off"),
        (refused("EHLO", "hello"), "is niet te begrijpen", "cut off or not understood"),
    ] {
        mail.behave(behaviour.clone());
        send_test_message(&w).await;
        let status = until_state(&w, "failing").await;
        let page = browser.open(&format!("{PAGE}/settings")).await.ok().text();
        assert!(page.contains("Meldingen komen niet aan") && page.contains(says), "{behaviour:?}: {page}");
        assert!(page.contains("Er wordt vanzelf opnieuw geprobeerd"), "{behaviour:?}: {page}");
        let error = status["lastError"].as_str().unwrap();
        assert!(error.starts_with("mail: ") && error.contains(api), "{behaviour:?}: {error}");
        assert!(!error.contains("hr@acme.be"), "{error}");
        mail.behave(MailBehaviour::Accept);
        w.advance(SignedDuration::from_mins(1)).await;
        sent += 1;
        until_mails(&w, &mail, sent).await;
        let status = until_state(&w, "ok").await;
        assert!(status["lastError"].is_null() && status["lastSentAt"].is_string(), "{status}");
        assert_eq!(w.status().await["notifications"]["state"], "ok");
    }
    // It took the mail but did not say so: the second copy has the same id, by which mail programs know it.
    mail.behave(MailBehaviour::CloseAfterData);
    send_test_message(&w).await;
    until_state(&w, "failing").await;
    mail.behave(MailBehaviour::Accept);
    w.advance(SignedDuration::from_mins(1)).await;
    until_mails(&w, &mail, sent + 2).await;
    let ids: Vec<String> = mail.mails().iter().map(message_id).collect();
    assert_eq!(ids[sent], ids[sent + 1]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn without_tls_nothing_is_sent_to_a_server_that_must_have_it() {
    let mail = mail_server().await;
    let address = mail.smtp_url().replace("smtp://127.0.0.1", "localhost");
    for url in [format!("smtp://{address}?tls=required"), format!("smtps://user:geheim@{address}")] {
        let w = with_mail(&mail).set("notifications.smtp_url", &url).start().await;
        send_test_message(&w).await;
        let error = until_state(&w, "failing").await["lastError"].clone();
        assert!(error.as_str().unwrap().starts_with("mail: TLS failed"), "{url}: {error}");
    }
    assert!(mail.mails().is_empty());
}

#[tokio::test]
async fn a_recipient_who_is_refused_keeps_nothing_from_the_others() {
    let mail = mail_server().await;
    let w = with_mail(&mail).set("notifications.recipients", "weg@acme.be,hr@acme.be").connected().await;
    mail.behave(MailBehaviour::RefuseRecipient("weg@acme.be"));
    send_test_message(&w).await;
    until_mails(&w, &mail, 1).await;
    assert_eq!(mail.mails()[0].to, ["hr@acme.be"]);
    until_state(&w, "failing").await;
    // Replaced by another address, which gets what the former one still waited for.
    settings(&w, &["nieuw@acme.be", "hr@acme.be"], "nl").await;
    until_mails(&w, &mail, 2).await;
    until_state(&w, "ok").await;
    let mails = mail.mails();
    assert_eq!((mails[1].to[0].as_str(), message_id(&mails[1])), ("nieuw@acme.be", message_id(&mails[0])));
    assert_eq!(mails.len(), 2);
}

#[tokio::test]
async fn a_message_is_given_up_after_three_days_and_the_page_says_so() {
    let mail = mail_server().await;
    let w = with_mail(&mail).connected().await;
    mail.behave(MailBehaviour::Reply("MAIL", "421 Closed"));
    send_test_message(&w).await;
    until_state(&w, "failing").await;
    // In seconds. The number of attempts is not enough: it is counted before an attempt is over.
    let failed_at = async || w.number("select extract(epoch from failed_at)::bigint from outbox").await;
    for hours in [1, 1, 24, 24] {
        let before = failed_at().await;
        w.advance(SignedDuration::from_hours(hours)).await;
        w.until("it is tried again", async || failed_at().await > before).await;
    }
    let given_up = async || w.holds("select next_attempt_at is null from outbox").await;
    assert!(!given_up().await);
    w.advance(SignedDuration::from_hours(23)).await;
    w.until("it is given up", given_up).await;
    let page = Browser::signed_in(&w).await.open(&format!("{PAGE}/settings")).await.ok().text();
    assert!(
        page.contains("Meldingen komen niet aan") && page.contains("Er werd drie dagen lang geprobeerd."),
        "{page}"
    );
    mail.behave(MailBehaviour::Accept);
    send_test_message(&w).await;
    until_mails(&w, &mail, 1).await;
    until_state(&w, "ok").await;
    assert_eq!(mail.mails().len(), 1);

    // Nothing is kept longer than webhooks are.
    w.advance(SignedDuration::from_hours(31 * 24)).await;
    w.until("the outbox is empty", async || w.holds("select count(*) = 0 from outbox").await).await;
    assert!(w.get("/notifications").await["lastSentAt"].is_string());
}

/// HMAC (RFC 2104) with SHA-256.
fn hmac(key: &[u8], content: &[u8]) -> Vec<u8> {
    let padded = |byte: u8| (0..64).map(move |at| key.get(at).copied().unwrap_or(0) ^ byte).collect::<Vec<u8>>();
    let inner = Sha256::digest([&padded(0x36), content].concat());
    Sha256::digest([padded(0x5c).as_slice(), inner.as_slice()].concat()).to_vec()
}

#[tokio::test]
async fn a_webhook_is_signed_and_tried_again_with_the_same_id_and_never_redirected() {
    let chat = Chat::start().await;
    let w = with_chat(options(), &chat).connected().await;
    let browser = Browser::signed_in(&w).await;
    for (status, says, api) in [
        (500, "de server weigerde het bericht (500)", "webhook: the server refused it (500)"),
        (302, "het adres verwijst door naar een ander adres", "webhook: the address redirects"),
    ] {
        chat.received.lock().unwrap().clear();
        chat.answer_with(status);
        send_test_message(&w).await;
        let shown = until_state(&w, "failing").await;
        assert!(shown["lastError"].as_str().unwrap().starts_with(api), "{shown}");
        let page = browser.open(&format!("{PAGE}/settings")).await.ok().text();
        assert!(page.contains(&format!("Webhook: {says}")), "{page}");
        chat.answer_with(204);
        w.advance(SignedDuration::from_mins(1)).await;
        w.until("it is tried again", async || chat.messages().len() == 2).await;
        until_state(&w, "ok").await;
        let received = chat.received.lock().unwrap().clone();
        assert_eq!(received.len(), 2, "the redirect was followed");
        let header = |at: usize, name: &str| received[at].0[name].to_str().unwrap().to_owned();
        assert_eq!(header(0, "webhook-id"), header(1, "webhook-id"));
        assert_eq!(received[0].1, received[1].1);
        assert_ne!(header(0, "webhook-timestamp"), header(1, "webhook-timestamp"));
        for (at, (_, body)) in received.iter().enumerate() {
            let (id, timestamp) = (header(at, "webhook-id"), header(at, "webhook-timestamp"));
            let signed = format!("{id}.{timestamp}.{body}");
            let signature = hmac(&STANDARD.decode(SECRET).unwrap(), signed.as_bytes());
            assert_eq!(header(at, "webhook-signature"), format!("v1,{}", STANDARD.encode(signature)));
            assert!(!id.contains('.') && header(at, "content-type") == "application/json");
        }
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn neither_the_log_nor_the_metrics_contain_a_mail_address_or_what_the_server_says() {
    let mail = mail_server().await;
    let chat = Chat::start().await;
    let mut w = with_chat(with_mail(&mail), &chat).connected().await;
    w.app.stop().await;
    mail.behave(MailBehaviour::Reply("RCPT", "550 hr@acme.be is unknown here"));
    chat.answer_with(500);
    let environment = with(w.environment(), "log.filter", "debug");
    let serving = Serving::start(&w.app, environment).await;
    send_test_message(&w).await;
    until_state(&w, "failing").await;
    let attempts = "outcome=\"refused\"} 1";
    let metrics = async || w.http.get(format!("{}/metrics", w.url)).send().await.unwrap().text().await.unwrap();
    for channel in ["mail", "webhook"] {
        let line = format!("notifications_total{{channel=\"{channel}\",{attempts}");
        w.until(&line, async || metrics().await.contains(&line)).await;
    }
    let metrics = metrics().await;
    let ended = serving.stop().await;
    let log = format!("{}{}", ended.out, ended.err);
    assert!(log.contains("Could not send the message test-") && log.contains("refused it (550)"), "{log}");
    for secret in ["hr@acme.be", "unknown here", "geheim", "Jan Peeters"] {
        assert!(!log.contains(secret), "{secret}: {log}");
        assert!(!metrics.contains(secret), "{secret}: {metrics}");
    }
}
