//! The frame of every page, words that several tabs use, and errors.

use crate::web::error::ProblemKind;

texts! {
    where_it_is() { nl: "Instellingen – Integraties", fr: "Paramètres – Intégrations", en: "Settings – Integrations" }
    heading() { nl: "HR-integratie: Officient", fr: "Intégration RH : Officient", en: "HR integration: Officient" }
    skip_to_content() { nl: "Naar de inhoud", fr: "Aller au contenu", en: "Skip to content" }
    pages() { nl: "Pagina’s", fr: "Pages", en: "Pages" }
    language() { nl: "Taal", fr: "Langue", en: "Language" }

    tab_connection() { nl: "Koppeling", fr: "Connexion", en: "Connection" }
    tab_attention() { nl: "Vraagt aandacht", fr: "À traiter", en: "Needs attention" }
    tab_people() { nl: "Personen", fr: "Personnes", en: "People" }
    tab_leave_types() { nl: "Verloftypes", fr: "Types de congé", en: "Leave types" }
    tab_history() { nl: "Geschiedenis", fr: "Historique", en: "History" }
    tab_log() { nl: "Logboek", fr: "Journal", en: "Log" }
    tab_preview() { nl: "Voorbeeld", fr: "Aperçu", en: "Preview" }
    open_items(count: i64) { nl: "1 open punt" | "{count} open punten", fr: "{count} point ouvert" | "{count} points ouverts", en: "1 open item" | "{count} open items" }

    sign_in_heading() { nl: "Aanmelden", fr: "Se connecter", en: "Sign in" }
    password() { nl: "Wachtwoord", fr: "Mot de passe", en: "Password" }
    your_name() { nl: "Je naam (mag leeg blijven)", fr: "Votre nom (facultatif)", en: "Your name (optional)" }
    why_your_name() { nl: "Zo zien je collega’s wie de koppeling maakte.", fr: "Vos collègues verront ainsi qui a établi la connexion.", en: "It shows your colleagues who made the connection." }
    sign_in() { nl: "Aanmelden", fr: "Se connecter", en: "Sign in" }
    sign_out() { nl: "Uitloggen", fr: "Quitter la session", en: "Sign out" }

    copy() { nl: "Kopieer", fr: "Copier", en: "Copy" }
    copied() { nl: "Gekopieerd", fr: "Copié", en: "Copied" }
    save() { nl: "Bewaren", fr: "Enregistrer", en: "Save" }
    show() { nl: "Tonen", fr: "Afficher", en: "Show" }
    all() { nl: "Alle", fr: "Tous", en: "All" }
    previous_page() { nl: "Vorige", fr: "Précédent", en: "Previous" }
    next_page() { nl: "Volgende", fr: "Suivant", en: "Next" }
    page_number(page: usize) { nl: "Pagina {page}", fr: "Page {page}", en: "Page {page}" }
    page_of(page: usize, pages: usize) { nl: "Pagina {page} van {pages}", fr: "Page {page} sur {pages}", en: "Page {page} of {pages}" }
    never() { nl: "nog nooit", fr: "jamais", en: "never" }
    all_day() { nl: "hele dag", fr: "journée entière", en: "all day" }
    not_connected_yet() { nl: "Er is nog geen koppeling met Officient. Maak ze op het tabblad Koppeling.", fr: "Il n’y a pas encore de connexion avec Officient. Établissez-la sous l’onglet Connexion.", en: "There is no connection with Officient yet. Make it on the Connection tab." }
    stale_since(at: &str) { nl: "Optedo of Officient antwoordde niet. Dit is de stand van {at}.", fr: "Optedo ou Officient n’a pas répondu. Ceci est la situation du {at}.", en: "Optedo or Officient did not answer. This is how it was at {at}." }
    upstream_silent() { nl: "Optedo of Officient antwoordt nu niet. Probeer het over enkele minuten opnieuw.", fr: "Optedo ou Officient ne répond pas pour le moment. Réessayez dans quelques minutes.", en: "Optedo or Officient does not answer at the moment. Try again in a few minutes." }
    first_name() { nl: "Voornaam", fr: "Prénom", en: "First name" }
    last_name() { nl: "Achternaam", fr: "Nom", en: "Last name" }
    description() { nl: "Omschrijving", fr: "Description", en: "Description" }
    in_officient() { nl: "In Officient", fr: "Dans Officient", en: "In Officient" }
    in_optedo() { nl: "In Optedo", fr: "Dans Optedo", en: "In Optedo" }

    error_heading() { nl: "Dat is niet gelukt", fr: "Cela n’a pas fonctionné", en: "That did not work" }
    error(error: &ProblemKind) {
        ProblemKind::Unauthorized | ProblemKind::InvalidCsrfToken => { nl: "De pagina was te lang open of werd vanaf een andere site opgeroepen. Ga terug, laad ze opnieuw en probeer het nog eens.", fr: "La page est restée ouverte trop longtemps ou a été appelée depuis un autre site. Revenez en arrière, rechargez-la et réessayez.", en: "The page was open for too long or was called from another site. Go back, reload it and try again." }
        ProblemKind::NotFound | ProblemKind::MethodNotAllowed => { nl: "Hier is niets.", fr: "Il n’y a rien ici.", en: "There is nothing here." }
        ProblemKind::InvalidRequest
        | ProblemKind::InvalidField
        | ProblemKind::PayloadTooLarge
        | ProblemKind::TooManyAttempts => { nl: "Wat je invulde, kan niet bewaard worden. Ga terug en kijk het na.", fr: "Ce que vous avez saisi ne peut pas être enregistré. Revenez en arrière et vérifiez.", en: "What you filled in cannot be saved. Go back and check it." }
        ProblemKind::NotConnected | ProblemKind::CredentialsMissing | ProblemKind::CredentialsConfigured => { nl: "Hiervoor moet de koppeling met Officient werken. Meld aan op het tabblad Koppeling.", fr: "Pour cela, la connexion avec Officient doit fonctionner. Connectez-vous sous l’onglet Connexion.", en: "This needs a working connection with Officient. Sign in on the Connection tab." }
        ProblemKind::OfficientUnavailable | ProblemKind::OptedoUnavailable => { nl: "Officient of Optedo kon niet gevraagd worden. Probeer het later opnieuw.", fr: "Officient ou Optedo n’a pas pu être interrogé. Réessayez plus tard.", en: "Officient or Optedo could not be asked. Try again later." }
        ProblemKind::DatabaseUnavailable => { nl: "De dienst is even niet beschikbaar. Er gaat niets verloren. Probeer het over een minuut opnieuw.", fr: "Le service est momentanément indisponible. Rien n’est perdu. Réessayez dans une minute.", en: "The service is not available for a moment. Nothing is lost. Try again in a minute." }
        ProblemKind::Internal => { nl: "Er ging iets mis binnen de dienst. Blijft het zo, verwittig dan Optedo.", fr: "Une erreur s’est produite dans le service. Si cela persiste, prévenez Optedo.", en: "Something went wrong inside the service. If it stays so, tell Optedo." }
    }
    back_to_page() { nl: "Terug naar de koppeling", fr: "Retour à la connexion", en: "Back to the connection" }
}
