namespace Kedge.ControlPlane.Tests.Content;

/// <summary>The system's clock, but whoever waits for a difference is told at once to come back.</summary>
internal sealed class HastyTime : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime == ServerLimits.DeltaWait ? TimeSpan.Zero : dueTime, period);
}
