//! The audit log.

super::texts! {
    log_heading() { nl: "Wie deed wat", fr: "Qui a fait quoi", en: "Who did what" }
    log_intro() { nl: "Aanmeldingen en ingrepen van beheerders, de nieuwste eerst. Herken je iets niet, vervang dan het wachtwoord.", fr: "Connexions et interventions des administrateurs, les plus récentes d’abord. Si vous ne reconnaissez pas quelque chose, remplacez le mot de passe.", en: "Sign-ins and acts of administrators, the newest first. If you do not recognise something, replace the password." }
    no_log() { nl: "Er is nog niets gebeurd.", fr: "Rien ne s’est encore passé.", en: "Nothing has happened yet." }
    who() { nl: "Wie", fr: "Qui", en: "Who" }
    session() { nl: "Sessie", fr: "Session", en: "Session" }
    asked_from() { nl: "Vanaf", fr: "Depuis", en: "From" }
    act_connected() { nl: "Koppeling gemaakt", fr: "Connexion établie", en: "Connected to Officient" }
    act_disconnected() { nl: "Afgemeld bij Officient", fr: "Déconnecté d’Officient", en: "Disconnected from Officient" }
    act_credentials_changed() { nl: "Client ID en Secret gewijzigd", fr: "Client ID et Secret modifiés", en: "Client ID and Secret changed" }
    act_webhook_token_rotated() { nl: "Webhookadres vervangen", fr: "Adresse du webhook remplacée", en: "Webhook address replaced" }
    act_webhook_events_changed() { nl: "Namen van de gebeurtenissen gewijzigd", fr: "Noms des événements modifiés", en: "Event names changed" }
    act_deletions_confirmed() { nl: "Verwijderingen bevestigd", fr: "Suppressions confirmées", en: "Deletions confirmed" }
    act_signed_in() { nl: "Aangemeld", fr: "Connecté", en: "Signed in" }
    act_sign_in_failed() { nl: "Aanmelden mislukt: fout wachtwoord", fr: "Échec de connexion : mot de passe incorrect", en: "Sign-in failed: wrong password" }
    act_signed_out() { nl: "Uitgelogd", fr: "Session quittée", en: "Signed out" }
    act_person_forgotten() { nl: "Persoon vergeten", fr: "Personne oubliée", en: "Person forgotten" }
    act_person_exported() { nl: "Gegevens van een persoon opgevraagd", fr: "Données d’une personne exportées", en: "A person’s data exported" }
    by_api() { nl: "API", fr: "API", en: "API" }
    by_command() { nl: "Opdracht op de server", fr: "Commande sur le serveur", en: "Command on the server" }
    by_nobody() { nl: "Onbekend", fr: "Inconnu", en: "Unknown" }
}
