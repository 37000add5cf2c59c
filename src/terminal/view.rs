//! The live view: a function of what is known. Draws, and does nothing else.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Wrap};

use super::message::{Event, Fact, show};
use super::state::{Connection, State, announced};
use super::words;
use crate::auction::Millis;
use crate::clock;

/// From this width on chat has its own side.
const WIDE: u16 = 90;
/// Lines of an answer.
const MOST_SAID: usize = 4;
/// The last minute is red.
const SOON_MS: Millis = 60_000;

/// Draws it all as it is at `now`, our clock's, with the line that is being typed.
pub fn draw(frame: &mut Frame, state: &State, typed: &str, now: Millis) {
    let head = head(state, now);
    let height = u16::try_from(head.len()).unwrap_or(u16::MAX);
    let said = state.notice.as_ref().map(|said| Line::styled(said.text.as_str(), if said.good { Color::Green } else { Color::Yellow }));
    // Words break where they can: a little more than their width.
    let said_rows =
        said.as_ref().map_or(1, |said| (said.width() * 8 / 7).div_ceil(usize::from(frame.area().width).max(1)).clamp(1, MOST_SAID));
    let said_rows = u16::try_from(said_rows).unwrap_or(1);
    let rows = [Constraint::Length(height), Constraint::Min(0), Constraint::Length(said_rows), Constraint::Length(1)];
    let [top, middle, notice, prompt] = Layout::vertical(rows).areas(frame.area());
    frame.render_widget(Paragraph::new(head), top);
    lists(frame, state, middle);
    if let Some(said) = said {
        frame.render_widget(Paragraph::new(said).wrap(Wrap { trim: true }), notice);
    }
    draw_prompt(frame, state, typed, prompt);
}

fn head(state: &State, now: Millis) -> Vec<Line<'_>> {
    let auction = &state.auction;
    let mut lines = vec![Line::from(vec![auction.title.as_str().bold(), "  ".into(), connection(state)]), deadline(state, now)];
    let price = auction.price.map_or_else(|| "no bid yet".to_owned(), |price| show(state.currency, price));
    let mut figures = vec![price.bold()];
    if let Some(leader) = &auction.leader {
        let whose = if state.leads() { "you lead".green() } else { Span::raw(format!("{} leads", leader.name())) };
        figures.extend([" · ".into(), whose]);
    }
    if let Some(minimum) = auction.minimum.filter(|_| !auction.has_ended()) {
        figures.push(format!(" · {} or more counts next", show(state.currency, minimum)).into());
    }
    lines.push(Line::from(figures));
    let reserve = match auction.reserve.as_str() {
        "unmet" => " · reserve not met",
        "met" => " · reserve met",
        _ => "",
    };
    lines.push(Line::from(format!("{} · {} watching{reserve}", count(auction.bids, "bid"), auction.watching)).dim());
    if let Some(text) = announced(auction) {
        lines.push(Line::from(vec!["The auctioneer: ".dim(), text.bold()]));
    }
    lines
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn connection(state: &State) -> Span<'_> {
    match &state.connection {
        Connection::Up => "● live".green(),
        Connection::Down(why) => format!("○ trying again: {why}").yellow(),
        Connection::Over => "○ ended".dim(),
    }
}

fn deadline(state: &State, now: Millis) -> Line<'_> {
    let status = state.auction.status.as_str();
    match (status, state.left_ms(now)) {
        ("open", Some(left)) => {
            let color = if left < SOON_MS { Style::new().fg(Color::Red).bold() } else { Style::new().fg(Color::Cyan) };
            Line::from(vec!["open · ends in ".into(), Span::styled(words::countdown(left), color)])
        }
        ("scheduled", Some(left)) => Line::from(vec!["opens in ".into(), words::countdown(left).cyan()]),
        ("paused", _) => Line::from("paused: the countdown stands still".yellow()),
        _ => Line::from(words::standing(&state.auction, state.currency).bold()),
    }
}

fn lists(frame: &mut Frame, state: &State, area: Rect) {
    // The newest on top: where there is no more room, it is the oldest that is missing.
    let bids = state.events.iter().rev().map(|event| entry(event, state));
    if area.width < WIDE {
        let mut all: Vec<_> = state.events.iter().chain(&state.chat).collect();
        all.sort_by_key(|event| std::cmp::Reverse(event.seq));
        return list(frame, " what happened ", all.into_iter().map(|event| entry(event, state)), area);
    }
    let [left, right] = Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(area);
    list(frame, " what happened ", bids, left);
    list(frame, " chat ", state.chat.iter().rev().map(|event| entry(event, state)), right);
}

fn list<'a>(frame: &mut Frame, title: &'a str, lines: impl Iterator<Item = Line<'a>>, area: Rect) {
    let lines: Vec<_> = lines.take(usize::from(area.height)).collect();
    let block = Block::new().borders(Borders::TOP).title(title.dim());
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(block), area);
}

fn entry<'a>(event: &Event, state: &State) -> Line<'a> {
    let when = clock::utc(event.at).get(11..19).unwrap_or_default().to_owned();
    let words = match &event.fact {
        Fact::Said { from, text } => vec![format!("{}: ", from.name()).bold(), text.to_string().into()],
        Fact::Bid(bid) => {
            let how = if bid.automatic { " (automatic)" } else { "" };
            let leads = if bid.leader.id == bid.bidder.id { String::new() } else { format!(", {} leads", bid.leader.name()) };
            let price = if bid.price == bid.amount { String::new() } else { format!(", price {}", show(state.currency, bid.price)) };
            let amount = show(state.currency, bid.amount).bold();
            vec![amount, format!(" {}{how}{leads}{price}", bid.bidder.name()).into()]
        }
        _ => vec![words::event(event, state.currency).cyan()],
    };
    let mut spans = vec![format!("{when} ").dim()];
    spans.extend(words);
    Line::from(spans)
}

