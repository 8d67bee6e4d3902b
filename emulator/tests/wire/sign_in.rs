//! Where clients stumble before they are signed in, one function a trap.

use azdrill_emulator::model::{Request, Scheme};
use http::Method;
use serde_json::json;

use crate::world::{ARM, LOGIN, World, below_vault};

const IMDS: &str = "169.254.169.254";

#[test]
fn discovery_documents_keep_the_port_of_the_authority() {
    let mut world = World::new();
    let tenant = world.operator.tenant;
    let mut request = Request::new(
        Method::GET,
        "localhost",
        &format!("/{tenant}/v2.0/.well-known/openid-configuration?"),
    );
    request.port = Some(8443);
    let document = world.send(request).json_body();
    for name in ["token_endpoint", "authorization_endpoint", "jwks_uri"] {
        let address = document[name].as_str().unwrap_or_default();
        assert!(
            address.starts_with("https://localhost:8443/"),
            "{name} is {address}"
        );
    }
    let mut request = Request::new(
        Method::GET,
        "localhost",
        "/common/discovery/instance?api-version=1.1",
    );
    request.port = Some(8443);
    let document = world.send(request).json_body();
    let address = document["tenant_discovery_endpoint"].as_str().unwrap_or_default();
    assert!(address.starts_with("https://localhost:8443/"), "{address}");
}

/// Microsoft's library asks this after any token error, and shows a key error without `metadata`.
#[test]
fn instance_discovery_after_an_error_has_metadata() {
    let mut world = World::new();
    let tenant = world.operator.tenant;
    let id = world.operator.client_id;
    let refused = world.ask_token(
        &format!("/{tenant}/oauth2/v2.0/token"),
        &format!("grant_type=client_credentials&client_id={id}&client_secret=wrong&scope=https%3A%2F%2Fmanagement.azure.com%2F.default"),
    );
    assert_eq!(refused.status, 401);
    let body = refused.json_body();
    let keys: Vec<&String> = body.as_object().expect("an object").keys().collect();
    let wanted = [
        "error",
        "error_description",
        "error_codes",
        "timestamp",
        "trace_id",
        "correlation_id",
        "error_uri",
    ];
    assert_eq!(keys, wanted);
    assert_eq!(body["error"], "invalid_client");
    assert_eq!(body["error_codes"], json!([7_000_215]));
    let asked = "/common/discovery/instance?api-version=1.1&authorization_endpoint=https://login.microsoftonline.com/common/oauth2/authorize";
    let document = world.send(Request::new(Method::GET, LOGIN, asked)).json_body();
    let metadata = &document["metadata"][0];
    for name in ["preferred_network", "preferred_cache", "aliases"] {
        assert!(!metadata[name].is_null(), "{name} is missing");
    }
}

/// The CLI asks for `https://management.core.windows.net//.default`: the second slash belongs to
/// the audience, and both spellings are ARM.
#[test]
fn audiences_with_and_without_a_slash_are_the_same_service() {
    let mut world = World::new();
    for scope in [
        "https://management.azure.com/.default",
        "https://management.azure.com//.default",
        "https://management.core.windows.net//.default",
        "https://management.core.windows.net//.default openid offline_access profile",
    ] {
        let answer = world.sign_in(scope);
        assert_eq!(answer.status, 200, "{scope}");
        let body = answer.json_body();
        assert!(body["expires_in"].is_u64());
        let token = body["access_token"].as_str().unwrap_or_default().to_owned();
        let request = Request::new(Method::GET, ARM, "/subscriptions?api-version=2022-12-01")
            .with_header("authorization", &format!("Bearer {token}"));
        assert_eq!(world.send(request).status, 200, "{scope}");
    }
    let storage = world.sign_in("https://storage.azure.com/.default").json_body();
    let token = storage["access_token"].as_str().unwrap_or_default();
    let request = Request::new(Method::GET, ARM, "/subscriptions?api-version=2022-12-01")
        .with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(world.send(request).status, 401, "a token for another service");
}

