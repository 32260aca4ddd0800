using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What became of a change that expects a revision.</summary>
[Closed]
public abstract record CasOutcome
{
    private CasOutcome()
    {
    }

    /// <summary>It holds now.</summary>
    /// <param name="Revision">Revision of the row from now on.</param>
    public sealed record Done(long Revision) : CasOutcome;

    /// <summary>It held already; nothing changed.</summary>
    /// <param name="Revision">Revision of the row, as before.</param>
    public sealed record Unchanged(long Revision) : CasOutcome;

    /// <summary>Somebody else changed the row first.</summary>
    /// <param name="HeldRevision">Revision that the row has.</param>
    public sealed record Conflict(long HeldRevision) : CasOutcome;

    /// <summary>There is no such row.</summary>
    public sealed record NotFound : CasOutcome;
}
