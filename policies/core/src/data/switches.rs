//! Variables that switch off how programs check whom they talk to, from the programs' own documentation, as of 2026-11-23.

/// When a variable does it.
#[derive(Clone, Copy, Debug)]
enum When {
    /// It is `0`, `false`, `no` or `off`.
    Off,
    /// It is `1`, `true`, `yes` or `on`.
    On,
    /// It is set, even to nothing.
    Set,
    /// It names somebody.
    Named,
}

const VARIABLES: [(&str, When); 17] = [
    ("NODE_TLS_REJECT_UNAUTHORIZED", When::Off),
    ("PYTHONHTTPSVERIFY", When::Off),
    ("GIT_SSL_NO_VERIFY", When::Set),
    ("PIP_TRUSTED_HOST", When::Named),
    ("UV_INSECURE_HOST", When::Named),
    ("NPM_CONFIG_STRICT_SSL", When::Off),
    ("YARN_STRICT_SSL", When::Off),
    ("YARN_ENABLE_STRICT_SSL", When::Off),
    ("GOINSECURE", When::Named),
    ("BUNDLE_SSL_VERIFY_MODE", When::Off),
    ("COMPOSER_DISABLE_TLS", When::On),
    ("CONDA_SSL_VERIFY", When::Off),
    ("PERL_LWP_SSL_VERIFY_HOSTNAME", When::Off),
    ("VAULT_SKIP_VERIFY", When::On),
    ("CARGO_HTTP_SSL_VERIFY", When::Off),
    ("NODE_NO_TLS_VERIFY", When::On),
    ("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", When::On),
];

/// Whether a variable with this value, if that is known, switches a check off.
pub(crate) fn is_off(name: &str, value: Option<&str>) -> bool {
    let known = VARIABLES.iter().find(|(known, _)| {
        // npm takes its own in any case.
        *known == name
            || name.len() == known.len()
                && known.starts_with("NPM_")
                && known.eq_ignore_ascii_case(name)
    });
    let is = |values: &[&str]| {
        let is_one = |value: &str| values.iter().any(|it| it.eq_ignore_ascii_case(value));
        value.is_some_and(is_one)
    };
    known.is_some_and(|(_, when)| match when {
        When::Off => is(&["0", "false", "no", "off"]),
        When::On => is(&["1", "true", "yes", "on"]),
        When::Set => true,
        When::Named => value.is_some_and(|value| !value.is_empty()),
    })
}
