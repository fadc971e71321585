use proptest::prelude::*;
use shared::config::Secret;
use shared::http::CursorKey;

use crate::changes::changed;

const LIST: &str = "/api/users?sort=name";

fn key() -> CursorKey {
    CursorKey::new(&[Secret::new("CURSOR_SECRET", "s".repeat(32)).unwrap()])
}

fn sealed() -> [String; 2] {
    ["", "on engines\u{1f}01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f"].map(|at| key().seal(LIST, at).unwrap())
}

proptest! {
    #[test]
    fn a_changed_cursor_is_refused(text in changed(&sealed(), &["A", "=", "-", "_", "%3D", "."])) {
        let Ok(cursor) = String::from_utf8(text) else { return Ok(()) };
        let is_ours = sealed().contains(&cursor);
        prop_assert_eq!(key().open(LIST, &cursor).is_some(), is_ours);
        prop_assert_eq!(key().open("/api/users", &cursor), None);
    }
}
