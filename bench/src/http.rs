//! As much HTTP as creating auctions takes: one connection, kept alive, one request after another.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Result;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Http {
    host: String,
    stream: BufReader<TcpStream>,
}

/// Status and body.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Http {
    pub fn connect(address: SocketAddr, host: &str) -> Result<Http> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(|error| nobody_there(address, &error))?;
        let set = stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(PATIENCE)));
        set.map_err(|error| error.to_string())?;
        Ok(Http { host: host.to_owned(), stream: BufReader::new(stream) })
    }

    pub fn post(&mut self, path: &str, body: &str) -> Result<Answer> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        let answer = self.stream.get_mut().write_all(head.as_bytes()).and_then(|()| self.answer());
        answer.map_err(|error| format!("POST {path}: no answer that makes sense ({error}); is this the right --url and --dialect?"))
    }

    fn answer(&mut self) -> std::io::Result<Answer> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| std::io::Error::other("not HTTP"))?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = String::new();
        self.stream.by_ref().take(length).read_to_string(&mut body)?;
        Ok(Answer { status, body })
    }
}

/// The sentence for a server that is not there.
pub fn nobody_there(address: SocketAddr, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => format!("no server listens at {address}; start one, or give its address as --url"),
        _ => format!("cannot connect to {address}: {error}"),
    }
}
