//! The connector `signed-http`: orders as signed JSON over HTTP, Standard Webhooks signatures both ways.
//!
//! Two calls: `POST {endpoint}/orders` and `GET {endpoint}/orders/{application_id}`. Every outcome says whether the
//! order may have arrived, because an unknown outcome is asked about before the order is sent again. Redirects are
//! not followed, proxies of the environment are not used, the connection goes to the one address that was checked,
//! and no more than 64 KiB of an answer are read.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as StdDuration;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use stanch_types::institution::Institution;
use stanch_types::{ApplicationId, Timestamp};

use crate::document::sha256_hex;
use crate::message::{OrderAnswerMessage, RECEIPT_CHARS_MAX, ReceiptMessage};
use crate::signer::OrderSigner;
use crate::ssrf::{Endpoint, EndpointPolicy};
use crate::webhook::{
    HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, MESSAGE_ID_LEN_MAX, WebhookSecret,
};

/// Most bytes read of an institution's response.
pub const RESPONSE_BYTES_MAX: usize = 64 * 1024;
/// Most clients kept open, one for each address called.
const CLIENTS_MAX: usize = 256;
/// Statuses that will not change by trying again.
const FINAL_STATUSES: &[u16] = &[400, 401, 403, 404, 410, 422];

/// How long a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpTimeouts {
    /// Until the name is resolved, and again until the connection stands.
    pub connect: StdDuration,
    /// Until the whole response is read.
    pub total: StdDuration,
}

impl Default for HttpTimeouts {
    fn default() -> Self {
        Self {
            connect: StdDuration::from_secs(2),
            total: StdDuration::from_secs(10),
        }
    }
}

/// An answer with the id under which it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedAnswer {
    /// The institution's message id, or one made from the body where it sent none.
    pub message_id: String,
    /// What it says.
    pub message: OrderAnswerMessage,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// `202`: the institution has the order.
    Acked {
        /// Its receipt number.
        receipt: String,
    },
    /// `200`: it answered at once; or `409`: it had the order already and repeats its first answer.
    Answered(ReceivedAnswer),
    /// It will not take the order, now or later.
    Rejected {
        /// Why, fit for the record.
        detail: String,
    },
    /// It surely did not take the order; trying again does no harm.
    NotDelivered {
        /// Why.
        detail: String,
    },
    /// It may have taken the order: ask before trying again.
    Unknown {
        /// Why.
        detail: String,
    },
}

/// What an institution says when asked about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inquiry {
    /// It knows the order and says where it stands.
    Known(ReceivedAnswer),
    /// It never got the order.
    NotKnown,
    /// It could not be asked.
    Unavailable {
        /// Why.
        detail: String,
    },
}

/// The connector. One for the whole process; cheap to share.
#[derive(Debug)]
pub struct SignedHttp {
    policy: EndpointPolicy,
    signer: Arc<OrderSigner>,
    timeouts: HttpTimeouts,
    clients: Mutex<HashMap<(String, IpAddr), Client>>,
}

/// A failed call: what went wrong and whether the request may have arrived.
struct CallFailure {
    detail: String,
    may_have_arrived: bool,
}

/// A request to an institution's system.
struct Call<'a> {
    /// Below its endpoint.
    path: String,
    /// The message id, by which it knows repetitions.
    id: String,
    /// Posted if there is one, else it is a question.
    body: Option<&'a [u8]>,
}

struct CallAnswer {
    status: StatusCode,
    message_id: Option<String>,
    body: Vec<u8>,
}

impl SignedHttp {
    /// A connector that calls what `policy` permits and signs with `signer`.
    #[must_use]
    pub fn new(policy: EndpointPolicy, signer: Arc<OrderSigner>, timeouts: HttpTimeouts) -> Self {
        Self {
            policy,
            signer,
            timeouts,
            clients: Mutex::default(),
        }
    }

    /// Which endpoints may be called.
    #[must_use]
    pub fn policy(&self) -> &EndpointPolicy {
        &self.policy
    }

    /// The key that signs orders.
    #[must_use]
    pub fn signer(&self) -> &OrderSigner {
        &self.signer
    }

