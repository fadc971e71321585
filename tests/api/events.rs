//! The recorded events in `events/`.
