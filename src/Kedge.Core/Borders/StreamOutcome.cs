using Kedge.Core.Device;

namespace Kedge.Core.Borders;

/// <summary>What became of one attempt to stream content.</summary>
[Closed]
public abstract record StreamOutcome
{
    private StreamOutcome()
    {
    }

    /// <summary>Everything that was asked for is in the sink.</summary>
    public sealed record Done : StreamOutcome;

    /// <summary>The sink wanted no more.</summary>
    public sealed record Stopped : StreamOutcome;

    /// <summary>The source does not have it; one that tells strangers nothing says <see cref="Refused"/>.</summary>
    /// <param name="Problem">What it said.</param>
    public sealed record NotFound(Problem Problem) : StreamOutcome;

    /// <summary>The source says that this device may not have it.</summary>
    /// <param name="Problem">What it said.</param>
    public sealed record Refused(Problem Problem) : StreamOutcome;

    /// <summary>It did not work now: no link, too busy, broken off in the middle.</summary>
    /// <param name="After">Wait as long as this at least; zero when the source did not say.</param>
    /// <param name="Problem">What happened.</param>
    public sealed record Later(TimeSpan After, Problem Problem) : StreamOutcome;
}
