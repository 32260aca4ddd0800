using Kedge.Core.Errors;

namespace Kedge.Content.Delta;

/// <summary>What can be wrong with a delta: none of these is fatal, content then comes chunk by chunk.</summary>
public static class DeltaErrors
{
    /// <summary>No container, or a damaged one.</summary>
    public static readonly ErrorCode Malformed = new(
        "KEDGE-CONTENT-021",
        "The head of a delta is cut off, damaged, or claims more than the limits allow.",
        "Nothing needs to be done: the file is fetched in chunks; if it happens again, restart the server's cache.");

    /// <summary>Made by a later version.</summary>
    public static readonly ErrorCode Version = new(
        "KEDGE-CONTENT-022",
        "A delta is in a version of its format that this program does not know.",
        "Nothing needs to be done: the file is fetched in chunks; update Kedge on this side to use such deltas.");

    /// <summary>A segment that cannot be decoded.</summary>
    public static readonly ErrorCode Segment = new(
        "KEDGE-CONTENT-023",
        "A segment of a delta is damaged: its parts do not fit together or lead outside their files.",
        "Nothing needs to be done: the file is fetched in chunks from here on.");

    /// <summary>The base is not what it was.</summary>
    public static readonly ErrorCode Source = new(
        "KEDGE-CONTENT-024",
        "A file that a delta is made from or decoded against is shorter than it was said to be.",
        "Let the file be verified: on a device it is fetched again, on a server it is taken from the backup.");
}
