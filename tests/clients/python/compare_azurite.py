"""Play the inventory of `blobs.py` against azdrill and against Azurite, and show where they differ.

Runs in azdrill's environment; Azurite listens at the address given. Exits 1 at a difference that is
not listed below: one of the two has changed.
"""

import argparse
import sys

from blobs import Inventory
from blobs_with_tokens import World

# What is known of Azurite 3.37, and why azdrill does otherwise.
KNOWN = {
    "ranges": "Azurite answers 206 to a range that begins behind the end; Azure documents 416 InvalidRange",
    "page_out_of_range": "Azurite puts words in the code's place; the code is InvalidPageRange",
    "copy_of_nothing": "Azurite says BlobNotFound; the SDK's recorded tests say CannotVerifyCopySource",
    "upload_from_url": "Azurite does not play Put Blob From URL (501)",
    "append_from_url": "Azurite does not play Append Block From URL (501)",
    "pages_from_url": "Azurite does not play Put Page From URL (501)",
    "bad_signature": "Azurite says AuthorizationFailure of a wrong signature; Azure says AuthenticationFailed",
    "stored_access_policy": "the same of one whose policy has gone",
}


def play(url, account, key):
    record = {}
    Inventory(url, account, key, record=record).play()
    return record


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--azurite", required=True, help="its blob endpoint, with the account in the path")
    parser.add_argument("--account", required=True)
    parser.add_argument("--key", required=True)
    arguments = parser.parse_args()
    world = World()
    ours = play(world.url(world.first), world.first, world.key(world.first))
    theirs = play(arguments.azurite, arguments.account, arguments.key)
    width = max(map(len, ours))
    unknown = []
    for step, own in ours.items():
        other = theirs[step]
        same = own["answers"] == other["answers"] and (own["outcome"] == "held") == (other["outcome"] == "held")
        if same:
            print(f"{step:{width}}  same: {own['outcome']}, {len(own['answers'])} answers")
            continue
        reason = KNOWN.get(step)
        if reason is None:
            unknown.append(step)
        print(f"{step:{width}}  differs{': ' + reason if reason else ', and nobody has said why'}")
        print(f"{'':{width}}    azdrill  {own['outcome']}")
        print(f"{'':{width}}    azurite  {other['outcome']}")
        pairs = zip(own["answers"], other["answers"])
        first = next((pair for pair in pairs if pair[0] != pair[1]), None)
        if first:
            print(f"{'':{width}}    first other answer: azdrill {first[0]}, azurite {first[1]}")
    over = sorted(set(KNOWN) - {step for step in ours if ours[step]["answers"] != theirs[step]["answers"]})
    if over:
        print(f"no difference any more: {', '.join(over)}")
    print(f"{len(ours)} steps, {len(unknown)} differences that are not known")
    sys.exit(1 if unknown or over else 0)


if __name__ == "__main__":
    main()
