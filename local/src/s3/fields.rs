//! The fields that several operations share; each operation has its own types.

/// Reads the request's headers for the new object.
macro_rules! headers {
    ($input:ident) => {
        Headers {
            cache_control: $input.cache_control,
            content_disposition: $input.content_disposition,
            content_encoding: $input.content_encoding,
            content_language: $input.content_language,
            content_type: $input.content_type,
            metadata: $input.metadata,
        }
    };
}

/// Fills in the fields that `GetObject` and `HeadObject` return of an object.
macro_rules! described {
    ($output:ident, $object:ident, $checksum:ident) => {{
        let headers = $object.headers.clone();
        $output {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from($object.size).ok(),
            e_tag: Some($object.etag()),
            last_modified: Some($object.modified()),
            cache_control: headers.cache_control,
            content_disposition: headers.content_disposition,
            content_encoding: headers.content_encoding,
            content_language: headers.content_language,
            content_type: headers.content_type.or_else(|| Some("binary/octet-stream".to_owned())),
            metadata: headers.metadata,
            checksum_crc32: $checksum.checksum_crc32,
            checksum_crc32c: $checksum.checksum_crc32c,
            checksum_crc64nvme: $checksum.checksum_crc64nvme,
            checksum_sha1: $checksum.checksum_sha1,
            checksum_sha256: $checksum.checksum_sha256,
            ..$output::default()
        }
    }};
}

/// Receives the bytes of a request into a draft, and checks them against the request.
macro_rules! receive {
    ($draft:expr, $input:ident, $trailer:expr) => {
        $draft
            .receive(
                $input.body,
                s3s::dto::Checksum {
                    checksum_crc32: $input.checksum_crc32,
                    checksum_crc32c: $input.checksum_crc32c,
                    checksum_crc64nvme: $input.checksum_crc64nvme,
                    checksum_sha1: $input.checksum_sha1,
                    checksum_sha256: $input.checksum_sha256,
                    ..s3s::dto::Checksum::default()
                },
                $input.checksum_algorithm,
                $input.content_md5,
                $trailer,
            )
            .await
    };
}
