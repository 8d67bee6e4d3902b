//! What becomes of recovery points.

use super::invariant::{Broken, Invariant};
use super::known::{Known, Point};
use super::mistake::Mistake;
use super::restores::versions_of;
use super::seen::Seen;
use crate::sequence::world::World;

/// Points that were there are there until they expire, unless the instance was deleted; new ones are noted.
pub(super) fn look(known: &mut Known, world: &World) -> Result<(), Broken> {
    let own = &world.azure().services().data_protection;
    let mut there = own.recovery_points(&world.instance());
    if known.mistake == Some(Mistake::PointLost) && there.len() > 1 {
        there = &there[..there.len() - 1];
    }
    let now = world.time();
    let is_there = |id: &str| there.iter().any(|point| point.id == id);
    let is_over = |point: &Point| point.expires.is_some_and(|expires| expires <= now);
    known.points.retain(|id, point| is_there(id) || !is_over(point));
    if there.is_empty() && known.deleted {
        return Ok(());
    }
    if let Some((id, point)) = known.points.iter().find(|(id, _)| !is_there(id)) {
        let expires = point.expires.map_or("never".to_owned(), |time| time.to_string());
        let why = format!("the recovery point {id} is gone at {now}, and expires {expires}");
        return Err(Broken::new(Invariant::PointsStay, why));
    }
    for point in there {
        if !known.points.contains_key(&point.id) {
            let noted = Point {
                expires: point.expires,
                versions: versions_of(world, point),
            };
            known.points.insert(point.id.clone(), noted);
        }
    }
    Ok(())
}

/// A backup that is told as completed has made a point. One of an instance that is deleted meanwhile is kept nowhere.
pub(super) fn check_made(world: &World, job: &Seen) -> Result<(), Broken> {
    let own = &world.azure().services().data_protection;
    let now = world.time();
    let ended = job.ended.unwrap_or(now);
    let mut points = own.recovery_points(&world.instance()).iter();
    let instance = world.azure().state().resource(&world.instance());
    // It may have expired since, if a long time has passed at once.
    let long_ago = now.duration_since(ended) > jiff::SignedDuration::from_hours(24 * 80);
    if instance.is_none() || long_ago || points.any(|point| job.started <= point.time && point.time <= ended)
    {
        return Ok(());
    }
    let why = format!(
        "the backup job {} is completed, and made no recovery point",
        job.id
    );
    Err(Broken::new(Invariant::BackupIsRestorable, why))
}