    /// Posts an order document. `now` dates the signature.
    pub async fn deliver(
        &self,
        institution: &Institution,
        application_id: ApplicationId,
        document: &[u8],
        now: Timestamp,
    ) -> Delivery {
        let call = Call {
            path: "orders".to_owned(),
            id: application_id.to_string(),
            body: Some(document),
        };
        match self.call(institution, &call, now).await {
            Ok(answer) => classify_delivery(&answer, application_id),
            Err(failure) if failure.may_have_arrived => Delivery::Unknown {
                detail: failure.detail,
            },
            Err(failure) => Delivery::NotDelivered {
                detail: failure.detail,
            },
        }
    }

    /// Asks what became of an order.
    pub async fn inquire(
        &self,
        institution: &Institution,
        application_id: ApplicationId,
        now: Timestamp,
    ) -> Inquiry {
        let call = Call {
            path: format!("orders/{application_id}"),
            id: application_id.to_string(),
            body: None,
        };
        let answer = match self.call(institution, &call, now).await {
            Ok(answer) => answer,
            Err(failure) => {
                return Inquiry::Unavailable {
                    detail: failure.detail,
                };
            }
        };
        match answer.status.as_u16() {
            200 => read_answer(&answer, application_id)
                .map_or_else(|detail| Inquiry::Unavailable { detail }, Inquiry::Known),
            404 => Inquiry::NotKnown,
            status => Inquiry::Unavailable {
                detail: format!("asked about the order, the institution answered status {status}"),
            },
        }
    }

