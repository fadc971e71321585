//! Files, and the use of them by each user.

use shared::domain::{FileAttributes, User};
use tests::App;

use crate::check::items::Items;

pub(super) const ITEMS: Items = Items {
    kinds: &["FILE", "USAGE"],
    locks: &[],
    computed: &[("FILE", "gsi1pk")],
    counters: &[("USAGE", "fileCount"), ("USAGE", "byteCount")],
};

pub(super) async fn fill(app: &App, owner: &User) {
    let files = app.files();
    let file = files.begin(owner.id, attributes(), None).await.unwrap().into_parts().0;
    files.begin(owner.id, attributes(), None).await.unwrap();
    files.complete(&file, "07".repeat(32).parse().unwrap(), None).await.unwrap();
}

fn attributes() -> FileAttributes {
    FileAttributes {
        name: "a.png".parse().unwrap(),
        kind: "image/png".to_owned().try_into().unwrap(),
        size: 1024.try_into().unwrap(),
        sha256: None,
    }
}
