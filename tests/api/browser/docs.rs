//! The page at `/api/docs`.

use serde_json::{Value, json};
use tests::{App, Chromium, Page};

/// Lists pairs of texts that overlap. A text that contains code counts with the code's coloured box.
const OVERLAPS: &str = "const boxes = [];
    const walker = document.createTreeWalker(document.getElementById('swagger-ui'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const {data, parentElement: element} = walker.currentNode;
        // A select shows one of its options, and a block of code scrolls below its buttons.
        if (!data.trim() || element.closest('option, pre') || !element.checkVisibility()) continue;
        const range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        const code = element.closest('code');
        for (const {top, bottom, left, right} of (code ?? range).getClientRects())
            boxes.push({top, bottom, left, right, of: code ?? walker.currentNode, text: data.trim()});
    }
    // Letters do not reach the edges of their boxes.
    const apart = 1;
    const overlaps = [];
    for (const [index, one] of boxes.entries())
        for (const other of boxes.slice(index + 1))
            if (one.of !== other.of
                && one.top + apart < other.bottom && other.top + apart < one.bottom
                && one.left + apart < other.right && other.left + apart < one.right)
                overlaps.push([one.text, other.text]);
    return {texts: boxes.length, overlaps};";

const FAINT_TEXTS: &str = include_str!("faint_texts.js");

async fn open(chromium: &Chromium, app: &App) -> Page {
    let page =
        chromium.open(&format!("{}/api/docs", app.stack.url().replace("127.0.0.1", "localhost"))).await;
    page.until("document.querySelector('.opblock')").await;
    page
}

#[tokio::test]
async fn the_page_has_the_apis_name_and_follows_the_browsers_colour_scheme() {
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    let page = open(&chromium, &app).await;
    let document = app.anonymous().get("/api/openapi.json").await.expect(200);
    assert_eq!(page.run("return document.title", Value::Null).await, document.text("/info/title"));

    let links = "return [...document.querySelectorAll('.info a')].map((link) => link.href)";
    let links = page.run(links, Value::Null).await;
    let conventions = links.as_array().unwrap().iter().find_map(|link| {
        let (_, path) = link.as_str()?.split_once("/api/docs/")?;
        Some(format!("/api/docs/{path}"))
    });
    let conventions =
        app.anonymous().get(&conventions.unwrap_or_else(|| panic!("{links}"))).await.expect(200);
    assert_eq!(conventions.header("content-type"), "text/markdown; charset=utf-8");

    // The page follows the browser's colour scheme without a reload.
    for (scheme, is_dark) in [("light", false), ("dark", true), ("light", false)] {
        page.prefer_colour_scheme(scheme).await;
        page.until(&format!("document.documentElement.matches('.dark-mode') === {is_dark}")).await;
        // Relative luminance, roughly: text must be dark on light, or light on dark.
        let luminances = "const of = (colour) => colour.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0) / 765;
            const ground = getComputedStyle(document.documentElement).backgroundColor;
            const text = getComputedStyle(document.querySelector('.info p')).color;
            return {ground: ground === 'rgba(0, 0, 0, 0)' ? 1 : of(ground), text: of(text)};";
        let seen = page.run(luminances, Value::Null).await;
        let (ground, text) = (seen["ground"].as_f64().unwrap(), seen["text"].as_f64().unwrap());
        assert!(if is_dark { text - ground > 0.5 } else { ground - text > 0.5 }, "{scheme}: {seen}");
    }
    page.close().await;
}

/// Opens an operation with parameters and one with a body.
async fn open_operations(page: &Page) {
    for operation in ["listUsers", "updateUser"] {
        let control = format!("'.opblock[id$=\"-{operation}\"] .opblock-summary-control'");
        page.run(&format!("document.querySelector({control}).click()"), Value::Null).await;
        page.until(&format!("document.querySelector('.opblock[id$=\"-{operation}\"] .responses-table')"))
            .await;
    }
}

#[tokio::test]
async fn every_text_of_the_dark_page_can_be_read() {
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    let page = open(&chromium, &app).await;
    page.prefer_colour_scheme("dark").await;
    page.until("document.documentElement.matches('.dark-mode')").await;
    open_operations(&page).await;
    // Colours change gradually.
    page.until("document.getAnimations().length === 0").await;
    assert_eq!(page.run(FAINT_TEXTS, Value::Null).await, json!([]));
    page.close().await;
}

#[tokio::test]
async fn no_text_of_the_page_covers_another() {
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    let page = open(&chromium, &app).await;
    open_operations(&page).await;
    for width in [1280, 420] {
        page.resize(width, 900).await;
        let seen = page.run(OVERLAPS, Value::Null).await;
        assert!(seen["texts"].as_u64().unwrap() > 200, "{seen}");
        assert_eq!(seen["overlaps"], json!([]), "{width} pixels wide");
    }
    page.close().await;
}
