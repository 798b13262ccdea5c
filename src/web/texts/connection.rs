//! The tab of the connection: setting up, the state at a glance, webhooks.

texts! {
    setup_heading() { nl: "De koppeling maken", fr: "Établir la connexion", en: "Make the connection" }
    setup_intro() {
        nl: "Met de koppeling komen afwezigheden uit Officient meteen in Optedo te staan. Er gaat nooit iets terug: wijzigingen in Optedo hebben geen weerslag in Officient.",
        fr: "Avec la connexion, les absences d’Officient apparaissent aussitôt dans Optedo. Rien ne repart dans l’autre sens : les modifications dans Optedo n’ont aucun effet dans Officient.",
        en: "With the connection, absences from Officient stand in Optedo at once. Nothing ever goes back: changes in Optedo have no effect in Officient.",
    }
    choose_heading() { nl: "Kies je HR-pakket", fr: "Choisissez votre logiciel RH", en: "Choose your HR software" }
    register_heading() { nl: "Registreer een app in Officient", fr: "Enregistrez une app dans Officient", en: "Register an app in Officient" }
    open_developer_page() { nl: "Open de ontwikkelaarspagina van Officient", fr: "Ouvrez la page développeur d’Officient", en: "Open Officient’s developer page" }
    new_window() { nl: "nieuw venster", fr: "nouvelle fenêtre", en: "new window" }
    register_text() { nl: "en registreer een nieuwe app met deze gegevens:", fr: "et enregistrez une nouvelle app avec ces données :", en: "and register a new app with these details:" }
    app_name() { nl: "Naam", fr: "Nom", en: "Name" }
    redirect_url() { nl: "Redirect URL", fr: "Redirect URL", en: "Redirect URL" }
    permissions() { nl: "Permissies", fr: "Permissions", en: "Permissions" }
    read_access() { nl: "read access:", fr: "read access :", en: "read access:" }
    write_access() { nl: "write access:", fr: "write access :", en: "write access:" }
    no_other_permission() { nl: "Meer is niet nodig.", fr: "Rien d’autre n’est nécessaire.", en: "Nothing else is needed." }
    credentials_heading() { nl: "Vul Client ID en Secret in", fr: "Remplissez le Client ID et le Secret", en: "Fill in Client ID and Secret" }
    credentials_text() { nl: "Officient toont ze zodra de app gemaakt is.", fr: "Officient les affiche dès que l’app est créée.", en: "Officient shows them as soon as the app is made." }
    replace_credentials() { nl: "Client ID en Secret vervangen", fr: "Remplacer le Client ID et le Secret", en: "Replace Client ID and Secret" }
    secret_kept() { nl: "Het Secret is bewaard en wordt niet meer getoond. Vul het enkel in om het te vervangen.", fr: "Le Secret est enregistré et ne sera plus affiché. Ne le remplissez que pour le remplacer.", en: "The Secret is kept and never shown again. Fill it in only to replace it." }
    credentials_fixed() { nl: "Client ID en Secret liggen vast in de configuratie van de dienst.", fr: "Le Client ID et le Secret sont fixés dans la configuration du service.", en: "Client ID and Secret are fixed in the service’s configuration." }
    login_heading() { nl: "Meld aan en geef toegang", fr: "Connectez-vous et donnez l’accès", en: "Sign in and grant access" }
    login_text() { nl: "Je komt op de aanmeldpagina van Officient. Meld je daar aan en klik op ‘Geef toegang’; daarna kom je hier terug.", fr: "Vous arrivez sur la page de connexion d’Officient. Connectez-vous-y et donnez l’accès (« Geef toegang ») ; vous reviendrez ensuite ici.", en: "You come to Officient’s sign-in page. Sign in there and grant access (‘Geef toegang’); then you come back here." }
    login_after_credentials() { nl: "De knop verschijnt zodra Client ID en Secret bewaard zijn.", fr: "Le bouton apparaît dès que le Client ID et le Secret sont enregistrés.", en: "The button appears as soon as Client ID and Secret are saved." }
    login_button() { nl: "Aanmelden bij Officient", fr: "Se connecter à Officient", en: "Sign in to Officient" }
    preview_first() { nl: "Eerst een voorbeeld tonen; nog niets in Optedo schrijven", fr: "Montrer d’abord un aperçu ; ne rien écrire encore dans Optedo", en: "Show a preview first; write nothing to Optedo yet" }
    names_heading() { nl: "Maak namen en types gelijk", fr: "Rendez les noms et les types identiques", en: "Make names and types equal" }
    names_text() {
        nl: "Voornaam en achternaam moeten in Officient en Optedo exact gelijk zijn, hoofdletters inbegrepen. Een verloftype krijgt in Officient, onder Verloftypes – Geavanceerd, de omschrijving van het afwezigheidstype in Optedo; dat veld verschijnt pas als de koppeling er is. Wat nog niet klopt, staat daarna onder ‘Vraagt aandacht’.",
        fr: "Le prénom et le nom doivent être exactement identiques dans Officient et Optedo, majuscules comprises. Un type de congé reçoit dans Officient, sous Verloftypes – Geavanceerd, la description du type d’absence d’Optedo ; ce champ n’apparaît qu’une fois la connexion établie. Ce qui ne correspond pas encore se trouve ensuite sous « À traiter ».",
        en: "First and last name must be exactly equal in Officient and Optedo, capitals included. A leave type gets, in Officient under Verloftypes – Geavanceerd, the description of the absence type in Optedo; that field appears only once the connection is there. What is not right yet is then under ‘Needs attention’.",
    }

    connection_heading() { nl: "Koppeling", fr: "Connexion", en: "Connection" }
    connected() { nl: "Gekoppeld", fr: "Connecté", en: "Connected" }
    paused() { nl: "Gekoppeld, maar er wordt nog niets geschreven", fr: "Connecté, mais rien n’est encore écrit", en: "Connected, but nothing is written yet" }
    disconnected() { nl: "Niet gekoppeld", fr: "Non connecté", en: "Not connected" }
    reauthorization_required() { nl: "Opnieuw aanmelden nodig", fr: "Nouvelle connexion nécessaire", en: "Sign in again" }
    reauthorization_text() { nl: "Officient aanvaardt de koppeling niet meer. Meld opnieuw aan; wat intussen binnenkomt, wordt bewaard en daarna verwerkt.", fr: "Officient n’accepte plus la connexion. Connectez-vous à nouveau ; ce qui arrive entre-temps est conservé puis traité.", en: "Officient no longer accepts the connection. Sign in again; what arrives meanwhile is kept and dealt with afterwards." }
    company() { nl: "Bedrijf in Officient", fr: "Entreprise dans Officient", en: "Company in Officient" }
    connected_since() { nl: "Gekoppeld sinds", fr: "Connecté depuis", en: "Connected since" }
    connected_by(name: &str) { nl: "door {name}", fr: "par {name}", en: "by {name}" }
    disconnect() { nl: "Afmelden", fr: "Se déconnecter d’Officient", en: "Disconnect" }
    disconnect_text() {
        nl: "Afmelden stopt de koppeling: onze webhooks bij Officient worden verwijderd en de toegang wordt vergeten. De afwezigheden die al in Optedo staan, blijven staan. Client ID en Secret blijven bewaard.",
        fr: "La déconnexion arrête la synchronisation : nos webhooks chez Officient sont supprimés et l’accès est oublié. Les absences déjà présentes dans Optedo y restent. Le Client ID et le Secret sont conservés.",
        en: "Disconnecting stops the connection: our webhooks at Officient are removed and the access is forgotten. The absences that are in Optedo stay there. Client ID and Secret are kept.",
    }
    start_writing() { nl: "Koppeling starten", fr: "Démarrer la synchronisation", en: "Start writing" }
    paused_text() { nl: "Bekijk eerst het voorbeeld. Klopt het, start dan de koppeling: vanaf dan komen afwezigheden in Optedo te staan. Tot dan wordt alles bewaard wat Officient meldt.", fr: "Consultez d’abord l’aperçu. S’il est correct, démarrez la synchronisation : dès lors, les absences apparaîtront dans Optedo. D’ici là, tout ce qu’Officient annonce est conservé.", en: "Look at the preview first. If it is right, start: from then on absences appear in Optedo. Until then everything that Officient announces is kept." }
    see_preview() { nl: "Naar het voorbeeld", fr: "Vers l’aperçu", en: "To the preview" }

    state_heading() { nl: "Toestand", fr: "Situation", en: "State" }
    last_webhook() { nl: "Laatste melding van Officient", fr: "Dernière annonce d’Officient", en: "Last webhook from Officient" }
    last_sync() { nl: "Iedereen laatst nagekeken", fr: "Dernière vérification complète", en: "Everybody last checked" }
    absences_written() { nl: "Afwezigheden in Optedo", fr: "Absences dans Optedo", en: "Absences in Optedo" }
    waiting() { nl: "In wachtrij", fr: "En attente", en: "Waiting" }
    retrying(count: i64) { nl: "waarvan 1 opnieuw geprobeerd wordt" | "waarvan {count} opnieuw geprobeerd worden", fr: "dont {count} à réessayer" | "dont {count} à réessayer", en: "1 of them to be tried again" | "{count} of them to be tried again" }
    nothing_waits() { nl: "niets", fr: "rien", en: "nothing" }
    syncing() { nl: "Iedereen wordt nagekeken", fr: "Vérification de tout le monde", en: "Everybody is being checked" }
    people_done(done: i64, total: i64) { nl: "{done} van {total} personen", fr: "{done} personnes sur {total}", en: "{done} of {total} people" }
    time_left(text: &str) { nl: "nog ongeveer {text}", fr: "encore environ {text}", en: "about {text} left" }
    seconds(count: i64) { nl: "1 seconde" | "{count} seconden", fr: "{count} seconde" | "{count} secondes", en: "1 second" | "{count} seconds" }
    minutes(count: i64) { nl: "1 minuut" | "{count} minuten", fr: "{count} minute" | "{count} minutes", en: "1 minute" | "{count} minutes" }
    why_so_long(calls: usize, seconds: u64) { nl: "Officient laat {calls} vragen per {seconds} seconden toe.", fr: "Officient autorise {calls} appels en {seconds} secondes.", en: "Officient allows {calls} calls in {seconds} seconds." }
    sync_now() { nl: "Nu alles nakijken", fr: "Tout vérifier maintenant", en: "Check everybody now" }

    webhooks_heading() { nl: "Meldingen (webhooks)", fr: "Annonces (webhooks)", en: "Webhooks" }
    webhooks_text() { nl: "Hiermee verwittigt Officient meteen wanneer iets verandert. Zonder webhooks komen wijzigingen pas binnen wanneer iedereen wordt nagekeken.", fr: "Officient signale ainsi aussitôt chaque changement. Sans webhooks, les changements n’arrivent qu’à la vérification complète suivante.", en: "With these Officient tells at once when something changes. Without webhooks, changes arrive only when everybody is checked." }
    event() { nl: "Gebeurtenis", fr: "Événement", en: "Event" }
    state() { nl: "Toestand", fr: "État", en: "State" }
    webhook_state(state: &str) {
        "registered" => { nl: "geregistreerd", fr: "enregistré", en: "registered" }
        "refused" => { nl: "geweigerd door Officient", fr: "refusé par Officient", en: "refused by Officient" }
        _ => { nl: "nog niet geregistreerd", fr: "pas encore enregistré", en: "not registered yet" }
    }
    change_events() { nl: "Namen van de gebeurtenissen wijzigen", fr: "Modifier les noms des événements", en: "Change the event names" }
    events_label() { nl: "Namen van gebeurtenissen, één per regel", fr: "Noms des événements, un par ligne", en: "Event names, one a line" }
    events_text() { nl: "Officient publiceert de namen van de kalendergebeurtenissen niet. Je vindt ze in Officient onder Instellingen – Integraties – Webhooks.", fr: "Officient ne publie pas les noms des événements de calendrier. Vous les trouvez dans Officient sous Instellingen – Integraties – Webhooks.", en: "Officient does not publish the names of its calendar events. You find them in Officient under Settings – Integrations – Webhooks." }
    webhook_address() { nl: "Webhookadres", fr: "Adresse du webhook", en: "Webhook address" }
    webhook_address_text() { nl: "Dit adres is geheim: wie het kent, kan meldingen sturen. Plak het in Officient onder Instellingen – Integraties – Webhooks.", fr: "Cette adresse est secrète : qui la connaît peut envoyer des annonces. Collez-la dans Officient sous Instellingen – Integraties – Webhooks.", en: "This address is secret: whoever knows it can send webhooks. Paste it in Officient under Settings – Integrations – Webhooks." }
    rotate_webhook_token() { nl: "Vervang het webhookadres", fr: "Remplacer l’adresse du webhook", en: "Replace the webhook address" }
    rotate_webhook_token_text() { nl: "Kent iemand het adres die het niet mag kennen? Vervang het dan. Officient krijgt meteen het nieuwe; het oude werkt tot dan.", fr: "Quelqu’un connaît l’adresse sans y être autorisé ? Remplacez-la. Officient reçoit aussitôt la nouvelle ; l’ancienne fonctionne jusque-là.", en: "Does somebody know the address who should not? Then replace it. Officient gets the new one at once; the old one works until then." }
    show_webhook_address() { nl: "Toon het webhookadres om het met de hand in te stellen", fr: "Afficher l’adresse du webhook pour la configurer à la main", en: "Show the webhook address, for setting it up by hand" }
}
