namespace Kedge.ControlPlane.Tests.Server;

/// <summary>The system's clock, moved: timers run as always, the date is what a test says.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
}
