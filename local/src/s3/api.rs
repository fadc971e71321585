//! The operations of S3 that are emulated; all others get 501.

use std::fs::File;
use std::io::{Seek, SeekFrom};

use base16ct::lower::encode_string;
use http::Method;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket, Checksum, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput,
    DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, GetObjectInput, GetObjectOutput, HeadBucketInput,
    HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListObjectsV2Input, ListObjectsV2Output, MetadataDirective, PutObjectInput, PutObjectOutput,
    StreamingBlob, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use super::access::Signer;
use super::change::{Change, Notify, Requester};
use super::conditions::{Condition, unchanged};
use super::list;
use super::object::{Headers, Object, internal};
use super::store::Store;

/// The number of bytes that are read from a file at a time.
const CHUNK_BYTES: usize = 64 * 1024;

pub(super) struct Api {
    pub(super) store: Store,
    pub(super) notify: Notify,
}

impl Api {
    /// Notifies the triggers. The send fails only if the stack is ending.
    fn created(&self, event: &'static str, bucket: String, object: Object, requester: Requester) {
        let stored = Some((object.size, object.etag));
        let _ = self.notify.send(Change { event, bucket, key: object.key, stored, requester });
    }

    /// Removes the object if it exists, and notifies the triggers in either case, as S3 does.
    fn remove(&self, bucket: String, key: String, requester: Requester) -> S3Result<()> {
        self.store.delete(&bucket, &key)?;
        let event = "ObjectRemoved:Delete";
        let _ = self.notify.send(Change { event, bucket, key, stored: None, requester });
        Ok(())
    }
}

