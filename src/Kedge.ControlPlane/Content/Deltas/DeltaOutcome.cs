using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Content.Deltas;

/// <summary>What there is to say to a device that asks for a difference.</summary>
[Closed]
internal abstract record DeltaOutcome
{
    private DeltaOutcome()
    {
    }

    /// <summary>Here it is.</summary>
    /// <param name="File">The container.</param>
    /// <param name="IsNew">True when it was computed for this question, false when it was there.</param>
    public sealed record Ready(KeptDelta File, bool IsNew) : DeltaOutcome;

    /// <summary>It is being computed, or waits to be.</summary>
    /// <param name="After">When to ask again.</param>
    public sealed record Coming(TimeSpan After) : DeltaOutcome;

    /// <summary>There is none: take chunks.</summary>
    /// <param name="Why">The reason.</param>
    public sealed record None(Finding Why) : DeltaOutcome;
}
