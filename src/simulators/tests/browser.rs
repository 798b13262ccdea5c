//! A browser as far as the pages of the simulators need one: it keeps cookies, and reads forms before sending them.

use std::collections::BTreeMap;

use reqwest::{Client, RequestBuilder};
use url::Url;

/// What was answered, and where.
pub(super) struct Shown {
    pub(super) url: Url,
    pub(super) status: u16,
    pub(super) location: Option<Url>,
    pub(super) body: String,
}

/// One browser; it follows no redirects by itself.
pub(super) struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(super) fn new() -> Self {
        Self { http: super::client(), cookies: BTreeMap::new() }
    }

    pub(super) async fn open(&mut self, url: &str) -> Shown {
        self.send(self.http.get(url)).await
    }

    /// Opens a page that must be there, and returns it.
    pub(super) async fn page(&mut self, url: &str) -> String {
        let shown = self.open(url).await;
        assert_eq!(shown.status, 200, "{url}: {}", shown.body);
        shown.body
    }

    /// Sends a form; what is not named is sent as the page filled it in.
    pub(super) async fn press(&mut self, page: &Shown, button: &str, filled_in: &[(&str, &str)]) -> Shown {
        let (action, mut fields) = form(page, button);
        for (name, value) in filled_in {
            let field = fields.iter_mut().find(|(field, _)| field == name);
            (*value).clone_into(&mut field.unwrap_or_else(|| panic!("no field {name} at {button}")).1);
        }
        self.send(self.http.post(action).form(&fields)).await
    }

    /// Sends these fields, whatever the page says.
    pub(super) async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Shown {
        self.send(self.http.post(url).form(fields)).await
    }

    /// Goes where the answer leads.
    pub(super) async fn follow(&mut self, shown: &Shown) -> Shown {
        assert_eq!(shown.status, 303, "{}: {}", shown.url, shown.body);
        self.open(shown.location.as_ref().unwrap().as_str()).await
    }

    async fn send(&mut self, request: RequestBuilder) -> Shown {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let url = answer.url().clone();
        let location = answer.headers().get("location");
        let location = location.map(|address| url.join(address.to_str().unwrap()).unwrap());
        Shown { status: answer.status().as_u16(), location, url, body: answer.text().await.unwrap() }
    }
}

/// Where the form of this button goes, with the fields as the page filled them in.
fn form(page: &Shown, button: &str) -> (Url, Vec<(String, String)>) {
    let end = format!(">{button}</button>");
    let form = page
        .body
        .split("<form")
        .skip(1)
        .map(|form| form.split("</form>").next().unwrap())
        .find(|form| form.contains(&end))
        .unwrap_or_else(|| panic!("no button {button} on {}: {}", page.url, page.body));
    let mut fields = Vec::new();
    for tag in form.split('<').skip(1) {
        let (kind, value) = (tag.split([' ', '>']).next().unwrap(), attribute(tag, "value"));
        match kind {
            "input" | "select" => {
                fields.extend(attribute(tag, "name").map(|name| (name, value.unwrap_or_default())));
            }
            // The first option counts until one says that it is selected.
            "option" => {
                let (_, chosen) = fields.last_mut().unwrap();
                if chosen.is_empty() || tag.split('>').next().unwrap().contains(" selected") {
                    value.unwrap().clone_into(chosen);
                }
            }
            "button" if tag.ends_with(&format!(">{button}")) => {
                fields.extend(attribute(tag, "name").zip(value));
            }
            _ => {}
        }
    }
    (page.url.join(&attribute(form, "action").unwrap()).unwrap(), fields)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split('>').next()?.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    let unescaped = [("&#38;", "&"), ("&#39;", "'"), ("&#34;", "\""), ("&#60;", "<"), ("&#62;", ">")];
    Some(unescaped.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to)))
}
