//! Images: which are here, fetching one, and the template made of one, which holds an initialised
//! cluster, so that a server costs the start of a container and not an `initdb`.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use futures_util::StreamExt;
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::{ContainerConfig, ContainerCreateBody};
use testcontainers::bollard::query_parameters::{
    CommitContainerOptionsBuilder, CreateContainerOptions, CreateImageOptionsBuilder,
    ListImagesOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptions,
    WaitContainerOptions,
};

use super::azure::{prepare_script, template_name};
use super::docker;
use super::template::{cache_folder, lock_file};

/// The image to take instead of `postgres:<major>`.
pub(super) const IMAGE_VARIABLE: &str = "AZDRILL_POSTGRES_IMAGE";

/// The folder of the cluster in a template. Not the one the base image declares a volume: what is
/// in a volume is not kept with an image.
pub(super) const FOLDER: &str = "/azdrill";

const TEMPLATE: &str = "azdrill-postgres";
const TEMPLATE_LABEL: &str = "azdrill.template";

/// How long a registry may take for its first word, and between two words. Without a network, or
/// with one that lets nothing through, we want to know soon.
const REGISTRY_PATIENCE: Duration = Duration::from_secs(8);

/// An image with PostgreSQL in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) name: String,
    pub(super) major: u32,
    id: String,
}

/// The versions whose `postgres:<major>` is here, ascending.
pub(super) async fn local_majors(docker: &Docker) -> Result<Vec<u32>, String> {
    let images = docker
        .list_images(Some(ListImagesOptionsBuilder::new().build()))
        .await
        .map_err(|error| format!("listing images: {error}"))?;
    let majors: BTreeSet<u32> = images
        .iter()
        .flat_map(|image| &image.repo_tags)
        .filter_map(|tag| major_of_tag(tag))
        .collect();
    Ok(majors.into_iter().collect())
}

fn major_of_tag(tag: &str) -> Option<u32> {
    tag.strip_prefix("postgres:")?.parse().ok()
}

/// The image of a name, fetched if it is not here.
pub(super) async fn get(docker: &Docker, name: &str) -> Result<Image, String> {
    if let Ok(image) = inspect(docker, name).await {
        return image;
    }
    pull(docker, name).await?;
    inspect(docker, name)
        .await
        .map_err(|error| format!("image `{name}`: {error}"))?
}

async fn inspect(
    docker: &Docker,
    name: &str,
) -> Result<Result<Image, String>, testcontainers::bollard::errors::Error> {
    let found = docker.inspect_image(name).await?;
    let environment = found.config.and_then(|config| config.env).unwrap_or_default();
    let said = environment
        .iter()
        .find_map(|line| line.strip_prefix("PG_MAJOR=")?.parse().ok());
    let tag = name.rsplit_once(':').map(|(_, tag)| tag).unwrap_or_default();
    let tagged = tag
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .and_then(|digits| digits.parse().ok());
    Ok(match said.or(tagged) {
        Some(major) => Ok(Image {
            name: name.to_owned(),
            major,
            id: found.id.unwrap_or_else(|| name.to_owned()),
        }),
        None => Err(format!(
            "image `{name}` does not say its version, neither by PG_MAJOR nor by its tag"
        )),
    })
}

async fn pull(docker: &Docker, name: &str) -> Result<(), String> {
    tracing::info!("fetching image `{name}`");
    // Without a tag Docker would fetch every one there is.
    let last = name.rsplit('/').next().unwrap_or(name);
    let whole = if last.contains([':', '@']) {
        name.to_owned()
    } else {
        format!("{name}:latest")
    };
    let options = CreateImageOptionsBuilder::new().from_image(&whole).build();
    let mut progress = docker.create_image(Some(options), None, None);
    loop {
        match tokio::time::timeout(REGISTRY_PATIENCE, progress.next()).await {
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(error))) => return Err(format!("image `{name}` cannot be fetched: {error}")),
            Ok(None) => return Ok(()),
            Err(_) => {
                return Err(format!(
                    "image `{name}` cannot be fetched: no answer from the registry for {} s",
                    REGISTRY_PATIENCE.as_secs()
                ));
            }
        }
    }
}

