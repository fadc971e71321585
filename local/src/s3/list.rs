//! A page of a bucket's objects.

use s3s::dto::{CommonPrefix, ListObjectsV2Input, ListObjectsV2Output, Object as Entry};

use super::object::Object;

/// S3's limit.
const MAX_KEYS: i32 = 1000;

/// Returns the requested page of `objects`, which have the prefix and are sorted.
pub(super) fn page(input: ListObjectsV2Input, objects: Vec<Object>) -> ListObjectsV2Output {
    let limit = input.max_keys.unwrap_or(MAX_KEYS).clamp(0, MAX_KEYS);
    let prefix = input.prefix.as_deref().unwrap_or_default();
    // The next page begins after this page's last key, or after the prefix that stands for several keys.
    let after = input.continuation_token.as_deref().max(input.start_after.as_deref()).unwrap_or_default();
    let (mut entries, mut prefixes) = (Vec::new(), Vec::<String>::new());
    let (mut count, mut last, mut is_truncated) = (0, None, false);
    for object in objects {
        let group =
            input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty()).and_then(|delimiter| {
                let end = object.key[prefix.len()..].find(delimiter)? + prefix.len() + delimiter.len();
                Some(object.key[..end].to_owned())
            });
        let name = group.as_ref().unwrap_or(&object.key);
        if name.as_str() <= after || group.as_ref().is_some_and(|group| prefixes.last() == Some(group)) {
            continue;
        }
        if count == limit {
            is_truncated = limit > 0;
            break;
        }
        count += 1;
        last = Some(name.clone());
        match group {
            Some(group) => prefixes.push(group),
            None => entries.push(Entry {
                e_tag: Some(object.etag()),
                last_modified: Some(object.modified()),
                size: i64::try_from(object.size).ok(),
                key: Some(object.key),
                ..Entry::default()
            }),
        }
    }
    let prefixes = prefixes.into_iter().map(|prefix| CommonPrefix { prefix: Some(prefix) }).collect();
    ListObjectsV2Output {
        common_prefixes: Some(prefixes),
        contents: Some(entries),
        continuation_token: input.continuation_token,
        delimiter: input.delimiter,
        is_truncated: Some(is_truncated),
        key_count: Some(count),
        max_keys: Some(limit),
        name: Some(input.bucket),
        next_continuation_token: last.filter(|_| is_truncated),
        prefix: input.prefix,
        start_after: input.start_after,
        ..ListObjectsV2Output::default()
    }
}
