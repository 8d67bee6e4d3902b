//! The data plane: what clients ask of `{account}.blob.core.windows.net`.

mod account;
mod block_list;
mod blocks;
mod conditions;
mod containers;
mod content;
mod headers;
mod incoming;
mod listing;
mod page;
mod place;
mod range;
mod read;
mod write;

use super::super::Handler;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "Account_Information" => account::information,
        "Service_Properties" => account::properties,
        "Containers_List" => listing::containers,
        "Container_Create" => containers::create,
        "Container_Properties" | "Container_Head" => containers::properties,
        "Container_Delete" => containers::delete,
        "Blobs_List" => listing::blobs,
        "Blob_Put" => |context, permit, request| incoming::keep(context, permit, request, write::put),
        "Blob_PutBlock" => |context, permit, request| incoming::keep(context, permit, request, blocks::put),
        "Blob_PutBlockList" => block_list::put,
        "Blob_GetBlockList" => block_list::get,
        "Blob_Get" => read::get,
        "Blob_Head" => read::head,
        "Blob_Delete" => write::delete,
        "Blob_SetMetadata" => write::set_metadata,
        "Blob_SetProperties" => write::set_properties,
        _ => return None,
    })
}
