using Kedge.Core.Device;

namespace Kedge.Core.Borders;

/// <summary>What became of looking at a comparison.</summary>
[Closed]
public abstract class ShadowOutcome
{
    private ShadowOutcome()
    {
    }

    /// <summary>It is under way.</summary>
    public sealed class Counted(ShadowCounts counts) : ShadowOutcome
    {
        /// <summary>What was compared so far.</summary>
        public ShadowCounts Counts { get; } = counts;
    }

    /// <summary>One of the two is not there any more.</summary>
    public sealed class Gone : ShadowOutcome;

    /// <summary>The instance that serves is of a version that cannot copy requests.</summary>
    public sealed class TooOld : ShadowOutcome;

    /// <summary>It could not be looked at now.</summary>
    public sealed class Failed(Problem problem) : ShadowOutcome
    {
        /// <summary>Why.</summary>
        public Problem Problem { get; } = problem;
    }
}
