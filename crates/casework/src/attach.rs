//! Pictures and documents that come with reports.

use serde_json::json;
use stanch_store::{Tx, file_digest};
use stanch_types::report::{ATTACHMENTS_MAX, Attachment, AttachmentType, Report};
use stanch_types::user::Actor;
use stanch_types::{Ctx, ReportId};

use crate::error::CaseworkError;
use crate::record::{audit, feed_report};
use crate::report_step::must_be_open;
use crate::wording::Wording;

/// Most bytes of an attachment: 10 MiB.
pub const ATTACHMENT_BYTES_MAX: usize = 10 << 20;
/// Longest file name kept, in characters.
const NAME_CHARS_MAX: usize = 128;

/// Adds a picture or document to a report: an image, a PDF or a text by its first bytes, whatever it is called. Its
/// SHA-256 is taken as it arrives. The same bytes again change nothing.
///
/// # Errors
/// [`CaseworkError::StepInvalid`] if it is empty, too large, of another type, or one too many;
/// [`CaseworkError::ReportClosed`].
pub async fn attach(
    tx: &mut Tx,
    ctx: &Ctx,
    id: ReportId,
    file_name: &str,
    bytes: &[u8],
    actor: Actor,
) -> Result<Report, CaseworkError> {
    if bytes.is_empty() || bytes.len() > ATTACHMENT_BYTES_MAX {
        return Err(Wording::refusal("/file", "it has 1 byte to 10 MiB"));
    }
    let Some(media_type) = AttachmentType::sniff(bytes) else {
        let why = "it is no image (PNG, JPEG, WebP, GIF), PDF or text";
        return Err(Wording::refusal("/file", why));
    };
    let mut report = tx.lock_report(id).await?;
    must_be_open(&report)?;
    let sha256 = file_digest(bytes);
    if report.attachments.iter().any(|one| one.sha256 == sha256) {
        return Ok(report);
    }
    if report.attachments.len() >= ATTACHMENTS_MAX {
        let why = "the report has 10 attachments already";
        return Err(Wording::refusal("/file", why));
    }
    tx.put_file(&id.to_string(), bytes).await?;
    let size_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    report.attachments.push(Attachment {
        file_name: plain_name(file_name),
        media_type,
        size_bytes,
        sha256: sha256.clone(),
        received_at: ctx.now(),
    });
    tx.update_report(&report).await?;
    let facts = json!({ "sha256": sha256, "size_bytes": size_bytes, "media_type": media_type });
    audit(tx, ctx, actor, "report.attached", id.to_string(), facts).await?;
    feed_report(tx, ctx, &report).await?;
    Ok(report)
}

/// The last part of a path, without control characters.
fn plain_name(told: &str) -> String {
    let last = told.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = last.chars().filter(|c| !c.is_control());
    let name: String = plain.take(NAME_CHARS_MAX).collect();
    if name.trim().is_empty() {
        "file".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::plain_name;

    #[test]
    fn names_lose_their_folders() {
        assert_eq!(plain_name("../../etc/passwd"), "passwd");
        assert_eq!(plain_name(r"C:\我的\聊天.png"), "聊天.png");
        assert_eq!(plain_name("a\u{0}\n"), "a");
        assert_eq!(plain_name("x/"), "file");
    }
}
