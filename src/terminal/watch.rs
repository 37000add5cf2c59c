//! `subasta watch`: chooses between the live view and lines.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::oneshot;

use super::flags::WatchFlags;
use super::link::{End, Link};
use super::plain::{self, Finish, Form};
use super::{TROUBLE, USAGE, block_on, fail, screen};
use crate::clock::Clock;

/// Watches until the auction ends: 0. Anything else that ends it is said in a line: 1, or 2 where the command line is to blame.
pub fn watch(flags: &WatchFlags) -> ExitCode {
    let dial = match flags.server.dial() {
        Ok(dial) => dial,
        Err(why) => return fail(USAGE, &why),
    };
    let live = !flags.plain && !flags.json && io::stdout().is_terminal() && io::stdin().is_terminal();
    let form = if flags.json { Form::Json } else { Form::Words };
    let watched = block_on(async {
        let clock = Clock::system();
        // The live view begins with how it stands; what was before is in its lists.
        let since = flags.since.filter(|_| !live);
        let link = Link::start(dial, since, flags.patience, clock.clone());
        if live { screen::show(link, &clock).await } else { lines(link, form).await }
    });
    watched.unwrap_or_else(|why| fail(TROUBLE, &why))
}

async fn lines(mut link: Link, form: Form) -> ExitCode {
    let (mut out, mut aside) = (io::stdout(), io::stderr());
    let finish = tokio::select! {
        finish = plain::print(&mut link, form, &mut out, &mut aside) => finish,
        Ok(()) = unread() => Finish::Unread,
    };
    match finish {
        Finish::Link(End::Ended) | Finish::Unread => ExitCode::SUCCESS,
        Finish::Link(End::Failed(why)) => fail(TROUBLE, &why),
        Finish::Unwritten(error) => fail(TROUBLE, &format!("cannot write: {error}")),
    }
}

/// Told once nobody can read our output any more (`| head`): otherwise we should notice only at the next event.
fn unread() -> oneshot::Receiver<()> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let stdout = io::stdout();
        let mut fds = [PollFd::new(&stdout, PollFlags::empty())];
        // Asked for nothing, it returns for an end only.
        while poll(&mut fds, None).is_err_and(|error| error == rustix::io::Errno::INTR) {}
        if fds[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            let _ = tell.send(());
        }
    });
    told
}
