//! Notifications: one message when an incident opens, when its reason changes and when it is over; by real SMTP and to
//! a webhook, with a digest a day.

use crate::support::notifications::{
    Chat, mail_server, message_id, send_test_message, subjects, until_mails, until_state, with_chat, with_mail,
};
use crate::support::prelude::*;
use crate::support::simulators::mail::MailBehaviour;

/// Optedo refuses the token until [`accept_token`].
async fn refuse_token(w: &World) {
    w.optedo.fault_on("", Fault::Status(401), 100_000);
    w.take_leave(0);
    w.advance(SignedDuration::from_mins(6)).await;
    w.receive("calendar_event_added", w.jan).await;
    w.until("the item opens", async || w.attention_of("optedo_unauthorized").await.len() == 1).await;
}

async fn accept_token(w: &World) {
    w.optedo.clear_faults();
    w.until("the item is resolved", async || {
        w.advance(SignedDuration::from_secs(20)).await;
        w.until_idle().await;
        w.attention().await.is_empty()
    })
    .await;
}

/// The time after which an incident that did not come back is over.
async fn quiet_time(w: &TestApp) {
    w.advance(SignedDuration::from_mins(10)).await;
}

async fn wait_until_it_lasts(w: &World) {
    for _ in 0..4 {
        w.advance(SignedDuration::from_mins(5)).await;
        w.until_idle().await;
    }
}

