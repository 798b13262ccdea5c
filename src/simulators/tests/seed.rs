use super::browser::Browser;
use super::{Officient, Optedo};
use crate::simulators::{clock, seed};

#[tokio::test]
async fn the_seed_fills_every_page() {
    let (officient, optedo) = (Officient::start().await, Optedo::start().await);
    seed(&officient.sim, &optedo.sim);
    let mut browser = Browser::new();
    let url = officient.sim.url();
    let people = browser.page(&url).await;
    assert!(people.contains("D&#39;Hondt") && people.contains("vandaag: Verlof"));
    assert!(
        browser
            .page(&format!("{url}/people/273?month={}", clock::today().strftime("%Y-%m")))
            .await
            .contains("Pieter")
    );
    assert!(browser.page(&format!("{url}/requests")).await.contains("Pieter Van den Broeck"));
    assert!(browser.page(&format!("{url}/leave-types")).await.contains("Ouderschapsverlof"));
    assert!(browser.page(&format!("{}/absence-types", optedo.sim.url())).await.contains("Klein verlet"));
    assert!(browser.page(&optedo.sim.url()).await.contains("Renee De Smet"));
    assert_eq!(officient.read("/1.0/people/list").await["total_record_count"], 14);
}
