//! The tabs that are lists: people, leave types, history, preview, audit log.

use crate::db::audit_log::Act;
use crate::domain::failure::FailureKind;
use crate::sync::lists::{MappingState, MatchState};

texts! {
    people_heading() { nl: "Personen", fr: "Personnes", en: "People" }
    people_intro() { nl: "Wie in Officient hoort bij welke gebruiker in Optedo. Voornaam en achternaam moeten exact gelijk zijn.", fr: "Qui dans Officient correspond à quel utilisateur d’Optedo. Le prénom et le nom doivent être exactement identiques.", en: "Who in Officient is which user in Optedo. First and last name must be exactly equal." }
    search_name() { nl: "Zoek een naam", fr: "Rechercher un nom", en: "Search a name" }
    filter() { nl: "Filter", fr: "Filtre", en: "Filter" }
    people_found(count: i64) { nl: "1 persoon" | "{count} personen", fr: "{count} personne" | "{count} personnes", en: "1 person" | "{count} people" }
    nobody_found() { nl: "Niemand gevonden.", fr: "Aucune personne trouvée.", en: "Nobody found." }
    person() { nl: "Persoon", fr: "Personne", en: "Person" }
    in_optedo_as() { nl: "Gebruiker in Optedo", fr: "Utilisateur dans Optedo", en: "User in Optedo" }
    last_checked() { nl: "Laatst nagekeken", fr: "Dernière vérification", en: "Last checked" }
    match_state(state: &MatchState) {
        MatchState::Matched => { nl: "gekoppeld", fr: "associé", en: "matched" }
        MatchState::Unmatched => { nl: "geen gebruiker", fr: "aucun utilisateur", en: "no user" }
        MatchState::Ambiguous => { nl: "dubbele naam", fr: "nom en double", en: "name twice" }
        MatchState::Archived => { nl: "gearchiveerd", fr: "archivé", en: "archived" }
        MatchState::Unknown => { nl: "nog niet gelezen", fr: "pas encore lu", en: "not read yet" }
    }
    failing() { nl: "mislukt", fr: "en échec", en: "failed" }
    name_unknown(id: i64) { nl: "Persoon {id}", fr: "Personne {id}", en: "Person {id}" }
    leave_waiting(count: i64) { nl: "1 afwezigheid wacht" | "{count} afwezigheden wachten", fr: "{count} absence en attente" | "{count} absences en attente", en: "1 absence waits" | "{count} absences wait" }
    history_of_person() { nl: "Geschiedenis", fr: "Historique", en: "History" }
    sync_person() { nl: "Nu nakijken", fr: "Vérifier maintenant", en: "Check now" }

    leave_types_heading() { nl: "Verloftypes", fr: "Types de congé", en: "Leave types" }
    leave_types_intro() { nl: "Welk verloftype in Officient welk afwezigheidstype in Optedo is. De omschrijvingen moeten exact gelijk zijn.", fr: "Quel type de congé d’Officient correspond à quel type d’absence d’Optedo. Les descriptions doivent être exactement identiques.", en: "Which leave type in Officient is which absence type in Optedo. The descriptions must be exactly equal." }
    leave_type() { nl: "Verloftype in Officient", fr: "Type de congé dans Officient", en: "Leave type in Officient" }
    looked_for() { nl: "Gezochte omschrijving", fr: "Description recherchée", en: "Description looked for" }
    absence_type() { nl: "Afwezigheidstype in Optedo", fr: "Type d’absence dans Optedo", en: "Absence type in Optedo" }
    mapping_state(state: &MappingState) {
        MappingState::Mapped => { nl: "gekoppeld", fr: "associé", en: "mapped" }
        MappingState::Unmapped => { nl: "niet gevonden", fr: "introuvable", en: "not found" }
        MappingState::Ambiguous => { nl: "meer dan één", fr: "plusieurs", en: "more than one" }
    }
    origin_field() { nl: "ingevuld onder Geavanceerd", fr: "rempli sous Geavanceerd", en: "filled in under Geavanceerd" }
    origin_name() { nl: "de naam van het type", fr: "le nom du type", en: "the type’s name" }
    origin_configuration() { nl: "uit de configuratie van de dienst", fr: "de la configuration du service", en: "from the service’s configuration" }
    no_leave_types() { nl: "Officient heeft geen verloftypes.", fr: "Officient n’a pas de types de congé.", en: "Officient has no leave types." }
    fix_heading() { nl: "Een verloftype koppelen", fr: "Associer un type de congé", en: "Map a leave type" }
    fix_step_1() { nl: "Open Officient en ga naar Instellingen – Verloftypes.", fr: "Ouvrez Officient et allez à Instellingen – Verloftypes.", en: "Open Officient and go to Instellingen – Verloftypes." }
    fix_step_2() { nl: "Klik op het verloftype en kies het tabblad Geavanceerd.", fr: "Cliquez sur le type de congé et choisissez l’onglet Geavanceerd.", en: "Click the leave type and choose the tab Geavanceerd." }
    fix_step_3() { nl: "Vul in het veld van Optedo een van deze omschrijvingen in, letter voor letter:", fr: "Remplissez dans le champ d’Optedo une de ces descriptions, lettre pour lettre :", en: "Fill in one of these descriptions in Optedo’s field, letter for letter:" }
    fix_note() { nl: "Het veld verschijnt pas als de koppeling tot stand is gebracht.", fr: "Le champ n’apparaît qu’une fois la connexion établie.", en: "The field appears only once the connection is made." }
    sick_day() { nl: "Ziektedag (ingebouwd in Officient)", fr: "Jour de maladie (intégré à Officient)", en: "Sick day (built into Officient)" }
    education() { nl: "Opleidingsdag (ingebouwd in Officient)", fr: "Jour de formation (intégré à Officient)", en: "Training day (built into Officient)" }
    origin_own_name() { nl: "de naam die Officient aan de dag geeft", fr: "le nom qu’Officient donne au jour", en: "the name that Officient gives the day" }

    history_heading() { nl: "Geschiedenis", fr: "Historique", en: "History" }
    history_intro() { nl: "Wat wanneer in Optedo is geschreven en waarom, en wat mislukte. Het nieuwste staat bovenaan.", fr: "Ce qui a été écrit dans Optedo, quand et pourquoi, et ce qui a échoué. Le plus récent est en haut.", en: "What was written to Optedo when and why, and what failed. The newest is on top." }
    history_of(name: &str) { nl: "Geschiedenis van {name}", fr: "Historique de {name}", en: "History of {name}" }
    everybodys_history() { nl: "Geschiedenis van iedereen", fr: "Historique de tous", en: "Everybody’s history" }
    no_history() { nl: "Er is nog niets geschreven.", fr: "Rien n’a encore été écrit.", en: "Nothing was written yet." }
    when() { nl: "Wanneer", fr: "Quand", en: "When" }
    what() { nl: "Wat", fr: "Quoi", en: "What" }
    why() { nl: "Aanleiding", fr: "Raison", en: "Why" }
    absence() { nl: "Afwezigheid", fr: "Absence", en: "Absence" }
    history_action(action: &str) {
        "created" => { nl: "geschreven", fr: "écrite", en: "written" }
        "changed" => { nl: "gewijzigd", fr: "modifiée", en: "changed" }
        "deleted" => { nl: "verwijderd", fr: "supprimée", en: "deleted" }
        "taken_over" => { nl: "stond er al, overgenomen", fr: "déjà présente, reprise", en: "was there, taken over" }
        "rejected" => { nl: "geweigerd door Optedo", fr: "refusée par Optedo", en: "refused by Optedo" }
        _ => { nl: "mislukt", fr: "échec", en: "failed" }
    }
    history_reason(reason: &str) {
        "webhook" => { nl: "melding van Officient", fr: "annonce d’Officient", en: "webhook" }
        "import" => { nl: "eerste overname", fr: "première reprise", en: "first import" }
        "sweep" => { nl: "regelmatig nazicht", fr: "vérification périodique", en: "periodic check" }
        _ => { nl: "op vraag", fr: "sur demande", en: "by hand" }
    }

    failure(kind: &FailureKind) {
        FailureKind::OfficientUnavailable => { nl: "Officient antwoordde niet. Er wordt vanzelf opnieuw geprobeerd.", fr: "Officient n’a pas répondu. Une nouvelle tentative suit d’elle-même.", en: "Officient did not answer. It is tried again by itself." }
        FailureKind::OfficientBusy => { nl: "Officient kreeg te veel vragen, ook van andere apps. Er wordt vanzelf opnieuw geprobeerd.", fr: "Officient a reçu trop d’appels, y compris d’autres apps. Une nouvelle tentative suit d’elle-même.", en: "Officient got too many calls, from other apps too. It is tried again by itself." }
        FailureKind::OfficientRefused => { nl: "Officient weigerde een vraag. Kijk de permissies van de app na.", fr: "Officient a refusé un appel. Vérifiez les permissions de l’app.", en: "Officient refused a call. Check the app’s permissions." }
        FailureKind::OfficientUnreadable => { nl: "Officient gaf een antwoord dat niet te begrijpen is. Er wordt vanzelf opnieuw geprobeerd.", fr: "Officient a donné une réponse incompréhensible. Une nouvelle tentative suit d’elle-même.", en: "Officient gave an answer that cannot be understood. It is tried again by itself." }
        FailureKind::SignInNeeded => { nl: "Er moet opnieuw bij Officient aangemeld worden.", fr: "Il faut se reconnecter à Officient.", en: "Somebody must sign in to Officient again." }
        FailureKind::OptedoUnavailable => { nl: "Optedo antwoordde niet. Er wordt vanzelf opnieuw geprobeerd.", fr: "Optedo n’a pas répondu. Une nouvelle tentative suit d’elle-même.", en: "Optedo did not answer. It is tried again by itself." }
        FailureKind::OptedoRefused => { nl: "Optedo weigerde een vraag. Er wordt vanzelf opnieuw geprobeerd; blijft het zo, verwittig dan Optedo.", fr: "Optedo a refusé un appel. Une nouvelle tentative suit d’elle-même ; si cela persiste, prévenez Optedo.", en: "Optedo refused a call. It is tried again by itself; if it stays so, tell Optedo." }
        FailureKind::OptedoUnauthorized => { nl: "Optedo aanvaardt de sleutel van deze dienst niet.", fr: "Optedo n’accepte pas la clé de ce service.", en: "Optedo does not accept this service’s key." }
        FailureKind::Inside => { nl: "Het ging mis binnen de dienst. Er wordt vanzelf opnieuw geprobeerd.", fr: "Une erreur s’est produite dans le service. Une nouvelle tentative suit d’elle-même.", en: "It went wrong inside the service. It is tried again by itself." }
    }

    preview_heading() { nl: "Voorbeeld", fr: "Aperçu", en: "Preview" }
    preview_intro() { nl: "Het voorbeeld toont wat er in Optedo zou veranderen als iedereen nu nagekeken wordt, zonder iets te schrijven. Handig vóór de koppeling start, of nadat namen of types zijn aangepast.", fr: "L’aperçu montre ce qui changerait dans Optedo si tout le monde était vérifié maintenant, sans rien écrire. Utile avant de démarrer, ou après avoir adapté des noms ou des types.", en: "The preview shows what would change in Optedo if everybody were checked now, without writing anything. Useful before starting, or after names or types were changed." }
    make_preview() { nl: "Voorbeeld maken", fr: "Préparer un aperçu", en: "Make a preview" }
    make_preview_again() { nl: "Nieuw voorbeeld maken", fr: "Préparer un nouvel aperçu", en: "Make a new preview" }
    preview_under_way() { nl: "Het voorbeeld wordt gemaakt", fr: "L’aperçu est en préparation", en: "The preview is being made" }
    preview_of(at: &str) { nl: "Stand van {at}.", fr: "Situation du {at}.", en: "As of {at}." }
    preview_list(list: &str) {
        "create" => { nl: "Nieuw", fr: "Nouvelles", en: "New" }
        "change" => { nl: "Gewijzigd", fr: "Modifiées", en: "Changed" }
        "delete" => { nl: "Verwijderd", fr: "Supprimées", en: "Deleted" }
        "take_over" => { nl: "Staat er al, overgenomen", fr: "Déjà présentes, reprises", en: "There already, taken over" }
        "skip" => { nl: "Overgeslagen", fr: "Ignorées", en: "Skipped" }
        _ => { nl: "Niet gelezen", fr: "Non lues", en: "Not read" }
    }
    preview_unchanged() { nl: "Al juist", fr: "Déjà correctes", en: "Right already" }
    preview_nothing() { nl: "Niets.", fr: "Rien.", en: "Nothing." }
    preview_nobody_failed() { nl: "Iedereen kon gelezen worden.", fr: "Tout le monde a pu être lu.", en: "Everybody could be read." }
    preview_failed_text() { nl: "Deze personen konden niet gelezen worden. Maak het voorbeeld later opnieuw.", fr: "Ces personnes n’ont pas pu être lues. Préparez l’aperçu à nouveau plus tard.", en: "These people could not be read. Make the preview again later." }

    log_heading() { nl: "Wie deed wat", fr: "Qui a fait quoi", en: "Who did what" }
    log_intro() { nl: "Aanmeldingen en ingrepen van beheerders, de nieuwste eerst. Herken je iets niet, vervang dan het wachtwoord.", fr: "Connexions et interventions des administrateurs, les plus récentes d’abord. Si vous ne reconnaissez pas quelque chose, remplacez le mot de passe.", en: "Sign-ins and acts of administrators, the newest first. If you do not recognise something, replace the password." }
    no_log() { nl: "Er is nog niets gebeurd.", fr: "Rien ne s’est encore passé.", en: "Nothing has happened yet." }
    who() { nl: "Wie", fr: "Qui", en: "Who" }
    session() { nl: "Sessie", fr: "Session", en: "Session" }
    asked_from() { nl: "Vanaf", fr: "Depuis", en: "From" }
    act(act: &Act) {
        Act::Connected => { nl: "Koppeling gemaakt", fr: "Connexion établie", en: "Connected to Officient" }
        Act::Disconnected => { nl: "Afgemeld bij Officient", fr: "Déconnecté d’Officient", en: "Disconnected from Officient" }
        Act::CredentialsChanged => { nl: "Client ID en Secret gewijzigd", fr: "Client ID et Secret modifiés", en: "Client ID and Secret changed" }
        Act::WebhookTokenRotated => { nl: "Webhookadres vervangen", fr: "Adresse du webhook remplacée", en: "Webhook address replaced" }
        Act::WebhookEventsChanged => { nl: "Namen van de gebeurtenissen gewijzigd", fr: "Noms des événements modifiés", en: "Event names changed" }
        Act::DeletionsConfirmed => { nl: "Verwijderingen bevestigd", fr: "Suppressions confirmées", en: "Deletions confirmed" }
        Act::SignedIn => { nl: "Aangemeld", fr: "Connecté", en: "Signed in" }
        Act::SignInFailed => { nl: "Aanmelden mislukt: fout wachtwoord", fr: "Échec de connexion : mot de passe incorrect", en: "Sign-in failed: wrong password" }
        Act::SignedOut => { nl: "Uitgelogd", fr: "Session quittée", en: "Signed out" }
        Act::PersonForgotten => { nl: "Persoon vergeten", fr: "Personne oubliée", en: "Person forgotten" }
        Act::PersonExported => { nl: "Gegevens van een persoon opgevraagd", fr: "Données d’une personne exportées", en: "A person’s data exported" }
    }
    by_api() { nl: "API", fr: "API", en: "API" }
    by_command() { nl: "Opdracht op de server", fr: "Commande sur le serveur", en: "Command on the server" }
    by_nobody() { nl: "Onbekend", fr: "Inconnu", en: "Unknown" }
}
