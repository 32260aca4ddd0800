using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What became of a tag.</summary>
[Closed]
public abstract record TagOutcome
{
    private TagOutcome()
    {
    }

    /// <summary>It names that package now.</summary>
    /// <param name="Row">Its row.</param>
    /// <param name="Before">What it named before; the default digest for a new tag.</param>
    public sealed record Moved(TagRow Row, Digest Before) : TagOutcome;

    /// <summary>It named that package already.</summary>
    /// <param name="Row">Its row.</param>
    public sealed record Unchanged(TagRow Row) : TagOutcome;

    /// <summary>It names another package than the caller expects.</summary>
    /// <param name="Held">Which; the default digest when there is no such tag.</param>
    public sealed record Conflict(Digest Held) : TagOutcome;

    /// <summary>The package is not there, or is one of another model.</summary>
    public sealed record PackageMissing : TagOutcome;
}
