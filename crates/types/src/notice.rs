//! Notices: what the one hit by a measure is told, and what of it is public.
//!
//! The form is the statement of reasons of the Digital Services Act (Regulation (EU) 2022/2065, art. 17), which
//! covers what the Anti-Fraud Law asks for (art. 32 para 3: the reason, the remedy and the materials to submit).
//! `docs/schemas/statement.schema.json` is its schema.

use serde::{Deserialize, Serialize};

use crate::id::MeasureId;
use crate::measure::{Automation, GroundBasis, MeasureKind, MeasureWish, SignalKind, SubjectKind};
use crate::terms::FairnessTerms;
use crate::time::{Duration, Timestamp};

/// The category of everything that Stanch acts on (DSA transparency database).
pub const CATEGORY: &str = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD";

/// What the one hit by a measure is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notice {
    /// When it was written, with the decision.
    pub made_at: Timestamp,
    /// The reasons in the form of the law.
    pub statement: Statement,
    /// Until when an appeal may be filed.
    pub appeal_until: Timestamp,
    /// What it says to a person, in Chinese.
    pub zh: NoticeText,
    /// And in English.
    pub en: NoticeText,
}

/// A notice in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NoticeText {
    /// What was done.
    pub title: String,
    /// Why.
    pub reason: String,
    /// How to appeal.
    pub remedy: String,
    /// What to send; any one of them will do.
    pub materials: Vec<String>,
}

/// A statement of reasons (DSA art. 17 and the schema of its transparency database).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Statement {
    /// What was done to how far something is seen.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub decision_visibility: Vec<String>,
    /// What was done to payments.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decision_monetary: Option<String>,
    /// What was done to the service.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decision_provision: Option<String>,
    /// What was done to the account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decision_account: Option<String>,
    /// What happened, at most 5,000 characters.
    pub decision_facts: String,
    /// `DECISION_GROUND_ILLEGAL_CONTENT` or `DECISION_GROUND_INCOMPATIBLE_CONTENT`.
    pub decision_ground: String,
    /// The law, at most 500 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub illegal_content_legal_ground: Option<String>,
    /// Why the law applies, at most 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub illegal_content_explanation: Option<String>,
    /// The clause of the terms, at most 500 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub incompatible_content_ground: Option<String>,
    /// Why the clause applies, at most 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub incompatible_content_explanation: Option<String>,
    /// What kinds of content it was about.
    pub content_type: Vec<String>,
    /// Always [`CATEGORY`].
    pub category: String,
    /// Where it applies (ISO 3166-1 alpha-2).
    pub territorial_scope: Vec<String>,
    /// The day of what it is about.
    pub content_date: String,
    /// The day it began.
    pub application_date: String,
    /// The day it ends, if it is about an account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub end_date_account_restriction: Option<String>,
    /// The day it ends, if it is about payments.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub end_date_monetary_restriction: Option<String>,
    /// The day it ends, if it is about the service.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub end_date_service_restriction: Option<String>,
    /// The day it ends, if it is about visibility.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub end_date_visibility_restriction: Option<String>,
    /// `SOURCE_ARTICLE_16` where somebody reported it, else `SOURCE_VOLUNTARY`.
    pub source_type: String,
    /// `Yes` or `No`.
    pub automated_detection: String,
    /// `AUTOMATED_DECISION_FULLY`, `AUTOMATED_DECISION_PARTIALLY` or `AUTOMATED_DECISION_NOT_AUTOMATED`.
    pub automated_decision: String,
    /// The measure's id (`[A-Za-z0-9_-]`, at most 500 characters).
    pub puid: String,
}

