//! The line that is being typed.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What a key led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Pressed {
    /// The line has changed, or nothing has.
    Nothing,
    /// It is to be sent.
    Line(String),
    /// Enough.
    Quit,
}

/// A line, edited at its end.
#[derive(Debug, Default)]
pub struct Input(String);

/// More than the longest chat line, and less than a frame.
const LONGEST: usize = 600;

impl Input {
    /// What stands there.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// A key. No line begins with q, so that an empty line's q is free to quit.
    pub fn press(&mut self, key: KeyEvent) -> Pressed {
        if key.kind == KeyEventKind::Release {
            return Pressed::Nothing;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            match key.code {
                KeyCode::Char('c' | 'd') => return Pressed::Quit,
                KeyCode::Char('u') => self.0.clear(),
                _ => {}
            }
            return Pressed::Nothing;
        }
        match key.code {
            KeyCode::Char('q') if self.0.is_empty() => return Pressed::Quit,
            KeyCode::Char(c) => self.push(c),
            KeyCode::Backspace => drop(self.0.pop()),
            KeyCode::Esc => self.0.clear(),
            KeyCode::Enter if !self.0.trim().is_empty() => {
                let line = self.0.trim().to_owned();
                self.0.clear();
                return Pressed::Line(line);
            }
            _ => {}
        }
        Pressed::Nothing
    }

    /// What was pasted, of which only Enter makes a bid.
    pub fn paste(&mut self, text: &str) {
        text.lines().next().unwrap_or_default().chars().for_each(|c| self.push(c));
    }

    fn push(&mut self, c: char) {
        if self.0.chars().count() < LONGEST && !c.is_control() {
            self.0.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(input: &mut Input, text: &str) {
        text.chars().for_each(|c| assert_eq!(input.press(KeyCode::Char(c).into()), Pressed::Nothing));
    }

    #[test]
    fn a_line_is_sent_by_enter_alone() {
        let mut input = Input::default();
        keys(&mut input, " 120.500");
        input.press(KeyCode::Backspace.into());
        assert_eq!(input.text(), " 120.50");
        assert_eq!(input.press(KeyCode::Enter.into()), Pressed::Line("120.50".to_owned()));
        assert_eq!(input.press(KeyCode::Enter.into()), Pressed::Nothing);
        input.paste("max 200\nmax 300\n");
        assert_eq!(input.text(), "max 200");
        input.press(KeyCode::Esc.into());
        assert_eq!(input.text(), "");
        input.paste(&"x".repeat(10_000));
        assert_eq!(input.text().len(), LONGEST);
    }

    #[test]
    fn q_quits_where_it_begins_a_line_and_ctrl_c_everywhere() {
        let mut input = Input::default();
        assert_eq!(input.press(KeyCode::Char('q').into()), Pressed::Quit);
        keys(&mut input, "/say quite");
        assert_eq!(input.text(), "/say quite");
        assert_eq!(input.press(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), Pressed::Quit);
    }
}
