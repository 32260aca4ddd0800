namespace Kedge.Api.Resources;

/// <summary>Where the rollout of a deployment's newest revision stands.</summary>
public sealed record RolloutResource
{
    /// <summary>The deployment.</summary>
    public string Deployment { get; init; } = "";

    /// <summary><c>All</c> or <c>Waves</c>.</summary>
    public string Strategy { get; init; } = "";

    /// <summary><c>Progressing</c>, <c>Paused</c>, <c>RollingBack</c>, <c>RolledBack</c> or <c>Complete</c>.</summary>
    public string Phase { get; init; } = "";

    /// <summary>The revision that is rolled out, from 1.</summary>
    public long Target { get; init; }

    /// <summary>The revision that serves where the target does not; 0 for none.</summary>
    public long Stable { get; init; }

    /// <summary>The wave that runs, from 1; 0 when none does.</summary>
    public int Wave { get; init; }

    /// <summary>How many waves there are; 0 when none runs.</summary>
    public int Waves { get; init; }

    /// <summary>How many devices may have the target in this wave; 0 when none runs.</summary>
    public int WaveLimit { get; init; }

    /// <summary>Devices that the rollout may reach.</summary>
    public int Total { get; init; }

    /// <summary>Devices that are asked to run the target.</summary>
    public int Exposed { get; init; }

    /// <summary>
    /// Devices that serve what the rollout brings: the target, or the stable revision when it goes or went back.
    /// </summary>
    public int Serving { get; init; }

    /// <summary>Connected devices that are asked for what it brings and do not serve it yet.</summary>
    public int Changing { get; init; }

    /// <summary>Devices that gave up on what they are asked for.</summary>
    public int Failed { get; init; }

    /// <summary>Devices that are not connected.</summary>
    public int Away { get; init; }

    /// <summary>When the soak of this wave ends, Unix milliseconds; 0 while none runs.</summary>
    public long SoakUntilMs { get; init; }

    /// <summary>When it pauses for a person unless it is complete, Unix milliseconds; 0 for never.</summary>
    public long DeadlineMs { get; init; }

    /// <summary>When it began, or was resumed, Unix milliseconds; 0 when that is not known.</summary>
    public long StartedAtMs { get; init; }

    /// <summary>When the phase or the wave last changed, Unix milliseconds; 0 when that is not known.</summary>
    public long ChangedAtMs { get; init; }

    /// <summary>True when a person let everybody have it.</summary>
    public bool Promoted { get; init; }

    /// <summary>Stable code of why it is paused or went back; empty when all is well.</summary>
    public string Code { get; init; } = "";

    /// <summary>One sentence that says why it is paused or went back; empty when all is well.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What it waits for, a sentence each; empty when it waits for nothing.</summary>
    public IReadOnlyList<string> Waits { get; init; } = [];

    /// <summary>What each gate says now; empty without gates, and when nobody has the target.</summary>
    public IReadOnlyList<RolloutGateResource> Gates { get; init; } = [];

    /// <summary>Every device that it may reach, and those that its selector matches and that cannot run it.</summary>
    public IReadOnlyList<RolloutDeviceResource> Devices { get; init; } = [];
}

/// <summary>One device in a rollout.</summary>
public sealed record RolloutDeviceResource
{
    /// <summary>Its name.</summary>
    public string Device { get; init; } = "";

    /// <summary>True while it is connected.</summary>
    public bool Online { get; init; }

    /// <summary>The revision that it is asked for; 0 for none.</summary>
    public long Revision { get; init; }

    /// <summary>
    /// <c>Serving</c>, <c>Changing</c> or <c>Failed</c>: how it stands to that revision; <c>Idle</c> when it is asked
    /// for none; <c>Unfit</c> when it cannot run the target.
    /// </summary>
    public string Standing { get; init; } = "";

    /// <summary>Code and sentence of what is wrong on it; empty when nothing is.</summary>
    public string Problem { get; init; } = "";

    /// <summary>Why it has the target, or has not, in one sentence.</summary>
    public string Why { get; init; } = "";
}

/// <summary>One gate at one look.</summary>
/// <param name="Gate">Its name: <c>errors</c>, <c>latency p99</c>, <c>memory, restarts</c>.</param>
/// <param name="Standing">
/// <c>waiting</c> for more requests, <c>passing</c>, or <c>failed</c>: the target is taken back.
/// </param>
/// <param name="Text">The figures in one sentence.</param>
public sealed record RolloutGateResource(string Gate, string Standing, string Text);

/// <summary>A rollout in few words, as part of its deployment.</summary>
/// <param name="Phase">As <see cref="RolloutResource.Phase"/>.</param>
/// <param name="Wave">The wave that runs, from 1; 0 when none does.</param>
/// <param name="Code">Stable code of why it is paused or went back; empty when all is well.</param>
/// <param name="Reason">One sentence that says why; empty when all is well.</param>
public sealed record RolloutSummary(string Phase, int Wave, string Code, string Reason);
