using Kedge.Agent.Content;
using Kedge.Core.Desired;
using Kedge.Core.Device;

namespace Kedge.Agent.Loop;

/// <summary>
/// Reads the files of what serves again, slowly: flash forgets, and a model that runs is not verified by anybody else.
/// A damaged file is handed on to be fetched; what runs keeps the file that it has open. Lives on the loop.
/// </summary>
/// <param name="parts">What every part of the loop shares.</param>
/// <param name="fetcher">Reads.</param>
/// <param name="repair">Takes a release with a damaged file.</param>
internal sealed class ScrubDesk(LoopParts parts, ReleaseFetcher fetcher, Action<WorkloadSpec> repair)
{
    private bool _isReading;
    private TimeSpan? _due = First(parts);

    /// <summary>When it reads next; null for never.</summary>
    internal TimeSpan? Due => _isReading ? null : _due;

    /// <summary>Begins when it is due.</summary>
    internal void Pump(DeviceState state, CancellationToken cancel)
    {
        if (_isReading || _due is null || _due > parts.Clock.Now)
        {
            return;
        }

        _isReading = true;
        WorkloadSpec[] specs = [.. state.InOrder.Select(static w => w.Current?.Spec).OfType<WorkloadSpec>()];
        parts.Mailbox.Run(
            c => fetcher.ScrubAsync(specs, c),
            damaged =>
            {
                _isReading = false;
                _due = parts.Clock.Now + parts.Options.VerifyEvery;
                foreach (WorkloadSpec spec in damaged)
                {
                    repair(spec);
                }
            },
            cancel);
    }

    /// <summary>Reads again soon: a repair failed.</summary>
    internal void Again() => _due = Sooner(_due, parts.Clock.Now + AgentLimits.RepairPeriod);

    private static TimeSpan? First(LoopParts parts) => parts.Options.VerifyEvery > TimeSpan.Zero
        ? parts.Clock.Now + parts.Options.VerifyEvery
        : null;

    private static TimeSpan? Sooner(TimeSpan? a, TimeSpan b) => a < b ? a : b;
}
