//! Posts, their titles and their counters.

use shared::domain::{PostAttributes, User};
use tests::App;

use crate::check::items::Items;

pub(super) const ITEMS: Items = Items {
    kinds: &["COUNT", "POST", "TITLE"],
    locks: &[("TITLE", "postId")],
    computed: &[("POST", "gsi1pk"), ("POST", "gsi4sk"), ("POST", "gsi5pk"), ("POST", "excerpt")],
    counters: &[("COUNT#POSTS", "n"), ("COUNT#AUTHOR", "n")],
};

pub(super) async fn fill(app: &App, author: &User) {
    let posts = app.posts();
    posts.create(author.id, post("On engines", true), None).await.unwrap();
    let draft = posts.create(author.id, post("On looms", false), None).await.unwrap().into_parts().0;
    posts.replace(&draft, post("On threads", true)).await.unwrap();
}

fn post(title: &str, published: bool) -> PostAttributes {
    PostAttributes {
        title: title.parse().unwrap(),
        content: "What it says.".parse().unwrap(),
        category: Some("Tech".parse().unwrap()),
        published,
    }
}
