//! Pages as templates: `web/*.html`, with what they share in `web/parts`. What is filled in is escaped unless the template says otherwise.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::Rest;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value, context};

use super::words::{LANGUAGES, Words};

/// All pages, in all languages.
#[derive(Debug)]
pub struct Views {
    templates: Environment<'static>,
    words: BTreeMap<&'static str, Arc<Words>>,
}

impl Views {
    /// `read` gives a file of the pages. The error says which file is wrong, and how.
    pub fn new(read: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Result<Views, String> {
        let words = LANGUAGES.iter().map(|(language, _)| Ok((*language, Arc::new(Words::read(language, &read)?))));
        let words = words.collect::<Result<_, String>>()?;
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_loader(move |name| {
            let text = read(name).map(String::from_utf8).transpose();
            text.map_err(|_| Error::new(ErrorKind::SyntaxError, format!("{name} is not UTF-8")))
        });
        Ok(Views { templates, words })
    }

    /// The page of this name in a language. `given` is what the page is about.
    pub fn render(&self, name: &str, language: &'static str, given: Value) -> Result<String, String> {
        let words = self.words.get(language).expect("every language has its words").clone();
        let for_scripts = words.clone();
        let t = move |key: &str| {
            let text = words.text(key).map(str::to_owned);
            text.ok_or_else(|| Error::new(ErrorKind::UndefinedError, format!("there are no words for {key}")))
        };
        // In a page `</script>` would end what is no script.
        let words = move |sections: Rest<String>| Value::from_safe_string(for_scripts.sections(&sections).replace('<', "\\u003c"));
        let languages: Vec<_> = LANGUAGES.iter().map(|&(tag, name)| context! { tag, name }).collect();
        let frame = context! { language, languages, t => Value::from_function(t), words => Value::from_function(words) };
        let render = || self.templates.get_template(name)?.render(context! { ..frame, ..given });
        render().map_err(|error| format!("{error:#}"))
    }
}
