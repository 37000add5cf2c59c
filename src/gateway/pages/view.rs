//! Pages as templates: `web/*.html`, with what they share in `web/parts`. What is filled in is escaped unless the template says otherwise.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, ErrorKind, HtmlEscape, UndefinedBehavior, Value, context};

use super::files::Files;
use super::policy::{Policy, hash_of};
use super::shown;
use super::words::{LANGUAGES, Words};

/// All pages, in all languages.
#[derive(Debug)]
pub struct Views {
    templates: Environment<'static>,
    words: BTreeMap<&'static str, Arc<Words>>,
    files: Arc<Files>,
}

/// A page as it is sent.
#[derive(Debug)]
pub struct Rendered {
    /// The document.
    pub html: String,
    /// What may run in it.
    pub policy: String,
}

impl Views {
    /// The pages that these files make. The error says which file is wrong, and how.
    pub fn new(files: Arc<Files>) -> Result<Views, String> {
        let read = |path: &str| files.get(path).map(|file| file.bytes().to_vec());
        let words = LANGUAGES.iter().map(|(language, _)| Ok((*language, Arc::new(Words::read(language, read)?))));
        let words = words.collect::<Result<_, String>>()?;
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        let source = files.clone();
        templates.set_loader(move |name| {
            let text = source.get(name).map(|file| String::from_utf8(file.bytes().to_vec())).transpose();
            text.map_err(|_| Error::new(ErrorKind::SyntaxError, format!("{name} is not UTF-8")))
        });
        Ok(Views { templates, words, files })
    }

    /// The page of this name in a language. `given` is what the page is about.
    pub fn render(&self, name: &str, language: &'static str, given: Value) -> Result<Rendered, String> {
        let words = self.words.get(language).expect("every language has its words").clone();
        let for_scripts = words.clone();
        let t = move |key: &str, given: Kwargs| words.told(key, &given);
        // In a page `</script>` would end what is no script.
        let words = move |sections: Rest<String>| Value::from_safe_string(for_scripts.sections(&sections).replace('<', "\\u003c"));
        let languages: Vec<_> = LANGUAGES.iter().map(|&(tag, name)| context! { tag, name }).collect();
        let policy = Arc::new(Mutex::new(Policy::default()));
        let frame = context! {
            language,
            languages,
            t => Value::from_function(t),
            words => Value::from_function(words),
            name => Value::from_function(named),
            money => Value::from_function(money),
            remaining => Value::from_function(shown::plain_remaining),
            ..self.parts(&policy)
        };
        let render = || self.templates.get_template(name)?.render(context! { ..frame, ..given });
        let html = render().map_err(|error| format!("{error:#}"))?;
        let policy = policy.lock().unwrap_or_else(PoisonError::into_inner).header();
        Ok(Rendered { html, policy })
    }

    /// How a page takes in its other files: `asset("img/x.svg")` is an address, `styles("base", …)` the style sheets themselves, so that
    /// nothing is waited for before the page is seen, `inline("js/x.js")` a script that runs before it is seen.
    fn parts(&self, policy: &Arc<Mutex<Policy>>) -> Value {
        let files = self.files.clone();
        let asset =
            move |path: &str| if files.get(path).is_some() { Ok(Value::from_safe_string(files.address(path))) } else { Err(missing(path)) };
        let (files, kept) = (self.files.clone(), policy.clone());
        let styles = move |names: Rest<String>| {
            let mut text = String::new();
            for name in names.iter() {
                text.push_str(&text_of(&files, &format!("css/{name}.css"))?);
            }
            kept.lock().unwrap_or_else(PoisonError::into_inner).styles.push(hash_of(&text));
            Ok::<_, Error>(Value::from_safe_string(format!("<style>{text}</style>")))
        };
        let (files, kept) = (self.files.clone(), policy.clone());
        let inline = move |path: &str| {
            let text = text_of(&files, path)?;
            kept.lock().unwrap_or_else(PoisonError::into_inner).scripts.push(hash_of(&text));
            Ok::<_, Error>(Value::from_safe_string(format!("<script>{text}</script>")))
        };
        context! {
            asset => Value::from_function(asset),
            styles => Value::from_function(styles),
            inline => Value::from_function(inline),
        }
    }
}

/// An amount in the currency of an auction: for everyone, until `web/js/first-paint.js` writes it for whoever reads.
fn money(minor: i64, auction: &Value) -> Result<Value, Error> {
    let currency = auction.get_attr("currency")?.to_string();
    let decimals = usize::try_from(auction.get_attr("decimals")?)?;
    let text = HtmlEscape(&shown::plain_money(minor, &currency, decimals)).to_string();
    let currency = HtmlEscape(&currency).to_string();
    let span = format!("<span data-minor=\"{minor}\" data-currency=\"{currency}\" data-decimals=\"{decimals}\">{text}</span>");
    Ok(Value::from_safe_string(span))
}

/// What somebody chose to be called: isolated, so that its writing direction cannot turn its surroundings.
fn named(person: &Value) -> Result<Value, Error> {
    let name = person.get_attr("name")?.to_string();
    Ok(Value::from_safe_string(format!("<bdi class=\"name\">{}</bdi>", HtmlEscape(&name))))
}

fn text_of(files: &Files, path: &str) -> Result<String, Error> {
    let file = files.get(path).ok_or_else(|| missing(path))?;
    String::from_utf8(file.bytes().to_vec()).map_err(|_| Error::new(ErrorKind::SyntaxError, format!("{path} is not UTF-8")))
}

fn missing(path: &str) -> Error {
    Error::new(ErrorKind::UndefinedError, format!("there is no {path}"))
}
