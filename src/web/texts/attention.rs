//! Attention items: why something is not in Optedo, and what to do about it.

use crate::db::attention::ItemState;
use crate::domain::attention::{AttentionKind, Difference, EventFault};

texts! {
    attention_heading() { nl: "Vraagt aandacht", fr: "À traiter", en: "Needs attention" }
    attention_intro() { nl: "Wat hier staat, is niet of niet helemaal in Optedo gekomen. Een punt verdwijnt vanzelf zodra de oorzaak weg is.", fr: "Ce qui figure ici n’est pas, ou pas entièrement, arrivé dans Optedo. Un point disparaît de lui-même dès que sa cause a disparu.", en: "What is listed here did not, or not entirely, get into Optedo. An item disappears by itself as soon as its cause is gone." }
    nothing_open() { nl: "Niets. Alles wat in Optedo hoort te staan, staat er.", fr: "Rien. Tout ce qui doit figurer dans Optedo y figure.", en: "Nothing. All that should be in Optedo is there." }
    nothing_open_yet() { nl: "Nog niets, maar niet iedereen is al nagekeken.", fr: "Rien pour l’instant, mais tout le monde n’a pas encore été vérifié.", en: "Nothing yet, but not everybody was checked." }
    nothing_ignored() { nl: "Er wordt niets genegeerd.", fr: "Rien n’est ignoré.", en: "Nothing is ignored." }
    nothing_resolved() { nl: "Er is nog niets opgelost.", fr: "Rien n’a encore été résolu.", en: "Nothing was resolved yet." }
    item_state(state: &ItemState) {
        ItemState::Open => { nl: "Open", fr: "Ouverts", en: "Open" }
        ItemState::Ignored => { nl: "Genegeerd", fr: "Ignorés", en: "Ignored" }
        ItemState::Resolved => { nl: "Opgelost", fr: "Résolus", en: "Resolved" }
    }
    all_items(count: i64) { nl: "Toon het open punt" | "Toon alle {count} open punten", fr: "Afficher le point ouvert" | "Afficher les {count} points ouverts", en: "Show the open item" | "Show all {count} open items" }
    items_waiting(count: i64) { nl: "Hierop wacht 1 afwezigheid." | "Hierop wachten {count} afwezigheden.", fr: "{count} absence attend cette solution." | "{count} absences attendent cette solution.", en: "1 absence waits for this." | "{count} absences wait for this." }
    since() { nl: "Sinds", fr: "Depuis", en: "Since" }
    resolved_at() { nl: "Opgelost op", fr: "Résolu le", en: "Resolved at" }
    retry() { nl: "Opnieuw proberen", fr: "Réessayer", en: "Try again" }
    confirm_deletions() { nl: "Verwijderen bevestigen", fr: "Confirmer la suppression", en: "Confirm the deletions" }
    ignore() { nl: "Negeren", fr: "Ignorer", en: "Ignore" }
    follow_again() { nl: "Weer opvolgen", fr: "Suivre à nouveau", en: "Follow again" }
    what_to_do() { nl: "Wat te doen:", fr: "Que faire :", en: "What to do:" }
    this_item(subject: &str) { nl: "voor {subject}", fr: "pour {subject}", en: "for {subject}" }

    attention_kind(kind: &AttentionKind) {
        AttentionKind::UnmatchedPerson | AttentionKind::AmbiguousPerson => { nl: "Persoon", fr: "Personne", en: "Person" }
        AttentionKind::UnmappedLeaveType | AttentionKind::AmbiguousLeaveType => { nl: "Verloftype", fr: "Type de congé", en: "Leave type" }
        AttentionKind::InvalidEvent | AttentionKind::RejectedByOptedo | AttentionKind::DeletionsHeld => { nl: "Afwezigheid", fr: "Absence", en: "Absence" }
        AttentionKind::WebhookRefused | AttentionKind::WebhooksSilent | AttentionKind::ReauthorizationRequired | AttentionKind::OptedoUnauthorized => { nl: "Koppeling", fr: "Connexion", en: "Connection" }
    }

    attention_title(kind: &AttentionKind) {
        AttentionKind::DeletionsHeld => { nl: "Veel verwijderingen tegelijk", fr: "Beaucoup de suppressions à la fois", en: "Many deletions at once" }
        AttentionKind::WebhooksSilent => { nl: "Meldingen van Officient blijven uit", fr: "Les annonces d’Officient n’arrivent pas", en: "Webhooks from Officient do not arrive" }
        AttentionKind::ReauthorizationRequired => { nl: "Aanmelding bij Officient verlopen", fr: "Connexion à Officient expirée", en: "Sign-in to Officient expired" }
        AttentionKind::OptedoUnauthorized => { nl: "Optedo weigert deze dienst", fr: "Optedo refuse ce service", en: "Optedo refuses this service" }
        // These have a subject, whose name is the title.
        AttentionKind::UnmatchedPerson
        | AttentionKind::AmbiguousPerson
        | AttentionKind::UnmappedLeaveType
        | AttentionKind::AmbiguousLeaveType
        | AttentionKind::InvalidEvent
        | AttentionKind::RejectedByOptedo
        | AttentionKind::WebhookRefused => { nl: "Officient", fr: "Officient", en: "Officient" }
    }

    cause_no_such_user() { nl: "Geen actieve gebruiker in Optedo heeft exact deze voornaam en achternaam.", fr: "Aucun utilisateur actif d’Optedo n’a exactement ce prénom et ce nom.", en: "No active user in Optedo has exactly this first and last name." }
    cause_archived() { nl: "Deze persoon is in Officient gearchiveerd of verwijderd. De afwezigheden in Optedo blijven zoals ze zijn.", fr: "Cette personne est archivée ou supprimée dans Officient. Les absences dans Optedo restent telles quelles.", en: "This person is archived or deleted in Officient. The absences in Optedo stay as they are." }
    cause_several_users(count: usize) { nl: "In Optedo heten {count} actieve gebruikers exact zo. De afwezigheden worden bij niemand gezet.", fr: "Dans Optedo, {count} utilisateurs actifs portent exactement ce nom. Les absences ne sont attribuées à personne.", en: "In Optedo {count} active users are called exactly so. The absences are written to nobody." }
    cause_several_people(count: usize) { nl: "In Officient heten {count} personen exact zo. De afwezigheden worden bij niemand gezet.", fr: "Dans Officient, {count} personnes portent exactement ce nom. Les absences ne sont attribuées à personne.", en: "In Officient {count} people are called exactly so. The absences are written to nobody." }
    cause_no_such_type() { nl: "Geen afwezigheidstype in Optedo heeft exact deze omschrijving.", fr: "Aucun type d’absence d’Optedo n’a exactement cette description.", en: "No absence type in Optedo has exactly this description." }
    cause_several_types(count: usize) { nl: "In Optedo hebben {count} afwezigheidstypes exact deze omschrijving.", fr: "Dans Optedo, {count} types d’absence ont exactement cette description.", en: "In Optedo {count} absence types have exactly this description." }
    cause_rejected(message: &str) { nl: "Optedo aanvaardt een afwezigheid van deze persoon niet: {message}", fr: "Optedo n’accepte pas une absence de cette personne : {message}", en: "Optedo does not accept an absence of this person: {message}" }
    cause_deletions_held(count: i64) { nl: "1 afwezigheid zou uit Optedo verdwijnen, omdat ze niet meer in Officient staat." | "{count} afwezigheden zouden uit Optedo verdwijnen, omdat ze niet meer in Officient staan. Dat is meer dan gewoonlijk tegelijk.", fr: "{count} absence disparaîtrait d’Optedo, car elle n’est plus dans Officient." | "{count} absences disparaîtraient d’Optedo, car elles ne sont plus dans Officient. C’est plus que d’habitude à la fois.", en: "1 absence would be deleted from Optedo, because it is no longer in Officient." | "{count} absences would be deleted from Optedo, because they are no longer in Officient. That is more than usual at once." }
    cause_webhook_refused() { nl: "Officient kent deze gebeurtenis niet. Wijzigingen die ze zou melden, komen pas binnen wanneer iedereen wordt nagekeken.", fr: "Officient ne connaît pas cet événement. Les changements qu’il annoncerait n’arrivent qu’à la vérification complète.", en: "Officient does not know this event. Changes that it would announce arrive only when everybody is checked." }
    cause_webhooks_silent() { nl: "Bij het nakijken was verlof veranderd zonder dat Officient het gemeld had. Wijzigingen komen nu te laat in Optedo.", fr: "Lors de la vérification, des congés avaient changé sans qu’Officient l’ait annoncé. Les changements arrivent maintenant trop tard dans Optedo.", en: "On checking, leave had changed without Officient having announced it. Changes now arrive late in Optedo." }
    cause_optedo_unauthorized() { nl: "Optedo aanvaardt de sleutel van deze dienst niet. Alles wacht intussen; er gaat niets verloren.", fr: "Optedo n’accepte pas la clé de ce service. Tout attend entre-temps ; rien n’est perdu.", en: "Optedo does not accept this service’s key. Everything waits meanwhile; nothing is lost." }
    event_fault(fault: &EventFault) {
        EventFault::Date => { nl: "Een afwezigheid in Officient heeft geen datum die we begrijpen, of staat onder een andere dag.", fr: "Une absence dans Officient n’a pas de date compréhensible, ou figure sous un autre jour.", en: "An absence in Officient has no date that we understand, or is listed under another day." }
        EventFault::Type => { nl: "Een afwezigheid in Officient heeft bij ‘type’ een waarde die we niet begrijpen.", fr: "Une absence dans Officient a pour « type » une valeur que nous ne comprenons pas.", en: "An absence in Officient has a “type” that we do not understand." }
        EventFault::Status => { nl: "Een afwezigheid in Officient heeft bij ‘status’ een waarde die we niet begrijpen.", fr: "Une absence dans Officient a pour « status » une valeur que nous ne comprenons pas.", en: "An absence in Officient has a “status” that we do not understand." }
        EventFault::Duration => { nl: "Een afwezigheid in Officient heeft geen duur, of een die langer is dan een dag.", fr: "Une absence dans Officient n’a pas de durée, ou une durée de plus d’un jour.", en: "An absence in Officient has no duration, or one of more than a day." }
        EventFault::Start => { nl: "Een afwezigheid in Officient heeft een begin dat niet op die dag kan vallen.", fr: "Une absence dans Officient a un début qui ne peut pas être ce jour-là.", en: "An absence in Officient has a start that cannot be on that day." }
        EventFault::Scheduled => { nl: "Een afwezigheid in Officient staat op een dag waarvan we de geplande werktijd niet begrijpen.", fr: "Une absence dans Officient est un jour dont nous ne comprenons pas le temps de travail prévu.", en: "An absence in Officient is on a day whose scheduled working time we do not understand." }
        EventFault::Working => { nl: "Een afwezigheid in Officient zegt niet op een begrijpelijke manier of er gewerkt wordt (‘working’).", fr: "Une absence dans Officient n’indique pas de façon compréhensible s’il s’agit de travail (« working »).", en: "An absence in Officient does not say in a way that we understand whether the time is worked (“working”)." }
        EventFault::Name => { nl: "Een afwezigheid in Officient heeft een naam die we niet begrijpen.", fr: "Une absence dans Officient a un nom que nous ne comprenons pas.", en: "An absence in Officient has a name that we do not understand." }
        EventFault::LeaveType => { nl: "Een afwezigheid in Officient heeft een verloftype waarvan we het veld voor Optedo niet begrijpen.", fr: "Une absence dans Officient a un type de congé dont nous ne comprenons pas le champ pour Optedo.", en: "An absence in Officient has a leave type whose field for Optedo we do not understand." }
        EventFault::ListedTwice => { nl: "Een afwezigheid in Officient staat er twee keer, met een verschillende inhoud.", fr: "Une absence dans Officient y figure deux fois, avec un contenu différent.", en: "An absence in Officient is listed twice, with different content." }
        EventFault::Entry => { nl: "Een afwezigheid in Officient heeft geen nummer dat we begrijpen. Tot dan wordt van deze persoon niets verwijderd.", fr: "Une absence dans Officient n’a pas de numéro compréhensible. Entre-temps, rien n’est supprimé pour cette personne.", en: "An absence in Officient has no id that we understand. Until then, nothing of this person is deleted." }
    }
    on_day(day: &str) { nl: "Dag: {day}.", fr: "Jour : {day}.", en: "Day: {day}." }

    remedy(kind: &AttentionKind) {
        AttentionKind::UnmatchedPerson => { nl: "Maak voornaam en achternaam in Officient en Optedo exact gelijk, hoofdletters inbegrepen.", fr: "Rendez le prénom et le nom exactement identiques dans Officient et Optedo, majuscules comprises.", en: "Make first and last name exactly equal in Officient and Optedo, capitals included." }
        AttentionKind::AmbiguousPerson => { nl: "Geef elk een eigen naam, in Officient en Optedo gelijk, bijvoorbeeld met een tweede voornaam.", fr: "Donnez à chacun un nom propre, identique dans Officient et Optedo, par exemple avec un deuxième prénom.", en: "Give each a name of their own, the same in Officient and Optedo, for instance with a second first name." }
        AttentionKind::UnmappedLeaveType => { nl: "Open in Officient Instellingen – Verloftypes, kies dit verloftype en vul in het tabblad Geavanceerd de omschrijving uit Optedo in. Moet dit type niet in Optedo staan, negeer het dan.", fr: "Ouvrez dans Officient Instellingen – Verloftypes, choisissez ce type de congé et remplissez sous l’onglet Geavanceerd la description d’Optedo. Si ce type n’a pas à figurer dans Optedo, ignorez-le.", en: "In Officient open Instellingen – Verloftypes, choose this leave type and fill in the description from Optedo on the tab Geavanceerd. If this type need not be in Optedo, ignore it." }
        AttentionKind::AmbiguousLeaveType => { nl: "Geef elk afwezigheidstype in Optedo een eigen omschrijving.", fr: "Donnez à chaque type d’absence d’Optedo une description propre.", en: "Give each absence type in Optedo a description of its own." }
        AttentionKind::InvalidEvent => { nl: "Open de kalender van deze persoon in Officient, verwijder de afwezigheid en voeg ze opnieuw toe.", fr: "Ouvrez le calendrier de cette personne dans Officient, supprimez l’absence et ajoutez-la à nouveau.", en: "Open this person’s calendar in Officient, delete the absence and add it again." }
        AttentionKind::RejectedByOptedo => { nl: "Neem de oorzaak weg in Optedo, bijvoorbeeld een afwezigheid die ermee overlapt, en probeer opnieuw.", fr: "Supprimez la cause dans Optedo, par exemple une absence qui se chevauche, et réessayez.", en: "Remove the cause in Optedo, for instance an absence that overlaps, and try again." }
        AttentionKind::DeletionsHeld => { nl: "Klopt het, bevestig dan. Klopt het niet, bevestig dan niet: tot dan blijven ze in Optedo. Duiken dezelfde afwezigheden weer op in Officient, dan verdwijnt dit punt vanzelf.", fr: "Si c’est correct, confirmez. Sinon, ne confirmez pas : d’ici là, elles restent dans Optedo. Si ces mêmes absences réapparaissent dans Officient, ce point disparaît de lui-même.", en: "If that is right, confirm it. If not, do not: until then they stay in Optedo. If the same absences come back in Officient, this item disappears by itself." }
        AttentionKind::WebhookRefused => { nl: "Vraag Officient naar de juiste naam en vul ze in onder Koppeling – Meldingen, of haal de naam daar weg.", fr: "Demandez à Officient le nom correct et remplissez-le sous Connexion – Annonces, ou retirez-y ce nom.", en: "Ask Officient for the right name and fill it in under Connection – Webhooks, or take the name away there." }
        AttentionKind::WebhooksSilent => { nl: "Kijk onder Koppeling – Meldingen de namen van de gebeurtenissen na, of stel het webhookadres met de hand in bij Officient.", fr: "Vérifiez sous Connexion – Annonces les noms des événements, ou configurez l’adresse du webhook à la main chez Officient.", en: "Check the event names under Connection – Webhooks, or set up the webhook address by hand at Officient." }
        AttentionKind::ReauthorizationRequired => { nl: "Klik op het tabblad Koppeling op ‘Aanmelden bij Officient’. Er gaat intussen niets verloren.", fr: "Cliquez sous l’onglet Connexion sur « Se connecter à Officient ». Rien n’est perdu entre-temps.", en: "Click ‘Sign in to Officient’ on the Connection tab. Nothing is lost meanwhile." }
        AttentionKind::OptedoUnauthorized => { nl: "Verwittig Optedo: de sleutel (optedo.api_token) moet vernieuwd worden.", fr: "Prévenez Optedo : la clé (optedo.api_token) doit être renouvelée.", en: "Tell Optedo: the key (optedo.api_token) must be renewed." }
    }
    remedy_inactive() { nl: "Maak de gebruiker in Optedo actief, of negeer dit punt als deze persoon niet gepland wordt.", fr: "Activez l’utilisateur dans Optedo, ou ignorez ce point si cette personne n’est pas planifiée.", en: "Make the user active in Optedo, or ignore this item if this person is not planned." }
    remedy_archived() { nl: "Kijk de afwezigheden in Optedo na, en negeer daarna dit punt.", fr: "Vérifiez les absences dans Optedo, puis ignorez ce point.", en: "Check the absences in Optedo, then ignore this item." }
    remedy_built_in_type() { nl: "Dit type is ingebouwd in Officient en heeft daar geen veld voor Optedo. Geef een afwezigheidstype in Optedo exact deze omschrijving, of vraag Optedo om er een in te stellen. Moet dit type niet in Optedo staan, negeer het dan.", fr: "Ce type est intégré à Officient et n’y a pas de champ pour Optedo. Donnez à un type d’absence d’Optedo exactement cette description, ou demandez à Optedo d’en configurer une. Si ce type n’a pas à figurer dans Optedo, ignorez-le.", en: "This type is built into Officient and has no field for Optedo there. Give an absence type in Optedo exactly this description, or ask Optedo to configure one. If this type need not be in Optedo, ignore it." }

    difference_first_letter(ours: char, theirs: char) { nl: "De eerste letter verschilt: ‘{ours}’ in Officient, ‘{theirs}’ in Optedo.", fr: "La première lettre diffère : « {ours} » dans Officient, « {theirs} » dans Optedo.", en: "The first letter differs: ‘{ours}’ in Officient, ‘{theirs}’ in Optedo." }
    difference(difference: &Difference) {
        Difference::Case => { nl: "Hoofdletters en kleine letters verschillen.", fr: "Les majuscules et minuscules diffèrent.", en: "Upper and lower case differ." }
        Difference::Spaces => { nl: "De spaties verschillen: er staat er een te veel of te weinig, of vooraan of achteraan.", fr: "Les espaces diffèrent : il y en a un de trop ou de trop peu, ou au début ou à la fin.", en: "The spaces differ: there is one too many or too few, or one before or after." }
        Difference::Accents => { nl: "De accenten verschillen.", fr: "Les accents diffèrent.", en: "The accents differ." }
        Difference::UnicodeForm => { nl: "Het ziet er gelijk uit, maar is met andere tekens gevormd (Unicode): een letter met accent als één teken of als twee. Typ de naam op één plaats opnieuw.", fr: "L’apparence est identique, mais les caractères diffèrent (Unicode) : une lettre accentuée en un caractère ou en deux. Retapez le nom à un endroit.", en: "It looks the same but is made of other characters (Unicode): a letter with its accent as one character or as two. Type the name again in one place." }
        Difference::Swapped => { nl: "Voornaam en achternaam zijn omgewisseld.", fr: "Le prénom et le nom sont inversés.", en: "First and last name are swapped." }
        Difference::Several => { nl: "Hoofdletters, spaties, accenten of leestekens verschillen.", fr: "Des majuscules, espaces, accents ou signes diffèrent.", en: "Capitals, spaces, accents or punctuation differ." }
        Difference::Inactive => { nl: "De gebruiker met deze naam bestaat in Optedo, maar is niet actief.", fr: "L’utilisateur de ce nom existe dans Optedo, mais n’est pas actif.", en: "The user with this name exists in Optedo but is not active." }
        Difference::Insertion => { nl: "Het tussenvoegsel staat in Officient in een apart veld, en in Optedo in de achternaam.", fr: "La particule figure dans Officient dans un champ à part, et dans Optedo dans le nom.", en: "The insertion is in a field of its own in Officient, and in the last name in Optedo." }
    }
    difference_insertion(insertion: &str) { nl: "In Officient staat ‘{insertion}’ als tussenvoegsel, in Optedo in de achternaam.", fr: "Dans Officient, « {insertion} » est une particule à part ; dans Optedo, elle fait partie du nom.", en: "In Officient, ‘{insertion}’ is an insertion of its own; in Optedo it is part of the last name." }
    difference_parts() { nl: "Samen is de naam gelijk, maar voornaam en achternaam zijn anders verdeeld.", fr: "Le nom complet est identique, mais le prénom et le nom sont répartis autrement.", en: "The whole name is the same, but first and last name are divided differently." }
}
