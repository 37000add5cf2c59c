//! Text that others have written, made harmless for a terminal.

use std::fmt;

use serde::Deserialize;

/// Text without control characters, and without marks that turn the direction of what stands around them: a chat line must not be able to
/// move the cursor, to clear the screen, or to look like two lines.
#[derive(Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(from = "String")]
pub struct Text(String);

impl From<String> for Text {
    fn from(text: String) -> Text {
        if text.contains(harmful) { Text(text.replace(['\n', '\t'], " ").replace(harmful, "\u{fffd}")) } else { Text(text) }
    }
}

impl Text {
    /// Harmless.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// JSON as it came, in one line, and with whatever a terminal might obey written as an escape.
pub fn one_line(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // Between tokens, where a blank means the same; within a string JSON has none of them.
            '\n' | '\r' | '\t' => line.push(' '),
            c if harmful(c) => line.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            c => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_command_a_terminal() {
        let text: Text = serde_json::from_str(r#""a\u001b[2Jb\nc\u202ed\u009be""#).expect("a string");
        assert_eq!(text.as_str(), "a\u{fffd}[2Jb c\u{fffd}d\u{fffd}e");
        assert_eq!(Text::from("Zoë 東 120.50 €".to_owned()).as_str(), "Zoë 東 120.50 €");
    }

    #[test]
    fn json_stays_the_same_json_in_one_line() {
        let json = "{\"a\":\n\t\"x\u{9b}y\u{202e}\"}";
        let line = one_line(json);
        assert_eq!(line, r#"{"a":  "x\u009by\u202e"}"#);
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(value(&line), value(json));
    }
}