/// JavaScript puts a query on the token's address.
#[test]
fn the_token_endpoint_takes_a_query() {
    let mut world = World::new();
    let tenant = world.operator.tenant;
    let (id, secret) = (
        world.operator.client_id,
        world.operator.client_secret.replace('~', "%7E"),
    );
    let answer = world.ask_token(
        &format!("/{tenant}/oauth2/v2.0/token?client-request-id=4b9ec8cb-0f25-4d32-a9f3-5e6b7d1d9b0e"),
        &format!("client_id={id}&scope=https%3A%2F%2Fmanagement.azure.com%2F.default&grant_type=client_credentials&client_secret={secret}&client_info=1&claims=%7B%22access_token%22%3A%7B%22xms_cc%22%3A%7B%22values%22%3A%5B%22CP1%22%5D%7D%7D%7D"),
    );
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn endpoints_of_a_cloud_are_an_object_from_a_version_on_and_an_array_before() {
    let mut world = World::new();
    let mut ask = |version: &str| {
        let target = format!("/metadata/endpoints?api-version={version}");
        let mut request = Request::new(Method::GET, "localhost", &target);
        request.port = Some(8443);
        world.send(request).json_body()
    };
    let object = ask("2022-09-01");
    assert_eq!(
        object["authentication"]["loginEndpoint"],
        "https://localhost:8443"
    );
    assert_eq!(object["authentication"]["tenant"], "common");
    assert_eq!(object["authentication"]["identityProvider"], "AAD");
    let array = ask("2019-05-01");
    assert_eq!(array[0]["resourceManager"], "https://localhost:8443");
}

/// A name of a service principal is an application id. A directory that always finds somebody makes
/// the CLI give roles to the wrong one.
#[test]
fn a_managed_identity_is_not_found_by_its_object_id_but_by_get_by_ids() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    let vault = world.get(&below_vault("")).json_body();
    let id = vault["identity"]["principalId"]
        .as_str()
        .expect("an identity")
        .to_owned();
    let token = world.sign_in("https://graph.microsoft.com//.default").json_body();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap_or_default());
    let graph = |method, target: &str| {
        Request::new(method, "graph.microsoft.com", target).with_header("authorization", &bearer)
    };
    let filter = format!("/v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c%20eq%20'{id}')");
    let listed = world.send(graph(Method::GET, &filter));
    assert_eq!(listed.status, 200);
    assert_eq!(listed.json_body()["value"], json!([]));
    let body = json!({"ids": [id], "types": ["user", "group", "servicePrincipal", "directoryObjectPartnerReference"]});
    let found = world.send(graph(Method::POST, "/v1.0/directoryObjects/getByIds").with_json(&body));
    assert_eq!(found.json_body()["value"][0]["id"], json!(id));
}

/// Probes come without the header, with or without a query; JavaScript puts a slash at the end and
/// names the application of its environment.
#[test]
fn instance_metadata_answers_probes_at_once_and_takes_every_form() {
    let mut world = World::new();
    let plain = |target: &str| {
        let mut request = Request::new(Method::GET, IMDS, target);
        request.scheme = Scheme::Http;
        request
    };
    let path = "/metadata/identity/oauth2/token";
    let query = "api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F";
    for probe in [path.to_owned(), format!("{path}/"), format!("{path}?{query}")] {
        let answer = world.send(plain(&probe));
        assert_eq!(answer.status, 400, "{probe}");
        assert_eq!(answer.json_body()["error"], "invalid_request");
    }
    let (client, _) = world.put_identity("runner");
    for target in [
        format!("{path}?{query}&client_id={client}"),
        format!("{path}/?{query}&client_id={client}"),
    ] {
        let answer = world.send(plain(&target).with_header("metadata", "true"));
        assert_eq!(answer.status, 200, "{target}");
        let body = answer.json_body();
        assert_eq!(body["token_type"], "Bearer");
        assert!(
            body["expires_on"]
                .as_str()
                .is_some_and(|text| text.parse::<u64>().is_ok())
        );
        assert!(body["expires_in"].is_string());
    }
    // JavaScript names AZURE_CLIENT_ID, which may be an application: it is no managed identity.
    let application = world.operator.client_id;
    let target = format!("{path}?{query}&client_id={application}");
    let answer = world.send(plain(&target).with_header("metadata", "true"));
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json_body()["error_description"], "Identity not found");
}

#[test]
fn a_request_without_a_token_is_told_where_to_get_one() {
    let mut world = World::new();
    let subscription = world.operator.subscription.clone();
    let tenant = world.operator.tenant;
    let target = format!("/subscriptions/{subscription}/resourceGroups?api-version=2025-04-01");
    let refused = world.send(Request::new(Method::GET, ARM, &target));
    assert_eq!(refused.status, 401);
    let challenge = refused.header("www-authenticate").unwrap_or_default();
    let wanted = format!("Bearer authorization_uri=\"https://login.microsoftonline.com/{tenant}\"");
    assert!(challenge.starts_with(&wanted), "{challenge}");
    let body = refused.json_body();
    let error = body["error"].as_object().expect("an error");
    assert_eq!(error.keys().collect::<Vec<_>>(), ["code", "message"]);
}

/// Managed identities get no token for what the tenant does not have either.
#[test]
fn instance_metadata_knows_the_resources_of_the_tenant() {
    let mut world = World::new();
    world.put_identity("runner");
    let mut ask = |resource: &str| {
        let target = format!("/metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}");
        let mut request = Request::new(Method::GET, IMDS, &target).with_header("metadata", "true");
        request.scheme = Scheme::Http;
        world.send(request)
    };
    assert_eq!(ask("https%3A%2F%2Fstorage.azure.com").status, 200);
    let answer = ask("https%3A%2F%2Fnobody.example");
    assert_eq!(
        (answer.status.as_u16(), &answer.json_body()["error"]),
        (400, &"invalid_resource".into())
    );
}
