//! A small Flemish company: most of its people and leave types match, and each reason for not matching occurs once.
//!
//! No date is fixed: leave is placed a number of working days before or after today.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;

use super::dates::{is_weekend, today};
use super::officient::{LeaveType, NewEvent, OfficientSim};
use super::optedo::OptedoSim;

/// First and last name in Officient, and the users in Optedo that are meant for that person.
type Employee = ((&'static str, &'static str), &'static [(&'static str, &'static str)]);

const PEOPLE: [Employee; 14] = [
    (("Jan", "Peeters"), &[("jan", "Peeters")]),
    (("An", "Janssens"), &[("An", "Janssens")]),
    (("Renée", "De Smet"), &[("Renee", "De Smet")]),
    (("Bart", "Maes"), &[("Bart ", "Maes")]),
    (("Lotte", "Jacobs"), &[("Jacobs", "Lotte")]),
    (("Tom", "Willems"), &[("Tom", "Willems"), ("Tom", "Willems")]),
    (("Sofie", "Goossens"), &[]),
    (("Koen", "Wouters"), &[("Koen", "Wouters")]),
    (("Els", "Vermeulen"), &[("Els", "Vermeulen")]),
    (("Pieter", "Van den Broeck"), &[("Pieter", "Van den Broeck")]),
    (("Zoë", "D'Hondt"), &[("Zoë", "D'Hondt")]),
    (("Hilde", "Aerts"), &[("Hilde", "Aerts")]),
    (("Stijn", "Mertens"), &[("Stijn", "Mertens")]),
    (("Fatima", "El Amrani"), &[("Fatima", "El Amrani")]),
];

/// The first name of the person whose user is inactive in Optedo.
const INACTIVE: &str = "Stijn";

/// The working day that is `n` working days after today, or before today when `n` is negative. If today is in a
/// weekend, the count starts at the next Monday.
fn working_day(n: i32) -> Date {
    let step = if n < 0 { -1 } else { 1 };
    let mut day = today();
    while is_weekend(day) {
        day = day.saturating_add(1.day());
    }
    let mut left = n.abs();
    while left > 0 {
        day = day.saturating_add(step.days());
        if !is_weekend(day) {
            left -= 1;
        }
    }
    day
}

/// Fills both simulators without sending webhooks.
pub fn seed(officient: &OfficientSim, optedo: &OptedoSim) {
    let sends_webhooks = officient.sends_webhooks();
    officient.set_notify(false);
    for description in ["Vakantie", "ADV", "Ziekte", "Opleiding", "Klein verlet", "Thuiswerk"] {
        optedo.add_absence_type(description);
    }
    let people = add_people(officient, optedo);
    add_leave(officient, &people);
    officient.set_notify(sends_webhooks);
}

/// What the admin decides in the demo: two people with one name, a neutral type for sick leave, and a leave type that
/// has no absence type next year. Somebody is archived.
pub(super) fn seed_decisions(officient: &OfficientSim, optedo: &OptedoSim) {
    optedo.add_absence_type("Afwezig");
    let namesake = officient.add_person("Tom", "Willems");
    officient.archive_person(officient.add_person("Dirk", "Claes"));
    let of_this_year = officient.leave_types();
    let of_next_year: Vec<(i64, &str, Option<&str>)> = of_this_year
        .iter()
        .map(|(id, name, code)| {
            (*id, name.as_str(), code.as_deref().map(|code| if code == "ADV" { "Rustdag" } else { code }))
        })
        .collect();
    officient.set_leave_types_of_year(i64::from(today().year()) + 1, &of_next_year);
    if let Some((id, _, _)) = of_this_year.first() {
        officient.add_leave(namesake, [NewEvent::new(LeaveType::Custom(*id), working_day(8))]);
    }
}

/// Adds each person to Officient and the users meant for that person to Optedo; returns first names with ids.
fn add_people(officient: &OfficientSim, optedo: &OptedoSim) -> Vec<(&'static str, i64)> {
    let mut people = Vec::new();
    for ((first_name, last_name), users) in PEOPLE {
        people.push((first_name, officient.add_person(first_name, last_name)));
        for (user_first_name, user_last_name) in users {
            let user = optedo.add_user(user_first_name, user_last_name);
            if first_name == INACTIVE {
                optedo.set_user_active(user, false);
            }
        }
    }
    people
}

fn add_leave(officient: &OfficientSim, people: &[(&str, i64)]) {
    let leave_type = |name: &str, code: Option<&str>| LeaveType::Custom(officient.add_leave_type(name, code));
    let holiday = leave_type("Verlof", Some("Vakantie"));
    let adv = leave_type("ADV", Some("ADV"));
    let short_leave = leave_type("Klein verlet", None);
    let parental = leave_type("Ouderschapsverlof", None);
    let remote = leave_type("Telewerk", None);

    let person = |name: &str| people.iter().find(|(first_name, _)| *first_name == name).map_or(0, |(_, id)| *id);
    let day = |leave_type, n| NewEvent::new(leave_type, working_day(n));
    let days = |leave_type, from: i32, until: i32| (from..=until).map(move |n| day(leave_type, n));

    officient.add_leave(person("Jan"), days(holiday, 1, 3));
    officient.add_leave(person("An"), days(holiday, 0, 4));
    officient.add_leave(person("An"), [day(adv, 12)]);
    officient.add_leave(person("Renée"), [day(holiday, 2).part(540, 228)]);
    officient.add_leave(person("Bart"), [day(adv, 1)]);
    officient.add_leave(person("Lotte"), days(holiday, 5, 9));
    officient.add_leave(person("Tom"), [day(holiday, 0)]);
    officient.add_leave(person("Sofie"), [day(holiday, 3)]);
    officient.add_leave(person("Koen"), [day(LeaveType::SickDay, 0)]);
    officient.add_leave(person("Koen"), [day(holiday, -6)]);
    officient.add_leave(person("Els"), [day(holiday, 0).part(780, 228)]);
    officient.add_leave(person("Els"), [day(adv, 7).part(540, 120)]);
    officient.add_leave(person("Pieter"), days(holiday, 10, 14).map(NewEvent::pending));
    officient.add_leave(person("Zoë"), [day(short_leave, 1).unknown_start(180)]);
    officient.add_leave(person("Zoë"), days(holiday, -3, -2));
    officient.add_leave(person("Pieter"), days(parental, 0, 2));
    officient.add_leave(person("Hilde"), [day(LeaveType::Education, 4)]);
    officient.add_leave(person("Hilde"), [day(remote, 1).working()]);
    officient.add_leave(person("Stijn"), [day(holiday, 2)]);
    officient.add_leave(person("Fatima"), [day(holiday, 6), day(holiday, 7).part(540, 228)]);
    officient.add_leave(person("Fatima"), [day(adv, 0).part(900, 96).raw("comment", json!("dokter"))]);
}
