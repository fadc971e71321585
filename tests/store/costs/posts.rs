//! Posts, and their lists.

use shared::cost::Cost;
use shared::domain::{Order, PostAttributes, PostSort, Start, UserId};
use shared::store::{IdempotencyRecord, PostList, Posts};
use tests::App;
use tokio::try_join;

use super::row::{Row, measure};

/// The number of posts in the table while costs are measured: far more than a page.
const POSTS: usize = 2_000;

#[tokio::test]
async fn a_page_costs_the_same_wherever_a_cursor_points() {
    let app = App::start().await;
    let posts = app.posts();
    app.import_posts(app.caller().id().parse().unwrap(), (0..POSTS).map(attributes));
    let list = PostList::Published(PostSort::CreatedAt);
    let (mut start, mut costs) = (Start::Offset(0), Vec::new());
    loop {
        let (page, cost) = Cost::of(posts.list(&list, Order::Desc, &start, 10)).await;
        costs.push(cost);
        match page.unwrap().next {
            Some(next) => start = Start::After(next),
            None => break,
        }
    }
    assert_eq!(costs.len(), POSTS / 10);
    // The last page may cost less, because it reads no eleventh item.
    assert!(costs.iter().all(|cost| cost.calls == 1 && cost.rcu <= costs[0].rcu), "{costs:?}");
}

pub(super) async fn rows() -> Vec<Row> {
    let app = App::start().await;
    let (posts, author) = (app.posts(), app.caller().id().parse().unwrap());
    app.import_posts(author, (0..POSTS).map(attributes));
    let mut rows = operations(&posts, author).await;
    rows.extend(lists(&posts, author).await);
    rows
}

async fn operations(posts: &Posts, author: UserId) -> Vec<Row> {
    let renamed = PostAttributes { title: "Another title of usual length".parse().unwrap(), ..attributes(0) };
    let hidden = PostAttributes { published: false, ..renamed.clone() };
    let (post, create) = measure(
        "POST /api/posts, 1 KB, published, with a category",
        (1, 0.0, 24.0),
        posts.create(author, attributes(POSTS), None),
    )
    .await;
    let (post, _) = post.into_parts();
    let record = IdempotencyRecord::new("posts", &author, &"key".parse().unwrap(), &[0; 32]);
    let again = PostAttributes { title: "A title of usual length, twice".parse().unwrap(), ..attributes(0) };
    let (again, keyed) = measure(
        "POST /api/posts, the same with an Idempotency-Key",
        (1, 0.0, 24.0),
        posts.create(author, again, Some(&record)),
    )
    .await;
    posts.delete(&again.into_parts().0).await.unwrap();
    let (_, get) = measure("GET /api/posts/{id}, 1 KB", (1, 0.5, 0.0), posts.get(post.id)).await;
    let (_, rename) = measure("PATCH /api/posts/{id}, another title", (2, 1.0, 24.0), async {
        let post = posts.get_latest(post.id).await?.unwrap();
        posts.replace(&post, renamed).await
    })
    .await;
    let (_, hide) = measure("PATCH /api/posts/{id}, unpublished", (2, 1.0, 24.0), async {
        let post = posts.get_latest(post.id).await?.unwrap();
        posts.replace(&post, hidden).await
    })
    .await;
    let ((), delete) = measure("DELETE /api/posts/{id}, a draft", (2, 1.0, 24.0), async {
        let post = posts.get_latest(post.id).await?.unwrap();
        posts.delete(&post).await
    })
    .await;
    vec![create, keyed, get, rename, hide, delete]
}

async fn lists(posts: &Posts, author: UserId) -> Vec<Row> {
    let category = || "computing".parse().unwrap();
    let mut rows = Vec::new();
    for (request, list) in [
        ("GET /api/posts", PostList::Published(PostSort::CreatedAt)),
        ("GET /api/posts?sort=title", PostList::Published(PostSort::Title)),
        ("GET /api/posts?category=", PostList::Category(category(), PostSort::CreatedAt)),
        ("GET /api/posts?category=&sort=title", PostList::Category(category(), PostSort::Title)),
        ("GET /api/posts?mine=true", PostList::Author(author)),
    ] {
        let (page, row) = measure(request, (2, 1.5, 0.0), async {
            try_join!(posts.list(&list, Order::Desc, &Start::Offset(0), 10), posts.count(&list))
        })
        .await;
        assert_eq!((page.0.items.len(), page.1), (10, POSTS as u64), "{request}");
        rows.push(row);
    }
    let list = PostList::Published(PostSort::CreatedAt);
    let (page, _) =
        measure("to the middle", (2, 500.0, 0.0), posts.list(&list, Order::Desc, &Start::Offset(1_000), 1))
            .await;
    let middle = Start::After(page.next.unwrap());
    let (_, row) = measure("GET /api/posts?cursor=, anywhere", (2, 1.5, 0.0), async {
        try_join!(posts.list(&list, Order::Desc, &middle, 10), posts.count(&list))
    })
    .await;
    rows.push(row);
    rows
}

/// Returns a post whose content has 1,024 characters.
fn attributes(n: usize) -> PostAttributes {
    PostAttributes {
        title: format!("A title of usual length, number {n}").parse().unwrap(),
        content: "The engine weaves algebra. "
            .repeat(38)
            .chars()
            .take(1024)
            .collect::<String>()
            .parse()
            .unwrap(),
        category: Some("computing".parse().unwrap()),
        published: true,
    }
}
