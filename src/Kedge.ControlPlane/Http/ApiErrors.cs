using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Http;

/// <summary>What can be wrong with a call to the server.</summary>
public static class ApiErrors
{
    /// <summary>Body unreadable.</summary>
    public static readonly ErrorCode Malformed = new(
        "KEDGE-API-001",
        "The body of the call cannot be read: it is cut off, no JSON, or a field has the wrong type.",
        "Nothing was changed. Send the whole document.");

    /// <summary>Body too large.</summary>
    public static readonly ErrorCode TooLarge = new(
        "KEDGE-API-002",
        "The body of the call is larger than this call takes.",
        "Nothing was stored. Split a manifest; shrink a model, or raise the server's limit.");

    /// <summary>No such resource.</summary>
    public static readonly ErrorCode NotFound = new(
        "KEDGE-API-003",
        "There is no such resource.",
        "Check the name with 'kedge get'.");

    /// <summary>Changed in between.</summary>
    public static readonly ErrorCode Conflict = new(
        "KEDGE-API-004",
        "Somebody else changed the resource first.",
        "Nothing was changed. Read it again and repeat the change.");

    /// <summary>Manifest refused.</summary>
    public static readonly ErrorCode Invalid = new(
        "KEDGE-API-005",
        "The manifest has mistakes; every one is listed with its line.",
        "Nothing was applied. Mend what is listed and apply again.");

    /// <summary>Parameter wrong.</summary>
    public static readonly ErrorCode Parameter = new(
        "KEDGE-API-006",
        "A part of the address or of the body is out of its range.",
        "Nothing was changed. Give a value that the message allows.");

    /// <summary>Digest mismatch.</summary>
    public static readonly ErrorCode DigestMismatch = new(
        "KEDGE-API-007",
        "What was uploaded does not have the digest that it was announced with.",
        "Nothing was stored. Upload it again; if it repeats, something on the way changes content.");

    /// <summary>Chunks missing.</summary>
    public static readonly ErrorCode ChunksMissing = new(
        "KEDGE-API-008",
        "The package names chunks that were not uploaded.",
        "Upload the chunks that the answer lists, then the package again.");

    /// <summary>Package refused.</summary>
    public static readonly ErrorCode PackageRefused = new(
        "KEDGE-API-009",
        "The package is not signed by a key that may sign it, or breaks a rule.",
        "Nothing was stored. The findings say why.");

    /// <summary>Package unknown.</summary>
    public static readonly ErrorCode PackageUnknown = new(
        "KEDGE-API-010",
        "A deployment names a package or tag that the server does not have.",
        "Push it with 'kedge model push', or name one that 'kedge get models' lists.");

    /// <summary>In use.</summary>
    public static readonly ErrorCode InUse = new(
        "KEDGE-API-011",
        "The resource cannot go while another names it.",
        "Delete or change the deployment that the message names first.");

    /// <summary>Not for this device.</summary>
    public static readonly ErrorCode NotYours = new(
        "KEDGE-API-012",
        "The content is not named by the device's desired state.",
        "A device fetches what it is to run, nothing else.");

    /// <summary>No older revision.</summary>
    public static readonly ErrorCode NoRevision = new(
        "KEDGE-API-013",
        "The deployment has no such revision to go back to.",
        "List the revisions with 'kedge rollout history'; the last 20 are kept.");

    /// <summary>Device offline.</summary>
    public static readonly ErrorCode Offline = new(
        "KEDGE-API-014",
        "The device is not connected to this server, so that nothing can be asked of it.",
        "Wait for it to come back; what it reported last is in 'kedge describe device'.");

    /// <summary>Device did not answer.</summary>
    public static readonly ErrorCode NoAnswer = new(
        "KEDGE-API-015",
        "The device did not answer in time.",
        "Try again; its agent may be old or its link slow.");

