//! Arguments → configuration → tracing → one subcommand.

use std::process::ExitCode;

use clap::Parser;
use subasta::config::{Cli, Command, Config, Flags};
use subasta::replay;
use subasta::serve::Server;
use subasta::telemetry;
use subasta::terminal;
use subasta::token;
use subasta::verify;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Many small things that live long (sockets) beside short-lived larger ones (handshakes): the system's own allocator tears its heap with them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bad arguments and bad configuration.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    match Cli::parse().into_command() {
        Command::Serve(flags) => start(flags),
        Command::Watch(flags) => terminal::watch(&flags),
        Command::Bid(flags) => terminal::bid(&flags),
        Command::Verify(flags) => verify::verify(&flags),
        Command::Replay(flags) => replay::replay(&flags),
        Command::Token(flags) => token::token(&flags),
    }
}

fn start(flags: Flags) -> ExitCode {
    let started = Config::load(flags)
        .map_err(|error| error.to_string())
        .and_then(|config| telemetry::start(&config.log, config.log_format).map(|()| config));
    match started {
        Ok(config) => serve(config),
        Err(error) => fail(USAGE, &error),
    }
}

fn fail(code: u8, why: &str) -> ExitCode {
    eprintln!("subasta: {why}");
    ExitCode::from(code)
}

fn serve(mut config: Config) -> ExitCode {
    let room = subasta::limits::raise_open_files();
    config.gateway.connections = config.gateway.connections.min(room);
    match subasta::gateway::runtime() {
        Ok(runtime) => {
            let code = runtime.block_on(run(config));
            // Whatever still reads from a disk that may have failed is not waited for.
            runtime.shutdown_background();
            code
        }
        Err(error) => fail(1, &format!("cannot start: {error}")),
    }
}

async fn run(config: Config) -> ExitCode {
    let signals = signal(SignalKind::terminate()).and_then(|term| Ok((term, signal(SignalKind::interrupt())?)));
    let (mut term, mut interrupt): (Signal, Signal) = match signals {
        Ok(signals) => signals,
        Err(error) => return fail(1, &format!("cannot listen for signals: {error}")),
    };
    let mut server = match Server::start(config).await {
        Ok(server) => server,
        Err(error) => return fail(1, &error.0),
    };
    println!("Subasta is open at {}", server.url());
    // Whoever runs servers sends TERM before a restart, and has time. Whoever types Ctrl-C is waiting for their prompt.
    let drain = server.drain();
    let restart = async {
        term.recv().await;
        tokio::select! {
            () = drain => {}
            _ = term.recv() => {}
        }
    };
    tokio::select! {
        why = server.fatal() => return fail(1, &format!("the log cannot be trusted any longer, stopping at once: {why}")),
        () = restart => {}
        _ = interrupt.recv() => {}
    }
    match server.stop().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(1, &format!("the last bids may not be stored: {why}")),
    }
}
