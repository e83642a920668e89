//! A report, what is expected of its image, and bundles that nobody should make.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use model::report::{
    Claim, EnforcementPoint, Evidence, Gap, ImageSubject, PolicyReport, SetReference, Subject,
    WaiverReport,
};
use model::{Digest, Report, Verdict, canonical};
use polcheck_attest::{
    AcceptedPolicySet, Expected, PAYLOAD_TYPE, Password, PredicateType, SigningKey, Trust, Verifier,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const TIME: &str = "2026-11-23T12:00:00Z";
pub(crate) const SET_URI: &str = "polcheck:set/standard";
pub(crate) const CLAIM: &str = "security.scan=passed";

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn digest(of: &str) -> Digest {
    canonical::sha256(of.as_bytes())
}

/// A digest without its algorithm.
pub(crate) fn hex(of: &str) -> String {
    digest(of).digest().to_owned()
}

pub(crate) fn never() -> Result<Password, polcheck_attest::BoxError> {
    panic!("a key that is not encrypted needs no password");
}

fn claim(name: &str, issued: bool) -> Claim {
    let withheld = if issued {
        vec![]
    } else {
        vec!["a finding is open".to_owned()]
    };
    Claim {
        name: name.to_owned(),
        issued,
        withheld,
    }
}

/// What a report's verdict is based on.
pub(crate) fn evidence_of(report: &mut Report) -> &mut Evidence {
    report.evidence.as_mut().unwrap()
}

/// The image that a report is about.
pub(crate) fn image_of(report: &mut Report) -> &mut ImageSubject {
    match &mut report.subject {
        Subject::Image(image) => image,
        Subject::Dockerfile(_) => panic!("it is about a Dockerfile"),
    }
}

/// A report that passed and issued one claim of two.
pub(crate) fn report() -> Report {
    let rules = ["user.final-root", "net.ssh-port"]
        .map(|rule| (rule.parse().unwrap(), model::report::RuleState::Holds));
    Report {
        subject: Subject::Image(ImageSubject {
            reference: "registry.example/shop/api:1".to_owned(),
            name: Some("registry.example/shop/api".to_owned()),
            digest: digest("image"),
            platform: Some("linux/amd64".parse().unwrap()),
            index: None,
            platforms: None,
        }),
        verdict: Verdict::Passed,
        claims: vec![claim("supply.chain", false), claim("security.scan", true)],
        policy_set: SetReference {
            name: "standard".to_owned(),
            uri: Some(SET_URI.to_owned()),
            digest: digest("set"),
            as_published: true,
            fail_on: model::Severity::High,
        },
        policies: vec![PolicyReport {
            id: "core".to_owned(),
            digest: digest("core"),
            version: "0.1.0".to_owned(),
            outcome: Verdict::Passed,
            rules: rules.into_iter().collect(),
        }],
        findings: vec![],
        undecided: vec![],
        not_checked: vec![Gap {
            what: "base.latest-tag".to_owned(),
            why: "there is no Dockerfile".to_owned(),
        }],
        waivers: WaiverReport {
            used: vec!["w2".to_owned(), "w1".to_owned()],
            ..WaiverReport::default()
        },
        insecure: vec![],
        log: vec![],
        evidence: Some(Evidence {
            facts: digest("facts"),
            verdict: digest("verdict"),
            settings: digest("settings"),
            time: time(TIME),
            point: EnforcementPoint::Ci,
            context: BTreeMap::from([("namespace".to_owned(), "shop".to_owned())]),
            imports: BTreeMap::from([("core".to_owned(), vec!["image".to_owned()])]),
            contract: "polcheck:policy@0.1.0",
            engine: "wasmtime-48",
            fuel: 1_000_000_000,
            polcheck: "0.1.0",
            inputs: Vec::new(),
        }),
        reused: None,
    }
}

pub(crate) fn verifier() -> Verifier {
    Verifier::default().with_builtin_pack("core", digest("core"))
}

/// What is expected of the image of [`report`].
pub(crate) fn expected() -> Expected {
    let mut expected = Expected::new(digest("image"), time("2026-11-23T13:00:00Z"));
    expected.claims = vec![CLAIM.to_owned()];
    expected.policy_sets = vec![AcceptedPolicySet {
        uri: Some(SET_URI.to_owned()),
        digest: digest("set"),
    }];
    expected
}

/// Somebody with a key who signs whatever they like.
pub(crate) struct Forger {
    pair: EcdsaKeyPair,
    pub(crate) key: SigningKey,
}

impl Forger {
    pub(crate) fn new() -> Self {
        let key = SigningKey::generate().unwrap();
        let pem = key.to_pem().unwrap();
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let pair = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &STANDARD.decode(body).unwrap(),
        )
        .unwrap();
        Self { pair, key }
    }

    pub(crate) fn trusted(&self) -> Trust {
        Trust::of_keys(vec![self.key.public_key().clone()])
    }

    /// A bundle with a right signature over any payload of any type.
    pub(crate) fn bundle(&self, payload_type: &str, payload: &[u8]) -> Value {
        let mut message = format!(
            "DSSEv1 {} {payload_type} {} ",
            payload_type.len(),
            payload.len()
        )
        .into_bytes();
        message.extend_from_slice(payload);
        let signature = self.pair.sign(&SystemRandom::new(), &message).unwrap();
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": self.key.public_key().hint()}},
            "dsseEnvelope": {
                "payload": STANDARD.encode(payload),
                "payloadType": payload_type,
                "signatures": [{"sig": STANDARD.encode(signature)}],
            },
        })
    }

    /// A bundle with a right signature over any statement.
    pub(crate) fn statement(&self, statement: &Value) -> Vec<u8> {
        self.bundle(PAYLOAD_TYPE, statement.to_string().as_bytes())
            .to_string()
            .into_bytes()
    }
}

/// The statement of [`report`], to be changed.
pub(crate) fn statement_json() -> Value {
    let statement = polcheck_attest::statement(&report(), &verifier(), PredicateType::Svr).unwrap();
    serde_json::from_str(statement.as_json()).unwrap()
}
