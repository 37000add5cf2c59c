//! The live view's task: takes keys and news, keeps the state, has it drawn. Gives the terminal back however it ends.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, Event as Typed};
use ratatui::crossterm::execute;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{MissedTickBehavior, interval};

use super::input::{Input, Pressed};
use super::link::{End, Link, News};
use super::state::{Connection, Notice, State};
use super::{TROUBLE, fail, view, words};
use crate::clock::Clock;

/// A countdown is never seen to be late by more.
const REDRAW: Duration = Duration::from_millis(200);
/// The server's clock is asked for so often, in redraws.
const ASK_EVERY: u64 = 100;
/// And at first, so that one answer that was slow does not stand for long.
const ASK_FIRST: u64 = 5;
/// Keys that wait.
const KEYS: usize = 64;
/// The shell's code for one who was interrupted.
const INTERRUPTED: u8 = 130;

/// The terminal, ours for as long as this lives. ratatui's own hook gives it back when something panics.
struct Screen(DefaultTerminal);

impl Screen {
    fn take() -> io::Result<Screen> {
        let screen = Screen(ratatui::try_init()?);
        execute!(io::stdout(), EnableBracketedPaste)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = execute!(io::stdout(), DisableBracketedPaste);
        ratatui::restore();
    }
}

/// Shows the auction until it ends, the person has seen enough, or nothing more can come.
pub async fn show(mut link: Link, clock: &Clock) -> ExitCode {
    // Until there is something to see, the terminal stays as it is.
    let welcome = match link.news.recv().await {
        Some(News::Up { welcome, .. }) => welcome,
        Some(News::Over(End::Failed(why))) => return fail(TROUBLE, &why),
        _ => return fail(TROUBLE, "the connection's task has ended"),
    };
    let Some(state) = State::new(&welcome, clock.now()) else { return fail(TROUBLE, "the server names a currency that is none") };
    let mut live = Live { state, input: Input::default(), link, clock };
    let left = match (Screen::take(), signals()) {
        (Ok(mut screen), Ok(signals)) => live.run(&mut screen.0, signals).await,
        (Err(error), _) | (_, Err(error)) => Left::Failed(format!("cannot use this terminal ({error}); --plain does without")),
    };
    live.farewell(left)
}

fn signals() -> io::Result<[Signal; 3]> {
    Ok([signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?])
}

/// Why the view was left.
enum Left {
    Ended,
    Quit,
    Signalled,
    Failed(String),
}

struct Live<'a> {
    state: State,
    input: Input,
    link: Link,
    clock: &'a Clock,
}

impl Live<'_> {
    async fn run(&mut self, terminal: &mut DefaultTerminal, [mut term, mut interrupt, mut hangup]: [Signal; 3]) -> Left {
        let mut keys = keys();
        let mut redraw = interval(REDRAW);
        redraw.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut redraws = 0;
        loop {
            let now = self.clock.now();
            if let Err(error) = terminal.draw(|frame| view::draw(frame, &self.state, self.input.text(), now)) {
                return Left::Failed(format!("cannot draw: {error}"));
            }
            let left = tokio::select! {
                _ = redraw.tick() => {
                    redraws += 1;
                    if redraws % ASK_EVERY == ASK_FIRST {
                        self.ask_time();
                    }
                    None
                }
                typed = keys.recv() => match typed {
                    Some(typed) => self.typed(typed),
                    None => Some(Left::Signalled),
                },
                news = self.link.news.recv() => self.news(news),
                _ = term.recv() => Some(Left::Signalled),
                _ = interrupt.recv() => Some(Left::Signalled),
                _ = hangup.recv() => Some(Left::Signalled),
            };
            if let Some(left) = left {
                return left;
            }
        }
    }

    fn typed(&mut self, typed: Typed) -> Option<Left> {
        match typed {
            Typed::Key(key) => match self.input.press(key) {
                Pressed::Nothing => {}
                Pressed::Quit => return Some(Left::Quit),
                Pressed::Line(line) => self.send(line),
            },
            Typed::Paste(text) => self.input.paste(&text),
            // The next drawing takes the new size.
            _ => {}
        }
        None
    }

    fn send(&mut self, line: String) {
        if !self.state.is_signed_in() {
            self.state.notice = Some(Notice::bad("You only watch: start with --name NAME to bid."));
        } else if self.state.connection != Connection::Up {
            self.state.notice = Some(Notice::bad("There is no connection: nothing was sent."));
        } else {
            self.state.sent(&line);
            if self.link.say.try_send(line).is_err() {
                self.state.notice = Some(Notice::bad("Too much waits to be sent: nothing was sent."));
            }
        }
    }

    fn ask_time(&self) {
        if self.state.connection == Connection::Up {
            // Where lines wait already, the clock is not worth another.
            let _ = self.link.say.try_send(json!({"type": "ping", "t": self.clock.now()}).to_string());
        }
    }

    fn news(&mut self, news: Option<News>) -> Option<Left> {
        match news {
            Some(News::Up { welcome, .. }) => self.state.back(&welcome, self.clock.now()),
            Some(News::Heard { message, .. }) => self.state.hear(&message, self.clock.now()),
            Some(News::Down { why, .. }) => self.state.connection = Connection::Down(why),
            Some(News::Over(End::Ended)) => {
                self.state.connection = Connection::Over;
                return Some(Left::Ended);
            }
            Some(News::Over(End::Failed(why))) => return Some(Left::Failed(why)),
            None => return Some(Left::Failed("the connection's task has ended".to_owned())),
        }
        None
    }

    /// What stays on the terminal once the view is gone.
    fn farewell(&self, left: Left) -> ExitCode {
        // Where even this cannot be written, the exit code says it.
        let _ = writeln!(io::stdout(), "#{} {}", self.state.auction.seq, words::standing(&self.state.auction, self.state.currency));
        match left {
            Left::Ended | Left::Quit => ExitCode::SUCCESS,
            Left::Signalled => ExitCode::from(INTERRUPTED),
            Left::Failed(why) => fail(TROUBLE, &why),
        }
    }
}

/// What is typed. The thread waits for a key when the program ends, and ends with it.
fn keys() -> Receiver<Typed> {
    let (tell, keys) = channel(KEYS);
    std::thread::spawn(move || {
        while let Ok(typed) = event::read() {
            if tell.blocking_send(typed).is_err() {
                return;
            }
        }
    });
    keys
}