#[tokio::test]
async fn an_incident_sends_one_message_when_it_opens_one_when_its_reason_changes_and_one_when_it_is_over() {
    let (mail, chat) = (mail_server().await, Chat::start().await);
    let w = with_chat(with_mail(&mail), &chat).connected().await;
    w.take_leave(0);
    w.officient.fault_on("/1.0/calendar/", Fault::Status(500), 100_000);
    w.receive("calendar_event_added", w.jan).await;
    w.until_idle().await;
    wait_until_it_lasts(&w).await;
    w.item("officient_failing").await;
    until_mails(&w, &mail, 1).await;
    wait_until_it_lasts(&w).await;

    w.officient.clear_faults();
    w.officient.fault_on("/1.0/calendar/", Fault::WrongContent(json!({"data": [{"date": "Jan"}, 5]})), 100_000);
    wait_until_it_lasts(&w).await;
    until_mails(&w, &mail, 2).await;
    wait_until_it_lasts(&w).await;

    w.officient.clear_faults();
    w.retry_until_done().await;
    w.until("the item is resolved", async || w.attention().await.is_empty()).await;
    quiet_time(&w).await;
    until_mails(&w, &mail, 3).await;
    w.until("the chat has them too", async || chat.kinds().len() == 3).await;

    let tenant = "localhost";
    assert_eq!(
        subjects(&mail),
        [
            "Officient werkt niet – localhost",
            "Officient werkt niet – localhost",
            "Opgelost: Officient werkt niet – localhost"
        ]
    );
    let (ids, replies): (Vec<String>, Vec<String>) = mail
        .mails()
        .iter()
        .map(|mail| {
            let parsed = mail.parse().unwrap();
            assert_eq!(
                (mail.from.as_str(), mail.to.as_slice()),
                ("noreply@optedo.com", &["hr@acme.be".to_owned()][..])
            );
            assert_eq!(parsed.header_raw("List-Id").unwrap().trim(), format!("<officient.{tenant}>"));
            assert_eq!(parsed.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
            assert!(parsed.date().is_some() && parsed.body_html(0).unwrap().contains("<h1"));
            let reply = parsed.in_reply_to().as_text().unwrap_or_default().to_owned();
            assert_eq!(parsed.references().as_text().unwrap_or_default(), reply);
            (message_id(mail), reply)
        })
        .unzip();
    let first = format!("incident-1.opened@{tenant}");
    assert_eq!(ids, [first.clone(), format!("incident-1.changed-2@{tenant}"), format!("incident-1.resolved@{tenant}")]);
    assert_eq!(replies, [String::new(), first.clone(), first]);
    let texts: Vec<String> =
        mail.mails().iter().map(|mail| mail.parse().unwrap().body_text(0).unwrap().into_owned()).collect();
    assert!(texts[0].contains("Officient antwoordde niet."), "{}", texts[0]);
    assert!(texts[1].contains("niet te begrijpen is") && texts[1].contains("calendar of person …"), "{}", texts[1]);
    assert!(texts[2].contains("Het duurde") && texts[2].contains("Je hoeft niets te doen."), "{}", texts[2]);

    assert_eq!(chat.kinds(), ["officient_failing opened", "officient_failing opened", "officient_failing resolved"]);
    let messages = chat.messages();
    let page = format!("{}{PAGE}", w.url);
    for message in &messages {
        assert_eq!(message.as_object().unwrap().len(), 7, "{message}");
        assert_eq!((&message["url"], &message["tenant"]), (&json!(page), &json!(tenant)));
        assert_eq!(message["openedAt"], messages[0]["openedAt"]);
        assert!(
            !message["text"].as_str().unwrap().contains('\n') && message["text"].as_str().unwrap().ends_with(&page)
        );
    }
    assert_eq!(
        messages.iter().map(|message| message["counts"].clone()).collect::<Vec<_>>(),
        [json!({"officient_failing": 1}), json!({"officient_failing": 1}), json!({}),]
    );
    // Neither names nor leave types nor ids of people.
    let everything = format!("{}{}", texts.concat(), json!(messages));
    for personal in ["Jan", "Peeters", "Verlof", "Vakantie"] {
        assert!(!everything.contains(personal), "{personal}: {everything}");
    }
    // Whole numbers: the digits of a short id also occur by chance in a time or a port.
    let mut numbers = everything.split(|character: char| !character.is_ascii_alphanumeric());
    let id = w.jan.to_string();
    assert!(numbers.all(|number| number != id), "{id}: {everything}");
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_upstream_that_fails_again_and_again_sends_one_message_and_one_when_it_is_over() {
    let mail = mail_server().await;
    let w = with_mail(&mail).connected().await;
    for tests in 0..5 {
        refuse_token(&w).await;
        until_mails(&w, &mail, tests + 1).await;
        accept_token(&w).await;
        w.advance(SignedDuration::from_mins(1)).await;
        // When this one is sent, the leader has looked at the incident too.
        send_test_message(&w).await;
        until_mails(&w, &mail, tests + 2).await;
    }
    quiet_time(&w).await;
    until_mails(&w, &mail, 7).await;
    // The next one is another incident.
    refuse_token(&w).await;
    until_mails(&w, &mail, 8).await;
    let title = "Optedo weigert de koppeling – localhost";
    let mut sent = subjects(&mail);
    sent.retain(|subject| !subject.starts_with("Testbericht"));
    assert_eq!(sent, [title, &format!("Opgelost: {title}"), title]);
    let mut ids: Vec<String> = mail.mails().iter().map(message_id).collect();
    ids.retain(|id| !id.starts_with("test-"));
    assert!(ids[0] != ids[2] && ids[2] == "incident-2.opened@localhost", "{ids:?}");
}

#[tokio::test]
async fn a_restart_and_another_leader_neither_lose_nor_repeat_a_message() {
    let (mail, chat) = (mail_server().await, Chat::start().await);
    let mut w = with_chat(with_mail(&mail), &chat).connected().await;
    mail.behave(MailBehaviour::Close);
    refuse_token(&w).await;
    until_state(&w, "failing").await;
    w.app.restart().await;
    mail.behave(MailBehaviour::Accept);
    w.advance(SignedDuration::from_mins(1)).await;
    until_mails(&w, &mail, 1).await;

    let (_, replica) = w.replica().await;
    w.app.stop().await;
    let replica_leads = async || replica.engine.work_signal.is_leading();
    let began = std::time::Instant::now();
    while !replica_leads().await {
        assert!(began.elapsed() < PATIENCE, "the other replica never leads");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    replica.close().await;
    w.app.restart().await;
    accept_token(&w).await;
    quiet_time(&w).await;
    until_mails(&w, &mail, 2).await;
    w.until("the chat has them too", async || chat.kinds().len() == 2).await;
    let title = "Optedo weigert de koppeling – localhost";
    assert_eq!(subjects(&mail), [title, &format!("Opgelost: {title}")]);
    assert_eq!(chat.kinds(), ["optedo_unauthorized opened", "optedo_unauthorized resolved"]);
}

#[tokio::test]
async fn while_anything_needs_attention_there_is_one_digest_a_day() {
    let (mail, chat) = (mail_server().await, Chat::start().await);
    let in_an_hour = optedo_officient::clock::Clock::default().now().saturating_add(SignedDuration::from_mins(60));
    let in_an_hour = in_an_hour.unwrap().to_zoned(optedo_officient::clock::time_zone());
    let mut w = with_chat(with_mail(&mail), &chat)
        .set("notifications.digest_at", &in_an_hour.strftime("%H:%M").to_string())
        .connected()
        .await;
    w.until("the days are counted", async || w.holds("select digest_on is not null from notification_settings").await)
        .await;
    let piet = w.officient.add_person("Piet", "Pieters");
    w.officient.add_event(piet, w.leave(0));
    w.officient.add_event(piet, w.leave(1));
    w.sweep().await;
    w.item("unmatched_person").await;
    w.advance(SignedDuration::from_mins(61)).await;
    until_mails(&w, &mail, 1).await;
    w.app.restart().await;
    w.advance(SignedDuration::from_hours(5)).await;
    w.worker_round().await;
    w.advance(SignedDuration::from_hours(19)).await;
    until_mails(&w, &mail, 2).await;
    w.optedo.add_user("Piet", "Pieters");
    w.sweep().await;
    w.until("nothing is open", async || w.attention().await.is_empty()).await;
    let digest_on =
        async || w.number("select (digest_on - date '2000-01-01')::bigint from notification_settings").await;
    let before = digest_on().await;
    w.advance(SignedDuration::from_hours(24)).await;
    w.until("the third day is over", async || digest_on().await > before).await;
    send_test_message(&w).await;
    until_mails(&w, &mail, 3).await;
    w.until("the chat has them too", async || chat.kinds().len() == 3).await;
    let digest = "1 punt vraagt aandacht – localhost";
    assert_eq!(subjects(&mail), [digest, digest, "Testbericht – localhost"]);
    assert_eq!(chat.kinds(), ["digest info", "digest info", "test info"]);
    let message = &chat.messages()[0];
    assert_eq!((&message["counts"], &message["openedAt"]), (&json!({"unmatched_person": 1}), &Value::Null));
    let text = mail.mails()[0].parse().unwrap().body_text(0).unwrap().into_owned();
    assert!(text.contains("- Personen zonder gebruiker in Optedo: 1") && !text.contains("Piet"), "{text}");
    assert!(text.contains("1 punt wacht op jou"), "the verdict: {text}");
}

#[tokio::test]
async fn the_admin_chooses_recipients_and_language_on_the_page_and_in_the_api() {
    let mail = mail_server().await;
    let w = with_mail(&mail).connected().await;
    let shown = w.get("/notifications").await;
    let expected =
        json!({"recipients": ["hr@acme.be"], "language": "nl", "state": "ok", "lastSentAt": null, "lastError": null});
    assert_eq!(shown, expected);
    let browser = Browser::signed_in(&w).await;
    let address = format!("{PAGE}/settings");
    let change = async |recipients: &str, language: &str| {
        let form = browser.open(&address).await.form("Bewaren");
        browser.submit(&form.fill_in("recipients", recipients).fill_in("language", language)).await
    };
    let page = browser.follow(&change(" a@acme.be \r\n\r\nb@acme.be, a@acme.be", "fr").await).await;
    assert!(page.text().contains("De ontvangers en de taal zijn bewaard."), "{}", page.text());
    assert!(page.body.contains(">a@acme.be\nb@acme.be</textarea>"), "{}", page.body);
    for wrong in ["a@acme.be\r\nhr", "Hr <hr@acme.be>", &"x".repeat(300), "<script>@acme.be"] {
        let page = change(wrong, "en").await.text();
        assert!(page.contains("Er is niets bewaard. Elke regel is één mailadres"), "{wrong}: {page}");
    }
    let many: Vec<String> = (0..21).map(|number| format!("hr{number}@acme.be")).collect();
    assert!(change(&many.join("\n"), "en").await.text().contains("er zijn er hoogstens 20"));
    let shown = w.get("/notifications").await;
    assert_eq!((&shown["recipients"], &shown["language"]), (&json!(["a@acme.be", "b@acme.be"]), &json!("fr")));

    let asked = browser.press_on(&address, "Testbericht sturen").await;
    assert!(browser.follow(&asked).await.text().contains("Het testbericht wordt verstuurd."));
    until_mails(&w, &mail, 2).await;
    assert_eq!(subjects(&mail), ["Message de test – localhost"; 2]);
    let mut to: Vec<String> = mail.mails().iter().flat_map(|mail| mail.to.clone()).collect();
    to.sort();
    assert_eq!(to, ["a@acme.be", "b@acme.be"]);
    until_state(&w, "ok").await;
    let page = browser.open(&address).await.ok().text();
    assert!(page.contains("Meldingen komen aan") && !page.contains("Laatste bericht verstuurd nog nooit"), "{page}");

    let acts: Vec<(String, Option<String>)> =
        sqlx::query_as("select action, detail from audit_log where action = 'notifications_changed'")
            .fetch_all(&w.db)
            .await
            .unwrap();
    assert_eq!(acts, [("notifications_changed".to_owned(), Some("2".to_owned()))]);
    assert!(browser.open(&format!("{PAGE}/log")).await.text().contains("Ontvangers of taal van meldingen gewijzigd 2"));
    w.finish(&[]).await;
}

#[tokio::test]
async fn without_a_channel_incidents_are_followed_and_nothing_is_sent() {
    let w = World::connected().await;
    assert_eq!(w.status().await["notifications"], json!({"state": "off", "lastSentAt": null}));
    refuse_token(&w).await;
    let open = async || w.holds("select count(*) = 1 from incidents where ended_at is null").await;
    w.until("the incident is open", open).await;
    accept_token(&w).await;
    quiet_time(&w).await;
    w.until("the incident is over", async || !open().await).await;
    assert!(w.holds("select count(*) = 0 from outbox").await);
    assert_eq!(w.post("/notifications/test").await.status(), StatusCode::CONFLICT);
    let browser = Browser::signed_in(&w).await;
    let page = browser.open(&format!("{PAGE}/settings")).await.ok();
    assert!(page.text().contains("Er worden geen meldingen verstuurd"), "{}", page.text());
    assert!(page.text().contains("Vraag Optedo om een mailserver in te stellen."), "{}", page.text());
    assert!(!page.body.contains("Testbericht sturen"));
    w.finish(&[]).await;
}
