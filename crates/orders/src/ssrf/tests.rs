use super::*;

fn open() -> EndpointPolicy {
    EndpointPolicy::default()
}

fn listed() -> EndpointPolicy {
    EndpointPolicy::new(&[
        "127.0.0.0/8",
        "10.1.0.0/16",
        "orders.bank.internal",
        "::1",
        "localhost",
    ])
    .unwrap()
}

#[test]
fn public_https_is_allowed_without_a_list() {
    for text in [
        "https://orders.bank.example",
        "https://orders.bank.example/stanch/",
        "https://orders.bank.example:8443/a",
        "https://93.184.215.14/x",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
    ] {
        assert!(open().check(text).is_ok(), "{text}");
    }
    let endpoint = open().check("https://orders.bank.example/stanch/").unwrap();
    assert_eq!(endpoint.base(), "https://orders.bank.example/stanch");
}

#[test]
fn form_that_no_endpoint_has_is_refused() {
    for text in [
        "",
        "orders.bank.example",
        "https://",
        "ftp://orders.bank.example/",
        "file:///etc/passwd",
        "gopher://orders.bank.example/",
        "https://user@orders.bank.example/",
        "https://user:pw@orders.bank.example/",
        "https://orders.bank.example/?a=b",
        "https://orders.bank.example/#x",
        "https://orders.bank.example:22/",
        "http://orders.bank.example/",
        "https://orders.bank.example:0/",
        "https://orders bank/",
        "https://a\r\nhost: b/",
    ] {
        assert!(open().check(text).is_err(), "{text}");
    }
    let long = format!("https://a.example/{}", "x".repeat(600));
    assert!(open().check(&long).is_err());
}

#[test]
fn private_and_reserved_addresses_are_refused_however_they_are_written() {
    for host in [
        "localhost",
        "bank.localhost",
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.0.192",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[2001:0:1::]",
        "[2001:db8::1]",
        "[::127.0.0.1]",
    ] {
        let text = format!("https://{host}/");
        assert!(
            matches!(open().check(&text), Err(SsrfError::Address(_))),
            "{text}: {:?}",
            open().check(&text)
        );
    }
}

#[test]
fn the_list_opens_hosts_and_networks_and_no_more() {
    for text in [
        "http://127.0.0.1:8123",
        "http://[::ffff:127.0.0.1]:8123",
        "http://10.1.2.3",
        "http://orders.bank.internal:9000/x",
        "http://[::1]:80/",
    ] {
        assert!(
            listed().check(text).is_ok(),
            "{text}: {:?}",
            listed().check(text)
        );
    }
    for text in [
        "http://10.2.0.1/",
        "https://169.254.169.254/",
        "https://192.168.0.1/",
    ] {
        assert!(listed().check(text).is_err(), "{text}");
    }
}

#[test]
fn bad_list_entries_are_refused() {
    for entry in ["", "10.0.0.0/33", "a b", "http://x", "host:80", "*.example"] {
        assert!(
            matches!(EndpointPolicy::new(&[entry]), Err(SsrfError::AllowEntry(_))),
            "{entry}"
        );
    }
}

#[tokio::test]
async fn a_name_is_judged_by_the_address_it_resolves_to() {
    // `localhost` resolves without a network.
    let named = EndpointPolicy::new(&["localhost"]).unwrap();
    let endpoint = named.check("http://localhost:8123/").unwrap();
    let address = named.resolve(&endpoint).await.unwrap();
    assert!(address.ip().is_loopback() && address.port() == 8123);
    let by_network = EndpointPolicy::new(&["127.0.0.0/8", "::1/128"]).unwrap();
    let endpoint = by_network.check("http://localhost:8123/").unwrap();
    assert!(by_network.resolve(&endpoint).await.is_ok());
    let elsewhere = EndpointPolicy::new(&["10.0.0.0/8"]).unwrap();
    let endpoint = elsewhere.check("http://localhost:8123/").unwrap();
    assert!(elsewhere.resolve(&endpoint).await.is_err());
}

#[test]
fn a_named_host_still_may_not_lead_to_the_metadata_service() {
    let endpoint = listed().check("http://orders.bank.internal/").unwrap();
    let permits = |ip: &str| listed().permits(&endpoint, ip.parse().unwrap());
    assert_eq!(permits("192.168.7.7"), Ok(()));
    assert!(permits("169.254.169.254").is_err());
    assert!(permits("fd00:ec2::254").is_err());
    assert!(permits("::ffff:169.254.169.254").is_err());
}
