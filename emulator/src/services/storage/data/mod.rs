//! The data plane: what clients ask of `{account}.blob.core.windows.net`.

mod account;
mod acl;
mod append_blob;
mod batch;
mod block_list;
mod blocks;
mod conditions;
mod containers;
mod content;
mod copy;
mod create;
mod delegation;
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::services) mod fuzzing;
mod headers;
mod incoming;
mod leases;
mod list_element;
mod list_include;
mod list_text;
mod listing;
mod multipart;
mod page;
mod page_blob;
mod place;
mod preconditions;
mod range;
mod read;
mod snapshots;
mod source;
mod tag_query;
mod tags;
mod tiers;
mod write;
mod xml;

use super::super::Handler;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "Account_Information"
        | "Account_HeadInformation"
        | "Account_InformationOfContainer"
        | "Account_HeadInformationOfContainer"
        | "Account_InformationOfBlob"
        | "Account_HeadInformationOfBlob" => account::information,
        "Service_Properties" => account::properties,
        "Service_SetProperties" => account::set_properties,
        "Service_Statistics" => account::statistics,
        "Service_UserDelegationKey" => delegation::key,
        "Service_FindBlobs" | "Blobs_Find" => tags::find,
        "Service_Batch" | "Blobs_BatchInContainer" => batch::submit,
        "Containers_List" => listing::containers,
        "Container_Create" => containers::create,
        "Container_Properties" | "Container_Head" => containers::properties,
        "Container_GetMetadata" | "Container_HeadMetadata" => containers::metadata,
        "Container_SetMetadata" => containers::set_metadata,
        "Container_GetAcl" | "Container_HeadAcl" => acl::get,
        "Container_SetAcl" => acl::set,
        "Container_Lease" => leases::of_container,
        "Container_Delete" => containers::delete,
        "Blobs_List" => listing::blobs,
        _ => return blob_handler(operation),
    })
}

fn blob_handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "Blob_Put" => |context, permit, request| incoming::keep(context, permit, request, write::put),
        "Blob_PutFromUrl" => copy::put_from_url,
        "Blob_Copy" => copy::start,
        "Blob_AbortCopy" => copy::abort,
        "Blob_PutBlock" => |context, permit, request| incoming::keep(context, permit, request, blocks::put),
        "Blob_PutBlockFromUrl" => blocks::put_from_url,
        "Blob_PutBlockList" => block_list::put,
        "Blob_GetBlockList" => block_list::get,
        "Blob_AppendBlock" => {
            |context, permit, request| incoming::keep(context, permit, request, append_blob::put)
        }
        "Blob_AppendBlockFromUrl" => append_blob::put_from_url,
        "Blob_Seal" => append_blob::seal,
        "Blob_PutPage" => |context, permit, request| incoming::keep(context, permit, request, page_blob::put),
        "Blob_PutPageFromUrl" => page_blob::put_from_url,
        "Blob_GetPageRanges" => page_blob::ranges,
        "Blob_Get" => read::get,
        "Blob_Head" => read::head,
        "Blob_GetMetadata" | "Blob_HeadMetadata" => read::metadata,
        "Blob_Delete" => write::delete,
        "Blob_SetMetadata" => write::set_metadata,
        "Blob_SetProperties" => write::set_properties,
        "Blob_SetTags" => tags::set,
        "Blob_GetTags" => tags::get,
        "Blob_SetTier" => tiers::set,
        "Blob_Lease" => leases::of_blob,
        "Blob_Snapshot" => snapshots::take,
        _ => return None,
    })
}
