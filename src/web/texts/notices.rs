//! The notice at the top of the page: what just happened, and what to do next.

use crate::web::notice::Notice;

texts! {
    notice(notice: &Notice) {
        Notice::Connected => {
            nl: "De koppeling met Officient is gelukt. Alle afwezigheden worden nu een eerste keer overgenomen.",
            fr: "La connexion avec Officient est établie. Toutes les absences sont maintenant reprises une première fois.",
            en: "The connection with Officient works. All absences are now taken over a first time.",
        }
        Notice::ConnectedPaused => {
            nl: "De koppeling met Officient is gelukt. Er wordt nog niets in Optedo geschreven: eerst wordt een voorbeeld gemaakt.",
            fr: "La connexion avec Officient est établie. Rien n’est encore écrit dans Optedo : un aperçu est d’abord préparé.",
            en: "The connection with Officient works. Nothing is written to Optedo yet: a preview is made first.",
        }
        Notice::Disconnected => {
            nl: "Je bent afgemeld bij Officient. De afwezigheden die al in Optedo staan, blijven staan; Client ID en Secret zijn bewaard.",
            fr: "Vous êtes déconnecté d’Officient. Les absences déjà présentes dans Optedo y restent ; le Client ID et le Secret sont conservés.",
            en: "You are disconnected from Officient. The absences that are in Optedo stay there; Client ID and Secret are kept.",
        }
        Notice::Denied => {
            nl: "Je hebt in Officient geen toegang gegeven, dus er is niets gekoppeld. Klik opnieuw op ‘Aanmelden bij Officient’ en kies dan ‘Geef toegang’.",
            fr: "Vous n’avez pas donné l’accès dans Officient : rien n’est connecté. Cliquez à nouveau sur « Se connecter à Officient » et donnez l’accès.",
            en: "You did not grant access in Officient, so nothing is connected. Click ‘Sign in to Officient’ again and grant access.",
        }
        Notice::StateWrong => {
            nl: "Deze aanmelding is verlopen, al gebruikt, of in een andere browser begonnen. Er is niets gekoppeld. Klik opnieuw op ‘Aanmelden bij Officient’ en rond binnen tien minuten af.",
            fr: "Cette connexion a expiré, a déjà servi ou a commencé dans un autre navigateur. Rien n’est connecté. Cliquez à nouveau sur « Se connecter à Officient » et terminez dans les dix minutes.",
            en: "This sign-in has expired, was used already, or began in another browser. Nothing is connected. Click ‘Sign in to Officient’ again and finish within ten minutes.",
        }
        Notice::CodeRefused => {
            nl: "Officient aanvaardde de aanmelding niet. Er is niets gekoppeld. Kijk na of Client ID, Secret en Redirect URL dezelfde zijn als in de app bij Officient, en meld opnieuw aan.",
            fr: "Officient n’a pas accepté la connexion. Rien n’est connecté. Vérifiez que le Client ID, le Secret et la Redirect URL sont les mêmes que dans l’app chez Officient, et connectez-vous à nouveau.",
            en: "Officient did not accept the sign-in. Nothing is connected. Check that Client ID, Secret and Redirect URL are the same as in the app at Officient, and sign in again.",
        }
        Notice::Unreachable => {
            nl: "Officient was niet bereikbaar. Er is niets gekoppeld. Wacht enkele minuten en meld dan opnieuw aan.",
            fr: "Officient était injoignable. Rien n’est connecté. Patientez quelques minutes, puis connectez-vous à nouveau.",
            en: "Officient could not be reached. Nothing is connected. Wait a few minutes, then sign in again.",
        }
        Notice::Unreadable => {
            nl: "Officient gaf een antwoord dat niet te begrijpen is. Er is niets gekoppeld. Probeer het later opnieuw; blijft het zo, verwittig dan Optedo.",
            fr: "Officient a donné une réponse incompréhensible. Rien n’est connecté. Réessayez plus tard ; si cela persiste, prévenez Optedo.",
            en: "Officient gave an answer that cannot be understood. Nothing is connected. Try again later; if it stays so, tell Optedo.",
        }
        Notice::PermissionMissing => {
            nl: "De app mag de gegevens van het bedrijf niet lezen. Er is niets gekoppeld. Vink in Officient bij de app de permissies aan (lezen: basic, personal info, webhooks, calendar; schrijven: webhooks) en meld opnieuw aan.",
            fr: "L’app ne peut pas lire les données de l’entreprise. Rien n’est connecté. Cochez dans Officient les permissions de l’app (lecture : basic, personal info, webhooks, calendar ; écriture : webhooks) et connectez-vous à nouveau.",
            en: "The app may not read the company’s data. Nothing is connected. Tick the app’s permissions in Officient (read: basic, personal info, webhooks, calendar; write: webhooks) and sign in again.",
        }
        Notice::CredentialsMissing => { nl: "Vul eerst Client ID en Secret in en bewaar ze.", fr: "Remplissez d’abord le Client ID et le Secret et enregistrez-les.", en: "Fill in Client ID and Secret first and save them." }
        Notice::Unavailable => { nl: "De dienst is even niet beschikbaar. Er gaat niets verloren. Probeer het over een minuut opnieuw.", fr: "Le service est momentanément indisponible. Rien n’est perdu. Réessayez dans une minute.", en: "The service is not available for a moment. Nothing is lost. Try again in a minute." }
        Notice::Failed => { nl: "Er ging iets mis binnen de dienst. Blijft het zo, verwittig dan Optedo.", fr: "Une erreur s’est produite dans le service. Si cela persiste, prévenez Optedo.", en: "Something went wrong inside the service. If it stays so, tell Optedo." }
        Notice::CredentialsSaved => { nl: "Client ID en Secret zijn bewaard. Klik nu op ‘Aanmelden bij Officient’.", fr: "Le Client ID et le Secret sont enregistrés. Cliquez maintenant sur « Se connecter à Officient ».", en: "Client ID and Secret are saved. Now click ‘Sign in to Officient’." }
        Notice::CredentialsIncomplete => { nl: "Vul zowel Client ID als Secret in.", fr: "Remplissez le Client ID et le Secret.", en: "Fill in both Client ID and Secret." }
        Notice::WrongPassword => { nl: "Dat wachtwoord klopt niet.", fr: "Ce mot de passe est incorrect.", en: "That password is wrong." }
        Notice::TooManyAttempts => { nl: "Te veel foute wachtwoorden. Wacht een minuut en probeer dan opnieuw.", fr: "Trop de mots de passe incorrects. Patientez une minute, puis réessayez.", en: "Too many wrong passwords. Wait a minute, then try again." }
        Notice::SyncStarted => { nl: "Iedereen wordt nu nagekeken.", fr: "Tout le monde est maintenant vérifié.", en: "Everybody is being checked now." }
        Notice::PersonAsked => { nl: "Deze persoon wordt nu nagekeken.", fr: "Cette personne est maintenant vérifiée.", en: "This person is being checked now." }
        Notice::Paused => { nl: "Er wordt nog niets nagekeken of geschreven. Bekijk eerst het voorbeeld en klik dan op ‘Koppeling starten’.", fr: "Rien n’est encore vérifié ni écrit. Consultez d’abord l’aperçu, puis cliquez sur « Démarrer la synchronisation ».", en: "Nothing is checked or written yet. Look at the preview first, then click ‘Start writing’." }
        Notice::Retrying => { nl: "Er wordt opnieuw geprobeerd. Is de oorzaak weg, dan verdwijnt het punt vanzelf.", fr: "Une nouvelle tentative est en cours. Si la cause a disparu, le point disparaît de lui-même.", en: "It is being tried again. If the cause is gone, the item disappears by itself." }
        Notice::DeletionsConfirmed => { nl: "Bevestigd: deze afwezigheden worden uit Optedo verwijderd.", fr: "Confirmé : ces absences sont supprimées d’Optedo.", en: "Confirmed: these absences are deleted from Optedo." }
        Notice::Ignored => { nl: "Dit punt wordt genegeerd. Je vindt het terug onder ‘Genegeerd’.", fr: "Ce point est ignoré. Vous le retrouvez sous « Ignorés ».", en: "This item is ignored. You find it again under ‘Ignored’." }
        Notice::Followed => { nl: "Dit punt wordt weer opgevolgd.", fr: "Ce point est à nouveau suivi.", en: "This item is followed again." }
        Notice::EventsSaved => { nl: "De namen van de gebeurtenissen zijn bewaard.", fr: "Les noms des événements sont enregistrés.", en: "The event names are saved." }
        Notice::EventsInvalid => { nl: "Die namen kunnen niet bewaard worden: elke regel is één naam van hoogstens 200 tekens.", fr: "Ces noms ne peuvent pas être enregistrés : chaque ligne est un nom de 200 caractères au plus.", en: "Those names cannot be saved: each line is one name of at most 200 characters." }
        Notice::WebhookTokenRotated => { nl: "Het webhookadres is vervangen; het oude werkt niet meer. Had je het met de hand in Officient ingevuld, vul daar dan het nieuwe in.", fr: "L’adresse du webhook est remplacée ; l’ancienne ne fonctionne plus. Si vous l’aviez saisie à la main dans Officient, saisissez-y la nouvelle.", en: "The webhook address was replaced; the old one no longer works. If you filled it in by hand in Officient, fill in the new one there." }
        Notice::WebhookTokenRotating => { nl: "Er is een nieuw webhookadres, maar Officient kon het nog niet krijgen. Het oude werkt zolang nog; er wordt vanzelf opnieuw geprobeerd.", fr: "Il y a une nouvelle adresse de webhook, mais Officient n’a pas encore pu la recevoir. L’ancienne fonctionne en attendant ; une nouvelle tentative suit automatiquement.", en: "There is a new webhook address, but Officient could not be told yet. The old one works until then; it is tried again by itself." }
        Notice::PreviewAsked => { nl: "Het voorbeeld wordt gemaakt.", fr: "L’aperçu est en préparation.", en: "The preview is being made." }
    }
}