    /// <summary>Bug.</summary>
    public static readonly ErrorCode Failure = new(
        "KEDGE-API-016",
        "The server failed while it worked on the call.",
        "Look at the server's log for the line with this time; it is a bug or a broken disk.");

    /// <summary>Route unknown.</summary>
    public static readonly ErrorCode NoRoute = new(
        "KEDGE-API-017",
        "There is no such address or method.",
        "See docs/protocol/admin-api.md for what there is.");

    /// <summary>Precondition malformed.</summary>
    public static readonly ErrorCode Precondition = new(
        "KEDGE-API-018",
        "The header If-Match does not hold a revision.",
        "Send the ETag of the resource as it was read, or leave the header out.");

    /// <summary>Owner document refused.</summary>
    public static readonly ErrorCode DocumentRefused = new(
        "KEDGE-API-019",
        "The document is not signed by the owner key, or is not newer than the one that is held.",
        "Nothing was changed. Sign it with the owner key under a higher version.");

    /// <summary>Already exists.</summary>
    public static readonly ErrorCode Exists = new(
        "KEDGE-API-020",
        "There is a resource of that name already.",
        "Choose another name, or delete the old one first.");

    /// <summary>Content damaged.</summary>
    public static readonly ErrorCode ContentDamaged = new(
        "KEDGE-API-021",
        "The server's own copy of the content is missing or has changed on its disk, so it was not sent.",
        "Push the package again: what is missing is uploaded, nothing else. Devices ask again by themselves.");

    /// <summary>Difference coming.</summary>
    public static readonly ErrorCode DeltaComing = new(
        "KEDGE-API-022",
        "The difference between two files is still being computed.",
        "None: the device asks again after the time that the answer names, or takes chunks.");

    /// <summary>No difference.</summary>
    public static readonly ErrorCode NoDelta = new(
        "KEDGE-API-023",
        "The server gives no difference for these two files.",
        "None: the device takes chunks. The message says why.");

    /// <summary>Coding unknown.</summary>
    public static readonly ErrorCode Coding = new(
        "KEDGE-API-024",
        "The body has a content coding that this call does not take.",
        "Nothing was stored. Send it as it is or, where the answer's Accept-Encoding says so, coded by zstd.");

    /// <summary>Coded body wrong.</summary>
    public static readonly ErrorCode Undecodable = new(
        "KEDGE-API-025",
        "The body is said to be coded by zstd, and is no frame that says its length and keeps to it.",
        "Nothing was stored. Send one whole zstd frame with its content size, or send the body as it is.");

    /// <summary>Another representation.</summary>
    public static readonly ErrorCode OtherRepresentation = new(
        "KEDGE-API-026",
        "The header If-Match names another representation than the one that would be sent.",
        "Ask without the header, or for the representation by its own ETag.");

    /// <summary>Site busy.</summary>
    public static readonly ErrorCode SiteBusy = new(
        "KEDGE-API-033",
        "The line of the device's site has as many answers under way as its limit carries.",
        "None: the device asks again after the time that the answer names. Raise the site's limit where that is too "
        + "slow.");

    /// <summary>Zone unknown.</summary>
    public static readonly ErrorCode ZoneUnknown = new(
        "KEDGE-API-034",
        "The server's machine does not know the time zone of a site.",
        "Nothing was applied. Correct the name, install the system's tzdata, or write a distance from UTC as +01:00.");

    /// <summary>No version.</summary>
    public static readonly ErrorCode VersionsMissing = new(
        "KEDGE-API-035",
        "A deployment serves versions of a model that has none of them.",
        "Nothing was applied. Push the versions first: a version is a tag that begins with a digit, or with v and a "
        + "digit; a listed one may be any tag of the model.");

    /// <summary>Too many versions.</summary>
    public static readonly ErrorCode VersionsTooMany = new(
        "KEDGE-API-036",
        "A deployment serves more versions of models together than one model server takes.",
        "Nothing was applied. Serve fewer: latest with a number, or listed; or spread them over two deployments.");
}