#[async_trait::async_trait]
impl S3 for Api {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let requester = sender(&request)?;
        // Browser forms are handled here, too.
        let event = if request.method == Method::POST { "ObjectCreated:Post" } else { "ObjectCreated:Put" };
        let input = request.input;
        self.store.bucket(&input.bucket)?;
        let (draft, checksum, md5) = receive!(self.store.draft()?, input, request.trailing_headers)?;
        let finished = draft.finish(input.key, encode_string(&md5), checksum, headers!(input)).await?;
        let condition = Condition { if_match: input.if_match, if_none_match: input.if_none_match };
        let object = self.store.put(&input.bucket, finished, &condition)?;
        let output = PutObjectOutput { e_tag: Some(object.etag()), ..PutObjectOutput::default() };
        self.created(event, input.bucket, object, requester);
        Ok(S3Response::new(output))
    }

    async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let (requester, signer) = (sender(&request)?, Signer::of(&request)?.clone());
        let input = request.input;
        let CopySource::Bucket { bucket, key, .. } = input.copy_source else {
            return Err(s3_error!(NotImplemented, "Only a bucket can be copied from."));
        };
        self.store.bucket(&input.bucket)?;
        // The open file keeps the copied bytes the same as those that the condition was checked on.
        let source = self.store.read(&bucket, &key);
        let (source, file) = source.map_err(|error| signer.tell_missing(&bucket, error))?;
        unchanged(
            &source,
            input.copy_source_if_match.as_ref(),
            input.copy_source_if_none_match.as_ref(),
            input.copy_source_if_modified_since.as_ref(),
            input.copy_source_if_unmodified_since.as_ref(),
        )
        .map_err(|_| s3_error!(PreconditionFailed))?;
        let replaces = input
            .metadata_directive
            .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
        if bucket.as_ref() == input.bucket && key.as_ref() == input.key && !replaces {
            return Err(s3_error!(InvalidRequest, "This copy to itself would change nothing."));
        }
        let headers = if replaces { headers!(input) } else { source.headers.clone() };
        let mut draft = self.store.draft()?;
        // A copy has the checksums of its source unless the request asks for another one.
        let algorithm = input.checksum_algorithm.as_ref();
        draft.compute(&algorithm.map_or_else(|| source.checksum(), |_| Checksum::default()), algorithm);
        draft.fill(contents(file, source.size)).await?;
        let (computed, md5) = draft.digests();
        let finished = draft.finish(input.key, encode_string(&md5), computed, headers).await?;
        let object = self.store.put(&input.bucket, finished, &Condition::default())?;
        let checksum = object.checksum();
        let result = CopyObjectResult {
            e_tag: Some(object.etag()),
            last_modified: Some(object.modified()),
            checksum_crc32: checksum.checksum_crc32,
            checksum_crc32c: checksum.checksum_crc32c,
            checksum_crc64nvme: checksum.checksum_crc64nvme,
            checksum_sha1: checksum.checksum_sha1,
            checksum_sha256: checksum.checksum_sha256,
            ..CopyObjectResult::default()
        };
        self.created("ObjectCreated:Copy", input.bucket, object, requester);
        Ok(S3Response::new(CopyObjectOutput {
            copy_object_result: Some(result),
            ..CopyObjectOutput::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        let id = self.store.begin(input.bucket.clone(), input.key.clone(), headers!(input))?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        let (draft, checksum, md5) = receive!(self.store.draft()?, input, request.trailing_headers)?;
        let number = input.part_number.to_string();
        let part = draft.finish(number, encode_string(&md5), checksum, Headers::default()).await?;
        let part = self.store.put_part(&input.bucket, &input.key, &input.upload_id, part)?;
        Ok(S3Response::new(UploadPartOutput { e_tag: Some(part.etag()), ..UploadPartOutput::default() }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let requester = sender(&request)?;
        let input = request.input;
        let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let condition = Condition { if_match: input.if_match, if_none_match: input.if_none_match };
        let object =
            self.store.complete(&input.bucket, &input.key, &input.upload_id, parts, &condition).await?;
        let output = CompleteMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key),
            e_tag: Some(object.etag()),
            ..CompleteMultipartUploadOutput::default()
        };
        self.created("ObjectCreated:CompleteMultipartUpload", input.bucket, object, requester);
        Ok(S3Response::new(output))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        self.store.abort(&input.bucket, &input.key, &input.upload_id)?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let signer = Signer::of(&request)?.clone();
        let input = request.input;
        let object = self.store.read(&input.bucket, &input.key);
        let (object, mut file) = object.map_err(|error| signer.tell_missing(&input.bucket, error))?;
        unchanged(
            &object,
            input.if_match.as_ref(),
            input.if_none_match.as_ref(),
            input.if_modified_since.as_ref(),
            input.if_unmodified_since.as_ref(),
        )?;
        let range = input.range.map(|range| range.check(object.size)).transpose()?;
        let (start, end) = range.as_ref().map_or((0, object.size), |range| (range.start, range.end));
        file.seek(SeekFrom::Start(start)).map_err(internal)?;
        let checksum =
            input.checksum_mode.filter(|_| range.is_none()).map(|_| object.checksum()).unwrap_or_default();
        let mut output = described!(GetObjectOutput, object, checksum);
        output.body = Some(StreamingBlob::wrap(contents(file, end - start)));
        output.content_length = i64::try_from(end - start).ok();
        output.content_range = range.map(|_| format!("bytes {start}-{}/{}", end - 1, object.size));
        Ok(S3Response::new(output))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let signer = Signer::of(&request)?.clone();
        let input = request.input;
        let object = self.store.read(&input.bucket, &input.key);
        let (object, _) = object.map_err(|error| signer.tell_missing(&input.bucket, error))?;
        unchanged(
            &object,
            input.if_match.as_ref(),
            input.if_none_match.as_ref(),
            input.if_modified_since.as_ref(),
            input.if_unmodified_since.as_ref(),
        )?;
        let checksum = input.checksum_mode.map(|_| object.checksum()).unwrap_or_default();
        Ok(S3Response::new(described!(HeadObjectOutput, object, checksum)))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let requester = sender(&request)?;
        self.remove(request.input.bucket, request.input.key, requester)?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let requester = sender(&request)?;
        let input = request.input;
        let mut deleted = Vec::new();
        for object in input.delete.objects {
            self.remove(input.bucket.clone(), object.key.clone(), requester.clone())?;
            deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() });
        }
        let is_quiet = input.delete.quiet == Some(true);
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: Some(deleted).filter(|_| !is_quiet),
            ..DeleteObjectsOutput::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let objects = self.store.list(&input.bucket, input.prefix.as_deref().unwrap_or_default())?;
        Ok(S3Response::new(list::page(input, objects)))
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.store.bucket(&request.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let bucket = |name: &str| Bucket { name: Some(name.to_owned()), ..Bucket::default() };
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(self.store.buckets().map(bucket).collect()),
            ..ListBucketsOutput::default()
        }))
    }
}

/// Streams the next `length` bytes of the file.
pub(super) fn contents(file: File, length: u64) -> ReaderStream<tokio::io::Take<tokio::fs::File>> {
    ReaderStream::with_capacity(tokio::fs::File::from_std(file).take(length), CHUNK_BYTES)
}

fn sender<T>(request: &S3Request<T>) -> S3Result<Requester> {
    request.extensions.get().cloned().ok_or_else(|| s3_error!(InternalError))
}
