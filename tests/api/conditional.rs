use std::time::SystemTime;

use reqwest::Method;
use serde_json::json;
use shared::clock::Clock;
use tests::{App, user};

#[tokio::test]
async fn a_client_that_has_the_resource_is_told_so() {
    let app = App::start().await;
    for resource in app.resources() {
        let (client, created) = (&resource.client, resource.create().await.expect(201));
        let url = created.header("location");
        let shown = client.get(url).await.expect(200);
        let (etag, modified) = (shown.header("etag"), shown.header("last-modified"));
        assert_eq!((etag, modified), (created.header("etag"), created.header("last-modified")));
        assert!(etag.starts_with('"'), "a strong tag: {etag}");

        for (name, value) in [
            ("if-none-match", etag.to_owned()),
            ("if-none-match", format!("\"other\", W/{etag}")),
            ("if-none-match", "*".to_owned()),
            ("if-modified-since", modified.to_owned()),
        ] {
            let fresh = client.get(url).header(name, &value).await.expect(304);
            assert_eq!((fresh.body.len(), fresh.header("etag")), (0, etag), "{fresh:?}");
            assert_eq!(fresh.header("content-type"), "", "{fresh:?}");
            client.call(Method::HEAD, url).header(name, &value).await.expect(304);
        }
        for (name, value) in [
            ("if-none-match", "\"other\""),
            ("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("if-modified-since", "yesterday"),
        ] {
            client.get(url).header(name, value).await.expect(200);
        }
        // If-None-Match takes precedence over If-Modified-Since.
        let call = client.get(url).header("if-none-match", "\"other\"");
        call.header("if-modified-since", modified).await.expect(200);
    }
}

#[tokio::test]
async fn a_stale_client_changes_nothing() {
    let app = App::start().await;
    for resource in app.resources() {
        let (client, created) = (&resource.client, resource.create().await.expect(201));
        let (url, stale) = (created.header("location"), created.header("etag"));
        let changed = client.patch(url, &resource.change()).header("if-match", stale).await.expect(200);
        assert_ne!(changed.header("etag"), stale);

        let calls =
            || [client.patch(url, &resource.change()), client.put(url, &resource.body()), client.delete(url)];
        for if_match in [stale, "\"0\"", "W/\"2\""] {
            for call in calls() {
                call.header("if-match", if_match).await.expect_error(412, "precondition_failed");
            }
        }
        // A malformed tag must not match another version.
        for if_match in ["2", "W/2", "\"2", "\"1\", 2", "*, \"2\"", ""] {
            for call in calls() {
                assert_eq!(call.header("if-match", if_match).await.bad_fields(), ["If-Match"], "{if_match}");
            }
        }
        let long_ago = "Thu, 01 Jan 1970 00:00:00 GMT";
        let call = client.delete(url).header("if-unmodified-since", long_ago);
        call.await.expect_error(412, "precondition_failed");
        assert_eq!(client.get(url).await.expect(200).json(), changed.json());

        for if_match in ["*", &format!("\"other\", {}", changed.header("etag"))] {
            client.patch(url, &json!({})).header("if-match", if_match).await.expect(200);
        }
        client.delete(url).header("if-match", changed.header("etag")).await.expect(204);
    }
}

#[tokio::test]
async fn if_none_match_keeps_what_is_there() {
    let app = App::start().await;
    for resource in app.resources() {
        let (client, created, other) =
            (&resource.client, resource.create().await.expect(201), resource.body());
        let (url, etag) = (created.header("location"), created.header("etag"));
        let changes = || [client.put(url, &other), client.patch(url, &other), client.delete(url)];
        for tags in ["*", etag, &format!("W/{etag}"), &format!("\"a,b\", {etag}")] {
            for change in changes() {
                change.header("if-none-match", tags).await.expect_error(412, "precondition_failed");
            }
        }
        for change in changes() {
            assert_eq!(
                change.header("if-none-match", etag.trim_matches('"')).await.bad_fields(),
                ["If-None-Match"]
            );
        }
        assert_eq!(client.get(url).await.expect(200).json(), created.json());
        client.put(url, &other).header("if-none-match", "\"0\"").await.expect(200);
        client.delete(url).header("if-none-match", etag).await.expect(204);
    }
}

#[tokio::test]
async fn a_change_in_the_same_second_is_not_lost() {
    let app = App::start().await;
    for resource in app.resources() {
        let (client, created) = (&resource.client, resource.create().await.expect(201));
        let (url, since) = (created.header("location"), created.header("last-modified"));
        let shown = client.get(url).await.expect(200);
        assert_eq!(shown.header("last-modified"), since, "{shown:?}");
        let call = client.patch(url, &resource.change());
        let changed = call.header("if-unmodified-since", since).await.expect(200);
        // Most changes fall into the same second. A change in the next second counts just the same.
        let body = resource.body();
        for call in [client.patch(url, &body), client.put(url, &body), client.delete(url)] {
            call.header("if-unmodified-since", since).await.expect_error(412, "precondition_failed");
        }
        client.get(url).header("if-modified-since", since).await.expect(200);
        assert_eq!(client.get(url).await.expect(200).json(), changed.json());
        // Last-Modified is never in the future.
        let answered = httpdate::parse_http_date(changed.header("last-modified")).unwrap();
        assert!(answered <= SystemTime::from(Clock::system().now()), "{changed:?}");
    }
}

#[tokio::test]
async fn of_two_who_change_the_same_version_one_is_told() {
    let app = App::start().await;
    for resource in app.resources() {
        let created = resource.create().await.expect(201);
        let (url, etag) = (created.header("location"), created.header("etag"));
        let answers = futures_util::future::join_all((0..8).map(async |_| {
            resource.client.patch(url, &resource.change()).header("if-match", etag).await.status
        }))
        .await;
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|status| **status == 412).count(), 7, "{answers:?}");
    }
}

#[tokio::test]
async fn views_that_differ_have_tags_that_differ() {
    let app = App::start().await;
    let created = app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
    let url = created.header("location");
    let whole = app.user(&created.text("/id")).get(url).await.expect(200);
    let partial = app.caller().get(url).await.expect(200);
    assert_eq!(whole.header("etag"), created.header("etag"));
    assert_ne!(partial.header("etag"), whole.header("etag"));
    app.caller().get(url).header("if-none-match", whole.header("etag")).await.expect(200);
    app.caller().get(url).header("if-none-match", partial.header("etag")).await.expect(304);
}
