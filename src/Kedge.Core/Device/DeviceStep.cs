using System.Collections.Immutable;
using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>
/// The outcome of one step: save first, then run. The shell also wakes the machine at <see cref="NextTimer"/>.
/// </summary>
/// <param name="Save">The new state; nothing needs to be written when <see cref="MustSave"/> is false.</param>
/// <param name="ThenRun">Effects in order.</param>
/// <param name="MustSave">True when a durable field changed.</param>
/// <param name="NextTimer">When <c>TimerFired</c> is due, on the monotonic clock; null for never.</param>
/// <param name="Verdict">For <c>DesiredArrived</c>: what became of it; otherwise <c>Unknown</c>.</param>
public sealed record DeviceStep(
    DeviceState Save,
    ImmutableArray<DeviceEffect> ThenRun,
    bool MustSave,
    TimeSpan? NextTimer,
    GenerationVerdict Verdict);
