//! Subasta: an auction server where everyone sees every bid the moment it is made, and no bid is acknowledged before it is durable.
//!
//! Modules import one way, and a test keeps it so: [`auction`], [`clock`] and [`log`] import nothing of ours; [`wire`] imports auction;
//! [`room`] imports auction, log, wire and clock; [`gateway`] imports room, wire, clock, and auction's identifiers and commands;
//! [`terminal`], the client, imports wire, clock and auction; [`verify`], who judges a log again, imports auction, log, wire, and the form of
//! records from room; [`replay`] imports auction and wire; [`config`] knows everyone's settings; [`serve`] puts the parts together. `docs/architecture.md` is the map.

pub mod auction;
pub mod clock;
pub mod config;
pub mod gateway;
pub mod limits;
pub mod log;
pub mod replay;
pub mod room;
pub mod serve;
pub mod telemetry;
pub mod terminal;
pub mod token;
pub mod verify;
pub mod wire;
