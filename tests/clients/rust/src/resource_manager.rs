//! Azure Resource Manager. The SDK has no client for it, but the pipeline every client of the SDK is
//! made of, with its credentials, retries and headers.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use azure_core::http::{ClientOptions, Context, Method, Pipeline, Request, Url};
use azure_core::{Uuid, json};
use serde_json::{Value, json as value};

use crate::checks::{Outcome, equal, step, variable};

/// What tokens for Resource Manager are for.
pub(crate) const SCOPE: &str = "https://management.azure.com/.default";
const LOCATION: &str = "westeurope";

/// A client of Resource Manager.
pub(crate) struct ResourceManager {
    pipeline: Pipeline,
    subscription: String,
    /// A name of its own in every run, so that runs against one long-lived emulator do not meet.
    pub(crate) run: String,
}

impl ResourceManager {
    /// A client that signs in with this credential.
    pub(crate) fn new(credential: Arc<dyn TokenCredential>) -> Outcome<Self> {
        let authorization = Arc::new(BearerTokenAuthorizationPolicy::new(credential, [SCOPE]));
        let name = Some(env!("CARGO_PKG_NAME"));
        let version = Some(env!("CARGO_PKG_VERSION"));
        let options = ClientOptions::default();
        let run = Uuid::new_v4().simple().to_string();
        Ok(Self {
            pipeline: Pipeline::new(name, version, options, Vec::new(), vec![authorization], None),
            subscription: variable("AZURE_SUBSCRIPTION_ID")?,
            run: run[..8].to_owned(),
        })
    }

    /// Sends one request.
    pub(crate) async fn send(
        &self,
        method: Method,
        id: &str,
        version: &str,
        body: Option<&Value>,
    ) -> azure_core::Result<Value> {
        let url = format!("https://management.azure.com{id}?api-version={version}");
        let mut request = Request::new(Url::parse(&url)?, method);
        request.insert_header("accept", "application/json");
        if let Some(body) = body {
            request.insert_header("content-type", "application/json");
            request.set_json(body)?;
        }
        let answer = self.pipeline.send(&Context::new(), &mut request, None).await?;
        let bytes = answer.into_body();
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        json::from_json(bytes)
    }

    /// Makes a resource, and waits until it is there.
    pub(crate) async fn create(&self, id: &str, version: &str, mut body: Value) -> Outcome<Value> {
        body["location"] = LOCATION.into();
        self.send(Method::Put, id, version, Some(&body)).await?;
        loop {
            let made = self.send(Method::Get, id, version, None).await?;
            match made["properties"]["provisioningState"].as_str() {
                None | Some("Succeeded") => return Ok(made),
                Some("Failed") => return Err(format!("{id} has failed: {made}").into()),
                Some(_) => tokio::task::yield_now().await,
            }
        }
    }

    /// Deletes a resource.
    pub(crate) async fn delete(&self, id: &str, version: &str) -> Outcome<()> {
        self.send(Method::Delete, id, version, None).await?;
        Ok(())
    }

    /// Makes this run's resource group.
    pub(crate) async fn create_group(&self) -> Outcome<String> {
        let subscription = format!("/subscriptions/{}", self.subscription);
        let found = self.send(Method::Get, &subscription, "2022-12-01", None).await?;
        equal(
            &found["subscriptionId"],
            &value!(self.subscription),
            "the subscription",
        )?;
        let group = format!("{subscription}/resourceGroups/rust-{}", self.run);
        let made = self.create(&group, "2021-04-01", value!({})).await?;
        equal(&made["location"], &value!(LOCATION), "the group's location")?;
        step("signed in with ClientSecretCredential, and created a resource group");
        Ok(group)
    }

    /// Gives a role by its name.
    pub(crate) async fn give(&self, role: &str, scope: &str, principal: &str) -> Outcome<()> {
        let definitions = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions");
        let all = self.send(Method::Get, &definitions, "2022-04-01", None).await?;
        let found = all["value"].as_array().into_iter().flatten();
        let found = found
            .into_iter()
            .find(|own| own["properties"]["roleName"] == role);
        let role_id = found.ok_or(format!("no role is called {role}"))?["id"].clone();
        let assignment = Uuid::new_v4();
        let id = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{assignment}");
        let properties = value!({
            "roleDefinitionId": role_id,
            "principalId": principal,
            "principalType": "ServicePrincipal",
        });
        let body = value!({"properties": properties});
        self.send(Method::Put, &id, "2022-04-01", Some(&body)).await?;
        step(&format!(
            "gave {role} at {}",
            scope.rsplit('/').next().unwrap_or(scope)
        ));
        Ok(())
    }

    /// The object id a token was issued for.
    pub(crate) fn object_id(token: &str) -> Outcome<String> {
        let part = token.split('.').nth(1).ok_or("the token has no claims")?;
        let bytes = azure_core::base64::decode_url_safe(part)?;
        let claims: Value = serde_json::from_slice(&bytes)?;
        Ok(claims["oid"]
            .as_str()
            .ok_or("the token names no object id")?
            .to_owned())
    }
}
