//! Embeds the files that the function serves, as a file of constants: the page, Swagger UI's own files, and the
//! document.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

/// The files of Swagger UI's distribution that the page uses. The topbar's preset, source maps and other bundles are
/// left out.
const SWAGGER_UI_FILES: [&str; 3] = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"];

/// The files of the API's own pages.
const OWN_FILES: [&str; 4] = ["page.css", "page.js", "account.css", "account.js"];

/// The pages to which links in mails lead, whose names have no ending.
const LINKED_PAGES: [&str; 2] = ["confirm-email", "reset-password"];

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);

    let mut constants = String::new();
    let document = read_document(&here.join("../../openapi.json"))?;
    let page =
        String::from_utf8(read(&here.join("page/index.html"))?)?.replace("{{title}}", &title(&document)?);
    writeln!(constants, "pub(crate) const PAGE: File = {};", file(&out, "index.html", page.as_bytes())?)?;
    writeln!(constants, "pub(crate) const DOCUMENT: File = {};", file(&out, "openapi.json", &document)?)?;

    writeln!(constants, "pub(crate) const ASSETS: &[File] = &[")?;
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for name in SWAGGER_UI_FILES {
        writeln!(constants, "{},", file(&out, name, &unpack(&mut archive, name)?)?)?;
    }
    for name in OWN_FILES {
        writeln!(constants, "{},", file(&out, name, &read(&here.join("page").join(name))?)?)?;
    }
    for name in LINKED_PAGES {
        let content = read(&here.join("page").join(format!("{name}.html")))?;
        writeln!(constants, "{},", file(&out, name, &content)?)?;
    }
    // The document's `externalDocs` refer to this text.
    let conventions = String::from_utf8(read(&here.join("../../docs/api-design.md"))?)?;
    let conventions = unlink_other_documents(&conventions);
    writeln!(constants, "{},", file(&out, "api-design.md", conventions.as_bytes())?)?;
    writeln!(constants, "];")?;
    fs::write(out.join("files.rs"), constants)?;
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Reads the document. If it is missing, returns an empty one, because `cargo xtask openapi`, which writes it, is built
/// with this crate.
fn read_document(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    if path.exists() {
        return read(path);
    }
    println!("cargo::rerun-if-changed={}", path.display());
    println!("cargo::warning=openapi.json is missing: run `cargo xtask openapi`");
    Ok(b"{}".to_vec())
}

/// Returns the API's name as HTML.
fn title(document: &[u8]) -> Result<String, Box<dyn Error>> {
    let document: Value = serde_json::from_slice(document)?;
    let title = document.pointer("/info/title").and_then(Value::as_str).unwrap_or_default();
    Ok(title.replace('&', "&amp;").replace('<', "&lt;"))
}

/// Replaces `[label](deploying.md#part)` by `label`, because the other documents are not served.
fn unlink_other_documents(text: &str) -> String {
    let mut rest = text;
    let mut unlinked = String::new();
    while let Some((before, after)) = rest.split_once("](") {
        let link = after.split_once(')').filter(|(target, _)| target.contains(".md"));
        if let (Some((head, label)), Some((_, tail))) = (before.rsplit_once('['), link) {
            unlinked.extend([head, label]);
            rest = tail;
        } else {
            unlinked.extend([before, "]("]);
            rest = after;
        }
    }
    unlinked + rest
}

/// Reads a file of the distribution, which is in the folder `dist` of a folder that is named after the version.
fn unpack(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let wanted = format!("dist/{name}");
    let is_wanted = |path: &str| path.split_once('/').is_some_and(|(_, rest)| rest == wanted);
    let path = archive.file_names().flatten().find(|path| is_wanted(path)).map(Cow::into_owned);
    let path = path.ok_or_else(|| format!("Swagger UI has no file {wanted}"))?;
    let mut content = Vec::new();
    archive.by_name(&path)?.read_to_end(&mut content)?;
    Ok(content)
}

/// Writes the content to the folder `out`, and returns the constructor of a `File` with it.
fn file(out: &Path, name: &str, content: &[u8]) -> Result<String, Box<dyn Error>> {
    fs::write(out.join(name), content)?;
    let media_type = match name.rsplit('.').next() {
        Some(page) if LINKED_PAGES.contains(&page) => "text/html; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("md") => "text/markdown; charset=utf-8",
        Some("png") => "image/png",
        _ => return Err(format!("{name}: of which media type?").into()),
    };
    let digest = Sha256::digest(content);
    let etag = format!("\"{:016x}\"", u64::from_be_bytes(digest[..8].try_into()?));
    Ok(format!(
        "File {{ name: {name:?}, media_type: {media_type:?}, etag: {etag:?}, \
         content: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")) }}"
    ))
}
