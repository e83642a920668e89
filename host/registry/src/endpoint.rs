//! Which host a reference means, and where one host may send its clients.

use crate::error::RegistryError;
use crate::options::Options;
use model::Reference;
use reqwest::Url;
use std::net::IpAddr;

/// Where the registry `docker.io` really answers.
const DOCKER_HUB_HOST: &str = "registry-1.docker.io";

/// One repository of one registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// As in references. Logins are filed under it.
    pub(crate) registry: String,
    /// The name of the repository.
    pub(crate) repository: String,
}

/// The two ways to talk to a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Endpoint {
    pub(crate) fn of(reference: &Reference) -> Self {
        Self {
            registry: reference.registry().to_owned(),
            repository: reference.repository().to_owned(),
        }
    }

    /// Registry and repository, for messages.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// The host with its port, as in references.
    pub(crate) fn host(&self) -> &str {
        if self.registry == "docker.io" {
            DOCKER_HUB_HOST
        } else {
            &self.registry
        }
    }

    /// `SCHEME://HOST/v2/REPOSITORY/PATH`
    pub(crate) fn url(&self, scheme: Scheme, path: &str) -> Result<Url, RegistryError> {
        let scheme = match scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let (host, repository) = (self.host(), &self.repository);
        Url::parse(&format!("{scheme}://{host}/v2/{repository}/{path}")).map_err(|_| {
            RegistryError::InvalidHost {
                host: self.registry.clone(),
            }
        })
    }

    /// The schemes to try, in this order: the one that is said for the host; HTTPS alone; on the machine itself plain HTTP
    /// first; where it is allowed, plain HTTP when HTTPS cannot be had.
    pub(crate) fn schemes(
        &self,
        options: &Options,
    ) -> Result<(Scheme, Option<Scheme>), RegistryError> {
        let [http, https] = [self.url(Scheme::Http, "")?, self.url(Scheme::Https, "")?];
        let about = options.about(&https).or_else(|| options.about(&http));
        match about.and_then(|about| about.http) {
            Some(true) => return Ok((Scheme::Http, None)),
            Some(false) => return Ok((Scheme::Https, None)),
            None => {}
        }
        Ok(match (is_loopback(&https), options.allow_http) {
            (true, _) => (Scheme::Http, Some(Scheme::Https)),
            (false, true) => (Scheme::Https, Some(Scheme::Http)),
            (false, false) => (Scheme::Https, None),
        })
    }
}

/// The host of a URL with its port, if that is not the usual one.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Whether two URLs belong to the same server: what is known to one may be told the other.
pub(crate) fn is_same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// Whether a URL leads to the machine itself.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match address(url) {
        Some(address) => address.is_loopback(),
        None => url.host_str() == Some("localhost"),
    }
}

/// Whether a server may send its clients from one URL to another: never from HTTPS to HTTP, to nothing but these two,
/// and not everywhere.
pub(crate) fn may_lead(from: &Url, to: &Url) -> bool {
    let scheme_is_good = match to.scheme() {
        "https" => true,
        "http" => from.scheme() == "http",
        _ => false,
    };
    scheme_is_good && may_reach(from, to)
}

/// Whether a server may name a place to its clients: never a neighbour of the machine, where an attacker cannot reach but
/// we can; nor the machine itself, unless the server is there too.
pub(crate) fn may_reach(from: &Url, to: &Url) -> bool {
    if is_loopback(to) {
        is_loopback(from)
    } else {
        address(to).is_none_or(is_reachable)
    }
}

/// Whether an address is neither this machine nor one of its neighbours.
pub(crate) fn is_reachable(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !(is_link_local || address.is_loopback() || address.is_unspecified())
}

/// The host, if it is an address. The URL has already been brought into its normal form.
fn address(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let address = host.trim_start_matches('[').trim_end_matches(']');
    Some(address.parse::<IpAddr>().ok()?.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn endpoint(reference: &str) -> Endpoint {
        Endpoint::of(&reference.parse().unwrap())
    }

    #[rstest]
    #[case("alpine", "https://registry-1.docker.io/v2/library/alpine/tags/list")]
    #[case("ghcr.io/a/b", "https://ghcr.io/v2/a/b/tags/list")]
    #[case("R.io:5000/a", "https://r.io:5000/v2/a/tags/list")]
    #[case("[::1]:5000/a", "https://[::1]:5000/v2/a/tags/list")]
    fn a_reference_means_a_host(#[case] reference: &str, #[case] expected: &str) {
        let url = endpoint(reference).url(Scheme::Https, "tags/list").unwrap();
        assert_eq!(url.as_str(), expected);
    }

    #[test]
    fn a_host_that_is_none_is_refused() {
        let result = endpoint("1.2.3.999/a").url(Scheme::Https, "");
        assert!(
            matches!(&result, Err(RegistryError::InvalidHost { host }) if host == "1.2.3.999"),
            "{result:?}"
        );
    }

    #[rstest]
    #[case("localhost/a", true)]
    #[case("localhost:5000/a", true)]
    #[case("127.0.0.1:5000/a", true)]
    #[case("127.9.9.9/a", true)]
    #[case("[::1]:5000/a", true)]
    #[case("[::ffff:127.0.0.1]/a", true)]
    #[case("127.1/a", true)]
    #[case("localhost.example/a", false)]
    #[case("128.0.0.1/a", false)]
    #[case("alpine", false)]
    fn plain_http_is_for_the_machine_itself(#[case] reference: &str, #[case] expected: bool) {
        let (first, second) = endpoint(reference).schemes(&Options::default()).unwrap();
        assert_eq!(first == Scheme::Http, expected);
        assert_eq!(second.is_some(), expected);
    }

    #[test]
    fn where_plain_http_is_allowed_https_comes_first() {
        let options = Options {
            allow_http: true,
            ..Options::default()
        };
        let schemes = endpoint("r.io/a").schemes(&options).unwrap();
        assert_eq!(schemes, (Scheme::Https, Some(Scheme::Http)));
    }

    #[rstest]
    #[case("https://r.io/a", "https://cdn.io/b", true)]
    #[case("http://r.io/a", "https://cdn.io/b", true)]
    #[case("http://r.io/a", "http://cdn.io/b", true)]
    #[case("https://r.io/a", "http://cdn.io/b", false)]
    #[case("https://r.io/a", "http://r.io/b", false)]
    #[case("https://r.io/a", "ftp://r.io/b", false)]
    #[case("https://r.io/a", "file:///etc/passwd", false)]
    #[case("https://r.io/a", "https://169.254.169.254/latest", false)]
    #[case("http://r.io/a", "http://[fe80::1]/b", false)]
    #[case("http://r.io/a", "http://127.0.0.1:8080/b", false)]
    #[case("http://r.io/a", "http://0.0.0.0:8080/b", false)]
    #[case("http://r.io/a", "http://2130706433/b", false)]
    #[case("http://127.0.0.1:1/a", "http://127.0.0.1:2/b", true)]
    #[case("http://127.0.0.1:1/a", "http://169.254.169.254/b", false)]
    #[case("http://[::1]:1/a", "http://[::ffff:169.254.169.254]/b", false)]
    fn a_server_may_not_lead_everywhere(
        #[case] from: &str,
        #[case] to: &str,
        #[case] expected: bool,
    ) {
        let (from, to) = (Url::parse(from).unwrap(), Url::parse(to).unwrap());
        assert_eq!(may_lead(&from, &to), expected);
    }
}
