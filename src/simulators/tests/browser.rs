//! A minimal browser: it keeps cookies, and sends a form with the values that the page filled in.

use std::collections::BTreeMap;

use reqwest::{Client, RequestBuilder};
use url::Url;

pub(super) struct Page {
    pub(super) url: Url,
    pub(super) status: u16,
    /// Where the response redirects to.
    pub(super) location: Option<Url>,
    pub(super) body: String,
}

/// Follows a redirect only with [`Browser::follow`].
pub(super) struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(super) fn new() -> Self {
        Self { http: super::client(), cookies: BTreeMap::new() }
    }

    pub(super) async fn open(&mut self, url: &str) -> Page {
        self.send(self.http.get(url)).await
    }

    /// Opens a page that must exist; returns its HTML.
    pub(super) async fn html(&mut self, url: &str) -> String {
        let page = self.open(url).await;
        assert_eq!(page.status, 200, "{url}: {}", page.body);
        page.body
    }

    /// Presses a button: sends its form with these values, and the page's values for the other fields.
    pub(super) async fn press(&mut self, page: &Page, button: &str, values: &[(&str, &str)]) -> Page {
        let (action, mut fields) = form(page, button);
        for (name, value) in values {
            let field = fields.iter_mut().find(|(field, _)| field == name);
            (*value).clone_into(&mut field.unwrap_or_else(|| panic!("no field {name} at {button}")).1);
        }
        self.send(self.http.post(action).form(&fields)).await
    }

    /// Sends these fields, without a page that has the form.
    pub(super) async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.http.post(url).form(fields)).await
    }

    /// Opens the page that the response redirects to.
    pub(super) async fn follow(&mut self, page: &Page) -> Page {
        assert_eq!(page.status, 303, "{}: {}", page.url, page.body);
        self.open(page.location.as_ref().unwrap().as_str()).await
    }

    async fn send(&mut self, request: RequestBuilder) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let url = response.url().clone();
        let location = response.headers().get("location");
        let location = location.map(|address| url.join(address.to_str().unwrap()).unwrap());
        Page { status: response.status().as_u16(), location, url, body: response.text().await.unwrap() }
    }
}

/// The address of the form that has this button, and the fields with the values that the page filled in.
fn form(page: &Page, button: &str) -> (Url, Vec<(String, String)>) {
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
        let (element, value) = (tag.split([' ', '>']).next().unwrap(), attribute(tag, "value"));
        match element {
            "input" | "select" => {
                fields.extend(attribute(tag, "name").map(|name| (name, value.unwrap_or_default())));
            }
            // A select element has the value of its first option unless another option is marked as selected.
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
