//! The words of the pages, in every language they speak: `web/words/LANGUAGE/SECTION.json`. Rendered into the page; scripts find them there.

use std::collections::BTreeMap;

use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, HtmlEscape, Value as Markup};
use serde_json::Value;

/// The languages, and what each calls itself; the first where somebody wants none of them.
pub const LANGUAGES: [(&str, &str); 2] = [("en", "English"), ("es", "Español")];
/// The sections: a file each.
pub const SECTIONS: [&str; 5] = ["shared", "lot", "bid", "lobby", "console"];
/// Whose choice is kept.
pub const COOKIE: &str = "lang";

/// By `SECTION.KEY`: a text, or its plural forms by CLDR's names.
#[derive(Clone, Debug)]
pub struct Words(BTreeMap<String, Value>);

impl Words {
    /// Of one language; `read` gives a section's file. The error names what cannot be read.
    pub fn read(language: &str, read: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Words, String> {
        let mut words = BTreeMap::new();
        for section in SECTIONS {
            let path = format!("words/{language}/{section}.json");
            let file = read(&path).ok_or_else(|| format!("{path} is missing"))?;
            let entries: BTreeMap<String, Value> = serde_json::from_slice(&file).map_err(|error| format!("{path}: {error}"))?;
            words.extend(entries.into_iter().map(|(key, value)| (format!("{section}.{key}"), value)));
        }
        Ok(Words(words))
    }

    /// The words of a key as they stand in a page, with what is `given` in their blanks: escaped, unless it is markup already. Where there are
    /// plural forms, `count` chooses.
    pub fn told(&self, key: &str, given: &Kwargs) -> Result<Markup, Error> {
        let known = self.0.get(key);
        // All our languages have a form for one, and one for all the others that are not in the millions.
        let form = || if given.get::<i64>("count").is_ok_and(|count| count == 1) { "one" } else { "other" };
        let text = known.and_then(|known| known.as_str().or_else(|| known.get(form())?.as_str()));
        let text = text.ok_or_else(|| Error::new(ErrorKind::UndefinedError, format!("there are no words for {key}")))?;
        let mut filled = HtmlEscape(text).to_string();
        for blank in given.args() {
            let value: Markup = given.get(blank)?;
            let text = if value.is_safe() { value.to_string() } else { HtmlEscape(&value.to_string()).to_string() };
            filled = filled.replace(&format!("{{{blank}}}"), &text);
        }
        given.assert_all_used()?;
        Ok(Markup::from_safe_string(filled))
    }

    /// Some sections as JSON, for scripts.
    pub fn sections(&self, sections: &[String]) -> String {
        let wanted = |key: &str| sections.iter().any(|section| key.split('.').next() == Some(section));
        let part: BTreeMap<_, _> = self.0.iter().filter(|(key, _)| wanted(key)).collect();
        serde_json::to_string(&part).expect("texts by their keys are JSON")
    }
}

/// The language for somebody whose `Accept-Language` is this: the one they like best of ours (RFC 9110 §12.5.4).
pub fn preferred(accepted: &str) -> &'static str {
    let mut best = (LANGUAGES[0].0, 0.0);
    for range in accepted.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f32>().ok()).unwrap_or(0.0);
        let primary = tag.split('-').next().unwrap_or_default();
        if let Some(known) = known(primary)
            && weight > best.1
        {
            best = (known, weight);
        }
    }
    best.0
}

/// The language of this name, if the pages speak it.
pub fn known(name: &str) -> Option<&'static str> {
    LANGUAGES.iter().map(|(known, _)| *known).find(|known| known.eq_ignore_ascii_case(name))
}
