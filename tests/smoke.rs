use jiff::ToSpan;
use jiff::civil::Date;
use optedo_officient::simulators::officient::{LeaveType, NewEvent};

use crate::support::TestApp;

#[tokio::test]
async fn leave_made_in_officient_stands_in_optedo() {
    let app = TestApp::start().await;
    let person = app.officient.add_person("Jan", "Peeters");
    let user = app.optedo.add_user("Jan", "Peeters");
    app.optedo.add_absence_type("Vakantie");
    let verlof = app.officient.add_leave_type("Verlof", Some("Vakantie"));
    let day: Date = app.clock.today().saturating_add(7.days());
    app.officient.add_event(person, NewEvent::new(LeaveType::Custom(verlof), day));
    app.connect().await;
    app.settle().await;
    assert_eq!(app.optedo.absences_of(user).len(), 1, "{} {:?}", app.status().await, app.attention().await);

    let next = day.saturating_add(1.day());
    app.officient.add_event(person, NewEvent::new(LeaveType::Custom(verlof), next));
    let began = std::time::Instant::now();
    app.deliver("calendar_event_added", person).await;
    app.until("written", async || app.optedo.absences_of(user).len() == 2).await;
    println!("propagated in {:?}", began.elapsed());
    app.assert_one_way_and_once();
}
