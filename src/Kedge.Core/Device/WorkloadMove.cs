using System.Collections.Immutable;
using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>A workload in the middle of one step: its state so far, and the effects so far.</summary>
internal sealed record WorkloadMove
{
    /// <summary>The state; null once the workload is gone.</summary>
    public required WorkloadState? State { get; init; }

    /// <summary>The monotonic clock.</summary>
    public required TimeSpan Now { get; init; }

    /// <summary>Version of server and runtime, for the results of preflights.</summary>
    public required string Runtime { get; init; }

    /// <summary>Number of the last instance over all workloads of the device.</summary>
    public required long LastInstance { get; init; }

    /// <summary>Why nothing is replaced or removed now; null when nobody holds the device.</summary>
    public required Problem? Hold { get; init; }

    /// <summary>Why the windows of this workload are shut; null when one is open or there are none.</summary>
    public required Problem? Window { get; init; }

    /// <summary>Effects in order.</summary>
    public ImmutableArray<DeviceEffect> Effects { get; init; } = [];

    /// <summary>The state of a workload that is not gone.</summary>
    public WorkloadState W
    {
        get
        {
            Check.That(State is not null);
            return State;
        }
    }

    public WorkloadMove With(WorkloadState state) => this with { State = state };

    public WorkloadMove Then(DeviceEffect effect) => this with { Effects = Effects.Add(effect) };

    public bool IsQuarantined(WorkloadSpec spec) => W.Quarantined.Any(q => q.Release == spec.Digest);

    public void CheckInvariants()
    {
        if (State is null)
        {
            return;
        }

        bool pipeline = W.Phase is WorkloadPhase.Starting or WorkloadPhase.Preflighting or WorkloadPhase.Shadowing
            or WorkloadPhase.HandingOver;
        Check.That(pipeline == W.Candidate is not null);
        Check.That(W.Phase != WorkloadPhase.Shadowing || W.Current is not null);
        Check.That(W.Phase != WorkloadPhase.Serving || W.Current is not null);
        Check.That(W.Phase != WorkloadPhase.Stopped || W.Current is null);
        Check.That(W.Phase != WorkloadPhase.Removing || (W.Current is null && W.Target is null));
        bool isWorking = pipeline || W.Phase is WorkloadPhase.Fetching or WorkloadPhase.Yielding;
        Check.That(isWorking == W.Attempt is not null);
        Check.That(W.Phase != WorkloadPhase.Yielding || (W.Current is null && !W.Draining.IsEmpty));
        Check.That(W.Candidate is null || W.Candidate.Id != W.Current?.Id);
        Check.That(W.Standby is null == W.Volatile.StandbyUntil is null);
        Check.That(W.Standby is null || W.Phase != WorkloadPhase.Removing);
        Check.That(W.Standby is null || (W.Standby.Id != W.Current?.Id && W.Standby.Id != W.Candidate?.Id));
        Check.That(W.Phase != WorkloadPhase.Waiting || W.Volatile.RetryAt is not null
            || (W.Current is not null && W.Problem is not null && DeviceErrors.IsWait(W.Problem.Code)));
    }
}
