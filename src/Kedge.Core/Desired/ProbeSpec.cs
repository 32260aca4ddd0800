namespace Kedge.Core.Desired;

/// <summary>
/// How a device asks an instance that serves whether it still answers. A plain class: it is part of what agents link.
/// </summary>
/// <param name="every">How often an idle instance is asked, <see cref="EveryMin"/>..<see cref="EveryMax"/>; zero for
/// never.</param>
/// <param name="timeout">How long it may take to answer, <see cref="TimeoutMin"/>..<see cref="TimeoutMax"/>.</param>
/// <param name="failures">After so many in a row it is replaced, 1..<see cref="FailuresMax"/>.</param>
public sealed class ProbeSpec(TimeSpan every, TimeSpan timeout, int failures) : IEquatable<ProbeSpec>
{
    /// <summary>Answers that may be missing in a row at most: more would find a hung process after minutes.</summary>
    public const int FailuresMax = 10;

    /// <summary>Shortest pause between two probes: asking takes about a millisecond of a processor.</summary>
    public static readonly TimeSpan EveryMin = TimeSpan.FromSeconds(5);

    /// <summary>Longest pause between two probes.</summary>
    public static readonly TimeSpan EveryMax = TimeSpan.FromHours(1);

    /// <summary>Shortest time for an answer: a busy processor is no fault.</summary>
    public static readonly TimeSpan TimeoutMin = TimeSpan.FromSeconds(1);

    /// <summary>Longest time for an answer: that of all golden samples together.</summary>
    public static readonly TimeSpan TimeoutMax = TimeSpan.FromMinutes(2);

    /// <summary>What holds where nothing is said.</summary>
    public static readonly ProbeSpec Default = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), 3);

    /// <summary>No probe.</summary>
    public static readonly ProbeSpec Off = new(TimeSpan.Zero, Default.Timeout, Default.Failures);

    /// <summary>How often an idle instance is asked; zero for never.</summary>
    public TimeSpan Every => every;

    /// <summary>How long it may take to answer.</summary>
    public TimeSpan Timeout => timeout;

    /// <summary>After so many in a row it is replaced.</summary>
    public int Failures => failures;

    /// <summary>True when nobody is asked.</summary>
    public bool IsOff => every <= TimeSpan.Zero;

    /// <inheritdoc/>
    public bool Equals(ProbeSpec? other) => other is not null
        && every == other.Every && timeout == other.Timeout && failures == other.Failures;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ProbeSpec);

    /// <inheritdoc/>
    public override int GetHashCode() => every.GetHashCode() ^ timeout.GetHashCode() ^ failures;
}
