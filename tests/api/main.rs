//! The API as its clients see it.

mod conditional;
mod conventions;
mod durability;
mod events;
mod faults;
mod input;
mod lists;
mod posts;
mod readme;
mod users;