    /// Posts a message that may be repeated without harm, such as a measure, to `path` below the institution's
    /// endpoint, under the message id `id`. Gives its receipt.
    ///
    /// # Errors
    /// Why it is to be tried again, fit for the record.
    pub async fn post(
        &self,
        institution: &Institution,
        path: &str,
        id: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<String, String> {
        let call = Call {
            path: path.to_owned(),
            id: id.to_owned(),
            body: Some(body),
        };
        let answer = self
            .call(institution, &call, now)
            .await
            .map_err(|failure| failure.detail)?;
        let status = answer.status.as_u16();
        if !matches!(status, 200 | 201 | 202 | 409) {
            return Err(format!("the institution answered status {status}"));
        }
        read_receipt(&answer.body)
            .ok_or_else(|| "the institution's answer has no receipt".to_owned())
    }

    async fn call(
        &self,
        institution: &Institution,
        call: &Call<'_>,
        now: Timestamp,
    ) -> Result<CallAnswer, CallFailure> {
        let request = self
            .prepare(institution, call, now)
            .await
            .map_err(|detail| CallFailure {
                detail,
                may_have_arrived: false,
            })?;
        let response = request.send().await.map_err(|error| CallFailure {
            detail: describe(&error),
            may_have_arrived: !error.is_connect() && !error.is_builder(),
        })?;
        read_capped(response).await.map_err(|detail| CallFailure {
            detail,
            may_have_arrived: true,
        })
    }

    async fn prepare(
        &self,
        institution: &Institution,
        call: &Call<'_>,
        now: Timestamp,
    ) -> Result<RequestBuilder, String> {
        let address = institution
            .endpoint
            .as_deref()
            .ok_or("the institution has no order endpoint")?;
        let secret = match &institution.webhook_secret {
            Some(secret) => Some(
                secret
                    .expose()
                    .parse::<WebhookSecret>()
                    .map_err(|error| error.to_string())?,
            ),
            None => None,
        };
        let endpoint = self
            .policy
            .check(address)
            .map_err(|error| error.to_string())?;
        let resolved =
            tokio::time::timeout(self.timeouts.connect, self.policy.resolve(&endpoint)).await;
        let pinned = resolved
            .map_err(|_| "the institution's host name was not resolved in time".to_owned())?
            .map_err(|error| error.to_string())?;
        let client = self.client(&endpoint, pinned)?;
        let body = call.body.unwrap_or_default();
        let sent = now.as_secs();
        let signature = [
            secret.map(|secret| secret.sign(&call.id, sent, body)),
            Some(self.signer.sign(&call.id, sent, body)),
        ];
        let signature: Vec<String> = signature.into_iter().flatten().collect();
        let address = format!("{}/{}", endpoint.base(), call.path);
        let request = match call.body {
            Some(body) => client
                .request(Method::POST, address)
                .header("content-type", "application/json")
                .body(body.to_vec()),
            None => client.request(Method::GET, address),
        };
        Ok(request
            .header(HEADER_ID, &call.id)
            .header(HEADER_TIMESTAMP, sent)
            .header(HEADER_SIGNATURE, signature.join(" ")))
    }

    /// The client whose connections go to `pinned` and nowhere else.
    fn client(&self, endpoint: &Endpoint, pinned: SocketAddr) -> Result<Client, String> {
        let key = (endpoint.host().to_owned(), pinned.ip());
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(self.timeouts.connect)
            .timeout(self.timeouts.total)
            .pool_max_idle_per_host(8)
            .user_agent(concat!("stanch/", env!("CARGO_PKG_VERSION")))
            .resolve(endpoint.host(), pinned);
        // A plain-text endpoint needs no root certificates; a machine without any can still run the demo.
        let builder = if endpoint.is_https() {
            builder.https_only(true)
        } else {
            builder.tls_certs_only(std::iter::empty())
        };
        let client = builder
            .build()
            .map_err(|error| format!("the HTTP client cannot be built: {error}"))?;
        if clients.len() >= CLIENTS_MAX {
            clients.clear();
        }
        clients.insert(key, client.clone());
        Ok(client)
    }
}

fn classify_delivery(answer: &CallAnswer, application_id: ApplicationId) -> Delivery {
    let status = answer.status.as_u16();
    match status {
        200 | 202 | 409 => {}
        _ if FINAL_STATUSES.contains(&status) => {
            return Delivery::Rejected {
                detail: format!("the institution rejected the order with status {status}"),
            };
        }
        // A server error may come after the order was taken.
        200..=299 | 500..=599 => {
            return Delivery::Unknown {
                detail: format!("the institution answered status {status}"),
            };
        }
        _ => {
            return Delivery::NotDelivered {
                detail: format!("the institution answered status {status}"),
            };
        }
    }
    if status != 200
        && let Some(receipt) = read_receipt(&answer.body)
    {
        return Delivery::Acked { receipt };
    }
    match read_answer(answer, application_id) {
        Ok(received) => Delivery::Answered(received),
        Err(detail) => Delivery::Unknown { detail },
    }
}

fn read_receipt(body: &[u8]) -> Option<String> {
    let ReceiptMessage { receipt } = serde_json::from_slice(body).ok()?;
    let plain = !receipt.is_empty() && !receipt.chars().any(char::is_control);
    (plain && receipt.chars().count() <= RECEIPT_CHARS_MAX).then_some(receipt)
}

fn read_answer(
    answer: &CallAnswer,
    application_id: ApplicationId,
) -> Result<ReceivedAnswer, String> {
    let message = OrderAnswerMessage::parse(&answer.body).map_err(|findings| {
        let first = findings.first().map(ToString::to_string);
        format!(
            "the institution's answer cannot be read: {}",
            first.unwrap_or_default()
        )
    })?;
    if message.application_id != application_id {
        return Err("the institution's answer is about another order".to_owned());
    }
    let message_id = answer.message_id.clone().unwrap_or_else(|| {
        let digest = sha256_hex(&answer.body);
        format!("body_{digest}")
    });
    Ok(ReceivedAnswer {
        message_id,
        message,
    })
}

async fn read_capped(mut response: Response) -> Result<CallAnswer, String> {
    let status = response.status();
    let message_id = response
        .headers()
        .get(HEADER_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=MESSAGE_ID_LEN_MAX).contains(&id.len()))
        .map(str::to_owned);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
        if body.len() + chunk.len() > RESPONSE_BYTES_MAX {
            return Err("the institution's response has more than 64 KiB".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(CallAnswer {
        status,
        message_id,
        body,
    })
}

/// What went wrong, without the address called.
fn describe(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "the institution did not answer in time"
    } else if error.is_connect() {
        "no connection to the institution"
    } else {
        "the connection to the institution broke"
    };
    what.to_owned()
}