/// The template made of an image, as repository and tag, made now if it is not here. `labels` mark
/// the container it is made in.
pub(super) async fn template(
    docker: &Docker,
    image: &Image,
    labels: HashMap<String, String>,
) -> Result<(String, String), String> {
    let tag = format!("{}-{}", image.major, template_name(&image.id));
    let name = format!("{TEMPLATE}:{tag}");
    if docker.inspect_image(&name).await.is_err() {
        // Made twice at once, one of the two would stay behind without a name.
        let lock = tokio::task::spawn_blocking(|| {
            let lock = lock_file(&cache_folder()?, "images")?;
            lock.lock().map(|()| lock)
        });
        let lock = lock.await.map_err(|error| error.to_string())?;
        let _lock = lock.map_err(|error| format!("waiting for the lock of the images: {error}"))?;
        if docker.inspect_image(&name).await.is_err() {
            make_template(docker, image, &tag, labels).await?;
        }
    }
    Ok((TEMPLATE.to_owned(), tag))
}

async fn make_template(
    docker: &Docker,
    image: &Image,
    tag: &str,
    labels: HashMap<String, String>,
) -> Result<(), String> {
    // `su` may set a path of its own, in which the server's programs are not.
    const AS_POSTGRES: &str = r#"
set -e
mkdir -p "$2"
chown postgres:postgres "$2"
export AZDRILL_PATH="$PATH" AZDRILL_SCRIPT="$1" AZDRILL_DATA="$2/data"
exec su postgres -s /bin/sh -c 'PATH=$AZDRILL_PATH exec sh -c "$AZDRILL_SCRIPT" azdrill-prepare "$AZDRILL_DATA"'
"#;
    let told =
        |what: &'static str, error: &dyn std::fmt::Display| format!("{what} of `{}`: {error}", image.name);
    let strings = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    let body = ContainerCreateBody {
        image: Some(image.name.clone()),
        user: Some("root".to_owned()),
        entrypoint: strings(&["sh", "-c", AS_POSTGRES, "azdrill-template"]),
        cmd: strings(&[&prepare_script(), FOLDER]),
        labels: Some(labels),
        ..ContainerCreateBody::default()
    };
    let client = docker.clone();
    let created = docker::make(async move {
        let options = None::<CreateContainerOptions>;
        client.create_container(options, body).await
    });
    let created = created.await;
    let container = created.map_err(|error| told("making a container", &error))?.id;
    let made = async {
        docker
            .start_container(&container, None)
            .await
            .map_err(|error| told("starting a container", &error))?;
        let ended = docker
            .wait_container(&container, None::<WaitContainerOptions>)
            .next()
            .await;
        if !matches!(ended, Some(Ok(_))) {
            return Err(format!(
                "`initdb` failed in `{}`: {}",
                image.name,
                last_words(docker, &container).await
            ));
        }
        let options = CommitContainerOptionsBuilder::new()
            .container(&container)
            .repo(TEMPLATE)
            .tag(tag)
            .build();
        let config = ContainerConfig {
            user: Some("postgres".to_owned()),
            entrypoint: strings(&["postgres"]),
            cmd: strings(&["-D", &format!("{FOLDER}/data")]),
            labels: Some(HashMap::from([(
                TEMPLATE_LABEL.to_owned(),
                image.major.to_string(),
            )])),
            ..ContainerConfig::default()
        };
        docker
            .commit_container(options, config)
            .await
            .map_err(|error| told("keeping a template", &error))
    }
    .await;
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    let _ = docker.remove_container(&container, Some(options)).await;
    made?;
    remove_stale(docker, image.major, tag).await;
    Ok(())
}

/// Templates of the same version made of another image, or with another script. One that is in use
/// stays: Docker refuses to remove it.
async fn remove_stale(docker: &Docker, major: u32, tag: &str) {
    let filters = HashMap::from([("label", vec![format!("{TEMPLATE_LABEL}={major}")])]);
    let options = ListImagesOptionsBuilder::new().filters(&filters).build();
    let Ok(images) = docker.list_images(Some(options)).await else {
        return;
    };
    for name in images.iter().flat_map(|image| &image.repo_tags) {
        if name.starts_with(TEMPLATE) && *name != format!("{TEMPLATE}:{tag}") {
            let _ = docker.remove_image(name, None::<RemoveImageOptions>, None).await;
        }
    }
}

/// The last lines a container wrote.
pub(super) async fn last_words(docker: &Docker, container: &str) -> String {
    let options = LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .tail("6")
        .build();
    let lines: Vec<String> = docker
        .logs(container, Some(options))
        .filter_map(|line| async move { line.ok().map(|line| line.to_string().trim_end().to_owned()) })
        .collect()
        .await;
    if lines.is_empty() {
        "it ended without a word".to_owned()
    } else {
        lines.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_versions_count_as_images_of_ours() {
        assert_eq!(major_of_tag("postgres:17"), Some(17));
        assert_eq!(major_of_tag("postgres:17.2"), None);
        assert_eq!(major_of_tag("postgres:latest"), None);
        assert_eq!(major_of_tag("example/postgres:17"), None);
    }
}
