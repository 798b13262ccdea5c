use super::browser::Browser;
use super::{Officient, Optedo};
use crate::simulators::dates::{is_weekend, today};
use crate::simulators::seed;

#[tokio::test]
async fn the_seed_fills_every_page() {
    let (officient, optedo) = (Officient::start().await, Optedo::start().await);
    seed(&officient.sim, &optedo.sim);
    let mut browser = Browser::new();
    let url = officient.sim.url();
    let people = browser.html(&url).await;
    assert!(people.contains("D&#39;Hondt"));
    assert_eq!(people.contains("vandaag: Verlof"), !is_weekend(today()), "leave is seeded on working days");
    let calendar = format!("{url}/people/273?month={}", today().strftime("%Y-%m"));
    assert!(browser.html(&calendar).await.contains("Pieter"));
    assert!(browser.html(&format!("{url}/requests")).await.contains("Pieter Van den Broeck"));
    assert!(browser.html(&format!("{url}/leave-types")).await.contains("Ouderschapsverlof"));
    assert!(browser.html(&format!("{}/absence-types", optedo.sim.url())).await.contains("Klein verlet"));
    assert!(browser.html(&optedo.sim.url()).await.contains("Renee De Smet"));
    assert_eq!(officient.read("/1.0/people/list").await["total_record_count"], 14);
}
