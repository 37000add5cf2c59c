//! Tables, their versions, and how a connection is set up.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// Each step takes the store from one version to the next; a step that was released is never changed.
const MIGRATIONS: [&str; 4] = [
    "
    CREATE TABLE auction (
        number   INTEGER PRIMARY KEY,   -- in the order in which they were created
        id       TEXT    NOT NULL UNIQUE,
        head     INTEGER NOT NULL,      -- how many records
        hash     BLOB    NOT NULL,      -- of the last one
        label    TEXT    NOT NULL,
        deadline INTEGER,
        summary  BLOB    NOT NULL
    ) STRICT;
    CREATE INDEX auction_by_label ON auction (label, number);
    CREATE INDEX auction_by_deadline ON auction (deadline) WHERE deadline IS NOT NULL;
    CREATE TABLE record (
        auction  INTEGER NOT NULL,
        position INTEGER NOT NULL,
        body     BLOB    NOT NULL,
        hash     BLOB    NOT NULL,
        PRIMARY KEY (auction, position)
    ) STRICT, WITHOUT ROWID;
    CREATE VIEW readable AS
        SELECT auction.id AS auction, record.position, CAST(record.body AS TEXT) AS body, hex(record.hash) AS hash
        FROM record JOIN auction ON auction.number = record.auction;
",
    "
    -- What the records came to after a position, in parts: may be deleted at any time, and is made again.
    CREATE TABLE snapshot (
        auction  INTEGER NOT NULL,
        position INTEGER NOT NULL,
        seal     BLOB    NOT NULL,      -- SHA-256 of (SHA-256 of (the record's hash, the seal before), body)
        body     BLOB    NOT NULL,
        PRIMARY KEY (auction, position)
    ) STRICT;
",
    "
    -- What an auction's log was begun under, where whoever began it has named that: it is begun once.
    ALTER TABLE auction ADD COLUMN key TEXT;
    CREATE UNIQUE INDEX auction_by_key ON auction (key) WHERE key IS NOT NULL;
",
    "
    -- When a server was last there, in milliseconds of UTC: one row.
    CREATE TABLE alive (
        row INTEGER PRIMARY KEY CHECK (row = 1),
        at  INTEGER NOT NULL
    ) STRICT;
",
];

/// What the writer's connection keeps of the file, at most: the pages that one commit of many rooms touches, or it writes some twice.
const CACHE_KIB: i64 = -8_192;

/// Marks the file as ours: "suba".
const APPLICATION_ID: i64 = 0x7375_6261;

/// The writer's connection: what is committed is on the disk when the commit returns.
pub fn open_for_writing(path: &Path) -> Result<Connection, String> {
    let plain = |error: rusqlite::Error| error.to_string();
    let mut connection = Connection::open(path).map_err(plain)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(plain)?;
    let steps = missing_steps(&connection)?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0)).map_err(plain)?;
    if mode != "wal" {
        return Err(format!("this file system cannot keep a write-ahead log (SQLite offers \"{mode}\"): use another data directory"));
    }
    connection.pragma_update(None, "synchronous", "full").map_err(plain)?;
    connection.pragma_update(None, "cache_size", CACHE_KIB).map_err(plain)?;
    // By hand (`checkpoint`): SQLite's own would hold up the next commit, and would tell nobody that it failed.
    connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(plain)?;
    migrate(&mut connection, steps).map_err(plain)?;
    Ok(connection)
}

/// A connection that copies what is committed into the file, and syncs it there.
pub fn open_for_copying(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

/// A connection that cannot write.
pub fn open_for_reading(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

/// Refuses what this program cannot read: a store that is not ours, or of a newer program.
pub fn check(connection: &Connection) -> Result<(), String> {
    let steps = missing_steps(connection)?;
    if steps.len() < MIGRATIONS.len() { Ok(()) } else { Err("there is nothing in it".to_owned()) }
}

/// Which steps this store still needs. Touches nothing: a store that is not ours, or of a newer program, is left as it is.
fn missing_steps(connection: &Connection) -> Result<&'static [&'static str], String> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(|error| error.to_string());
    let (version, owner) = (number("user_version")?, number("application_id")?);
    if version != 0 && owner != APPLICATION_ID {
        return Err("this is a database of another program".to_owned());
    }
    let known = usize::try_from(version).ok().and_then(|version| MIGRATIONS.get(version..));
    known.ok_or_else(|| format!("it has schema version {version}, this program knows up to {}: use a newer one", MIGRATIONS.len()))
}

fn migrate(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    for (step, sql) in steps.iter().enumerate() {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", MIGRATIONS.len() - steps.len() + step + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