fn draw_prompt(frame: &mut Frame, state: &State, typed: &str, area: Rect) {
    if !state.is_signed_in() {
        return frame.render_widget(Paragraph::new("q quits · to bid, start with --name NAME").dim(), area);
    }
    let line = Line::from(vec!["> ".bold(), typed.into()]);
    let width = u16::try_from(line.width()).unwrap_or(u16::MAX);
    // A long line is seen at its end, where one types.
    let hidden = width.saturating_sub(area.width.saturating_sub(1));
    let shown = if typed.is_empty() {
        Line::from(vec!["> ".bold(), "120.50 bids · max 200 · /say hello · /who · q quits".dim()])
    } else {
        line
    };
    frame.render_widget(Paragraph::new(shown).scroll((0, hidden)), area);
    if area.width > 0 && area.height > 0 {
        frame.set_cursor_position(Position::new(area.x + (width - hidden).min(area.width - 1), area.y));
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use serde_json::json;

    use super::*;
    use crate::terminal::message::Message;

    fn state() -> State {
        let (ana, ben) = (json!({"id": "ana", "name": "Ana"}), json!({"id": "ben", "name": "Ben"}));
        let bid = |seq: u64, who, amount: i64| {
            json!({"type": "bid", "seq": seq, "at": 1_764_000_000_000_i64, "bidder": who, "amount": amount, "automatic": seq == 3,
                "price": amount, "leader": who, "minimum": amount + 250, "ends_at": 0, "reserve": "unmet"})
        };
        let said = json!({"type": "said", "seq": 5, "at": 1_764_000_001_000_i64, "from": ben, "text": "Is the frame original?"});
        let auction = json!({"id": "globe", "title": "A globe", "currency": "EUR", "decimals": 2, "status": "open", "starts_at": 0,
            "ends_at": 372_000, "price": 12_050, "leader": ana, "minimum": 12_300, "bids": 2, "reserve": "unmet", "outcome": null, "seq": 5,
            "watching": 3, "live": "Ten minutes of break after this.", "recent": [bid(3, &ben, 11_800), bid(4, &ana, 12_050), said]});
        let welcome = json!({"type": "welcome", "protocol": 1, "now": 100_000, "you": ana, "auction": auction, "seq": 5, "resumed": false,
            "heartbeat_ms": 25_000, "reconnect": {"min_ms": 500, "max_ms": 20_000}});
        let Some(Message::Welcome(welcome)) = Message::read(&welcome.to_string()) else { panic!("a welcome") };
        State::new(&welcome, 0).expect("a currency")
    }

    /// The screen as text, line by line.
    fn screen(state: &State, typed: &str, width: u16, height: u16) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal in memory");
        terminal.draw(|frame| draw(frame, state, typed, 0)).expect("drawn");
        let buffer = terminal.backend().buffer();
        let rows = buffer.content.chunks(usize::from(width));
        rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned()).collect()
    }

    #[test]
    fn everything_that_matters_is_on_the_screen() {
        let lines = screen(&state(), "130", 70, 12);
        assert_eq!(lines[0], "A globe  ● live");
        assert_eq!(lines[1], "open · ends in 4:32");
        assert_eq!(lines[2], "120.50 EUR · you lead · 123.00 EUR or more counts next");
        assert_eq!(lines[3], "2 bids · 3 watching · reserve not met");
        assert_eq!(lines[4], "The auctioneer: Ten minutes of break after this.");
        assert!(lines[5].starts_with(" what happened "), "{lines:?}");
        assert_eq!(lines[6], "16:00:01 Ben: Is the frame original?");
        assert_eq!(lines[7], "16:00:00 120.50 EUR Ana");
        assert_eq!(lines[8], "16:00:00 118.00 EUR Ben (automatic)");
        assert_eq!(lines[11], "> 130");
    }

    #[test]
    fn chat_has_its_own_side_where_there_is_room() {
        let lines = screen(&state(), "", 100, 12);
        assert!(lines[5].contains(" what happened ") && lines[5].contains(" chat "), "{lines:?}");
        assert!(lines[6].starts_with("16:00:00 120.50 EUR Ana") && lines[6].ends_with("16:00:01 Ben: Is the frame original?"), "{lines:?}");
        assert!(lines[11].contains("q quits"));
    }

    #[test]
    fn a_lost_connection_and_the_last_answer_show() {
        let mut state = state();
        state.connection = Connection::Down("the server stops or restarts".to_owned());
        state.notice = Some(super::super::state::Notice::bad("Refused: too low."));
        state.you.id = None;
        let lines = screen(&state, "", 70, 12);
        assert_eq!(lines[0], "A globe  ○ trying again: the server stops or restarts");
        assert!(lines[2].contains("Ana leads"));
        assert_eq!(lines[10], "Refused: too low.");
        assert!(lines[11].contains("--name"));
    }

    #[test]
    fn no_size_is_too_small_and_a_long_line_is_seen_at_its_end() {
        for (width, height) in [(1, 1), (2, 3), (10, 4), (80, 2), (500, 200)] {
            screen(&state(), "max 200", width, height);
        }
        let typed = format!("/say {}end", "x".repeat(300));
        assert!(screen(&state(), &typed, 40, 12)[11].ends_with("end"));
    }
}
