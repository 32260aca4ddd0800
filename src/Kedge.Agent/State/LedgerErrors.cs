using Kedge.Core.Errors;

namespace Kedge.Agent.State;

/// <summary>Errors of what a device remembers.</summary>
public static class LedgerErrors
{
    /// <summary>The newest copy is damaged.</summary>
    public static readonly ErrorCode FellBack = new(
        "KEDGE-LEDGER-001",
        "The newest copy of the device's memory was damaged; the one before it is used.",
        "Nothing to do at once; if it happens again, the disk is dying.");

    /// <summary>Every copy is damaged.</summary>
    public static readonly ErrorCode Lost = new(
        "KEDGE-LEDGER-002",
        "Every copy of the device's memory is damaged.",
        "The device starts from nothing and asks the server; workloads start anew. Check the disk.");

    /// <summary>It cannot be written.</summary>
    public static readonly ErrorCode NotSaved = new(
        "KEDGE-LEDGER-003",
        "The device's memory cannot be written to its disk.",
        "What runs goes on, but a newer desired state is not accepted. Free some space or mend the disk.");
}