/// What kind of restriction a measure is, in the words of the statement.
enum Restriction {
    Visibility(&'static str),
    Monetary(&'static str),
    Provision(&'static str),
    Account(&'static str),
}

const fn restriction(kind: MeasureKind) -> Restriction {
    match kind {
        MeasureKind::Warn | MeasureKind::Label => {
            Restriction::Visibility("DECISION_VISIBILITY_CONTENT_LABELLED")
        }
        MeasureKind::ReduceReach => Restriction::Visibility("DECISION_VISIBILITY_CONTENT_DEMOTED"),
        MeasureKind::HoldContent => Restriction::Visibility("DECISION_VISIBILITY_CONTENT_DISABLED"),
        MeasureKind::RemoveContent => {
            Restriction::Visibility("DECISION_VISIBILITY_CONTENT_REMOVED")
        }
        MeasureKind::DelaySettlement => Restriction::Monetary("DECISION_MONETARY_SUSPENSION"),
        MeasureKind::ExtraVerification | MeasureKind::LimitFunction => {
            Restriction::Provision("DECISION_PROVISION_PARTIAL_SUSPENSION")
        }
        MeasureKind::Suspend => Restriction::Account("DECISION_ACCOUNT_SUSPENDED"),
        MeasureKind::Close => Restriction::Account("DECISION_ACCOUNT_TERMINATED"),
    }
}

impl Statement {
    fn of(id: MeasureId, wish: &MeasureWish, at: Timestamp, expires_at: Timestamp) -> Self {
        let end = Some(date(expires_at));
        let seen = wish
            .signals
            .iter()
            .map(|signal| signal.seen_at)
            .min()
            .unwrap_or(at);
        let mut statement = Self {
            decision_visibility: Vec::new(),
            decision_monetary: None,
            decision_provision: None,
            decision_account: None,
            decision_facts: wish.facts.clone(),
            decision_ground: String::new(),
            illegal_content_legal_ground: None,
            illegal_content_explanation: None,
            incompatible_content_ground: None,
            incompatible_content_explanation: None,
            content_type: content_types(wish),
            category: CATEGORY.to_owned(),
            territorial_scope: vec!["CN".to_owned()],
            content_date: date(seen),
            application_date: date(at),
            end_date_account_restriction: None,
            end_date_monetary_restriction: None,
            end_date_service_restriction: None,
            end_date_visibility_restriction: None,
            source_type: if wish.report_id.is_some() {
                "SOURCE_ARTICLE_16"
            } else {
                "SOURCE_VOLUNTARY"
            }
            .to_owned(),
            automated_detection: if wish.detector.is_some() { "Yes" } else { "No" }.to_owned(),
            automated_decision: automated_decision(wish.automation).to_owned(),
            puid: id.to_string(),
        };
        match restriction(wish.kind) {
            Restriction::Visibility(word) => {
                statement.decision_visibility.push(word.to_owned());
                statement.end_date_visibility_restriction = end;
            }
            Restriction::Monetary(word) => {
                statement.decision_monetary = Some(word.to_owned());
                statement.end_date_monetary_restriction = end;
            }
            Restriction::Provision(word) => {
                statement.decision_provision = Some(word.to_owned());
                statement.end_date_service_restriction = end;
            }
            Restriction::Account(word) => {
                statement.decision_account = Some(word.to_owned());
                statement.end_date_account_restriction = end;
            }
        }
        statement.set_ground(wish);
        statement
    }

    fn set_ground(&mut self, wish: &MeasureWish) {
        let reference = Some(wish.ground.reference.clone());
        let explanation = Some(wish.ground.explanation.clone());
        match wish.ground.basis {
            GroundBasis::IllegalContent => {
                self.decision_ground = "DECISION_GROUND_ILLEGAL_CONTENT".to_owned();
                self.illegal_content_legal_ground = reference;
                self.illegal_content_explanation = explanation;
            }
            GroundBasis::IncompatibleContent => {
                self.decision_ground = "DECISION_GROUND_INCOMPATIBLE_CONTENT".to_owned();
                self.incompatible_content_ground = reference;
                self.incompatible_content_explanation = explanation;
            }
        }
    }

    /// The statement without what may name or describe a person: facts and explanation give way to what kinds of
    /// thing were seen.
    #[must_use]
    pub fn public_copy(&self, signals: &[SignalKind]) -> Self {
        let mut seen: Vec<&str> = signals.iter().map(|kind| kind.as_str()).collect();
        seen.sort_unstable();
        seen.dedup();
        let general = format!("Individual signals of these kinds: {}.", seen.join(", "));
        let covered = |text: &Option<String>| text.as_ref().map(|_| general.clone());
        Self {
            decision_facts: general.clone(),
            illegal_content_explanation: covered(&self.illegal_content_explanation),
            incompatible_content_explanation: covered(&self.incompatible_content_explanation),
            ..self.clone()
        }
    }
}

const fn automated_decision(automation: Automation) -> &'static str {
    match automation {
        Automation::NotAutomated => "AUTOMATED_DECISION_NOT_AUTOMATED",
        Automation::Partially => "AUTOMATED_DECISION_PARTIALLY",
        Automation::Fully => "AUTOMATED_DECISION_FULLY",
    }
}

fn content_types(wish: &MeasureWish) -> Vec<String> {
    let mut types: Vec<String> = Vec::new();
    for signal in &wish.signals {
        let word = match signal.kind {
            SignalKind::Text => "CONTENT_TYPE_TEXT",
            SignalKind::Image => "CONTENT_TYPE_IMAGE",
            SignalKind::Behaviour
            | SignalKind::Payment
            | SignalKind::Report
            | SignalKind::Infrastructure
            | SignalKind::Order => "CONTENT_TYPE_OTHER",
        };
        if !types.iter().any(|known| known == word) {
            types.push(word.to_owned());
        }
    }
    types
}

impl Notice {
    /// The notice of a measure that begins at `at` and ends at `expires_at`.
    #[must_use]
    pub fn of(
        id: MeasureId,
        wish: &MeasureWish,
        at: Timestamp,
        expires_at: Timestamp,
        terms: &FairnessTerms,
    ) -> Self {
        let appeal_until = at.plus(Duration::from_days(terms.appeal_window_days));
        Self {
            made_at: at,
            statement: Statement::of(id, wish, at, expires_at),
            appeal_until,
            zh: text_zh(wish, expires_at, appeal_until, terms),
            en: text_en(wish, expires_at, appeal_until, terms),
        }
    }
}

fn text_zh(
    wish: &MeasureWish,
    expires_at: Timestamp,
    appeal_until: Timestamp,
    terms: &FairnessTerms,
) -> NoticeText {
    let what = match wish.kind {
        MeasureKind::Warn => "提示风险",
        MeasureKind::Label => "添加标注",
        MeasureKind::ReduceReach => "减少展示",
        MeasureKind::DelaySettlement => "延迟结算",
        MeasureKind::ExtraVerification => "要求加强核验",
        MeasureKind::LimitFunction => "限制部分功能",
        MeasureKind::Suspend => "暂停使用",
        MeasureKind::Close => "关闭",
        MeasureKind::HoldContent => "暂缓发布",
        MeasureKind::RemoveContent => "移除",
    };
    let who = match wish.subject.kind {
        SubjectKind::Account | SubjectKind::SocialAccount => "您的账户",
        SubjectKind::Content => "您发布的内容",
    };
    let how = match wish.automation {
        Automation::NotAutomated => "本决定由工作人员作出。",
        Automation::Partially => "本决定由系统发现、工作人员作出。",
        Automation::Fully => "本决定由系统自动作出；您有权要求说明，并有权拒绝仅由系统作出的决定。",
    };
    let mut materials = vec!["与被质疑行为有关的订单、合同或聊天记录".to_owned()];
    materials.push(
        match wish.subject.kind {
            SubjectKind::Account => "资金来源证明，例如工资单、收款凭证或送货单",
            SubjectKind::SocialAccount => "能说明账户由本人使用的材料",
            SubjectKind::Content => "能说明内容真实或获得许可的材料",
        }
        .to_owned(),
    );
    NoticeText {
        title: format!("{who}被采取措施：{what}（{}）", wish.scope),
        reason: format!(
            "依据：{}。{} 事实：{} {how}措施到 {} 自动结束。",
            wish.ground.reference,
            wish.ground.explanation,
            wish.facts,
            local(expires_at, terms)
        ),
        remedy: format!(
            "如有异议，请在 {} 前凭申诉码免费申诉，无需登录，也可致电办理。{}小时内受理，由未参与本决定的人员复核。影响工资、医疗或唯一账户的，请在申诉中说明，{}小时内恢复必要用途。对复核结果不服的，可以依法申请行政复议或提起诉讼。",
            local(appeal_until, terms),
            terms.acknowledge_hours,
            terms.livelihood_hours
        ),
        materials,
    }
}

fn text_en(
    wish: &MeasureWish,
    expires_at: Timestamp,
    appeal_until: Timestamp,
    terms: &FairnessTerms,
) -> NoticeText {
    let what = match wish.kind {
        MeasureKind::Warn => "a warning is shown",
        MeasureKind::Label => "a label is shown",
        MeasureKind::ReduceReach => "it is shown to fewer people",
        MeasureKind::DelaySettlement => "payments are settled later",
        MeasureKind::ExtraVerification => "more proof of identity is asked for",
        MeasureKind::LimitFunction => "one function is limited",
        MeasureKind::Suspend => "it is suspended",
        MeasureKind::Close => "it is closed",
        MeasureKind::HoldContent => "it is held back",
        MeasureKind::RemoveContent => "it is removed",
    };
    let who = match wish.subject.kind {
        SubjectKind::Account | SubjectKind::SocialAccount => "Your account",
        SubjectKind::Content => "Your content",
    };
    let how = match wish.automation {
        Automation::NotAutomated => "A person decided this.",
        Automation::Partially => "A system found this and a person decided.",
        Automation::Fully => {
            "A system decided this by itself. You may ask for an explanation and refuse a decision made by a system only."
        }
    };
    let mut materials = vec!["An order, a contract or a chat about what is questioned".to_owned()];
    materials.push(
        match wish.subject.kind {
            SubjectKind::Account => {
                "Proof of where the money came from: a payslip, a receipt, a delivery note"
            }
            SubjectKind::SocialAccount => "Anything that shows that you use the account yourself",
            SubjectKind::Content => {
                "Anything that shows that the content is true or that you have a licence"
            }
        }
        .to_owned(),
    );
    NoticeText {
        title: format!("{who}: {what} ({})", wish.scope),
        reason: format!(
            "Ground: {}. {} Facts: {} {how} The measure ends by itself at {}.",
            wish.ground.reference,
            wish.ground.explanation,
            wish.facts,
            local(expires_at, terms)
        ),
        remedy: format!(
            "If you disagree, appeal by your claim code until {}: free of charge, without signing in, also by phone. It is acknowledged within {} hours and decided by somebody who had no part in this decision. If wages, medical care or your only account hang on it, say so: what you need is let through within {} hours. You may go to administrative review or to court against the outcome.",
            local(appeal_until, terms),
            terms.acknowledge_hours,
            terms.livelihood_hours
        ),
        materials,
    }
}

/// The day in UTC, `2026-11-22`.
fn date(at: Timestamp) -> String {
    at.to_string()
        .split('T')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The minute in local time, `2026-11-22 08:00`.
fn local(at: Timestamp, terms: &FairnessTerms) -> String {
    let text = at
        .plus(Duration::from_hours(terms.utc_offset_hours))
        .to_string();
    text.chars().take(16).collect::<String>().replace('T', " ")
}
