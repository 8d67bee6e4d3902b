//! The directory: whom clients look up before they assign a role, and make to assign one to.

mod applications;
mod by_ids;
mod credentials;
mod describe;
mod filter;
mod list;
mod look_up;
mod membership;
mod people;
mod query_options;
mod read;
mod references;
mod registrations;
mod rights;
mod written;

#[cfg(any(test, feature = "fuzzing"))]
use serde_json::Value;

use super::Handler;
use crate::model::PrincipalKind;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "ServicePrincipals_List" => read::list_service_principals,
        "ServicePrincipals_Get" => |context, permit, request| {
            read::get(context, permit, request, Some(PrincipalKind::ServicePrincipal))
        },
        "Applications_List" => read::list_applications,
        "Applications_Get" => read::get_application,
        "Users_List" => read::list_users,
        "Users_Get" => {
            |context, permit, request| read::get(context, permit, request, Some(PrincipalKind::User))
        }
        "Groups_List" => read::list_groups,
        "Groups_Get" => {
            |context, permit, request| read::get(context, permit, request, Some(PrincipalKind::Group))
        }
        "DirectoryObjects_Get" => |context, permit, request| read::get(context, permit, request, None),
        "DirectoryObjects_GetByIds" => by_ids::get_by_ids,
        "Me_Get" => read::me,
        "Groups_Members" => membership::members,
        "Groups_TransitiveMembers" => membership::transitive_members,
        "Users_Create" => people::create_user,
        "Users_Update" => people::update_user,
        "Users_Delete" => |context, permit, _| people::delete(context, permit, PrincipalKind::User),
        "Groups_Create" => people::create_group,
        "Groups_Update" => people::update_group,
        "Groups_Delete" => |context, permit, _| people::delete(context, permit, PrincipalKind::Group),
        "Groups_AddMember" => references::add_member,
        "Groups_RemoveMember" => references::remove_member,
        "Applications_Create" => applications::create,
        "Applications_Update" => applications::update,
        "Applications_Delete" => applications::delete,
        "ServicePrincipals_Create" => applications::create_principal,
        "ServicePrincipals_Update" => applications::update_principal,
        "ServicePrincipals_Delete" => {
            |context, permit, _| people::delete(context, permit, PrincipalKind::ServicePrincipal)
        }
        _ => match operation.split_once('_')?.1 {
            "AddPassword" => credentials::add_password,
            "RemovePassword" => credentials::remove_password,
            "AddOwner" => references::add_owner,
            "RemoveOwner" => references::remove_owner,
            "Owners" => references::owners,
            "OwnedObjects" => references::owned_objects,
            "MemberOf" => membership::member_of,
            "TransitiveMemberOf" => membership::transitive_member_of,
            "CheckMemberGroups" => membership::check_member_groups,
            "GetMemberGroups" => membership::get_member_groups,
            _ => return None,
        },
    })
}

/// Whether a filter lets an object through.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn filter_holds(text: &str, object: &Value) -> bool {
    filter::GraphFilter::read(text).is_ok_and(|filter| filter.holds(object))
}
