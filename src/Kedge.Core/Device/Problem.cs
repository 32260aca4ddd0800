namespace Kedge.Core.Device;

/// <summary>Why a release does not run, or why a try failed.</summary>
/// <param name="Code">Stable code of <c>docs/errors.md</c>.</param>
/// <param name="Message">One sentence with figures, at most 500 characters.</param>
public sealed record Problem(string Code, string Message);

/// <summary>Whose fault a failed step is: it decides between waiting and quarantine.</summary>
public enum Blame
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>
    /// Link, disk, port, sandbox, memory: the same release may work later. It is tried again, for ever.
    /// </summary>
    Device = 1,

    /// <summary>The release misbehaves but may have had bad luck: it is quarantined after some failures.</summary>
    Release = 2,

    /// <summary>The release can never be right here: bad signature, refused content, golden samples missed.</summary>
    ReleaseForGood = 3,
}
