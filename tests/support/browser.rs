//! A person's browser: it keeps cookies, and presses the buttons that a page really has.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use url::Url;

use super::{PAGE, PASSWORD, TestApp};

/// One browser; two of them share no cookies.
pub struct Browser<'a> {
    app: &'a TestApp,
    /// By host and name: hosts do not see each other's.
    cookies: Mutex<BTreeMap<(String, String), String>>,
}

/// What a browser shows, or where it is sent.
#[derive(Debug)]
pub struct Page {
    pub address: Url,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// A form of a page, filled in.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: Url,
    pub fields: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        Self { app, cookies: Mutex::default() }
    }

    /// A browser whose admin has signed in on the settings page.
    pub async fn signed_in(app: &'a TestApp) -> Self {
        let browser = Self::new(app);
        let form = browser.open(PAGE).await.form("Aanmelden").fill_in("password", PASSWORD);
        let page = browser.submit(&form).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
        browser
    }

    /// Opens a path of the service, or an address anywhere.
    pub async fn open(&self, address: &str) -> Page {
        self.send(Method::GET, self.address(address), None).await
    }

    /// Follows the redirect of a response.
    pub async fn follow(&self, page: &Page) -> Page {
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
        self.open(page.location().as_str()).await
    }

    /// Sends a form; does not follow a redirect.
    pub async fn submit(&self, form: &Form) -> Page {
        self.send(Method::POST, form.action.clone(), Some(&form.fields)).await
    }

    /// Presses a button of the settings page.
    pub async fn press(&self, button: &str) -> Page {
        let form = self.open(PAGE).await.form(button);
        self.submit(&form).await
    }

    /// Presses a button of a page.
    pub async fn press_on(&self, address: &str, button: &str) -> Page {
        let form = self.open(address).await.form(button);
        self.submit(&form).await
    }

    /// Opens a page as a browser in this language does.
    pub async fn open_in(&self, address: &str, language: &str) -> Page {
        let address = self.address(address);
        let request = self.app.http.get(address.clone());
        let request = request.header("accept", "text/html").header("accept-language", language);
        self.receive(address.clone(), request.header("cookie", self.cookies_for(&address))).await
    }

    /// Signs in at Officient on the page that a login leads to; returns the question that follows.
    pub async fn sign_in_at_officient(&self, to_officient: &Page) -> Page {
        let sign_in = self.follow(to_officient).await;
        assert_eq!(sign_in.status, StatusCode::OK, "{}", sign_in.body);
        let consent = self.follow(&self.submit(&sign_in.form("Aanmelden")).await).await;
        assert_eq!(consent.status, StatusCode::OK, "{}", consent.body);
        consent
    }

    /// The header `Cookie` as it would be sent to the service.
    pub fn cookies(&self) -> String {
        self.cookies_for(&self.address("/"))
    }

    fn cookies_for(&self, address: &Url) -> String {
        let cookies = self.cookies.lock().unwrap();
        let own = cookies.iter().filter(|((host, _), _)| address.host_str() == Some(host));
        let pairs: Vec<String> = own.map(|((_, name), value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn address(&self, address: &str) -> Url {
        self.app.url.parse::<Url>().unwrap().join(address).unwrap()
    }

    async fn send(&self, method: Method, address: Url, fields: Option<&[(String, String)]>) -> Page {
        let mut request = self
            .app
            .http
            .request(method, address.clone())
            .header("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
            .header("cookie", self.cookies_for(&address));
        if let Some(fields) = fields {
            request = request.form(fields);
        }
        self.receive(address, request).await
    }

    async fn receive(&self, address: Url, request: reqwest::RequestBuilder) -> Page {
        let response = request.send().await.unwrap();
        self.keep_cookies(&address, response.headers());
        Page {
            address,
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    fn keep_cookies(&self, address: &Url, headers: &HeaderMap) {
        let host = address.host_str().unwrap();
        let mut cookies = self.cookies.lock().unwrap();
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let key = (host.to_owned(), name.to_owned());
            if cookie.contains("Max-Age=0") {
                cookies.remove(&key);
            } else {
                cookies.insert(key, value.to_owned());
            }
        }
    }
}

impl Page {
    /// What a person reads, tags and all space between words aside.
    pub fn text(&self) -> String {
        let body = self.body.split("<main").nth(1).unwrap_or(&self.body);
        let mut text = String::new();
        for piece in body.split('<') {
            text.push(' ');
            text.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
        }
        let unescaped = [("&#38;", "&"), ("&#39;", "'"), ("&#34;", "\"")];
        let text = unescaped.iter().fold(text, |text, (from, to)| text.replace(from, to));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// This page, which must not be an error page.
    pub fn ok(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self
    }

    /// Where the browser is sent.
    pub fn location(&self) -> Url {
        let location = self.headers["location"].to_str().unwrap();
        self.address.join(location).unwrap()
    }

    /// The address of the first link with this label.
    pub fn link(&self, label: &str) -> String {
        let links = self.body.split("<a ").skip(1).map(|link| format!(" {link}"));
        let mut found =
            links.filter(|link| link.split_once('>').is_some_and(|(_, shown)| shown.starts_with(&format!("{label}<"))));
        let link = found.next().unwrap_or_else(|| panic!("no link {label} on {}: {}", self.address, self.body));
        attribute(&link, "href").unwrap()
    }

    /// The form that this button sends, with what the page filled in.
    pub fn form(&self, button: &str) -> Form {
        let end = format!(">{button}</button>");
        let forms = self.body.split("<form").skip(1);
        let form = forms
            .map(|form| form.split("</form>").next().unwrap())
            .find(|form| form.contains(&end))
            .unwrap_or_else(|| panic!("no button {button} on {}: {}", self.address, self.body));
        let inputs = form.split("<input").skip(1).map(|input| input.split('>').next().unwrap());
        let inputs = inputs.filter(|input| !input.contains("type=\"checkbox\"") || input.contains(" checked"));
        let pressed = form[..form.find(&end).unwrap()].rsplit("<button").next();
        let named = inputs.chain(pressed).filter_map(|tag| {
            let name = attribute(tag, "name")?;
            Some((name, attribute(tag, "value").unwrap_or_default()))
        });
        let selects = form.split("<select").skip(1).filter_map(|select| {
            let mut options = select.split("</select>").next()?.split("<option").skip(1);
            let chosen = options.clone().find(|option| option.contains(" selected")).or_else(|| options.next())?;
            Some((attribute(select, "name")?, attribute(chosen, "value")?))
        });
        let areas = form.split("<textarea").skip(1).filter_map(|area| {
            let text = area.split("</textarea>").next()?.split_once('>')?.1;
            Some((attribute(area, "name")?, text.to_owned()))
        });
        let fields = named.chain(selects).chain(areas).collect();
        Form { action: self.address.join(&attribute(form, "action").unwrap()).unwrap(), fields }
    }

    /// The CSRF token in the page's meta element.
    pub fn csrf_token(&self) -> String {
        let tag = self.body.split("<meta name=\"csrf-token\"").nth(1).unwrap();
        attribute(tag, "content").unwrap()
    }
}

impl Form {
    /// Types into a field that the form has.
    pub fn fill_in(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|(field, _)| field == name);
        value.clone_into(&mut field.expect(name).1);
        self
    }

    /// The form without a field of the page.
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self
    }
}

pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = tag.split('>').next()?;
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    let unescaped = [("&#38;", "&"), ("&amp;", "&"), ("&#39;", "'"), ("&#34;", "\"")];
    Some(unescaped.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to)))
}
